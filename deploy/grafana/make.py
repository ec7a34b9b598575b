"""The dashboard as Grafana reads it: `python deploy/grafana/make.py` writes dashboards/sparewheel.json.

With --print it goes to standard output instead; a test compares that with the file. Needs grafana-foundation-sdk.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from panels import ROWS, Panel

FILE = Path(__file__).parent / "dashboards" / "sparewheel.json"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT = {"number": 4, "lines": 8, "states": 8}
COLOURS = {0: ("closed", "green"), 1: ("half-open", "yellow"), 2: ("open", "red")}


def main() -> None:
    text = JSONEncoder(sort_keys=True, indent=2).encode(board()) + "\n"
    if "--print" in sys.argv:
        print(text, end="")
    else:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text, encoding="utf-8")
        print(f"wrote {FILE.name}: {sum(len(row) for row in ROWS.values())} panels")


def board() -> Any:
    """The whole dashboard."""
    made = (
        dashboard.Dashboard("Sparewheel")
        .uid("sparewheel")
        .description("Legal and medical question answering: answers, endpoints, money, indexes, processes")
        .tags(["sparewheel"])
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(dashboard.DashboardLink("Alerts").type(DashboardLinkType.LINK).url("/alerting/list"))
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    number = itertools.count(1)
    for title, row in ROWS.items():
        made = made.with_row(dashboard.Row(title).id(next(number)))
        for panel in row:
            made = made.with_panel(drawn(panel).id(next(number)))
    return made.build()


def drawn(panel: Panel) -> Any:
    """The builder of one panel."""
    builder: Any = {"lines": timeseries, "number": stat, "states": statetimeline}[panel.kind].Panel()
    builder = builder.title(panel.title).description(panel.about).unit(panel.unit).datasource(SOURCE)
    builder = builder.span(panel.width).height(HEIGHT[panel.kind])
    for letter, (query, name) in zip("ABC", panel.queries, strict=False):
        target = prometheus.Dataquery().expr(query).legend_format(name).ref_id(letter)
        builder = builder.with_target(target.datasource(SOURCE))
    if panel.kind == "lines":
        legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
        tooltip = VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        builder = builder.min(0).fill_opacity(8).legend(legend.show_legend(True)).tooltip(tooltip)
    if panel.kind == "number":
        builder = builder.graph_mode(BigValueGraphMode.AREA).reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.kind == "states":
        results = {str(value): ValueMappingResult(text=text, color=colour) for value, (text, colour) in COLOURS.items()}
        builder = builder.mappings([ValueMap(options=results)]).show_value(VisibilityMode.NEVER)
    if panel.limit is not None:
        steps = [Threshold(value=None, color="transparent"), Threshold(value=panel.limit, color="red")]
        limit = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
        style = GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED)
        builder = builder.thresholds(limit).thresholds_style(style)
    return builder


if __name__ == "__main__":
    main()
