"""The page Ask, run by Streamlit's own test driver over a small corpus with the built-in reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

import streamlit as st
from answers import FALLEN, LOCAL
from streamlit.testing.v1 import AppTest

from sparewheel.app.kept.history import History, Turn
from sparewheel.app.service import Service
from sparewheel.app.ui import session
from sparewheel.corpora import profile, samples
from sparewheel.rag import assemble
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.events import Token
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Retrieve, Settings
from sparewheel.rag.types import Remembered

QUESTION = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"
NOTES = "# Kennel rules\n\n## 1. Dogs\n\nA dog costs $5 a day, two dogs cost $9. <script>alert(1)</script>\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A folder with two corpora: the sample lease (a PDF), and a confidential one with hostile text."""
    folder = tmp_path_factory.mktemp("ask")
    made = Settings(data_folder=str(folder / "data"), retrieve=Retrieve(rerank="off"))
    (folder / "kennel.md").write_text(NOTES, encoding="utf-8")
    rooms = folder / "rooms"
    rooms.mkdir()
    for name, florins in (("red", 100), ("blue", 200), ("green", 300)):
        text = f"# {name.title()} Room\n\nThe rent of the {name.title()} Room is {florins} florins a month.\n"
        (rooms / f"{name}.md").write_text(text, encoding="utf-8")
    lease = samples("legal") / "documents" / "commercial-lease.pdf"
    for name, sensitivity, path in (
        ("leases", "normal", lease),
        ("rooms", "normal", rooms),
        ("secret", "high", folder / "kennel.md"),
    ):
        config = CorpusConfig(name, "legal", sensitivity, profile=profile("legal"))  # type: ignore[arg-type]
        store = Store.create(corpus_folder(made.corpora_folder, name), config)
        ingest(
            store, [path], settings=replace(made.ingest, workers=1), profile=config.profile,
            writers=[assemble.keyword_writer()],
        )  # fmt: skip
    return made


@pytest.fixture
def page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """A fresh session on the page, without any history."""
    st.cache_resource.clear()
    (settings.corpora_folder / "history.sqlite").unlink(missing_ok=True)
    monkeypatch.setattr(session, "_settings", settings)
    yield opened()
    session.service().close()
    st.cache_resource.clear()


def script() -> None:
    from sparewheel.app.ui import ask, session

    session.begin()
    ask.draw()


def opened(**query: str) -> AppTest:
    """A new browser session, on the address with these parameters."""
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = "en"
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def asked(app: AppTest, question: str) -> AppTest:
    app.chat_input[0].set_value(question).run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    """The HTML of the page's main part, one element below the other."""
    return "\n".join(element.proto.body for element in app.main.get("html"))


def kept(settings: Settings) -> History:
    return History(settings.corpora_folder / "history.sqlite")


def test_an_answer_with_its_evidence(page: AppTest, settings: Settings) -> None:
    """Badge, text with a citation, the passage with the cited words marked, the printed page, and it is kept."""
    html = shown(asked(page, QUESTION))
    assert '<span class="sw-badge sw-first">Local reader</span>' in html
    assert 'href="#t1-1"' in html
    assert 'id="t1-1"' in html
    assert re.search(r"<mark>[^<]*nine months[^<]*</mark>", unescape(html))
    assert "the cited words are boxed" in str(page.main.get("image")[0].proto)
    (conversation,) = kept(settings).list("")
    (turn,) = kept(settings).load(conversation.id, "")[1]
    assert (turn.question, turn.answer.outcome, conversation.corpus) == (QUESTION, "answered", "leases")


def test_a_refresh_keeps_the_conversation(page: AppTest, settings: Settings) -> None:
    """A new session on the same address shows the same turns; another question goes on from there."""
    asked(page, QUESTION)
    (id,) = [conversation.id for conversation in kept(settings).list("")]
    again = opened(c=id)
    assert shown(again).count('class="sw-asked"') == 1
    asked(again, "And when does it end?")
    turns = kept(settings).load(id, "")[1]
    assert [turn.question for turn in turns] == [QUESTION, "And when does it end?"]


def test_a_refusal_is_a_card_with_the_closest_passages(page: AppTest) -> None:
    """No export; what was near stands where the evidence would."""
    html = shown(asked(page, "Who won the football match between the two towns?"))
    assert "Not in these documents." in html
    assert html.count('<details class="sw-other" open>') >= 1
    assert 'id="t1-1"' not in html


def test_text_of_a_document_stays_text(page: AppTest) -> None:
    """A script in a document is shown, a dollar sign begins no formula, and nothing of it reaches Markdown."""
    page.selectbox[0].set_value("secret").run()
    asked(page, "How much does a dog cost a day?")
    html = shown(page)
    assert "$5" in html
    assert "<script>alert" not in html
    assert "nothing left this machine" in html
    assert not [element for element in page.main.markdown if "$5" in element.value]


def test_another_corpus_begins_another_conversation(page: AppTest, settings: Settings) -> None:
    """The old one stays in the list with its corpus, and opens with it."""
    asked(page, QUESTION)
    page.selectbox[0].set_value("secret").run()
    assert 'class="sw-asked"' not in shown(page)
    asked(page, "How much does a dog cost a day?")
    assert sorted(c.corpus for c in kept(settings).list("")) == ["leases", "secret"]
    old = next(c for c in kept(settings).list("") if c.corpus == "leases")
    page.button(key=f"open-{old.id}").click().run()
    assert (page.selectbox[0].value, "Marrow &amp; Pine" in shown(page)) == ("leases", True)


def test_conversations_are_renamed_and_deleted(page: AppTest, settings: Settings) -> None:
    """In the sidebar, for the open one."""
    asked(page, QUESTION)
    (made,) = kept(settings).list("")
    page.text_input(key=f"title-{made.id}").set_value("Break clause").run()
    page.button(key=f"rename-{made.id}").click().run()
    assert [c.title for c in kept(settings).list("")] == ["Break clause"]
    page.button(key=f"delete-{made.id}").click().run()
    assert (kept(settings).list(""), 'class="sw-asked"' in shown(page)) == ([], False)


def test_only_the_documents_chosen_are_asked(page: AppTest, settings: Settings) -> None:
    """Of three documents the one chosen; two are compared, each under its name; a name behind @ does the same."""
    page.selectbox[0].set_value("rooms").run()
    page.multiselect(key="within-rooms").set_value(["red.md"]).run()
    html = shown(asked(page, "How much is the rent?"))
    assert ("100 florins" in html, "200 florins" in html) == (True, False)
    page.multiselect(key="within-rooms").set_value(["red.md", "blue.md"]).run()
    asked(page, "How much is the rent?")
    asked(page, "How much is the rent in @green?")
    assert [turn.answer.evidence[0].chunk.document_id for turn in turns_of(settings)[::2]] == ["red.md", "green.md"]
    compared = turns_of(settings)[1].answer
    assert {citation.document_id for citation in compared.citations} == {"red.md", "blue.md"}
    page.chat_input[0].set_value("How much is the rent in @grey?").run()
    assert ("grey" in page.warning[0].value, len(turns_of(settings))) == (True, 3)


def test_one_question_is_put_to_several_corpora(page: AppTest, settings: Settings) -> None:
    """Each answers under its name; a follow-up goes to each with what it was asked; the evidence is that of the first
    that has an answer; a refresh shows the question once, and the corpora chosen."""
    page.multiselect(key="also").set_value(["secret"]).run()
    html = shown(asked(page, "How much does a dog cost a day?"))
    first, second = html.split('class="sw-from"')[1:]
    assert (">From leases<" in first, "$5 a day" in first) == (True, False)
    assert ("Not in these documents" in first, "Try other words" in first) == (True, False)
    assert (">From secret<" in second, "$5" in second, 'id="t2-1"' in second) == (True, True, True)
    assert html.count('class="sw-asked"') == 1
    asked(page, "And two dogs?")
    assert [turn.answer.corpus for turn in turns_of(settings)] == ["leases", "secret"] * 2
    assert "cost" in turns_of(settings)[3].answer.read_as
    (conversation,) = kept(settings).list("")
    again = opened(c=conversation.id)
    assert (shown(again).count('class="sw-asked"'), shown(again).count(">From secret<")) == (2, 2)
    assert again.multiselect(key="also").value == ["secret"]
    asked(again, "How much does a dog cost in @kennel?")
    assert [turn.answer.corpus for turn in turns_of(settings)[4:]] == ["secret"]


def test_of_several_corpora_one_that_is_gone_is_left_out(page: AppTest, settings: Settings) -> None:
    """The answers of the others stay; nothing is shown of a corpus that this user cannot read any more."""
    history = kept(settings)
    id = history.start("", "leases", QUESTION).id
    for corpus in ("leases", "no-longer-here"):
        history.append(id, "", QUESTION, replace(LOCAL, corpus=corpus, text=f"as {corpus} says", evidence=()))
    again = opened(c=id)
    assert ("as leases says" in shown(again), "as no-longer-here says" in shown(again)) == (True, False)
    assert "Left out" in again.caption[0].value


def turns_of(settings: Settings) -> list[Turn]:
    (conversation,) = kept(settings).list("")
    return list(kept(settings).load(conversation.id, "")[1])


def test_a_file_attached_to_a_question_is_read_first(page: AppTest, settings: Settings) -> None:
    """The answer comes from it; without words it is only read in."""
    page.selectbox[0].set_value("rooms").run()
    page.chat_input[0].upload("violet.md", b"# Violet Room\n\nThe rent of the Violet Room is 777 florins a month.\n")
    page.chat_input[0].set_value("How much is the rent of the Violet Room?").run()
    assert not page.exception
    assert "777 florins" in shown(page)
    session.service().delete("rooms", "violet.md")


def test_a_shared_conversation_is_read_only(page: AppTest, settings: Settings) -> None:
    """Who opens it by its address sees whose it is; an own question begins an own conversation."""
    history = kept(settings)
    theirs = history.start("ann", "leases", QUESTION)
    history.append(theirs.id, "ann", QUESTION, replace(LOCAL, corpus="leases", evidence=()))
    assert "no longer exists" in opened(c=theirs.id).info[0].value
    history.share(theirs.id, "ann", shared=True)
    read = opened(c=theirs.id)
    assert "Shared by ann" in read.info[0].value
    assert QUESTION.replace("&", "&amp;") in shown(read)
    asked(read, "And when does it end?")
    assert len(history.load(theirs.id, "ann")[1]) == 1
    assert [c.title for c in history.list("")] == ["And when does it end?"]


def test_a_shared_answer_from_a_document_that_may_not_be_read_is_left_out(page: AppTest, settings: Settings) -> None:
    """The evidence of LOCAL is of no document of this corpus."""
    history = kept(settings)
    theirs = history.start("ann", "leases", QUESTION)
    history.append(theirs.id, "ann", QUESTION, replace(LOCAL, corpus="leases"))
    history.share(theirs.id, "ann", shared=True)
    html = shown(opened(c=theirs.id))
    assert LOCAL.text not in html


def test_the_pages_beside_the_cited_one_can_be_read(page: AppTest) -> None:
    """Forward, then back to where the citation is."""
    asked(page, QUESTION)
    cited = page.main.get("image")[0].proto.imgs[0].url
    page.button(key="after-t1-1").click().run()
    assert page.main.get("image")[0].proto.imgs[0].url != cited
    page.button(key="cited-t1-1").click().run()
    assert page.main.get("image")[0].proto.imgs[0].url == cited


def test_a_conversation_that_is_gone_is_told(page: AppTest) -> None:
    """An old address leads to a fresh page, not to an error."""
    assert "no longer exists" in opened(c="0" * 32).info[0].value


def test_thumbs_are_kept_with_the_answer(page: AppTest) -> None:
    """Question, answer and evidence go to the feedback log."""
    asked(page, QUESTION)
    page.get("feedback")[0].set_value(1).run()
    page.text_area(key="said-t1").set_value("Right.")
    next(button for button in page.button if button.label == "Save the comment").click().run()
    thumb, comment = session.service().feedback.read()[-2:]
    assert (thumb.question, thumb.thumbs, thumb.comment, thumb.corpus) == (QUESTION, 1, "", "leases")
    assert (comment.thumbs, comment.comment, comment.evidence) == (1, "Right.", thumb.evidence)


def test_the_other_turns_evidence_can_be_called_up(page: AppTest) -> None:
    """The evidence beside the conversation is that of the turn chosen."""
    asked(page, QUESTION)
    asked(page, "What is the yearly rent?")
    page.button(key="show-t1").click().run()
    assert '<div class="sw-card" id="t1-1"' in shown(page)


def test_an_old_answer_keeps_its_badge(page: AppTest, settings: Settings) -> None:
    """Why another answered is told after a restart too; a document that is gone is said to be."""
    history = kept(settings)
    id = history.start("", "leases", "rent").id
    for answer in (LOCAL, FALLEN):
        history.append(id, "", answer.question, replace(answer, corpus="leases"))
    app = opened(c=id)
    assert "Local reader: DeepSeek is busy" in shown(app)
    assert "This document has since been deleted." in [caption.value for caption in app.caption]


def test_a_similar_question_that_was_answered_is_a_click_away(page: AppTest, settings: Settings) -> None:
    """It is asked in its own words, in the same conversation."""
    history = kept(settings)
    id = history.start("", "leases", "rent").id
    near = Remembered(QUESTION, "deepseek", "deepseek-v4", "2026-11-28T09:00:00+00:00")
    history.append(id, "", LOCAL.question, replace(LOCAL, corpus="leases", similar=near))
    app = opened(c=id)
    app.button(key="similar-t1").click().run()
    assert not app.exception
    assert [turn.question for turn in history.load(id, "")[1]] == [LOCAL.question, QUESTION]


def test_what_came_before_an_error_is_kept(page: AppTest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer stays on the disk with the reason, and the next run shows it."""

    def breaks(self: Pipeline, question: str, every_s: float, **options: object) -> Iterator[object]:
        yield Token("The first half", "deepseek")
        raise RuntimeError("the network cable was pulled")

    monkeypatch.setattr(Pipeline, "watch", breaks)
    page.chat_input[0].set_value(QUESTION).run()
    (conversation,) = kept(settings).list("")
    (turn,) = kept(settings).load(conversation.id, "")[1]
    assert (turn.answer.text, turn.answer.outcome) == ("The first half", "failed")
    assert turn.answer.notes == ("the network cable was pulled",)
    monkeypatch.undo()
    monkeypatch.setattr(session, "_settings", settings)
    assert "The first half" in shown(opened(c=conversation.id))


def test_chinese_throughout(page: AppTest, settings: Settings) -> None:
    """Badge, facts and buttons follow the language of the page."""
    asked(page, QUESTION)
    (made,) = kept(settings).list("")
    html = shown(opened(c=made.id, lang="zh"))
    assert [
        said for said in ("本地阅读器", "可信度", "第 3 页", "复制", "这个答案是怎样得出的") if said not in html
    ] == []


def test_a_reader_of_another_corpus_sees_nothing(settings: Settings, tmp_path: Path) -> None:
    """History keeps to the user, the service to the access list: a foreign id opens nothing."""
    history = History(tmp_path / "history.sqlite")
    id = history.start("ann", "leases", "secret question").id
    with Service(settings) as service:
        assert [info.name for info in service.corpora()] == ["leases", "rooms", "secret"]
    assert [c.id for c in history.list("ann")] == [id]
    assert history.list("bob") == []
