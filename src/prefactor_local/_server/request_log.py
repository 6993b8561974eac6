"""Middleware that records every request."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_local._state.records import RecordedRequest

__all__ = ["RequestLog", "recorded"]

logger = logging.getLogger("prefactor_local")
_KEY = "prefactor_local.recorded"


def recorded(scope: Scope) -> RecordedRequest:
    """The record of a request that has passed through `RequestLog`."""
    record: RecordedRequest = scope[_KEY]
    return record


class RequestLog:
    """Middleware that reads the whole body, records the request, and passes both on."""

    def __init__(self, app: ASGIApp, record: Callable[[RecordedRequest], None]) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            content = await request.body()
        except ClientDisconnect:
            return
        arrived = RecordedRequest(
            scope["method"], scope["path"], dict(request.query_params), dict(request.headers), _parsed(content)
        )
        self._record(arrived)
        scope[_KEY] = arrived

        async def replay() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                arrived.status = message["status"]
                logger.info("%s %s %s", arrived.method, arrived.path, arrived.status)
            await send(message)

        await self._app(scope, replay, answer)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
