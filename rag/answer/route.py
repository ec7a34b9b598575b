"""How an endpoint is reached: the proxy that the environment names for its address, or none.

httpx reads the same variables, but gives up the whole client for one entry of NO_PROXY that it cannot read, or for a
SOCKS proxy without its extra. Here such an entry costs only itself, and `trouble` names it.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Route:
    """proxy: its address, None for none. trouble: what of the environment could not be used, "" when all could."""

    proxy: str | None = None
    trouble: str = ""


def route(url: str, environment: Mapping[str, str] | None = None) -> Route:
    """The way to `url`. environment: {"https": address, "all": address, "no": list}, as `urllib.request.getproxies`."""
    found = urllib.request.getproxies() if environment is None else environment
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    if not host or _is_exempt(host, parts.port, found.get("no", "")):
        return Route()
    named = next(((key, found[key]) for key in (parts.scheme, "all") if found.get(key)), None)
    if named is None:
        return Route()
    key, proxy = named
    variable = f"{key.upper()}_PROXY"
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    scheme = urlsplit(proxy).scheme
    if scheme == "socks":
        proxy, scheme = proxy.replace("socks://", "socks5://", 1), "socks5"
    if scheme not in SCHEMES:
        return Route(None, f"{variable} names a proxy of a kind that is not known ({scheme}): it is not used")
    if scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        return Route(None, f"{variable} names a SOCKS proxy, which needs the package socksio: it is not used")
    return Route(proxy)


def _is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: by name, domain, address or range of addresses, with or without a port."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    for entry in (part.strip().casefold() for part in no_proxy.replace(" ", ",").split(",")):
        if entry == "*":
            return True
        name = entry.rpartition("://")[2].rstrip("/") if "://" in entry else entry
        if name.startswith("["):
            name, _, entry_port = name[1:].partition("]")
            entry_port = entry_port.lstrip(":")
        elif name.count(":") == 1:
            name, _, entry_port = name.partition(":")
        else:
            entry_port = ""
        if not name or (entry_port and entry_port != str(port)):
            continue
        if address is not None:
            try:
                if address in ipaddress.ip_network(name, strict=False):
                    return True
            except (ValueError, TypeError):
                continue
        bare = name.lstrip("*").lstrip(".")
        if bare and (host == bare or host.endswith(f".{bare}")):
            return True
    return False
