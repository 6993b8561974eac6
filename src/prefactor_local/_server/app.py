"""The ASGI application: routes, authentication, JSON in and out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from prefactor_local._faults.plan import FaultPlan
from prefactor_local._operations.call import Call
from prefactor_local._operations.operation import Operation, execute_and_record
from prefactor_local._operations.table import OPERATIONS
from prefactor_local._protocol.errors import LocalApiError, bad_request, not_found
from prefactor_local._protocol.paths import ADMIN, BULK, PREFIX
from prefactor_local._server import bulk
from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._server.connections import Connections
from prefactor_local._server.fault_middleware import FaultMiddleware
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._server.reception import Reception, arrival_of
from prefactor_local._server.request_log import RequestLog
from prefactor_local._server.view import is_for_view
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller
from prefactor_local._state.records import RecordedRequest
from prefactor_local._state.store import Record

__all__ = ["build_app"]

_encode = json.JSONEncoder(separators=(",", ":")).encode
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def build_app(
    account: Account,
    faults: FaultPlan,
    record: Callable[[RecordedRequest], None],
    admin: Sequence[Route],
    connections: Connections,
    *,
    hosts: AllowedHosts,
    operations: OperationThread,
    keep_bodies: bool,
    view: ASGIApp | None,
) -> ASGIApp:
    """Makes the application.

    A request to the API is recorded, then its faults are applied, then its operation is executed. Requests to the admin
    endpoint are not recorded, and no faults apply to them.

    Args:
        account: What the operations work on.
        faults: The faults that are still to happen.
        record: Called with every request to the API.
        admin: The routes of the admin endpoint.
        connections: The open connections of the server.
        hosts: The names under which the server may be addressed.
        operations: The thread that executes operations.
        keep_bodies: Whether the records of requests have their bodies.
        view: The viewer, which receives its requests itself; None: there is none.
    """
    reception = Reception(hosts, account, operations)
    api = Starlette(
        routes=[
            *(
                Route(PREFIX + each.path, _endpoint(account, operations, each), methods=[each.method])
                for each in OPERATIONS
            ),
            Route(BULK, _bulk_endpoint(account, operations, faults, connections), methods=["POST"]),
        ],
        middleware=[
            Middleware(RequestLog, record=record, keep_bodies=keep_bodies),
            Middleware(FaultMiddleware, plan=faults, connections=connections, store=account.store),
            Middleware(_Refusals),
        ],
        exception_handlers=_HANDLERS,
    )
    admin_app = Starlette(routes=admin, middleware=[Middleware(_Refusals)], exception_handlers=_HANDLERS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if connections.away:  # uvicorn did not know this connection yet when the server went away
            await connections.reset(connections.transport(scope))
            return
        # Cancelled when the server has stopped: the connection is closed, and uvicorn would log it as an error.
        with contextlib.suppress(asyncio.CancelledError):
            if view is not None and is_for_view(scope):
                await view(scope, receive, send)
                return
            arrival = await reception.receive(scope, receive)
            if arrival is not None:
                chosen = admin_app if scope["path"].startswith(f"{ADMIN}/") else api
                await chosen(scope, arrival.replay, send)

    return app


class _Refusals:
    """Middleware that answers what was refused when it arrived. It is the last one, so that faults come first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrival = arrival_of(scope)
        if arrival.refusal is None:
            await self._app(scope, receive, send)
            return
        answer = _json(arrival.refusal.status, arrival.refusal.envelope())
        if arrival.must_close:
            answer.headers["Connection"] = "close"
        await answer(scope, receive, send)


def _endpoint(account: Account, operations: OperationThread, operation: Operation) -> Endpoint:
    def execute(call: Call) -> Response:
        return _json(200, execute_and_record(account, operation, call))

    async def endpoint(request: Request) -> Response:
        arrival = arrival_of(request.scope)
        target = request.path_params.get(operation.parameter or "", "")
        call = Call(arrival.caller, target, _parsed(arrival.content), request.query_params)
        return await operations.run(execute, call)

    return endpoint


def _bulk_endpoint(
    account: Account, operations: OperationThread, faults: FaultPlan, connections: Connections
) -> Endpoint:
    def execute(caller: Caller, body: Record) -> tuple[Response, float]:
        answer, delay = bulk.execute(account, faults, caller, body)
        return _json(200, answer), delay

    async def endpoint(request: Request) -> Response:
        arrival = arrival_of(request.scope)
        answer, delay = await operations.run(execute, arrival.caller, _parsed(arrival.content))
        await connections.pause(delay)
        return answer

    return endpoint


def _parsed(content: bytes) -> Record:
    if not content:
        return {}
    try:
        body = json.loads(content, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise bad_request("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return body


def _finite(text: str) -> float:
    """The number in the text.

    Raises:
        ValueError: It is NaN or infinite, also by overflow: JSON has no form for it.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a JSON number")
    return number


def _json(status: int, body: Record) -> Response:
    # ASCII, because a payload may hold a lone surrogate, which UTF-8 cannot express.
    return Response(_encode(body), status, media_type="application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LocalApiError)  # noqa: S101 - registered for this type
    return _json(error.status, error.envelope())


async def _unrouted(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    refusal = not_found("Path") if error.status_code == 404 else bad_request(error.detail)
    return _json(error.status_code, refusal.envelope())


async def _broken(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this answer, so that it is logged.
    return _json(500, LocalApiError(500, "internal_error", "The embedded API has a bug.").envelope())


_HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    LocalApiError: _refused,
    HTTPException: _unrouted,
    Exception: _broken,
}
