"""`sparewheel prepare`, `sparewheel memory`, the doctor's line: with a stand-in cloud that quotes the right passage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.app.cli import main
from sparewheel.app.doctor.spare_wheel import spare_wheel
from sparewheel.app.service import Service, work
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import assemble
from sparewheel.rag.memory.kept import Asked
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Answering, Endpoint, Retrieve, Settings
from sparewheel.rag.types import Answer

LEASE = "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n"
RENT, NOTICE = "How much is the rent?", "What is the notice period?"


def says(prompt: str) -> str:
    """The line of the passages that the question is about, with the number of its passage."""
    wanted = "rent" if "rent?" in prompt else "notice period"
    passages = re.findall(r'<passage number="(\d+)"[^>]*>\n(.*?)\n</passage>', prompt, re.DOTALL)
    number, text = next((n, t) for n, t in passages if wanted in t)
    line = next(line for line in text.splitlines() if f"The {wanted}" in line)
    return f"{line.rstrip('.')} [{number}]."


@pytest.fixture
def cloud() -> Iterator[FaultServer]:
    server = FaultServer(says=says)
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


@pytest.fixture
def here(tmp_path: Path, cloud: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    file = tmp_path / "sparewheel.toml"
    price = "price_cache_hit = 1.0\nprice_cache_miss = 1.0\nprice_output = 1.0"
    file.write_text(
        f'data_folder = "{tmp_path}/data"\n[retrieve]\nrerank = "off"\n[answer]\nspeculative = false\n'
        f'[endpoint.deepseek]\nurl = "{cloud.url}"\nkey = "k"\nfirst_token_s = 30\n{price}\n'
    )
    monkeypatch.setenv("SPAREWHEEL_CONFIG", str(file))
    settings = Settings(
        data_folder=f"{tmp_path}/data",
        retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False),
        endpoint={"deepseek": Endpoint(url=cloud.url, key="k", first_token_s=30)},
    )
    (tmp_path / "lease.md").write_text(LEASE, encoding="utf-8")
    store = work.make_corpus(settings, "leases", "legal")
    work.read_in(store, [tmp_path / "lease.md"], settings)
    return settings


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([*argv])
    out = capsys.readouterr()
    return int(ended.value.code or 0), out.out, out.err


def test_prepared_questions_are_answered_in_an_outage(
    here: Settings, cloud: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cost first, a limit or a yes before any is spent; what is kept is not asked again; the question need not be
    limited to its document as it was then."""
    code, _, said = run(capsys, "prepare", RENT, NOTICE, "--corpus", "leases")
    assert (code, cloud.calls) == (2, 0)
    assert "give --budget" in said
    code, out, said = run(capsys, "prepare", RENT, NOTICE, "--corpus", "leases", "--yes", "--json")
    assert "2 to be asked of deepseek: about" in said
    assert (code, json.loads(out)["kept"], cloud.calls) == (0, 2, 2)
    code, _, said = run(capsys, "prepare", RENT, NOTICE, "--corpus", "leases", "--yes")
    assert "2 answered from memory already, 0 to be asked" in said
    cloud.play(Always("503"))
    code, out, _ = run(capsys, "ask", "Could you please tell me how much is the rent?", "--corpus", "leases",
                       "--filter", "document=lease.md")  # fmt: skip
    assert code == 0
    assert "The rent is 900 euros a month [" in out
    assert re.search(r"answered by memory: DeepSeek's answer of \d+ \w+ 20\d\d,\s+passages unchanged", out)


def test_a_budget_and_an_outage_stop_it(here: Settings, cloud: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is begun that the budget has no money for; where only the reader answers, it ends, with 1."""
    code, out, _ = run(capsys, "prepare", RENT, NOTICE, "--corpus", "leases", "--budget", "0.000001")
    assert (code, cloud.calls) == (1, 0)
    assert "the budget of 1e-06 US dollars stopped it" in out
    cloud.play(Always("503"))
    many = [f"What is the notice period of part {n}?" for n in range(12)]
    code, out, _ = run(capsys, "prepare", *many, "--corpus", "leases", "--yes", "--concurrency", "1")
    assert code == 1
    assert "5 of 12 asked, 0 answered and kept" in out
    assert "no fuller model answers now" in out
    code, out, _ = run(capsys, "prepare", "What is the notice period of part 99?", "--corpus", "leases", "--yes")
    assert (code, "no fuller model answers now" in out) == (1, True), out


def test_what_is_kept_can_be_listed_exported_and_forgotten(
    here: Settings, cloud: FaultServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each with whose answer it is; a number that is not there is told."""
    run(capsys, "prepare", RENT, NOTICE, "--corpus", "leases", "--yes")
    _, out, _ = run(capsys, "memory", "list", "--corpus", "leases", "--containing", "900")
    assert RENT in out
    assert NOTICE not in out
    assert "DeepSeek" in out
    run(capsys, "memory", "export", "--corpus", "leases", "--out", str(tmp_path / "kept.jsonl"))
    records = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text("utf-8").splitlines()]
    assert {record["question"] for record in records} == {RENT, NOTICE}
    assert all(LEASE[c["start"] : c["end"]] == c["quote"] for record in records for c in record["citations"])
    code, _, said = run(capsys, "memory", "forget", "99", "--corpus", "leases", "--yes")
    assert (code, "no kept answer 99" in said) == (2, True)
    _, out, _ = run(capsys, "memory", "forget", "--document", "lease.md", "--corpus", "leases", "--yes")
    assert "forgotten: 2" in out
    code, _, said = run(capsys, "memory", "forget", "--corpus", "leases", "--before", "yesterday")
    assert (code, "write it as 2026-11-01" in said) == (2, True)


def test_the_doctor_tells_how_charged_it_is(here: Settings, cloud: FaultServer) -> None:
    """Of what was asked lately, how much would be answered; asked ahead, all of it."""
    (line,) = spare_wheel(here)
    assert (line.status, "0 answers kept" in line.what) == ("warn", True)
    memory = assemble.open_memory(work.make_corpus(here, "leases", "legal"), here)
    assert memory is not None
    from datetime import UTC, datetime

    today = datetime.now(UTC).date().isoformat()
    for question in (RENT, RENT, RENT, NOTICE):
        memory.note(Asked(question, "en"), today)
    with assemble.open_pipeline("leases", here) as pipeline:
        pipeline.ask(RENT)
    (line,) = spare_wheel(here)
    told = "75% of the last 30 days' questions would be answered from memory (1 answers kept)"
    assert (line.status, line.what, line.share) == ("pass", told, 0.75)
    (off,) = spare_wheel(replace(here, answer=Answering(memory="off")))
    assert off.status == "warn"
    assert not [*spare_wheel(replace(here, endpoint={}))]


def test_a_person_answers_in_an_outage_until_they_take_it_back(here: Settings, cloud: FaultServer) -> None:
    """What somebody corrected in a review table is kept as theirs, with its passages."""
    with Service(here) as service:
        table = service.reviews.make("leases", [RENT])
        run = service.reviews.start("leases", table.id)
        for _ in run.cells_from(0, 0.05):
            pass
        service.reviews.correct("leases", RENT, "lease.md", "900 euros, VAT included")
        cloud.play(Always("503"))
        only: dict[str, str] = {"document": "lease.md"}
        answers: list[Answer] = [service.pipeline("leases").ask(RENT, filter=only)]
        service.reviews.correct("leases", RENT, "lease.md", None)
        answers.append(service.pipeline("leases").ask(RENT, filter=only))
    kept = answers[0].remembered
    assert kept is not None
    assert (answers[0].answered_by, answers[0].text, kept.answered_by) == (
        "memory",
        "900 euros, VAT included",
        "person",
    )
    assert (answers[1].answered_by, answers[1].remembered and answers[1].remembered.answered_by) == (
        "memory",
        "deepseek",
    )
