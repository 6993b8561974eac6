"""Client of the Prefactor HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prefactor_http._answer import Answer
from prefactor_http._request import api_path, checked_key, encode_json
from prefactor_http._version import __version__
from prefactor_http.config import HttpClientConfig
from prefactor_http.endpoints import AgentClient, AgentInstanceClient, AgentSpanClient, BulkClient
from prefactor_http.exceptions import PrefactorApiError, is_transient_http_error
from prefactor_http.retry import RetryHandler

if TYPE_CHECKING:
    from prefactor_http._transport import Transport

__all__ = ["DEFAULT_SDK_HEADER", "PrefactorHttpClient"]

DEFAULT_SDK_HEADER = f"prefactor-http@{__version__}"


class PrefactorHttpClient:
    """Client of the Prefactor HTTP API, for one event loop at a time.

    Connections open with the first request and close with `close()` or at the end of `async with`. A request that comes
    after that opens them again.

    Args:
        config: Where the API is, and how requests behave.
        sdk_header: Value of the X-Prefactor-SDK header.
        retry: Whether requests are repeated as `config` says, or the handler that repeats them. With False each
            request is tried once and raises the error of that try.

    Every request raises:
        PrefactorApiError: The API answered with an error (subclasses: authentication, not found, validation).
        PrefactorClientError: The request cannot be sent, or no answer came (PrefactorConnectionError).
        PrefactorResponseContractError: The answer is not what the API promises.
        PrefactorRetryExhaustedError: All tries failed (only with retries).
    """

    def __init__(
        self, config: HttpClientConfig, sdk_header: str | None = None, *, retry: RetryHandler | bool = True
    ) -> None:
        self.config = config
        self._sdk_header = sdk_header or DEFAULT_SDK_HEADER
        self._retry = RetryHandler(config) if retry is True else retry or None
        self._transport: Transport | None = None
        self._agents = AgentClient(self)
        self._agent_instances = AgentInstanceClient(self)
        self._agent_spans = AgentSpanClient(self)
        self._bulk = BulkClient(self)

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
        """The X-Prefactor-SDK header. What is set counts from the next request on, here and on shared connections."""
        return self._sdk_header

    @sdk_header.setter
    def sdk_header(self, sdk_header: str) -> None:
        self._sdk_header = sdk_header
        if self._transport is not None:
            self._transport.sdk_header = sdk_header

    def without_retries(self) -> PrefactorHttpClient:
        """A client on the same connections that tries each request once. Closing either closes them for both."""
        client = PrefactorHttpClient(self.config, self._sdk_header, retry=False)
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
        """Sends a request of any kind, and returns the JSON object of the answer.

        Args:
            method: HTTP method.
            path: Path on the API's host, such as "/api/v1/ping".
            params: Query parameters.
            json_data: Body.
            idempotency_key: Goes into the Idempotency-Key header; default: `config.default_idempotency_key`.

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
        """Asks the API whether it takes the token.

        Raises:
            PrefactorAuthError: It does not.
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
        """One request with its retries; the body is `json_data`, or `content` as it is. The answer is a success."""
        transport = self._open_transport()
        content = content if json_data is None else encode_json(json_data)

        async def one_try() -> Answer:
            answer = await transport.send(method, path, params=params, content=content, headers=headers)
            answer.raise_for_error()
            return answer

        if self._retry is None:
            return await one_try()
        return await self._retry.execute(one_try, self._is_retryable)

    def _is_retryable(self, error: Exception) -> bool:
        if isinstance(error, PrefactorApiError):
            return error.status_code in self.config.retry_on_status_codes
        return is_transient_http_error(error)

    def _open_transport(self) -> Transport:
        if self._transport is None:
            # httpx takes longer to import than all the rest; a program that only configures does not pay for it.
            from prefactor_http._transport import Transport  # noqa: PLC0415

            self._transport = Transport(self.config, self._sdk_header)
        return self._transport
