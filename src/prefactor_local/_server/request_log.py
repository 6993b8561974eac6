"""Middleware that records every request."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_http._text import one_line
from prefactor_local._server.reception import arrival_of
from prefactor_local._state.records import RecordedRequest

__all__ = ["RequestLog"]

logger = logging.getLogger("prefactor_local")
_SHOWN_CHARS = 500


class RequestLog:
    """Middleware that records each request and prints a line for it.

    Args:
        app: The application.
        record: Called with every request.
        keep_bodies: Whether the records have the bodies.
    """

    def __init__(self, app: ASGIApp, record: Callable[[RecordedRequest], None], *, keep_bodies: bool) -> None:
        self._app = app
        self._record = record
        self._keep_bodies = keep_bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        body = arrival_of(scope).json if self._keep_bodies else None
        arrived = RecordedRequest(
            scope["method"], scope["path"], dict(request.query_params), dict(request.headers), body
        )
        self._record(arrived)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                arrived.status = message["status"]
                # The path may have line breaks: it is no longer percent-encoded.
                logger.info("%s %s %s", arrived.method, one_line(arrived.path, _SHOWN_CHARS), arrived.status)
            await send(message)

        await self._app(scope, receive, answer)
