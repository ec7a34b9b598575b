"""`sparewheel review` and `Corpus.review`: questions of the command line, cost first, and going on where it was."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from api_setup import LEASE, settings_in
from click.testing import CliRunner

from sparewheel.app.cli import cli
from sparewheel.app.cli.review import confirm, described, lines_of, one, opened, priced, span
from sparewheel.app.python.corpus import Corpus, open_corpus
from sparewheel.app.service import cluster_asks
from sparewheel.app.service.filling import Standing
from sparewheel.app.service.reviews import Estimate
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.review.sheet import Row
from sparewheel.rag.review.table import Column

QUESTIONS = [("Rent", "How much is the rent?"), "What is the notice period?"]


@pytest.fixture
def corpus(tmp_path: Path):
    with open_corpus("leases", create=True, domain="legal", settings=settings_in(tmp_path)) as corpus:
        corpus.add_texts([LEASE, LEASE.replace("900", "700")], [{"source": "a.md"}, {"source": "b.md"}])
        yield corpus


@pytest.fixture
def command(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("SPAREWHEEL_RETRIEVE__RERANK", "off")

    def run(*words: str):
        return CliRunner().invoke(cli, ["review", *words, "--corpus", "leases"], standalone_mode=False)

    return run


def test_a_table_is_written_and_the_second_run_asks_nothing(command, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("# rents\nRent | How much is the rent?\n\n", encoding="utf-8")
    done = command("mine.txt", "What is the notice period?", "--out", "t.csv")
    assert (done.exception, done.return_value) == (None, 0)
    assert "2 documents x 2 questions; 4 cells to be asked, on this machine" in done.stderr
    assert "4 of 4 cells" in done.stdout
    rows = list(csv.reader((tmp_path / "t.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["Document", "Rent", "What is the notice period?"]
    assert [(row[0], "900" in row[1], "700" in row[1]) for row in rows[1:]] == [
        ("a.md", True, False), ("b.md", False, True),
    ]  # fmt: skip
    again = command("mine.txt", "What is the notice period?", "--out", "t.csv")
    assert "0 cells to be asked" in again.stderr


def test_a_cluster_answers_the_cells(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own readers: each cell is asked once there, and kept here."""
    asked, given_back = [], []

    class Cluster:
        workers = 2

        def __init__(self, address, settings):
            self.pool = ThreadPoolExecutor(2)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            given_back.append(True)

        def submitting(self, function):
            return lambda *given: asked.append(given) or self.pool.submit(function, *given)

    monkeypatch.setattr("sparewheel.rag.cluster.Cluster", Cluster)
    words = ("Rent | How much is the rent?", "--ray", "head:1", "--out", "t.csv")
    try:
        done = command(*words, "--local")
    finally:
        cluster_asks._pipeline("leases").close()
        cluster_asks._pipeline.cache_clear()
    assert (done.exception, done.return_value, given_back) == (None, 0, [True])
    assert sorted(given[2]["document"] for given in asked) == ["a.md", "b.md"]
    rows = list(csv.reader((tmp_path / "t.csv").read_text("utf-8-sig").splitlines()))
    assert [(row[0], "900" in row[1], "700" in row[1]) for row in rows[1:]] == [
        ("a.md", True, False), ("b.md", False, True),
    ]  # fmt: skip
    assert "add --local" in str(command(*words).exception)


def test_a_small_table_is_shown_on_the_terminal(command) -> None:
    """Document by document, with how sure and who; nothing is written."""
    done = command("Rent | How much is the rent?", "Cat | May the tenant keep a cat?")
    assert (done.exception, done.return_value) == (None, 0)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert [line.partition(":")[0] for line in lines[:6]] == ["a.md", "Rent", "Cat", "b.md", "Rent", "Cat"]
    assert "900" in lines[1]
    assert "Local reader)" in lines[1]
    assert lines[2] == "Cat: does not say"
    assert "written" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Who pays?", "--out", "t.pdf"], "not written as '.pdf'"),
        (["--set", "contracts"], "80 cells are too many to show here; give --out table.xlsx"),
        (["--out", "t.csv"], "no question is given"),
        (["none.txt", "--out", "t.csv"], "no file 'none.txt'"),
        (["--set", "contract", "--out", "t.csv"], "did you mean 'contracts'"),
        (["Who pays?", "--documents", "c*", "--out", "t.csv"], r"no document fits 'c*'"),
    ],
)
def test_a_mistake_names_value_and_cure(command, words: list[str], said: str) -> None:
    done = command(*words)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_no_money_is_spent_unasked() -> None:
    """Where nobody can be asked, a budget or --yes must be given."""
    dear = Estimate(1000, "deepseek", 1.05, 0.53)
    with pytest.raises(UsageError, match=r"about 1\.05 US dollars; give --budget USD, --yes, or --local"):
        confirm(dear, None, yes=False)
    confirm(dear, 2.0, yes=False)
    confirm(dear, None, yes=True)
    confirm(Estimate(1000), None, yes=False)


def test_progress_is_told_in_words() -> None:
    standing = Standing("r", "t", "running", 120, 2400, 5.1, 447.0, 0.12)
    assert described(standing) == "120 of 2400 cells, 5.1 a second, 7 min left, 0.1200 US dollars"
    assert described(replace(standing, waiting_s=3600.0, spent_usd=0.0)) == (
        "120 of 2400 cells, waiting for cheaper hours, 60 min"
    )
    assert [span(s) for s in (5, 89, 91, 7500)] == ["5 s", "89 s", "2 min", "2 h 05 min"]


def test_a_line_may_name_its_column(tmp_path: Path) -> None:
    assert one("Rent | How much is the rent?") == ("Rent", "How much is the rent?")
    assert [one(text) for text in ("Who pays?", "| Who?", "a |")] == ["Who pays?", "| Who?", "a |"]
    file = tmp_path / "q.txt"
    file.write_bytes("谁付租金？".encode("gb18030"))
    with pytest.raises(UsageError, match="no UTF-8 text"):
        lines_of(file)


def test_a_link_opens_the_page_of_a_file_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "a b.pdf"
    row = Row("a b.pdf", "A", str(file), "s")
    assert opened(row, 3) == ""
    file.touch()
    assert opened(row, 3) == f"{file.as_uri()}#page=3"
    assert opened(replace(row, source="text-1"), None) == ""


async def test_a_review_is_an_async_iterator_of_cells(corpus: Corpus) -> None:
    """The next one gives the kept cells at once, and a plain loop does as well."""
    found = [(cell.document_id, cell.question) async for cell in corpus.review(QUESTIONS)]
    assert sorted(found) == [
        (d, q) for d in ("a.md", "b.md") for q in ("How much is the rent?", "What is the notice period?")
    ]


def test_a_review_goes_on_where_it_was(corpus: Corpus, tmp_path: Path) -> None:
    cells = iter(corpus.review(QUESTIONS, local=True, concurrency=1))
    next(cells)
    cells.close()  # type: ignore[attr-defined]
    review = corpus.review(QUESTIONS, documents=["*.md"], local=True)
    assert len(list(review)) == 4
    assert review.filling is not None
    assert review.filling.total <= 3
    assert review.sheet().tally.asked == 4
    assert review.write(tmp_path / "t.json").stat().st_size > 1000
    with pytest.raises(UsageError, match="not written as"):
        review.write(tmp_path / "t.doc")


def test_a_review_takes_a_set_by_its_name(corpus: Corpus) -> None:
    assert len(corpus.review("lease").sheet().table.columns) == 21
    with pytest.raises(NotFound, match="no set"):
        corpus.review("leasing contracts")
    assert corpus.review([Column("Law", "Which law governs?")]).sheet().tally.cells == 2


def test_the_price_is_told_or_that_there_is_none() -> None:
    """Nobody reads 0.00 US dollars for what is not known to be free."""
    assert priced(Estimate(1000, "deepseek", 1.05, 0.53)) == " of deepseek: about 1.05 US dollars now, 0.53 off-peak"
    assert priced(Estimate(1, "deepseek", 0.002, 0.001)) == " of deepseek: about 0.01 US dollars now, 0.01 off-peak"
    assert priced(Estimate(9, "own")) == " of own, for which no price is set (endpoint.own.price_output)"
