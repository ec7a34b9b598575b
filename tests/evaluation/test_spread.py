"""A batch on a cluster: the same records as here, and no key travels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sparewheel.app.cli import main
from sparewheel.app.evaluation.batch import ask_all, prepared
from sparewheel.eval import spread
from sparewheel.eval.runs import read_records
from sparewheel.rag.settings import Endpoint, Settings

LEASE = "# Lease\n\nThe monthly rent is 900 euros.\n\nThe deposit is two months' rent, and is paid back in 30 days.\n"


class FakeCluster:
    """Two machines that are threads of this process; what they are given is kept."""

    workers = 2

    def __init__(self) -> None:
        self.given: list[tuple[Any, ...]] = []
        self._pool = ThreadPoolExecutor(self.workers)

    def submitting(self, function: Callable[..., Any]) -> Callable[..., Future[Any]]:
        def submit(*given: Any) -> Future[Any]:
            self.given.append(given)
            if "lost" in given[2]:
                raise RuntimeError("every machine died")
            return self._pool.submit(function, *given)

        return submit


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A corpus `lease`, by words alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", "data")
    (tmp_path / "lease.md").write_text(LEASE, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["ingest", "lease.md", "--corpus", "lease", "--no-dense"])
    assert not ended.value.code
    asked = ["What is the monthly rent?", "When is the deposit paid back?", "Is the question lost?"]
    lines = [json.dumps({"id": str(i), "question": text}) for i, text in enumerate(asked)]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    yield Settings(data_folder="data")
    for pipeline in spread._open.values():
        pipeline.close()
    spread._open.clear()


def answered(settings: Settings, out: str, cluster: Any = None) -> list[dict[str, Any]]:
    ask_all("mine", prepared("questions.jsonl", "lease", settings), Path(out), settings, cluster=cluster)
    return [
        {name: value for name, value in record.items() if name not in ("timings", "attempts")}
        for record in read_records(Path(out))
    ]


def test_the_records_are_those_of_this_machine(settings: Settings) -> None:
    """But for times; a question that no machine could answer has failed, and is asked again as any other."""
    cluster = FakeCluster()
    here, there = answered(settings, "here"), answered(settings, "there", cluster)
    assert there[:2] == here[:2]
    assert (there[2]["outcome"], "every machine died" in there[2]["error"]) == ("failed", True)
    answered(settings, "there", cluster)
    assert [given[2] for given in cluster.given][3:] == ["Is the question lost?"]


def test_no_key_travels_and_the_folder_is_found_from_anywhere(settings: Settings) -> None:
    """Machines have keys in their own environment."""
    cluster, keys = FakeCluster(), {"far": Endpoint(key="secret", key_env="FAR_KEY")}
    asked = spread.Spread(cluster, "lease", Settings(data_folder="data", endpoint=keys))  # type: ignore[arg-type]
    assert Path(asked._settings.data_folder).is_absolute()
    assert (asked._settings.endpoint["far"].key, asked._settings.endpoint["far"].key_env) == ("", "FAR_KEY")


def test_the_baseline_is_asked_here(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Told before anything is asked."""
    with pytest.raises(SystemExit) as ended:
        main(["eval", "run", "questions.jsonl", "--corpus", "lease", "--baseline", "--ray", "local"])
    assert (ended.value.code, "leave --ray out" in capsys.readouterr().err) == (2, True)
