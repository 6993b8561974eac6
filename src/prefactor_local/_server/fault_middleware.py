"""Middleware that applies faults to requests."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefactor_local._faults.fault import Fault
from prefactor_local._faults.plan import FaultPlan, Target
from prefactor_local._faults.schema_names import names_of_request
from prefactor_local._server.connections import Connections
from prefactor_local._server.reception import arrival_of
from prefactor_local._state.store import Store

__all__ = ["FaultMiddleware"]

_GARBLED = {
    "malformed": b'{"status":"success","details":{"id":"',
    "shape": b'{"status":"success","details":{"unexpected":true}}',
}


class FaultMiddleware:
    """Middleware between the request log and the API. Without faults it only passes requests on."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, connections: Connections, store: Store) -> None:
        self._app = app
        self._plan = plan
        self._connections = connections
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._plan:
            await self._app(scope, receive, send)
            return
        delay, fault = self._plan.effect_on_request(self._target(scope))
        # If the server goes away, the request is dropped. If faults are cleared or it stops, the delay just ends.
        if await self._connections.pause(delay) == "gone":
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
        arrival = arrival_of(scope)
        method, path = scope["method"], scope["path"]
        return Target(method, path, lambda: names_of_request(self._store, method, path, arrival.json))

    async def _hang(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = self._connections.transport(scope)
        if await self._connections.pause(None) != "cleared":
            await self._connections.reset(transport)
        elif transport is not None and not transport.is_closing():
            await self._app(scope, receive, send)

    async def _reset(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        transport = self._connections.transport(scope)
        if fault.reset == "after":
            await self._app(scope, receive, _discard)
        await self._connections.reset(transport)

    async def _answer(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.garble is not None:
            await self._app(scope, receive, _discard)
        await _response(fault)(scope, receive, send)


async def _discard(_message: Message) -> None:
    """Discards an answer."""


def _response(fault: Fault) -> Response:
    if fault.garble is not None:
        return Response(_GARBLED[fault.garble], 200, media_type="application/json")
    body = fault.envelope() if fault.body is None else fault.body
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return Response(content, fault.status or 500, fault.headers, media_type="application/json")
