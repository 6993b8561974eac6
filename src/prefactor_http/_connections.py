"""Connections to one server, directly or through a proxy.

Tools for tests (respx, pytest-httpx, vcrpy) and for tracing (OpenTelemetry, Sentry) replace methods of httpx's clients
and transports, and of httpcore's pools. They are about the program's requests: one of ours must not be answered by a
mock, listed in a trace, or written to httpx's log. So the connections are used directly, one layer below.
"""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

__all__ = ["CONNECTION_ERRORS", "LOST_CONNECTION_ERRORS", "MISUSE_ERRORS", "Connections", "Response"]

_PROXY_AUTHENTICATION = 407
_KEEP_SECONDS = 5.0  # unused for longer, a connection is not used again: many servers and proxies close it soon

MISUSE_ERRORS = (httpx.InvalidURL, httpcore.LocalProtocolError, httpcore.UnsupportedProtocol, UnicodeEncodeError)
"""What a request raises that cannot be sent, however often it is tried."""

CONNECTION_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
    OSError,  # of TLS, after the handshake
)
"""What a request raises that gets no answer, or no complete one."""

LOST_CONNECTION_ERRORS = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
"""Those of a connection that was open, and is not any more."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer whose body has not been read.

    Attributes:
        status_code: HTTP status.
        headers: The headers.
        body: The body, as it comes: it is not decompressed.
    """

    status_code: int
    headers: httpx.Headers
    body: AsyncIterable[bytes]

    def aiter_raw(self) -> AsyncIterator[bytes]:
        """The pieces of the body."""
        return aiter(self.body)


class Connections:
    """Connections to a server, as many as there are requests at a time.

    Args:
        url: Where the server is.
        headers: The headers of every request.
        tls: For an https URL.
        proxy: The URL of a proxy for all connections.
        connect_timeout: Seconds that one may take to open; a proxy and TLS may take as long again.
        keep: Whether a connection is kept for the next request.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        tls: ssl.SSLContext | None,
        proxy: str | None,
        connect_timeout: float,
        keep: bool = True,
    ) -> None:
        parts = httpx.URL(url)
        default_port = 443 if parts.scheme == "https" else 80
        self._origin = httpcore.Origin(parts.raw_scheme, parts.raw_host, parts.port or default_port)
        self._headers = headers
        self._tls = tls
        self._proxy = None if proxy is None else _proxy_pool(proxy, tls)
        self._connect_timeout = connect_timeout
        self._keep = keep
        self._idle: list[httpcore.AsyncConnectionInterface] = []
        self._busy: set[httpcore.AsyncConnectionInterface] = set()

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Response]:
        """Sends a request. The connection belongs to it until the end of the block.

        Raises:
            MISUSE_ERRORS, CONNECTION_ERRORS: see there.
        """
        request = self._request(httpx.Request(method, url, params=params, content=content, headers=self._with(headers)))
        connection = await self._take()
        self._busy.add(connection)
        try:
            answer = await connection.handle_async_request(request)
            try:
                if self._proxy is not None and answer.status == _PROXY_AUTHENTICATION:
                    raise httpcore.ProxyError("407 Proxy Authentication Required")
                yield Response(answer.status, httpx.Headers(answer.headers), answer.aiter_stream())
            finally:
                await answer.aclose()
        finally:
            await self._give_back(connection)

    async def aclose(self) -> None:
        """Closes all connections, also those that are in use."""
        connections = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        for connection in connections:
            await connection.aclose()

    def _with(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**self._headers, **(headers or {})}

    def _request(self, request: httpx.Request) -> httpcore.Request:
        return httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=self._origin.scheme,
                host=self._origin.host,
                port=self._origin.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.content,
            extensions={"timeout": {"connect": self._connect_timeout}},
        )

    async def _take(self) -> httpcore.AsyncConnectionInterface:
        expired = [connection for connection in self._idle if connection.has_expired()]
        self._idle = [connection for connection in self._idle if connection not in expired]
        for connection in expired:
            await connection.aclose()
        if self._idle:
            return self._idle.pop()
        if self._proxy is not None:
            return self._proxy.create_connection(self._origin)
        return httpcore.AsyncHTTP11Connection(self._origin, await self._connect(), keepalive_expiry=_KEEP_SECONDS)

    async def _give_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        still_open = connection in self._busy
        self._busy.discard(connection)
        if still_open and self._keep and connection.is_idle():
            self._idle.append(connection)
        else:
            await connection.aclose()

    async def _connect(self) -> httpcore.AsyncNetworkStream:
        host = self._origin.host.decode("ascii")
        stream = await httpcore.AnyIOBackend().connect_tcp(host, self._origin.port, timeout=self._connect_timeout)
        if self._tls is None:
            return stream
        try:
            return await stream.start_tls(self._tls, server_hostname=host, timeout=self._connect_timeout)
        except BaseException:  # a cancellation, too
            await stream.aclose()
            raise


def _proxy_pool(url: str, tls: ssl.SSLContext | None) -> httpcore.AsyncConnectionPool:
    """Makes connections through a proxy. The pool itself is not used: it is what tools for tests replace."""
    try:
        proxy = httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise httpcore.ProxyError("the URL of the proxy is not valid") from error
    address = _core_url(proxy.url)
    if proxy.url.scheme.startswith("socks5"):
        if importlib.util.find_spec("socksio") is None:
            raise httpcore.ProxyError("a SOCKS proxy needs the package socksio: pip install 'httpx[socks]'")
        return httpcore.AsyncSOCKSProxy(address, proxy.raw_auth, tls, keepalive_expiry=_KEEP_SECONDS)
    return httpcore.AsyncHTTPProxy(
        address,
        proxy.raw_auth,
        ssl_context=tls,
        proxy_ssl_context=tls if proxy.url.scheme == "https" else None,
        keepalive_expiry=_KEEP_SECONDS,
    )


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
