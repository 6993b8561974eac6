"""The embedded API's own endpoint, beside `/api/v1`, for what a test or a person does to it while it runs.

Needs the account token. Faults do not apply here, and what happens here is not in the request log.

    GET    /_local/report                 requests, violations, replays, instances and spans by status
    DELETE /_local/report                 the counters start again; instances and spans stay
    GET    /_local/faults                 those that are still to happen, in order, each with `times_left`
    POST   /_local/faults                 {"path": "/api/v1/agent_spans", "status": 503, "rate": 0.1, "times": null}
                                          the fields of `Fault`; a list adds several
    DELETE /_local/faults                 forget them; requests that hang go on
    GET    /_local/settings               refuse_ids, bulk
    PATCH  /_local/settings               {"refuse_ids": true, "bulk": "on" | "missing" | "other_form"}
    POST   /_local/away                   {"seconds": 15}: refuse connections for so long, after this answer
    POST   /_local/terminate              {"agent_instance_id": "…", "reason": "over budget"}

Answers are `{"status": "success", "details": …}`, and the API's error envelopes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prefactor_local._errors import LocalApiError, unauthorized, validation_errors
from prefactor_local._faults import Fault
from prefactor_local._paths import ADMIN
from prefactor_local._platform import Caller
from prefactor_local._settings import BulkMode

if TYPE_CHECKING:
    from prefactor_local._api import LocalApi

__all__ = ["routes"]

T = TypeVar("T")


class _Reply(NamedTuple):
    details: object
    then: Callable[[], None] | None = None
    """What happens after the answer."""


Handler = Callable[["LocalApi", bytes], _Reply]


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


def routes(api: LocalApi, caller: Callable[[str | None], Caller]) -> list[Route]:
    """Of one running API; `caller` tells who an Authorization header stands for."""
    return [
        Route(f"{ADMIN}/{name}", _endpoint(api, caller, handle), methods=[method])
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


def _endpoint(
    api: LocalApi, caller: Callable[[str | None], Caller], handle: Handler
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not caller(request.headers.get("authorization")).is_account:
            raise unauthorized("This needs the account token.")
        # In a thread, since it may wait for the server's loop.
        return _response(await asyncio.to_thread(handle, api, await request.body()))

    return endpoint


def _response(reply: _Reply) -> Response:
    content = json.dumps({"status": "success", "details": reply.details}, default=repr)
    if reply.then is None:
        return Response(content, media_type="application/json")
    # Closed in good order before it happens: it might be the end of all connections.
    return Response(
        content, headers={"Connection": "close"}, media_type="application/json", background=BackgroundTask(reply.then)
    )


def _report(api: LocalApi, _content: bytes) -> _Reply:
    return _Reply(api.report())


def _reset_report(api: LocalApi, content: bytes) -> _Reply:
    api.reset_counters()
    return _report(api, content)


def _faults(api: LocalApi, _content: bytes) -> _Reply:
    return _Reply([{**asdict(fault), "times_left": left} for fault, left in api.pending_faults()])


def _add_faults(api: LocalApi, content: bytes) -> _Reply:
    several = content.lstrip().startswith(b"[")
    for fault in _parsed(_FAULTS, content) if several else [_parsed(_FAULT, content)]:
        api.inject(fault)
    return _faults(api, content)


def _clear_faults(api: LocalApi, content: bytes) -> _Reply:
    api.clear_faults()
    return _faults(api, content)


def _settings(api: LocalApi, _content: bytes) -> _Reply:
    return _Reply({"refuse_ids": api.refuse_ids, "bulk": api.bulk})


def _change_settings(api: LocalApi, content: bytes) -> _Reply:
    changes = _parsed(TypeAdapter(_Settings), content)
    if changes.refuse_ids is not None:
        api.refuse_ids = changes.refuse_ids
    if changes.bulk is not None:
        api.bulk = changes.bulk
    return _settings(api, content)


def _go_away(api: LocalApi, content: bytes) -> _Reply:
    seconds = _parsed(TypeAdapter(_Away), content).seconds
    return _Reply({"seconds": seconds}, partial(api.away_for, seconds))


def _terminate(api: LocalApi, content: bytes) -> _Reply:
    wanted = _parsed(TypeAdapter(_Terminate), content)
    api.terminate(wanted.agent_instance_id, wanted.reason)
    return _Reply({"agent_instance_id": wanted.agent_instance_id})


_FAULT = TypeAdapter(Fault)
_FAULTS = TypeAdapter(list[Fault])


def _parsed(adapter: TypeAdapter[T], content: bytes) -> T:
    """The body. Raises LocalApiError (422): by field, what was expected and found."""
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        raise _refused(error) from None
    except re.error as error:
        raise validation_errors({"path": [f"is no regular expression: {error}, found {error.pattern!r}"]}) from None


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
            return "is no field here"
        case "value_error":  # says itself what was found
            return str(detail["ctx"]["error"])
        case "json_invalid":
            return "is not valid JSON"
    return f"{detail['msg']}, found {detail['input']!r:.100}"
