"""The history of a conversation in the forms that callers hold it in."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from sparewheel.rag.errors import UsageError
from sparewheel.rag.turns import turns


@pytest.mark.parametrize(
    "history",
    [
        [("Who pays?", "The Tenant."), ("When?", "")],
        [["Who pays?", "The Tenant."], ["When?", ""]],
        [{"question": "Who pays?", "answer": "The Tenant."}, {"question": "When?", "answer": ""}],
        [{"role": "user", "content": "Who pays?"}, {"role": "assistant", "content": [{"text": "The Tenant."}]},
         {"role": "user", "content": "When?"}],
        [SystemMessage("Be brief."), HumanMessage("Who pays?"), AIMessage("The Tenant."), HumanMessage("When?")],
    ],
)  # fmt: skip
def test_all_forms_are_the_same_pairs(history: list[object]) -> None:
    """Pairs, mappings, OpenAI's and LangChain's messages."""
    assert turns(history) == (("Who pays?", "The Tenant."), ("When?", ""))


def test_anything_else_is_told() -> None:
    """With what is accepted."""
    with pytest.raises(UsageError, match="give \\(question, answer\\) pairs"):
        turns(["Who pays?"])
