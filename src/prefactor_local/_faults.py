"""Faults on demand: answers that the API would not give, and delays, for requests that match."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from prefactor_local._errors import LocalApiError

__all__ = ["Fault", "FaultGate", "FaultPlan"]

_CODES = {422: "validation_errors"}
"""Where the API's word is not that of HTTP."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to matching requests instead of, or before, the real handling.

    Attributes:
        method: HTTP method, None for any.
        path: regular expression that the whole path matches.
        status: HTTP status of the answer; None means that the request is handled as usual, after `delay`.
        headers: added to the answer, for example `{"Retry-After": "3"}`.
        body: text or bytes sent as they are, else anything that JSON can say; None gives the API's error envelope.
        delay: seconds before the answer or the real handling.
        times: how many requests, None for all.

    Raises:
        re.error: `path` is no regular expression.
    """

    method: str | None = None
    path: str = ".*"
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    times: int | None = 1

    def __post_init__(self) -> None:
        re.compile(self.path)  # a mistake shows here, not in the server

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is meant for such a request."""
        return self.method in {None, method} and re.fullmatch(self.path, path) is not None

    def answer(self) -> Response | None:
        """The answer in place of the real one, None when there is none."""
        if self.status is None:
            return None
        body = LocalApiError(self.status, *_words(self.status)).envelope() if self.body is None else self.body
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return Response(content, self.status, self.headers, media_type="application/json")


class FaultPlan:
    """The faults that are still to happen, first come, first served. Safe to change while requests run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up by one."""
        with self._lock:
            for index, (fault, left) in enumerate(self._waiting):
                if left != 0 and fault.matches(method, path):
                    self._waiting[index] = (fault, None if left is None else left - 1)
                    return fault
        return None


class FaultGate:
    """Middleware that makes the planned faults happen."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, closing: asyncio.Event) -> None:
        self._app = app
        self._plan = plan
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        fault = self._plan.take(request.method, request.url.path)
        if fault is None:
            await self._app(scope, receive, send)
            return
        await self._pause(fault.delay)
        await (fault.answer() or self._app)(scope, receive, send)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def _words(status: int) -> tuple[str, str]:
    """Code and message of an answer for which none were given."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown status"
    return _CODES.get(status, phrase.lower().replace(" ", "_")), phrase
