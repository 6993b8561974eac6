"""What was asked of the server, in order of arrival."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["RecordedRequest", "RequestLog"]

logger = logging.getLogger("prefactor_local")


@dataclass
class RecordedRequest:
    """A request as it arrived.

    Attributes:
        headers: by lower-case name.
        body: parsed JSON; None without a body or when it is no JSON.
        status: HTTP status that was answered; None until then.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any
    status: int | None = None


class RequestLog:
    """Middleware that reads the whole body, records the request, and hands both on."""

    def __init__(self, app: ASGIApp, record: Callable[[RecordedRequest], None]) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            content = await request.body()
        except ClientDisconnect:
            return
        recorded = RecordedRequest(
            request.method, request.url.path, dict(request.query_params), dict(request.headers), _parsed(content)
        )
        self._record(recorded)

        async def replay() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                recorded.status = message["status"]
                logger.info("%s %s %s", recorded.method, recorded.path, recorded.status)
            await send(message)

        await self._app(scope, replay, answer)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
