"""Makes the planned faults happen to requests."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_local._faults import Fault, FaultPlan, Target
from prefactor_local._lifeline import Lifeline
from prefactor_local._requestlog import recorded
from prefactor_local._spantypes import of_request
from prefactor_local._store import Store

__all__ = ["FaultGate"]

_GARBLED = {
    "malformed": b'{"status":"success","details":{"id":"',
    "shape": b'{"status":"success","details":{"unexpected":true}}',
}


class FaultGate:
    """Middleware between the request log and the API. It costs nothing while no fault is planned."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, line: Lifeline, store: Store) -> None:
        self._app = app
        self._plan = plan
        self._line = line
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._plan:
            await self._app(scope, receive, send)
            return
        delay, fault = self._plan.strike(self._target(scope))
        # Who goes away drops what it has not handled; who stops hurries.
        if await self._line.pause(delay) == "gone":
            return
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.hang:
            await self._hang(scope, receive, send)
        elif fault.reset is not None:
            await self._reset(fault, scope, receive)
        else:
            await self._answer(fault, scope, receive, send)

    def _target(self, scope: Scope) -> Target:
        body = recorded(scope).body
        method, path = scope["method"], scope["path"]
        return Target(method, path, lambda: of_request(self._store, method, path, body))

    async def _hang(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = self._line.transport(scope)
        if await self._line.pause(None) != "cleared":
            await self._line.reset(transport)
        elif transport is not None and not transport.is_closing():
            await self._app(scope, receive, send)

    async def _reset(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        transport = self._line.transport(scope)
        if fault.reset == "after":
            await self._app(scope, receive, _unsent)
        await self._line.reset(transport)

    async def _answer(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.garble is not None:
            await self._app(scope, receive, _unsent)
        await _response(fault)(scope, receive, send)


async def _unsent(_message: Message) -> None:
    """Takes an answer that the client does not get."""


def _response(fault: Fault) -> Response:
    if fault.garble is not None:
        return Response(_GARBLED[fault.garble], 200, media_type="application/json")
    body = fault.envelope() if fault.body is None else fault.body
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return Response(content, fault.status or 500, fault.headers, media_type="application/json")
