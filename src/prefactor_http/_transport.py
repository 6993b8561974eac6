"""Sends requests with httpx and turns its errors into ours. No other module uses httpx."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from prefactor_http._answer import Answer
from prefactor_http._body import Body
from prefactor_http._log import logger_of
from prefactor_http._text import MESSAGE_CHARS, one_line
from prefactor_http._version import __version__
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import PrefactorClientError, PrefactorConnectionError

__all__ = ["Transport"]

_logger = logger_of(__name__)

_MAX_ANSWER_BYTES = 8 * 1024 * 1024
_LOCATION = "prefactor_location"
_MAX_GROWTH = 8  # the answer may repeat the request's payload, with more characters escaped

# Errors of httpx that occur again with every retry.
_WRONG_USE = (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeEncodeError)

_LOST_CONNECTION = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)


class Transport:
    """Connections to the API, for one event loop at a time.

    The connections open with the first request, on its event loop. Requests on another loop raise an error, because
    they would never finish. After `close()`, or after the first loop was closed, another loop may be used.
    """

    def __init__(self, config: HttpClientConfig, sdk_header: str) -> None:
        self.sdk_header = sdk_header
        self._config = config
        self._url = config.api_url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {config.api_token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"prefactor-sdk/{__version__}",
        }
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        url: str | None = None,
    ) -> Answer:
        """Sends a request once, without retries. `url` is another address on the API's host, from a redirect.

        Raises:
            PrefactorConnectionError: There was no answer within request_timeout, or no connection.
            PrefactorClientError: The request cannot be sent, or the connections belong to another event loop.
        """
        request = f"{method} {path}"
        try:
            client = self._open_client()
            async with asyncio.timeout(self._config.request_timeout):
                async with client.stream(
                    method,
                    url or self._url + path,
                    params=params,
                    content=content,
                    headers={"X-Prefactor-SDK": self.sdk_header, **(headers or {})},
                ) as response:
                    body = await _read(response, max(_MAX_ANSWER_BYTES, _MAX_GROWTH * len(content or b"")))
        except TimeoutError as error:
            raise PrefactorConnectionError(
                f"no answer to {request} at {self._url} within {self._config.request_timeout:g} s"
            ) from error
        except _WRONG_USE as error:
            raise PrefactorClientError(f"{request} cannot be sent: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            failed = PrefactorConnectionError(f"no answer to {request} at {self._url}: {_reason(error)}")
            failed.connection_lost = isinstance(error, _LOST_CONNECTION)
            raise failed from error
        _logger.debug("%s: HTTP %d", request, response.status_code)
        return Answer(
            request,
            response.status_code,
            body.end(),
            unreadable=body.problem,
            retry_after=response.headers.get("retry-after"),
            location=response.extensions.get(_LOCATION),
            content_type=response.headers.get("content-type", ""),
            url=url or self._url + path,
            secret=self._config.api_token,
        )

    async def close(self) -> None:
        """Closes the connections, if there are any."""
        client, loop = self._client, self._loop
        if client is None:
            return
        self._check_loop(loop)
        self._client = self._loop = None
        if loop is asyncio.get_running_loop():
            await client.aclose()

    def _open_client(self) -> httpx.AsyncClient:
        self._check_loop(self._loop)
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop = self._new_client(), loop
        return self._client

    def _check_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        if loop is not None and loop is not asyncio.get_running_loop() and not loop.is_closed():
            raise PrefactorClientError(
                "this PrefactorHttpClient belongs to another event loop; use one client per event loop"
            )

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers,
            # httpx has no limit for the total time of a request: send() enforces request_timeout.
            timeout=httpx.Timeout(None, connect=self._config.connect_timeout),
            # Loading certificates takes tens of milliseconds. An http URL never needs them: redirects are not followed.
            verify=not self._url.startswith("http://"),
            trust_env=False,
            event_hooks={"response": [_take_location]},
        )


async def _take_location(response: httpx.Response) -> None:
    # httpx reads it even if it follows no redirects, and raises an error if it is not valid.
    response.extensions[_LOCATION] = response.headers.pop("location", None)


async def _read(response: httpx.Response, limit: int) -> Body:
    # httpx decompresses a piece as a whole, and several times if the header says so: a few KB may become gigabytes.
    body = Body(response.headers.get("content-encoding", ""), limit)
    async for piece in response.aiter_raw():
        body.add(piece)
        if body.problem:
            break
    return body


def _reason(error: httpx.HTTPError) -> str:
    # It may quote the bytes that came.
    return f"{type(error).__name__}: {one_line(str(error), MESSAGE_CHARS)}" if str(error) else type(error).__name__
