"""What the endpoint clients need of the HTTP client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from prefactor_http._answer import Answer

__all__ = ["RequestSender"]


class RequestSender(Protocol):
    """Sends requests; `PrefactorHttpClient` is one."""

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Sends a request, with its retries, and returns an answer that is a success."""
        ...
