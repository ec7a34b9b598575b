"""The Prometheus rules: valid, tested, explained in the run book, and about metrics that exist."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from exported import exported_names, names_in, table

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Debian's prometheus package has it."""
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool (Debian package prometheus)")
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)


def rules() -> Iterator[dict[str, Any]]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def test_the_rules_are_valid() -> None:
    """promtool check rules."""
    told = promtool("check", "rules", *map(str, RULES))
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_and_resolve(path: Path) -> None:
    """promtool test rules."""
    told = promtool("test", "rules", str(path))
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_alert_is_seen_firing_and_later_resolved() -> None:
    """Each alert has a case in which it fires and, afterwards, no longer does."""
    resolved = set()
    for path in TESTS:
        for case in yaml.safe_load(path.read_text())["tests"]:
            steps = [(step["alertname"], bool(step["exp_alerts"])) for step in case["alert_rule_test"]]
            resolved |= {name for (name, fires), after in itertools.pairwise(steps) if fires and not after[1]}
    assert resolved == {rule["alert"] for rule in alerts()}


def test_rules_are_about_metrics_that_are_exported() -> None:
    """A rule over a metric that nobody exports would never fire."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    unknown = {rule.get("alert") or rule["record"]: names_in(rule["expr"]) - exported_names() for rule in rules()}
    assert {name: missing for name, missing in unknown.items() if missing} == {}
    used = {name for rule in alerts() for name in re.findall(r"sparewheel:[\w:]+", rule["expr"])}
    assert used <= recorded


def test_every_alert_has_a_severity_and_a_run_book() -> None:
    """Severity and the route that goes with it; the run book's link leads to a heading of docs/operations.md."""
    headings = re.findall(r"^#+ (\w+)$", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    for rule in alerts():
        labels = rule["labels"]
        assert (labels["severity"], labels["route"]) in (("critical", "page"), ("warning", "ticket"))
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert {rule["alert"] for rule in alerts()} <= set(headings)


def test_the_configurations_are_valid() -> None:
    """prometheus.yml with its rules, and the example of alertmanager.yml."""
    assert promtool("check", "config", str(PROMETHEUS / "prometheus.yml")).returncode == 0
    if shutil.which("amtool") is None:
        pytest.skip("needs amtool (Debian package prometheus-alertmanager)")
    file = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
    assert subprocess.run(["amtool", "check-config", str(file)], capture_output=True, check=False).returncode == 0


def test_the_run_book_lists_every_metric() -> None:
    """The table of docs/operations.md is what a process exports: name, kind, labels, meaning."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| `sparewheel_")]
    assert listed == table()
