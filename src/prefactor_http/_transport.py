"""Sends requests, and turns the errors of connections and TLS into ours."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from typing import Any

from prefactor_http._address import Address
from prefactor_http._answer import Answer
from prefactor_http._connections import Connections
from prefactor_http._log import logger_of
from prefactor_http._proxy import environment_proxy
from prefactor_http._text import MESSAGE_CHARS, one_line
from prefactor_http._tls import speaks_tls, tls_context, tls_problem
from prefactor_http._transport_errors import InvalidRequestError, NoAnswerError
from prefactor_http._version import __version__
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import PrefactorClientError, PrefactorConnectionError, PrefactorTlsError

__all__ = ["Transport", "import_for"]

_logger = logger_of(__name__)

_MAX_ANSWER_BYTES = 8 * 1024 * 1024
_MAX_GROWTH = 8  # the answer may repeat the request's payload, with more characters escaped


def import_for(config: HttpClientConfig) -> None:
    """Imports what the first request needs, so that it is not imported on the event loop."""
    with contextlib.suppress(InvalidRequestError, ValueError):  # a request raises it
        Address.of(config.api_url)
        if _proxy_for(config) is not None:
            from prefactor_http import _proxied  # noqa: F401, PLC0415


class Transport:
    """Connections to the API, for one event loop at a time.

    The connections open with the first request, on its event loop. Requests on another loop raise an error, because
    they would never finish. After `close()`, or after the first loop was closed, another loop may be used.
    """

    def __init__(self, config: HttpClientConfig, sdk_header: str) -> None:
        self.sdk_header = sdk_header
        self._config = config
        self._url = config.api_url.rstrip("/")
        self._headers = _encoded(
            {
                "Authorization": f"Bearer {config.api_token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"prefactor-sdk/{__version__}",
            }
        )
        self._address: Address | None = None
        self._clients: dict[bool, Connections] = {}  # by whether they are kept
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        fresh: bool = False,
        url: str | None = None,
    ) -> Answer:
        """Sends a request once, without retries.

        Args:
            method: HTTP method.
            path: Path below the API's URL.
            params: Query parameters.
            content: Body.
            headers: More headers.
            fresh: Open a connection for this request, because those that are open may be dead.
            url: Another address on the API's host, from a redirect.

        Raises:
            PrefactorConnectionError: There was no answer within request_timeout, or no connection. Its subclass
                PrefactorTlsError: because of TLS, or of its files.
            PrefactorClientError: The request cannot be sent, or the connections belong to another event loop.
        """
        request = f"{method} {path}"
        try:
            client = self._open_client(keep=not fresh)
            address = self._server()
            target = address.target(path, params) if url is None else address.target_of(url)
            async with asyncio.timeout(self._config.request_timeout):
                response = await client.request(
                    method,
                    target,
                    content=content,
                    headers=_encoded({"X-Prefactor-SDK": self.sdk_header, **(headers or {})}),
                    limit=max(_MAX_ANSWER_BYTES, _MAX_GROWTH * len(content or b"")),
                )
        except TimeoutError as error:
            raise PrefactorConnectionError(
                f"no answer to {request} at {self._url} within {self._config.request_timeout:g} s"
            ) from error
        except InvalidRequestError as error:
            raise PrefactorClientError(f"{request} cannot be sent: {error}") from error
        except NoAnswerError as error:
            if (problem := tls_problem(error) or await self._missing_tls(error)) is not None:
                raise PrefactorTlsError(f"no connection to {self._url}: {problem}") from error
            # The text may quote the bytes that came.
            reason = one_line(str(error), MESSAGE_CHARS)
            failed = PrefactorConnectionError(f"no answer to {request} at {self._url}: {reason}")
            failed.connection_lost = error.lost
            raise failed from error
        _logger.debug("%s: HTTP %d", request, response.status_code)
        header = response.headers.get
        return Answer(
            request,
            response.status_code,
            response.body.end(),
            unreadable=response.body.problem,
            retry_after=header("retry-after"),
            location=header("location"),
            content_type=header("content-type", ""),
            url=url or self._url + path,
            secret=self._config.api_token,
        )

    async def close(self) -> None:
        """Closes the connections, if there are any."""
        loop = self._loop
        self._check_loop(loop)
        clients, self._clients, self._loop = self._clients, {}, None
        if loop is asyncio.get_running_loop():
            for client in clients.values():
                await client.aclose()

    def _open_client(self, *, keep: bool) -> Connections:
        self._check_loop(self._loop)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._clients, self._loop = {}, loop
        if keep not in self._clients:
            self._clients[keep] = self._new_client(keep=keep)
        return self._clients[keep]

    def _check_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        if loop is not None and loop is not asyncio.get_running_loop() and not loop.is_closed():
            raise PrefactorClientError(
                "this PrefactorHttpClient belongs to another event loop; use one client per event loop"
            )

    def _server(self) -> Address:
        if self._address is None:
            self._address = Address.of(self._url)
        return self._address

    def _new_client(self, *, keep: bool) -> Connections:
        address = self._server()
        return Connections(
            address,
            headers=[(b"Host", address.name.encode("ascii")), *self._headers],
            tls=self._tls_context(),
            proxy=_proxy_for(self._config),
            # There is no limit for the total time of a request here: send() enforces request_timeout.
            connect_timeout=self._config.connect_timeout,
            keep=keep,
        )

    def _tls_context(self) -> ssl.SSLContext | None:
        proxy = _proxy_for(self._config)
        if self._url.startswith("http://") and (proxy is None or not proxy.startswith("https://")):
            return None
        try:
            return tls_context(self._config)
        except (OSError, ValueError) as error:
            raise PrefactorTlsError(
                f"no connection to {self._url}: the certificates of HttpClientConfig.verify or cert, of SSL_CERT_FILE "
                f"or SSL_CERT_DIR cannot be loaded: {type(error).__name__}"
            ) from error

    async def _missing_tls(self, error: NoAnswerError) -> str | None:
        """What is wrong if a server that never answered yet expects TLS; None if it does not."""
        address = self._server()
        has_answered = any(client.has_answered for client in self._clients.values())
        if not error.hung_up or has_answered or self._loop is None:  # None: closed meanwhile
            return None
        if (
            address.scheme == "http"
            and _proxy_for(self._config) is None
            and await speaks_tls(address.host, address.port)
        ):
            return "the server expects TLS at this port: use https:// in api_url"
        return None


def _proxy_for(config: HttpClientConfig) -> str | None:
    if config.proxy is not None or not config.trust_env:
        return config.proxy
    return environment_proxy(config.api_url)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    try:
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    except UnicodeEncodeError as error:
        raise InvalidRequestError(type(error).__name__) from error
