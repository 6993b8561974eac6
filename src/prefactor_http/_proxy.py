"""Which proxy leads to the API: the configuration's, or that of the environment."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

__all__ = ["environment_proxy"]


def environment_proxy(url: str) -> str | None:
    """The URL of the proxy that the environment names for a URL; None if there is none.

    Reads HTTP_PROXY or HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or not, and on macOS and Windows the system's
    settings, as httpx does. This machine itself is never reached through a proxy: `LocalApi` works beside one.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_this_machine(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host if parts.port is None else f"{host}:{parts.port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
