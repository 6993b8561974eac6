"""Bulk requests: several operations in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prefactor_http._request import api_path, encode_json
from prefactor_http._request_sender import RequestSender
from prefactor_http.models.bulk import BulkOutput, BulkRequest, BulkResponse

__all__ = ["BulkClient"]


class BulkClient:
    """Bulk requests."""

    def __init__(self, http_client: RequestSender) -> None:
        self._http = http_client

    async def execute(self, request: BulkRequest) -> BulkResponse:
        """Executes operations in order.

        The first one that fails is the last one that is executed: its output is an error, and the operations after it
        have no output. This does not raise an error.

        Args:
            request: The operations.

        Returns:
            The outputs by idempotency key.

        Raises:
            PrefactorHttpError: The request itself failed, not only one of its operations; see `PrefactorHttpClient`.
        """
        body = request.model_dump(mode="json", by_alias=True)
        return (await self._http._send("POST", api_path("bulk"), json_data=body)).parse(BulkResponse)

    async def run(self, items: Iterable[Mapping[str, object]]) -> dict[str, BulkOutput]:
        """As `execute`, for items that are known to be valid: they are not checked before they are sent.

        Args:
            items: Each with `_type` and `idempotency_key`. They are encoded one by one, so that a long request does not
                block other threads.

        Returns:
            The outputs by idempotency key.

        Raises:
            PrefactorHttpError: The request itself failed, not only one of its operations; see `PrefactorHttpClient`.
        """
        content = b'{"items":[' + b",".join(map(encode_json, items)) + b"]}"
        return (await self._http._send("POST", api_path("bulk"), content=content)).parse(BulkResponse).outputs
