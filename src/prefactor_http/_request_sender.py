"""The part of the HTTP client that the endpoint clients use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from prefactor_http._answer import Answer

__all__ = ["RequestSender"]


class RequestSender(Protocol):
    """Sends requests. `PrefactorHttpClient` implements it."""

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_data: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Sends a request, with retries, and returns the answer of a success."""
        ...
