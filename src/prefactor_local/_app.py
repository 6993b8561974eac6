"""The HTTP side: routes, authentication, JSON in and out."""

from __future__ import annotations

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

from prefactor_local import _bulk
from prefactor_local._errors import LocalApiError, bad_request, not_found
from prefactor_local._faults import FaultPlan
from prefactor_local._gate import FaultGate
from prefactor_local._lifeline import Lifeline
from prefactor_local._operations import OPERATIONS, Operation, perform
from prefactor_local._paths import ADMIN, BULK, PREFIX
from prefactor_local._platform import Call, Platform
from prefactor_local._requestlog import RecordedRequest, RequestLog
from prefactor_local._store import Record

__all__ = ["build"]

_encode = json.JSONEncoder(separators=(",", ":")).encode
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def build(
    platform: Platform,
    faults: FaultPlan,
    record: Callable[[RecordedRequest], None],
    admin: Sequence[Route],
    line: Lifeline,
) -> ASGIApp:
    """The app. Every request is recorded, then meets its faults, then its operation; those to `admin` do not."""
    api = Starlette(
        routes=[
            *(Route(PREFIX + each.path, _endpoint(platform, each), methods=[each.method]) for each in OPERATIONS),
            Route(BULK, _bulk_endpoint(platform, faults, line), methods=["POST"]),
        ],
        middleware=[
            Middleware(RequestLog, record=record),
            Middleware(FaultGate, plan=faults, line=line, store=platform.store),
        ],
        exception_handlers=_HANDLERS,
    )
    controls = Starlette(routes=admin, exception_handlers=_HANDLERS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if line.away:  # the connection was accepted, but not yet known, when the server went away
            await line.reset(line.transport(scope))
            return
        chosen = controls if scope["path"].startswith(f"{ADMIN}/") else api
        await chosen(scope, receive, send)

    return app


def _endpoint(platform: Platform, operation: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        caller = platform.caller(request.headers.get("authorization"))
        target = request.path_params.get(operation.parameter or "", "")
        call = Call(caller, target, _parsed(await request.body()), request.query_params)
        return _json(200, perform(platform, operation, call))

    return endpoint


def _bulk_endpoint(platform: Platform, faults: FaultPlan, line: Lifeline) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        caller = platform.caller(request.headers.get("authorization"))
        answer, delay = _bulk.execute(platform, faults, caller, _parsed(await request.body()))
        await line.pause(delay)
        return _json(200, answer)

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
    """A number. NaN and the infinities are no JSON, and what overflows to one could not be sent back."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a JSON number")
    return number


def _json(status: int, body: Record) -> Response:
    # ASCII, because a payload may hold a lone surrogate, which UTF-8 cannot say.
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
