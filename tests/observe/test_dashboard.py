"""The Grafana dashboard: made from code, about metrics that exist, every query one that Prometheus can read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from exported import exported_names, names_in

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
FILE = GRAFANA / "dashboards" / "sparewheel.json"
RULES = GRAFANA.parent / "prometheus" / "rules"


def queries() -> dict[str, str]:
    """ "panel: A" -> its query."""
    panels = [panel for panel in json.loads(FILE.read_text())["panels"] if panel["type"] != "row"]
    return {f"{panel['title']}: {target['refId']}": target["expr"] for panel in panels for target in panel["targets"]}


def test_the_committed_dashboard_is_what_the_code_makes() -> None:
    """`python deploy/grafana/make.py` changes nothing."""
    pytest.importorskip("grafana_foundation_sdk")
    command = [sys.executable, str(GRAFANA / "make.py"), "--print"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == FILE.read_text()


def test_panels_are_about_metrics_that_are_exported() -> None:
    """A panel over a metric that nobody exports would stay empty."""
    unknown = {panel: names_in(query) - exported_names() for panel, query in queries().items()}
    assert {panel: names for panel, names in unknown.items() if names} == {}
    rules = [
        rule for path in RULES.glob("*.yml") for g in yaml.safe_load(path.read_text())["groups"] for rule in g["rules"]
    ]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    assert {name for query in queries().values() for name in re.findall(r"sparewheel:[\w:]+", query)} <= recorded


def test_every_exported_metric_of_ours_is_shown_or_guarded() -> None:
    """What is counted is in a panel or in a rule; nothing is counted for nobody."""
    texts = " ".join([*queries().values(), *(path.read_text() for path in RULES.glob("*.yml"))])
    ours = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in exported_names()}
    unused = {name for name in ours if name.startswith("sparewheel_") and not re.search(rf"\b{name}(_|\b)", texts)}
    assert unused == {"sparewheel_certificate_unreadable", "sparewheel_corpora", "sparewheel_index_documents"}


def test_every_query_is_promql(tmp_path: Path) -> None:
    """promtool reads each as a recording rule."""
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool (Debian package prometheus)")
    rules = [
        {"record": f"panel:{n}", "expr": query.replace("$__rate_interval", "1m")}
        for n, query in enumerate(queries().values())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    told = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
