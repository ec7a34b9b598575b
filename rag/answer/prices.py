"""What a call costs: the prices of the settings, else those that DeepSeek publishes for its own models, by the hour."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from sparewheel.rag.settings import Endpoint

# US dollars per million tokens off-peak (cache hit, other prompt tokens, output): api-docs.deepseek.com, November 2026
PUBLISHED = {
    "deepseek-flash": (0.003, 0.15, 0.60),
    "deepseek-v4-flash": (0.003, 0.15, 0.60),
    "deepseek-v4-pro": (0.022, 0.66, 1.98),
}
PEAK_FACTOR = 2.0
PEAK_HOURS_UTC = (1, 2, 3, 6, 7, 8, 9)  # Monday to Friday; in Beijing 9 to 12 and 14 to 18


def is_peak(at: dt.datetime) -> bool:
    """Whether DeepSeek's peak prices hold at a moment with its time zone."""
    at = at.astimezone(dt.UTC)
    return at.weekday() < 5 and at.hour in PEAK_HOURS_UTC


def cost_usd(endpoint: Endpoint, hit: int, miss: int, output: int, at: dt.datetime | None = None) -> float:
    """US dollars for so many tokens. A price that is set holds at every hour; an endpoint without prices is free."""
    mine = (endpoint.price_cache_hit, endpoint.price_cache_miss, endpoint.price_output)
    own_host = (urlsplit(endpoint.url).hostname or "").endswith("deepseek.com")
    published = PUBLISHED.get(endpoint.model.casefold(), (0.0,) * 3) if own_host else (0.0,) * 3
    factor = PEAK_FACTOR if is_peak(at or dt.datetime.now(dt.UTC)) else 1.0
    prices = [price if price >= 0 else factor * listed for price, listed in zip(mine, published, strict=True)]
    return sum(price * tokens for price, tokens in zip(prices, (hit, miss, output), strict=True)) / 1e6


def until_off_peak_s(at: dt.datetime) -> float:
    """Seconds until DeepSeek's peak prices hold no longer; 0 off-peak."""
    then = at.astimezone(dt.UTC)
    while is_peak(then):
        then = then.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    return max(0.0, (then - at).total_seconds())
