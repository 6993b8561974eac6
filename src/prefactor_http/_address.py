"""The address of a server, and the targets of requests to it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from prefactor_http._transport_errors import InvalidRequestError

if TYPE_CHECKING:
    import httpx

__all__ = ["Address"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What every part of HTTP takes as it is. Anything else is left to httpx, whose import takes longer than all others.
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_-]+)+")
_PLAIN_URL = re.compile(rf"(https?)://([a-z0-9.-]+)(?::([0-9]+))?({_PLAIN_PATH.pattern})?")


class Address(NamedTuple):
    """A server, and the path of an API on it.

    Attributes:
        scheme: "http" or "https".
        host: Its name in ASCII, or its address.
        port: Its port.
        url: The URL of the API.
        path: The path of the API, as it is sent.
    """

    scheme: str
    host: str
    port: int
    url: str
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The address in a URL."""
        if plain := _PLAIN_URL.fullmatch(url):
            scheme, host, port, path = plain.groups()
            return cls(scheme, host, int(port or _DEFAULT_PORTS[scheme]), url, path or "")
        parts = _httpx_url(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        path = parts.raw_path.decode("ascii").rstrip("/")
        return cls(parts.scheme, parts.raw_host.decode("ascii"), port, url, path)

    @property
    def name(self) -> str:
        """Host and port as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def target(self, path: str, params: Mapping[str, Any] | None = None) -> bytes:
        """What a request asks for: a path below that of the API, with query parameters.

        Raises:
            InvalidRequestError: It has no form as a URL.
        """
        if not params and _PLAIN_PATH.fullmatch(path):
            return f"{self.path}{path}".encode("ascii")
        return self.target_of(self.url + path, params)

    @staticmethod
    def target_of(url: str, params: Mapping[str, Any] | None = None) -> bytes:
        """As `target()`, for a whole URL on the same host."""
        return _httpx_url(url, params).raw_path


def _httpx_url(url: str, params: Mapping[str, Any] | None = None) -> httpx.URL:
    import httpx  # noqa: PLC0415

    try:
        return httpx.URL(url) if params is None else httpx.URL(url, params=params)
    except httpx.InvalidURL as error:
        raise InvalidRequestError(type(error).__name__) from error
