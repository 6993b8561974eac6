"""Bulk requests: several operations in one request."""

from __future__ import annotations

from prefactor_http._request import api_path
from prefactor_http._request_sender import RequestSender
from prefactor_http.models.bulk import BulkRequest, BulkResponse

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
