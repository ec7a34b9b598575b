"""Who watches: are the counts served, does a Prometheus collect them, has it the alerts, and whom does it tell?"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sparewheel.app.doctor.check import Check
from sparewheel.app.people.loopback import is_loopback
from sparewheel.rag.settings import Settings

WITHIN_S = 3.0
JOBS = "sparewheel"  # our jobs begin so, as the rules expect (deploy/prometheus)


def monitoring(settings: Settings, allow_calls: bool) -> list[Check]:
    """The counts of a running server or page, and the Prometheus of the settings; another machine only if allowed."""
    observe = settings.observe
    if not observe.metrics:
        return [Check("metrics", "warn", "off by setting observe.metrics", "set observe.metrics = true")]
    found = [counts(settings)]
    url = observe.prometheus_url
    if not url:
        cure = "deploy/compose.yaml starts one; then set observe.prometheus_url"
        found.append(Check("Prometheus", "warn", "observe.prometheus_url names none", cure))
    elif allow_calls or is_loopback(urlsplit(url).hostname or ""):
        found.append(prometheus(url))
    else:
        found.append(Check("Prometheus", "warn", f"{url} was not asked", "sparewheel doctor --allow-calls asks it"))
    return found


def counts(settings: Settings) -> Check:
    """/metrics of the API, or of the page where that has a port for it."""
    observe, api = settings.observe, settings.api
    places = [f"http://{own(api.host)}:{api.port}/metrics"]
    if observe.metrics_port:
        places.append(f"http://{own(observe.metrics_host)}:{observe.metrics_port}/metrics")
    for place in places:
        text = get(place)
        if isinstance(text, str) and "sparewheel_" in text:
            return Check("metrics", "pass", f"{place} shows them")
    cure = "start sparewheel serve, or sparewheel ui with observe.metrics_port"
    return Check("metrics", "warn", f"nothing shows them at {' or '.join(places)}", cure)


def own(host: str) -> str:
    """Where this machine reaches a listener of its own: every address is loopback too."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104


def prometheus(url: str) -> Check:
    """Ready, our targets up, our rules loaded, an Alertmanager behind it."""
    base = url.rstrip("/")
    answers = {name: get(f"{base}/api/v1/{name}") for name in ("targets", "rules", "alertmanagers")}
    if wrong := next((answer for answer in answers.values() if isinstance(answer, OSError)), None):
        cure = "start it, or mend observe.prometheus_url"
        return Check("Prometheus", "fail", f"{url} does not answer: {wrong}", cure)
    try:
        return judged(url, {name: read(answer) for name, answer in answers.items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        cure = "set observe.prometheus_url to the address whose /api/v1 is Prometheus' own"
        return Check("Prometheus", "fail", f"{url} does not speak Prometheus' API ({error})", cure)


def judged(url: str, data: dict[str, Any]) -> Check:
    """What Prometheus says of itself, as one line; the first thing that is missing decides."""
    ours = [each for each in data["targets"]["activeTargets"] if each["labels"]["job"].startswith(JOBS)]
    down = [each["scrapeUrl"] for each in ours if each["health"] != "up"]
    alerts = [r for group in data["rules"]["groups"] for r in group["rules"] if r["type"] == "alerting"]
    if not ours:
        return Check("Prometheus", "warn", f"{url} collects nothing of ours", "take deploy/prometheus/prometheus.yml")
    if down:
        return Check("Prometheus", "warn", f"{url} cannot reach {', '.join(down)}", "start it, or mend the target")
    if not alerts:
        return Check("Prometheus", "warn", f"{url} has no alert", "load deploy/prometheus/rules")
    if not data["alertmanagers"]["activeAlertmanagers"]:
        return Check("Prometheus", "warn", f"{url} has nobody to tell", "start Alertmanager: deploy/alertmanager")
    return Check("Prometheus", "pass", f"{url} collects from {len(ours)} of ours, watches {len(alerts)} alerts")


def get(url: str) -> str | OSError:
    """The body of a 200, or what went wrong."""
    import httpx

    try:
        answer = httpx.get(url, timeout=WITHIN_S)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return OSError(str(error).splitlines()[0] or type(error).__name__)
    return answer.text


def read(answer: str | OSError) -> Any:
    """`data` of an answer of Prometheus' API. Raises ValueError or KeyError when it is none."""
    import json

    return json.loads(str(answer))["data"]
