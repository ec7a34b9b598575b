"""`sparewheel init`, `chat` and `ask --history`, and what the terminal says when a key is wrong."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_setup import LEASE, QUESTION, settings_in

from sparewheel import open_corpus
from sparewheel.app.cli import main
from sparewheel.app.cli.init import corpus_name
from sparewheel.app.detect import Server
from sparewheel.app.evaluation.kept import FOLDER
from sparewheel.app.ui.evaluation import Evaluations
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.reliability.loop import background

ROOT = Path(__file__).parents[2]
FOLLOW_UP = "And how much is the rent?"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, without keys and servers of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("DEEPSEEK_API_KEY", "PRIMARY_ENDPOINT", "SPAREWHEEL_CONFIG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("SPAREWHEEL_RETRIEVE__RERANK", "off")
    monkeypatch.setenv("SPAREWHEEL_INGEST__WORKERS", "1")
    monkeypatch.setattr("sparewheel.app.detect.detect", lambda: [])
    return tmp_path


@pytest.fixture
def leases(here: Path) -> str:
    with open_corpus("leases", create=True, domain="legal", settings=settings_in(here)) as corpus:
        corpus.add_texts([LEASE], [{"title": "Lease"}], ids=["lease.md"], embed=False)
    return "leases"


@pytest.fixture
def cloud() -> Iterator[FaultServer]:
    server = FaultServer()
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


def run(capsys: Any, *argv: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of the command."""
    with pytest.raises(SystemExit) as caught:
        main(list(argv))
    said = capsys.readouterr()
    return int(caught.value.code or 0), " ".join(said.out.split()), " ".join(said.err.split())


# ---------------------------------------------------------------- conversations


def test_questions_piped_in_know_what_was_said(leases: str, capsys: Any, monkeypatch: Any, here: Path) -> None:
    """Commands between them are obeyed; the file keeps the turns, and a later call goes on with them."""
    typed = f"{QUESTION}\n/sources\n/documents\n/nonsense\n\n{FOLLOW_UP}\n/quit\nnever asked\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    code, out, _ = run(capsys, "chat", "--corpus", leases, "--history", "talk.jsonl")
    assert (code, "thirty days" in out, "900 euros" in out) == (0, True, True)
    assert "Lease: " in out
    assert "no command '/nonsense'" in out
    turns = [json.loads(line) for line in Path("talk.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [turn["question"] for turn in turns] == [QUESTION, FOLLOW_UP]
    assert Path("talk.jsonl").stat().st_mode & 0o077 == 0


def test_new_forgets_and_the_last_question_gives_the_exit_code(leases: str, capsys: Any, monkeypatch: Any) -> None:
    """Refused is 3, as of `ask`; an empty pipe asks nothing."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION}\n/new\n谁赢得了比赛？\n"))
    code, out, _ = run(capsys, "chat", "--corpus", leases)
    assert (code, "begun anew" in out) == (3, True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run(capsys, "chat", "--corpus", leases)[0] == 0


def test_at_a_terminal_it_greets_streams_and_leaves(leases: str, here: Path) -> None:
    """Over a pseudo-terminal, as somebody types: the text stands there once."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from sparewheel.app.cli import main; main()", "chat", "--corpus", leases]
    process = subprocess.Popen(
        command, cwd=here, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    os.close(theirs)
    os.write(ours, f"{QUESTION}\n\x04".encode())
    said = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
        if said.endswith(b"> ") and said.count(b"> ") >= 2:
            os.write(ours, b"\x04")
    os.close(ours)
    text = said.decode()
    assert process.wait(60) == 0
    assert "leases: 1 documents. Ask, or /help" in text
    assert text.count("thirty days") == 1


def test_a_history_makes_a_follow_up_whole(leases: str, capsys: Any) -> None:
    """Across calls of `ask`; turns of another corpus do not count, and a file of something else is told."""
    Path("talk.jsonl").write_text('{"corpus": "other", "question": "Who?", "answer": "Nobody."}\n', encoding="utf-8")
    assert "thirty days" in run(capsys, "ask", QUESTION, "--corpus", leases, "--history", "talk.jsonl")[1]
    code, out, _ = run(capsys, "ask", "And the rent?", "--corpus", leases, "--history", "talk.jsonl")
    assert (code, "Read as:" in out) == (0, True)
    assert len(Path("talk.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    Path("notes.txt").write_text("my notes\n", encoding="utf-8")
    code, _, err = run(capsys, "ask", QUESTION, "--corpus", leases, "--history", "notes.txt")
    assert (code, "name another file" in err) == (2, True)


def test_the_only_corpus_need_not_be_named(leases: str, here: Path, capsys: Any) -> None:
    """Of several the names are told; where there is none, how to make one."""
    assert "thirty days" in run(capsys, "ask", QUESTION)[1]
    open_corpus("others", create=True, settings=settings_in(here)).close()
    code, _, err = run(capsys, "ask", QUESTION)
    assert (code, err) == (2, "sparewheel: which corpus? name it by --corpus; there are leases, others")


def test_thanks_take_nothing_from_what_was_asked(leases: str, capsys: Any, monkeypatch: Any) -> None:
    """No "Read as"."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{QUESTION}\n谢谢\nThank you!\n"))
    assert "Read as" not in run(capsys, "chat")[1]


# ---------------------------------------------------------------- what went wrong, in words


@pytest.mark.parametrize(
    ("fault", "endpoint", "said"),
    [
        ("401", 'key_env = "MY_KEY"', "Cloud refuses the key: check MY_KEY"),
        ("401", 'key = "sk-x"', "check endpoint.cloud.key in the settings"),
        ("ok", 'key_env = "NO_SUCH_KEY"', "Cloud needs a key: export NO_SUCH_KEY=... and ask again"),
        ("402", 'key_env = "MY_KEY"', "Cloud has no balance left: top the account up"),
        ("503", 'key_env = "MY_KEY"', "Cloud is busy; the answer came from a backup"),
    ],
)
def test_why_an_endpoint_did_not_answer(
    leases: str, capsys: Any, cloud: FaultServer, monkeypatch: Any, fault: str, endpoint: str, said: str
) -> None:
    """With the cure, under an answer that came all the same."""
    cloud.play(Always(fault))
    monkeypatch.setenv("MY_KEY", "sk-wrong")
    Path("sparewheel.toml").write_text(f'[endpoint.cloud]\nurl = "{cloud.url}"\n{endpoint}\n', encoding="utf-8")
    code, out, _ = run(capsys, "ask", QUESTION, "--corpus", leases)
    assert (code, "thirty days" in out) == (0, True)
    assert said in out


def test_no_cure_repeats_the_slip_of_the_pen(leases: str, capsys: Any) -> None:
    """Near a corpus that is there, its name; else how to make one."""
    code, _, err = run(capsys, "ask", "Who?", "--corpus", "leasse")
    assert (code, err) == (2, "sparewheel: no corpus 'leasse'; did you mean 'leases'?")
    assert "ingest PATH --corpus zzz" in run(capsys, "chat", "--corpus", "zzz")[2]


# ---------------------------------------------------------------- set up


def test_three_questions_set_it_up(here: Path, capsys: Any, monkeypatch: Any) -> None:
    """Documents, domain, who answers: settings are written and the documents can be asked. A slip is asked again, and a
    file that cannot be read keeps nobody from what comes next."""
    (here / "My contracts").mkdir()
    (here / "My contracts" / "lease.md").write_text(LEASE, encoding="utf-8")
    ollama = Server("ollama", "http://127.0.0.1:11434/v1", ("qwen3:8b", "gemma"))
    monkeypatch.setattr("sparewheel.app.detect.detect", lambda: [ollama])
    (here / "My contracts" / "broken.pdf").write_text("none", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("My contrcts\n'My contracts'\nlaw\nlegal\n3\n"))
    code, out, err = run(capsys, "init")
    assert (code, "ollama on this machine (qwen3:8b)" in out) == (1, True)  # one file failed
    assert "did you mean 'My contracts'" in out + err
    assert 'sparewheel ask "your question" --corpus My-contracts' in out
    settings = tomllib.loads(Path("sparewheel.toml").read_text(encoding="utf-8"))
    assert settings["endpoint"]["ollama"]["url"] == ollama.url
    Path("sparewheel.toml").unlink()
    assert "thirty days" in run(capsys, "ask", QUESTION, "--corpus", "My-contracts")[1]


def test_every_question_is_an_option(here: Path, capsys: Any, monkeypatch: Any) -> None:
    """For scripts. What stands in the settings stays, a missing key is told, and nothing is replaced unasked."""
    (here / "lease.md").write_text(LEASE, encoding="utf-8")
    Path("sparewheel.toml").write_text("# mine\n[api]\nport = 9000\n", encoding="utf-8")
    asked = ["init", "-y", "--documents", "lease.md", "--corpus", "mine", "--domain", "legal", "--answer"]
    code, out, _ = run(capsys, *asked, "deepseek", "--key-env", "MY_OWN_KEY", "--model", "deepseek-pro")
    assert (code, "MY_OWN_KEY is not set yet" in out) == (0, True)
    text = Path("sparewheel.toml").read_text(encoding="utf-8")
    assert (text.startswith("# mine\n"), tomllib.loads(text)["endpoint"]["deepseek"]) == (
        True,
        {"key_env": "MY_OWN_KEY", "model": "deepseek-pro"},
    )
    assert "--force replaces it" in run(capsys, *asked, "deepseek")[2]
    code, out, _ = run(capsys, *asked, "https://llm.example.org/v1", "--model", "some")
    assert (code, "1 unchanged" in out) == (0, True)
    assert "--model" in run(capsys, *asked, "https://llm.example.org/v1")[2]
    assert "did you mean 'deepseek'" in run(capsys, *asked, "depseek")[2]


def test_without_documents_only_settings_are_written(here: Path, capsys: Any) -> None:
    """And a folder that is not there is told before anything is written."""
    assert "no-such" in run(capsys, "init", "-y", "--documents", "no-such")[2]
    assert not Path("sparewheel.toml").exists()
    code, out, _ = run(capsys, "init", "-y")
    assert (code, "sparewheel ingest FOLDER" in out, Path("sparewheel.toml").exists()) == (0, True, True)


def test_confidential_documents_stay(here: Path, capsys: Any) -> None:
    """The corpus is of high sensitivity, and this machine answers."""
    (here / "lease.md").write_text(LEASE, encoding="utf-8")
    run(capsys, "init", "-y", "--documents", "lease.md", "--corpus", "secret", "--confidential")
    assert '"sensitivity": "high"' in (here / "data" / "secret" / "corpus.json").read_text(encoding="utf-8")
    assert "endpoint" not in tomllib.loads(Path("sparewheel.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("folder", "name"), [("My contracts", "My-contracts"), ("合同 2024", "合同-2024"), ("---", "documents")]
)
def test_a_corpus_is_called_as_its_folder(here: Path, folder: str, name: str) -> None:
    """As far as a corpus can be called so."""
    (here / folder).mkdir()
    assert corpus_name(here / folder) == name


def test_a_chinese_terminal_is_spoken_to_in_chinese(
    here: Path, capsys: Any, monkeypatch: Any, cloud: FaultServer
) -> None:
    """Questions, slips and what comes next; an answer speaks the language of its question, cures too."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    (here / "合同").mkdir()
    (here / "合同" / "租约.md").write_text(LEASE, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("合同\nlegal\n1\n"))
    code, out, _ = run(capsys, "init")
    said = ("您的文档在哪里", "只用本机", '提问： sparewheel ask "您的问题"')
    assert (code, [each for each in said if each not in out]) == (0, [])
    cloud.play(Always("401"))
    Path("sparewheel.toml").write_text(f'[endpoint.cloud]\nurl = "{cloud.url}"\nkey = "sk-x"\n', encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("/nope\n押金是多少？\nHow much is the rent?\n"))
    code, out, _ = run(capsys, "chat")
    chinese, english = out.split("900 euros")[0], out.split("900 euros", 1)[1]
    for told in ("没有命令 '/nope'", "三个月", "作答：reader", "请检查 设置中的 endpoint.cloud.key", "个字符"):
        assert told in chinese
    assert "answered by reader" in english


# ---------------------------------------------------------------- runs


def test_a_run_at_the_terminal_is_on_the_page(leases: str, here: Path, capsys: Any) -> None:
    """With its corpus and its figures, once however often it goes on; the page can go on with it."""
    Path("mine.csv").write_text(f"question,answer\n{QUESTION},thirty days\n", encoding="utf-8")
    for _ in range(2):
        code, out, _ = run(capsys, "eval", "run", "mine.csv", "--corpus", leases, "--local", "--out", "r1")
    assert (code, "the page shows them too" in out) == (0, True)
    settings = settings_in(here)
    (seen,) = Evaluations(lambda: settings).runs()
    assert (seen.state, seen.done, seen.total, seen.asked.corpus) == ("done", 1, 1, leases)
    assert (seen.folder / seen.asked.questions).read_text(encoding="utf-8").startswith("question,answer")
    assert len(list((here / "data" / FOLDER).iterdir())) == 1


@pytest.mark.parametrize(
    ("argv", "missing", "extra"),
    [
        (("eval", "run", "mine.csv", "--corpus", "leases", "--baseline"), "rank_bm25", "langchain"),
        (("eval", "score", "r1"), "ir_measures", "eval"),
        (("eval", "report", "r1"), "matplotlib", "eval"),
        (("eval", "compare", "r1", "r1"), "scipy", "eval"),
    ],
)
def test_an_extra_is_asked_for_before_any_work(
    capsys: Any, monkeypatch: Any, argv: tuple[str, ...], missing: str, extra: str
) -> None:
    """Not after the last question."""
    from importlib import util

    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == missing else found(name, *rest))
    code, _, err = run(capsys, *argv)
    assert (code, f"needs the extra '{extra}' ({missing} missing)" in err) == (2, True)
