"""The counts of several processes that serve one address, as those of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

SUMMED = ("counter", "histogram")  # types; of gauges these names
SUMMED_GAUGES = {
    "sparewheel_questions_in_flight",
    "sparewheel_queue_depth",
    "sparewheel_audit_waiting",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_open_fds",
}
LEAST_GAUGES = {  # the worst counts; of the others, which all processes read off the same disk, the largest
    "sparewheel_model_checksum_ok",
    "sparewheel_certificate_days_left",
    "process_start_time_seconds",
}


def merged(texts: Sequence[str]) -> bytes:
    """One exposition of several: counters, histograms and what goes on now are summed, states are kept by the worst.

    A breaker that is open in one process and closed in another shows both states.
    """
    registry = CollectorRegistry()
    registry.register(_Families(texts))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
        for text in self._texts:
            for family in text_string_to_metric_families(text):
                first = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                mine = values.setdefault(first.name, {})
                join = _join(family.name, family.type)
                for sample in family.samples:
                    key = (sample.name, tuple(sample.labels.items()))
                    mine[key] = join(mine[key], sample.value) if key in mine else sample.value
        for name, family in families.items():
            for (named, labels), value in values[name].items():
                family.add_sample(named, dict(labels), value)
            yield family


def _join(name: str, kind: str) -> Callable[[float, float], float]:
    if kind in SUMMED or name in SUMMED_GAUGES or name == "process_cpu_seconds":
        return lambda one, other: one + other
    return min if name in LEAST_GAUGES else max
