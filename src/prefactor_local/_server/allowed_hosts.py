"""The names under which the server may be addressed.

A web page can have the browser send requests to this machine. Its own address is in the header Origin, and if its name
leads here (DNS rebinding), that name is in Host.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable

__all__ = ["AllowedHosts"]

_ANY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound
_HOST = re.compile(r"(?:(?P<name>\w[\w.-]*?)\.?|\[(?P<address>[\da-f:.]+(?:%[\w.-]+)?)\])(?::\d*)?", re.ASCII)


class AllowedHosts:
    """The names of this machine: those of loopback, the one that the server listens on, and those that were added.

    Args:
        host: What the server listens on. If it is every address, every IP address is allowed, and the machine's name.
        others: Further names, without port.
    """

    def __init__(self, host: str, others: Iterable[str]) -> None:
        self._names = {name.strip("[]").lower() for name in (host, *others)}
        self._any_address = host in _ANY_ADDRESS
        if self._any_address:
            self._names.add(socket.gethostname().lower())

    def allow_host(self, host: str) -> bool:
        """Whether a request with this header Host is for this server."""
        name = _name(host)
        return self._allow(name) or (self._any_address and _address(name) is not None)

    def allow_origin(self, origin: str, host: str) -> bool:
        """Whether a page with this header Origin may send the request: one of this machine, or of the same host."""
        scheme, _, address = origin.lower().partition("://")
        name = _name(address) if scheme in {"http", "https"} else ""
        return self._allow(name) or (name != "" and name == _name(host))

    def _allow(self, name: str) -> bool:
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return name != ""
        address = _address(name)
        return address is not None and address.is_loopback


def _name(host: str) -> str:
    """The name in a host with or without a port, in lower case; empty if it is anything else, such as `a@b`."""
    found = _HOST.fullmatch(host.lower())
    return (found["name"] or found["address"]) if found else ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
