"""Client of the Prefactor HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prefactor_http._answer import Answer
from prefactor_http._request import api_path, checked_key, encode_json
from prefactor_http._version import __version__
from prefactor_http.config import HttpClientConfig
from prefactor_http.exceptions import (
    PrefactorApiError,
    PrefactorResponseContractError,
    PrefactorTlsError,
    is_transient_http_error,
)
from prefactor_http.retry import RetryHandler

if TYPE_CHECKING:
    from prefactor_http._transport import Transport
    from prefactor_http.endpoints import AgentClient, AgentInstanceClient, AgentSpanClient, BulkClient

__all__ = ["DEFAULT_SDK_HEADER", "PrefactorHttpClient"]

DEFAULT_SDK_HEADER = f"prefactor-http@{__version__}"
_MAX_REDIRECTS = 3


class PrefactorHttpClient:
    """Client of the Prefactor HTTP API, for one event loop at a time.

    Connections open with the first request and close with `close()` or at the end of `async with`. A later request
    opens them again.

    Redirects with 307 and 308 are followed, with the same method, body and key, if they lead to the same scheme, host
    and port.

    Args:
        config: Where the API is, and how requests behave.
        sdk_header: Value of the X-Prefactor-SDK header.
        retry: Whether failed requests are retried as `config` says, or the handler that retries them. With False, each
            request is sent once and raises its error.

    Every request raises:
        PrefactorApiError: The API answered with an error (subclasses: authentication, not found, validation).
        PrefactorClientError: The request cannot be sent, or there was no answer (PrefactorConnectionError).
        PrefactorResponseContractError: The answer does not have the form that the API documents.
        PrefactorRetryExhaustedError: All attempts failed (only with retries).
    """

    def __init__(
        self, config: HttpClientConfig, sdk_header: str | None = None, *, retry: RetryHandler | bool = True
    ) -> None:
        self.config = config
        self._sdk_header = sdk_header or DEFAULT_SDK_HEADER
        self._retry = RetryHandler(config) if retry is True else retry or None
        self._transport: Transport | None = None
        self._fresh = False

    @property
    def agents(self) -> AgentClient:
        """Agents."""
        return self._agents

    @property
    def agent_instances(self) -> AgentInstanceClient:
        """Agent instances."""
        return self._agent_instances

    @property
    def agent_spans(self) -> AgentSpanClient:
        """Spans."""
        return self._agent_spans

    @property
    def bulk(self) -> BulkClient:
        """Several operations in one request."""
        return self._bulk

    # What answers consist of takes long to import. So each of these imports only its own.

    @cached_property
    def _agents(self) -> AgentClient:
        from prefactor_http.endpoints.agent import AgentClient  # noqa: PLC0415

        return AgentClient(self)

    @cached_property
    def _agent_instances(self) -> AgentInstanceClient:
        from prefactor_http.endpoints.agent_instance import AgentInstanceClient  # noqa: PLC0415

        return AgentInstanceClient(self)

    @cached_property
    def _agent_spans(self) -> AgentSpanClient:
        from prefactor_http.endpoints.agent_span import AgentSpanClient  # noqa: PLC0415

        return AgentSpanClient(self)

    @cached_property
    def _bulk(self) -> BulkClient:
        from prefactor_http.endpoints.bulk import BulkClient  # noqa: PLC0415

        return BulkClient(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        if self._transport is not None:
            await self._transport.close()

    @property
    def sdk_header(self) -> str:
        """The X-Prefactor-SDK header. A new value applies from the next request on, on shared connections too."""
        return self._sdk_header

    @sdk_header.setter
    def sdk_header(self, sdk_header: str) -> None:
        self._sdk_header = sdk_header
        if self._transport is not None:
            self._transport.sdk_header = sdk_header

    def without_retries(self, *, fresh_connections: bool = False) -> PrefactorHttpClient:
        """A client without retries on the same connections. Closing one of the two closes the connections of both.

        Args:
            fresh_connections: The new client opens a connection for each request, and closes it afterwards.
        """
        client = self.with_retries(False)
        client._fresh = fresh_connections
        return client

    def with_retries(self, retry: RetryHandler | bool) -> PrefactorHttpClient:
        """A client with other retries on the same connections, as `without_retries()`; `retry` as in the class."""
        client = PrefactorHttpClient(self.config, self._sdk_header, retry=retry)
        client._transport = self._open_transport()
        return client

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        json_data: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Sends a request to any path, and returns the JSON object of the answer.

        Args:
            method: HTTP method.
            path: Path on the API's host, such as "/api/v1/ping".
            params: Query parameters.
            json_data: Body.
            idempotency_key: The Idempotency-Key header; default: `config.default_idempotency_key`.

        Raises:
            ValueError: The path does not begin with a slash, or the key has more than 64 characters.
        """
        if not path.startswith("/"):
            raise ValueError(f"path must begin with a slash; it is {path!r}")
        key = checked_key(idempotency_key if idempotency_key is not None else self.config.default_idempotency_key)
        headers = {"Idempotency-Key": key} if key is not None else None
        answer = await self._send(method, path, params=params, json_data=json_data, headers=headers)
        return answer.value()

    async def validate_token(self) -> dict[str, Any]:
        """Checks that the API accepts the token.

        Raises:
            PrefactorAuthError: The API does not accept it.
        """
        return (await self._send("GET", api_path("ping"))).value()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends a request, with retries, and returns the answer of a success. The body is `json_data` or `content`."""
        transport = self._open_transport()
        content = content if json_data is None else encode_json(json_data)

        async def attempt() -> Answer:
            send = partial(transport.send, method, path, content=content, headers=headers, fresh=self._fresh)
            answer = await send(params=params)
            for _ in range(_MAX_REDIRECTS):
                if (url := answer.redirect()) is None:
                    break
                answer = await send(params=None, url=url)
            answer.raise_for_error()
            return answer

        if self._retry is None:
            return await attempt()
        return await self._retry.execute(attempt, self._is_retryable)

    def _is_retryable(self, error: Exception) -> bool:
        if isinstance(error, PrefactorApiError):
            return error.status_code in self.config.retry_on_status_codes
        return is_transient_http_error(error) and not isinstance(
            error, (PrefactorTlsError, PrefactorResponseContractError)
        )

    def _open_transport(self) -> Transport:
        if self._transport is None:
            # Importing httpx takes longer than everything else, and a program that sends nothing does not need it.
            from prefactor_http._transport import Transport  # noqa: PLC0415

            self._transport = Transport(self.config, self._sdk_header)
        return self._transport
