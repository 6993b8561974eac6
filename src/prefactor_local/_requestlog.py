"""What was asked of the server: requests in order of arrival, operations in the order of their execution."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["RecordedCall", "RecordedRequest", "RequestLog", "recorded"]

logger = logging.getLogger("prefactor_local")
_KEY = "prefactor_local.recorded"


@dataclass
class RecordedRequest:
    """A request as it arrived, whatever became of it.

    Attributes:
        headers: by lower-case name.
        body: parsed JSON; None without a body or when it is no JSON.
        status: HTTP status that was answered; None until then, and for ever if the connection was reset instead.
        received_at: when its last byte had arrived, by `time.monotonic()`.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any
    status: int | None = None
    received_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class RecordedCall:
    """An operation that the server carried out or refused, a request of its own or an item of a bulk request.

    Attributes:
        name: as the bulk endpoint calls it, for example `agent_spans/create`.
        target: ID of the thing that it is about, of the new one for what creates one; empty if there is none.
        body: in the form of a single request.
        status: HTTP status as a single request.
        code: of the refusal.
        replay: it repeated a known idempotency key, was given the first answer, and changed nothing.
    """

    name: str
    target: str
    body: Mapping[str, Any]
    status: int = 200
    code: str | None = None
    replay: bool = False
    bulk: bool = False


def recorded(scope: Scope) -> RecordedRequest:
    """The record of a request that came through the log."""
    record: RecordedRequest = scope[_KEY]
    return record


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
