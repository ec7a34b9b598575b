"""What a new process costs: `import sparewheel`, `sparewheel --help`, and a question asked at the terminal.

    python -m benchmarks.cold_start [--data FOLDER] [--runs N]

Each command in a process of its own, --runs times; the median of wall clock and of processor seconds (cores summed).
--data: a data folder that has the corpus samples-legal; left out, the sample documents are indexed first. The files
are in the machine's cache after the first run, as on a server; a disk that was just mounted takes longer.
Writes benchmarks/results/cold_start.json.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from typing import Any

from benchmarks.machine import save

QUESTION = "How much notice must either party give to terminate the services agreement?"
SPAREWHEEL = [sys.executable, "-c", "import sys; from sparewheel.app.cli import main; sys.exit(main())"]


def once(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """(wall seconds, processor seconds) of one run. Raises CalledProcessError when it failed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):  # answered, refused
        raise subprocess.CalledProcessError(done.returncode, command)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(command: list[str], runs: int, data: str) -> dict[str, Any]:
    """The medians of `runs` runs after one that warms the cache of files."""
    environment = {**os.environ, "SPAREWHEEL_DATA_FOLDER": data}
    times = [once(command, environment) for _ in range(runs + 1)][1:]
    wall, processor = (round(statistics.median(column), 3) for column in zip(*times, strict=True))
    return {"wall_s": wall, "processor_s": processor, "runs": runs}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="data folder with the corpus samples-legal")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = options.data or scratch
        if not options.data:
            from sparewheel.app.evaluation.batch import prepared
            from sparewheel.rag.settings import load_settings

            prepared("samples", None, replace(load_settings(), data_folder=scratch))
        commands = {
            "import sparewheel": [sys.executable, "-c", "import sparewheel"],
            "an empty Python": [sys.executable, "-c", ""],
            "sparewheel --help": [*SPAREWHEEL, "--help"],
            "sparewheel ask": [*SPAREWHEEL, "ask", QUESTION, "--corpus", "samples-legal"],
        }
        figures = {name: measure(command, options.runs, data) for name, command in commands.items()}
    for name, row in figures.items():
        print(f"{name:18} wall {row['wall_s']:.2f} s, processor {row['processor_s']:.2f} s")
    print(f"written: {save('cold_start', figures)}")


if __name__ == "__main__":
    main()
