"""The admin endpoint, beside `/api/v1`: tests and people use it to observe and control the running server.

It needs the account token. Faults do not apply to it, and its requests are not recorded.

    GET    /_local/report                 requests, violations, replays, instances and spans by status
    DELETE /_local/report                 reset the counters; instances and spans stay
    GET    /_local/faults                 the pending faults in order, each with `times_left`
    POST   /_local/faults                 {"path": "/api/v1/agent_spans", "status": 503, "rate": 0.1, "times": null}
                                          the fields of `Fault`; a list adds several
    DELETE /_local/faults                 remove all faults; requests that hang are handled
    GET    /_local/settings               refuse_ids, bulk
    PATCH  /_local/settings               {"refuse_ids": true, "bulk": "on" | "missing" | "other_form"}
    POST   /_local/away                   {"seconds": 15}: refuse connections for so long, after this answer
    POST   /_local/terminate              {"agent_instance_id": "…", "reason": "over budget"}

Answers are `{"status": "success", "details": …}` or the API's error envelopes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prefactor_local._faults.fault import Fault
from prefactor_local._protocol.errors import LocalApiError, unauthorized, validation_errors
from prefactor_local._protocol.paths import ADMIN
from prefactor_local._server.reception import arrival_of
from prefactor_local._state.settings import BulkMode

__all__ = ["Controls", "routes"]

T = TypeVar("T")


class Controls(Protocol):
    """What the admin endpoint needs of the embedded API; `LocalApi` has it."""

    refuse_ids: bool
    bulk: BulkMode

    def report(self) -> dict[str, Any]: ...

    def reset_counters(self) -> None: ...

    def inject(self, fault: Fault) -> None: ...

    def pending_faults(self) -> list[tuple[Fault, int | None]]: ...

    def clear_faults(self) -> None: ...

    def away_for(self, seconds: float) -> None: ...

    def terminate(self, instance_id: str, reason: str) -> None: ...


class _Reply(NamedTuple):
    """An answer.

    Attributes:
        details: Its content.
        then: Called after it has been sent.
    """

    details: object
    then: Callable[[], None] | None = None


Handler = Callable[[Controls, bytes], _Reply]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Away(_Body):
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Terminate(_Body):
    agent_instance_id: str
    reason: Annotated[str, Field(min_length=1)]


class _Settings(_Body):
    refuse_ids: bool | None = None
    bulk: BulkMode | None = None


def routes(api: Controls) -> list[Route]:
    """The routes to control the running API."""
    return [
        Route(f"{ADMIN}/{name}", _endpoint(api, handle), methods=[method])
        for method, name, handle in (
            ("GET", "report", _report),
            ("DELETE", "report", _reset_report),
            ("GET", "faults", _faults),
            ("POST", "faults", _add_faults),
            ("DELETE", "faults", _clear_faults),
            ("GET", "settings", _settings),
            ("PATCH", "settings", _change_settings),
            ("POST", "away", _go_away),
            ("POST", "terminate", _terminate),
        )
    ]


def _endpoint(api: Controls, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        arrival = arrival_of(request.scope)
        if not arrival.caller.is_account:
            raise unauthorized("This needs the account token.")
        # In a thread, because it may wait for the server's loop.
        return _response(await asyncio.to_thread(handle, api, arrival.content))

    return endpoint


def _response(reply: _Reply) -> Response:
    content = json.dumps({"status": "success", "details": reply.details}, default=repr)
    if reply.then is None:
        return Response(content, media_type="application/json")
    # The connection is closed first, because `then` may reset all connections.
    return Response(
        content, headers={"Connection": "close"}, media_type="application/json", background=BackgroundTask(reply.then)
    )


def _report(api: Controls, _content: bytes) -> _Reply:
    return _Reply(api.report())


def _reset_report(api: Controls, content: bytes) -> _Reply:
    api.reset_counters()
    return _report(api, content)


def _faults(api: Controls, _content: bytes) -> _Reply:
    return _Reply([{**asdict(fault), "times_left": left} for fault, left in api.pending_faults()])


def _add_faults(api: Controls, content: bytes) -> _Reply:
    several = content.lstrip().startswith(b"[")
    for fault in _parsed(_FAULTS, content) if several else [_parsed(_FAULT, content)]:
        api.inject(fault)
    return _faults(api, content)


def _clear_faults(api: Controls, content: bytes) -> _Reply:
    api.clear_faults()
    return _faults(api, content)


def _settings(api: Controls, _content: bytes) -> _Reply:
    return _Reply({"refuse_ids": api.refuse_ids, "bulk": api.bulk})


def _change_settings(api: Controls, content: bytes) -> _Reply:
    changes = _parsed(TypeAdapter(_Settings), content)
    if changes.refuse_ids is not None:
        api.refuse_ids = changes.refuse_ids
    if changes.bulk is not None:
        api.bulk = changes.bulk
    return _settings(api, content)


def _go_away(api: Controls, content: bytes) -> _Reply:
    seconds = _parsed(TypeAdapter(_Away), content).seconds
    return _Reply({"seconds": seconds}, partial(api.away_for, seconds))


def _terminate(api: Controls, content: bytes) -> _Reply:
    wanted = _parsed(TypeAdapter(_Terminate), content)
    api.terminate(wanted.agent_instance_id, wanted.reason)
    return _Reply({"agent_instance_id": wanted.agent_instance_id})


_FAULT = TypeAdapter(Fault)
_FAULTS = TypeAdapter(list[Fault])


def _parsed(adapter: TypeAdapter[T], content: bytes) -> T:
    """The body as a model.

    Raises:
        LocalApiError: 422 with what was expected and found, by field.
    """
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        raise _refused(error) from None
    except re.error as error:
        raise validation_errors({"path": [f"is not a regular expression: {error}, found {error.pattern!r}"]}) from None


def _refused(error: ValidationError) -> LocalApiError:
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False):
        field = ".".join(str(step) for step in detail["loc"]) or "base"
        found.setdefault(field, []).append(_problem(detail))
    return validation_errors(found)


def _problem(detail: Any) -> str:
    match detail["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "is not a known field"
        case "value_error":  # its message contains what was found
            return str(detail["ctx"]["error"])
        case "json_invalid":
            return "is not valid JSON"
    return f"{detail['msg']}, found {detail['input']!r:.100}"
