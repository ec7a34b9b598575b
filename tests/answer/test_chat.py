"""A chat model as an answerer: what is an answer, what is a refusal, and what is none of the two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparewheel.rag.answer import prompt
from sparewheel.rag.answer.chat import ChatAnswerer
from sparewheel.rag.answer.reading import Completion
from sparewheel.rag.answer.repetition import repeats
from sparewheel.rag.clean import Cleaner, clean, says_something
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Profile, Usage

PASSAGE = "The Tenant may end this lease by giving nine months' notice in writing."
REQUEST = AnswerRequest("How long is the notice?", (Hit(Chunk("a", 0, len(PASSAGE), PASSAGE, id=1), 1.0, 1, "x"),))


class Says:
    name, model, local = "says", "says", False

    def __init__(self, text):
        self.text = text

    async def complete(self, messages, *, tools=(), **options):
        for start in range(0, len(self.text), 7):
            yield self.text[start : start + 7]
        yield Completion("says", "stop", Usage())


class Narrow(Says):
    """A model on this machine with room for `most` passages."""

    local = True

    def __init__(self, text, most):
        super().__init__(text)
        self.most = most

    async def complete(self, messages, *, tools=(), **options):
        if sum(message["content"].count("<passage number=") for message in messages) > self.most:
            raise failure("context_length")
        async for item in super().complete(messages):
            yield item


async def outcome(text, request=REQUEST):
    """ "refused", the text, or the fault code."""
    try:
        async for item in ChatAnswerer(Says(text), Profile()).stream(request):
            if isinstance(item, Draft):
                return "refused" if item.refused else item.text
    except Unavailable as error:
        return error.reason


@pytest.mark.parametrize(
    "text",
    [
        "NOT IN THESE DOCUMENTS",
        "The answer is NOT IN THESE DOCUMENTS.",
        "Not in these documents. The passages do not mention a deposit.",
        "I looked at it.\n</think>\n\nNOT IN THESE DOCUMENTS",
        "文档中没有答案。",
        "根据所给段落，文档中没有答案。",
    ],
)
async def test_a_refusal_says_nothing_else(text) -> None:
    """Wherever the phrase stands, and with thoughts before it."""
    assert await outcome(text) == "refused"


async def test_a_claim_beside_the_phrase_is_an_answer() -> None:
    """The first words of an answer do not drop it."""
    text = "Not in these documents directly, but clause 7 says nine months' notice [1]."
    assert await outcome(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("服务器繁忙，请稍后再试。", "overloaded"),
        ("抱歉，当前使用人数过多，请稍后重试。", "overloaded"),
        ("Error: the service is temporarily unavailable. Please try again later.", "overloaded"),
        ("The server is busy.", "overloaded"),
        ("[1].", "blank_answer"),
        ("Bananas grow in warm countries everywhere.", "unsupported"),
        ("The tenant may end the lease [1]. " * 60, "repetition"),
        ("".join(f"Number {n} is here. " for n in range(900)), "truncated"),
    ],
)
async def test_what_is_no_answer_fails_over(text, code) -> None:
    """Said with status 200, all the same."""
    assert await outcome(text) == code


async def test_a_document_about_busy_servers_is_answered() -> None:
    """A cited sentence is no error message."""
    text = "If the service is temporarily unavailable, the tenant may end the lease [1]."
    assert await outcome(text) == text


def test_only_what_goes_round_in_circles_repeats() -> None:
    """A list of like lines does not."""
    assert repeats("x" * 400)
    assert repeats("a start, and then " + "the notice period is nine months, " * 20)
    assert not repeats("".join(f"{n}. The tenant pays rent for month {n}.\n" for n in range(40)))


def test_cleaning_keeps_every_letter() -> None:
    """Chinese, accents, joined emoji and tabs stay; escapes, marks and control characters go."""
    kept = "第六条\t§ 4 ½ é \U0001f468\u200d\U0001f4bb\n"
    assert clean(kept) == kept
    assert clean("\ufeffa\x1b]0;title\x07b\x1b[31;1mc\x00\u202ed\U000e0041e\r\nf") == "abcde\nf"
    assert not says_something("\u200b\u3164\u2800 …。")


@pytest.mark.parametrize(
    "noise",
    [
        "\x1b[31m", "\x1b\x1b[31m[31m", "\x1b[\x1b[31m31m", "\x1b[3\x1b]0;t\x071m", "\x1b[3\x1c1\x00m",
        "\x1b\x07[1;3\u200b1m", "\x9b31m", "\x9b3\x1b[1m1m", "\x1b]0;a title\x07", "\x1b]8;;http://x\x1b\\",
        "\x1b]0;a \x1b[31mtitle\x9c", "\x9d0;t\x9c", "\x90q#0;1~\x9c", "\x1bPq#0\x1b\\", "\x9fapplication\x1b\\",
        "\x1b^privacy\x1b\\", "\x1bXstring\x9c", "\x1b(B", "\x1b7", "\x1b[?25l",
    ],
)  # fmt: skip
def test_no_escape_is_seen_wherever_the_text_is_cut(noise: str) -> None:
    """Control sequences and strings, of seven and eight bits, with controls and escapes inside; whole or in pieces."""
    text = f"The notice{noise} period is{noise}{noise} 30 days [1].\r\nIt 通{noise}知\U0001f4bb\rends."
    expected = "The notice period is 30 days [1].\nIt 通知\U0001f4bb\nends."
    assert clean(text) == expected
    for cut in range(len(text)):
        cleaner = Cleaner()
        assert cleaner(text[:cut]) + cleaner(text[cut:]) + cleaner.rest() == expected
    cleaner = Cleaner()
    assert "".join(map(cleaner, text)) + cleaner.rest() == expected


def test_hostile_text_is_cleaned_in_linear_time() -> None:
    """100,000 beginnings of escapes without an end: nothing of them acts on a terminal."""
    for begin in ("\x1b", "\x1b[", "\x1b]", "\x1b[3", "\x9d", "\x9b\x07", "\x1b[" + "3" * 99):
        text = begin * (100_000 // len(begin))
        assert not set("\x1b\x07\x9b\x9d") & set(clean(text))
        cleaner = Cleaner()
        assert not set("\x1b\x07\x9b\x9d") & set(cleaner(text) + cleaner.rest())


def test_the_prompt_begins_with_what_changes_least() -> None:
    """Rules, passages, history, question: the same documents asked again hit the provider's prefix cache."""
    from dataclasses import replace

    told = prompt.messages(replace(REQUEST, history=(("Who is it?", "The tenant."),)), Profile())
    assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
    assert PASSAGE in told[1]["content"]
    assert told[1]["content"].endswith("Question: Who is it?")
    assert told[3]["content"] == "Question: How long is the notice?"


@pytest.mark.parametrize(
    ("most", "notes"), [(3, ()), (2, ("only the first 2 of 3 passages were read: this model takes no more",))]
)
async def test_a_small_window_reads_the_best_passages(most, notes) -> None:
    """The last ones are left out, which the draft notes."""
    answerer = ChatAnswerer(Narrow("Nine months' notice [1].", most), Profile())
    items = [item async for item in answerer.stream(replace(REQUEST, hits=REQUEST.hits * 3))]
    assert (items[-1].text, items[-1].notes) == ("Nine months' notice [1].", notes)


async def test_where_not_even_one_passage_fits_the_next_answerer_is_asked() -> None:
    """After the last try the fault goes on."""
    answerer = ChatAnswerer(Narrow("Nine months' notice [1].", 0), Profile())
    with pytest.raises(Unavailable) as caught:
        await anext(answerer.stream(replace(REQUEST, hits=REQUEST.hits * 3)))
    assert caught.value.reason == "context_length"
