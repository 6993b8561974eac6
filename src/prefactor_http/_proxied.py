"""A connection through a proxy, made by httpcore."""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import httpcore
import httpx

from prefactor_http._address import Address
from prefactor_http._transport_errors import InvalidRequestError, NoAnswerError

__all__ = ["ProxiedConnection"]

_PROXY_AUTHENTICATION = 407
_KEEP_SECONDS = 5.0  # see Http11Connection

_CONNECTION_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
    OSError,  # of TLS, after the handshake
)
_LOST_CONNECTION_ERRORS = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)


class ProxiedConnection:
    """As `Http11Connection`, through a proxy. It connects with the first request.

    Args:
        address: The server.
        proxy: The URL of the proxy.
        tls: Encrypts the connection to the server.
        timeout: Seconds that the connection may take to open.

    Raises:
        NoAnswerError: The proxy cannot be used.
    """

    def __init__(self, address: Address, proxy: str, *, tls: ssl.SSLContext | None, timeout: float) -> None:
        self._origin = httpcore.Origin(address.scheme.encode(), address.host.encode(), address.port)
        with _errors_translated():
            self._connection = _proxy_pool(proxy, tls).create_connection(self._origin)
        self._timeout = timeout
        self._response: httpcore.Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def send(
        self, method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], content: bytes | None
    ) -> tuple[int, dict[str, str]]:
        """See `Http11Connection.send()`."""
        origin = self._origin
        length = [] if content is None else [(b"Content-Length", b"%d" % len(content))]
        request = httpcore.Request(
            method,
            httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target),
            headers=[*headers, *length],
            content=content,
            extensions={"timeout": {"connect": self._timeout}},
        )
        with _errors_translated():
            self._response = response = await self._connection.handle_async_request(request)
            if response.status == _PROXY_AUTHENTICATION:
                raise httpcore.ProxyError("407 Proxy Authentication Required")
        self._pieces = response.aiter_stream()
        return response.status, {
            name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers
        }

    async def read(self) -> bytes:
        """See `Http11Connection.read()`."""
        if self._pieces is None:
            return b""
        with _errors_translated():
            return await anext(self._pieces, b"")

    async def end_request(self) -> bool:
        """See `Http11Connection.end_request()`."""
        response, self._response, self._pieces = self._response, None, None
        if response is not None:
            await response.aclose()
        return self._connection.is_idle()

    @property
    def is_usable(self) -> bool:
        """See `Http11Connection.is_usable`."""
        return self._connection.is_idle() and not self._connection.has_expired()

    async def close(self) -> None:
        """See `Http11Connection.close()`."""
        await self._connection.aclose()


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise InvalidRequestError(type(error).__name__) from error
    except _CONNECTION_ERRORS as error:
        lost = isinstance(error, _LOST_CONNECTION_ERRORS)
        raise NoAnswerError(type(error).__name__, error, lost=lost) from error


def _proxy_pool(url: str, tls: ssl.SSLContext | None) -> httpcore.AsyncConnectionPool:
    """Makes connections through a proxy. The pool itself is not used: it is what tools for tests replace."""
    try:
        proxy = httpx.Proxy(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise httpcore.ProxyError("the URL of the proxy is not valid") from error
    address = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
    )
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
