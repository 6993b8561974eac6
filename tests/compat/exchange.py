"""The requests of a program, in a form in which two clients can be compared: names instead of IDs, keys and times."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prefactor_local import LocalApi, RecordedRequest

__all__ = ["Event", "events"]

_API = "/api/v1/"
_ID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{31}")


@dataclass
class Event:
    """One request, or one item of a bulk request.

    Attributes:
        what: the operation and its target, such as `agent_spans/finish root`.
        after: the `what` of the events that must come before it.
    """

    what: str
    method: str
    query: dict[str, str]
    body: Any
    sdk_header: str
    status: int | None
    after: list[str] = field(default_factory=list)


def events(api: LocalApi) -> list[Event]:
    """Return the requests in the order of their arrival."""
    named = _names(api)
    raw = [one for request in api.requests for one in _operations(request)]
    keys = Counter(key for request in raw for key in _keys(request.body))
    return [_event(request, named, keys) for request in raw]


def _operations(request: RecordedRequest) -> Iterator[RecordedRequest]:
    """Give a request, or the single requests that a bulk request of span operations replaces."""
    items = request.body["items"] if request.path == f"{_API}bulk" else []
    if not items or not all(item["_type"].startswith("agent_") for item in items):
        yield request
        return
    for item in copy.deepcopy(items):
        resource, action = item.pop("_type").split("/")
        target = item.pop(f"{resource.removesuffix('s')}_id", None) if action != "create" else None
        path = {"agent_instances": "agent_instance"}.get(resource, resource)
        rest = f"/{target}/{action}" if target else ""
        if "details" in item:
            item["details"]["idempotency_key"] = item.pop("idempotency_key")
        yield RecordedRequest("POST", f"{_API}{path}{rest}", {}, request.headers, item, request.status)


def _names(api: LocalApi) -> dict[str, str]:
    """Return a name for each ID: spans have the name of their schema, all others a number."""
    named = {span["id"]: span["schema_name"] for span in api.spans()}
    named |= {one["id"]: f"instance {number}" for number, one in enumerate(api.instances(), 1)}
    for found in _ID.findall(json.dumps([(request.path, request.query, request.body) for request in api.requests])):
        named.setdefault(found, f"id {len(named)}")
    return named


def _keys(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for name, value in body.items():
            if name == "idempotency_key":
                yield value
            else:
                yield from _keys(value)


def _event(request: RecordedRequest, named: dict[str, str], keys: Counter[str]) -> Event:
    body = _plain(request.body, named, keys)
    path = request.path.removeprefix(_API)
    what = " ".join(named.get(part, part) for part in path.split("/"))
    if path == "agent_spans":
        what = f"agent_spans {body['details']['schema_name']}"
    event = Event(
        what,
        request.method,
        _plain(request.query, named, keys),
        body,
        request.headers["x-prefactor-sdk"],
        request.status,
    )
    event.after = list(_causes(path.split("/"), what, body, named))
    return event


def _plain(value: Any, named: dict[str, str], keys: Counter[str]) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one, named, keys) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, named, keys) for one in value]
    if isinstance(value, str):
        return named.get(value) or _symbol(value, keys)
    return value


def _symbol(text: str, keys: Counter[str]) -> str:
    """Return a symbol for a generated key, which is a UUID, and for the current time in UTC, also within a name."""
    if made := re.fullmatch(r"(auto-.+-)[\d.]+", text):
        return f"{made[1]}<now>"
    try:
        return f"<key used {keys[str(uuid.UUID(text))]} times>"
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    recent = time.tzinfo is not None and abs(datetime.now(UTC) - time) < timedelta(hours=1)
    return "<now>" if recent and text.endswith("+00:00") else text


def _causes(parts: list[str], what: str, body: Any, named: dict[str, str]) -> Iterator[str]:
    """Give the events that must come before, according to the life cycle of the API."""
    if parts[0] == "agent_instance" and parts[-1] != "register":
        yield "agent_instance register"
    if parts[0] == "agent_instance" and parts[-1] in ("finish", "record_quality"):
        yield f"agent_instance {named[parts[1]]} start"
    if parts[0] == "agent_spans" and parts[-1] == "finish":
        yield what.removesuffix(" finish")
    if parts == ["agent_spans"]:
        yield f"agent_instance {body['details']['agent_instance_id']} start"
        if parent := body["details"].get("parent_span_id"):
            yield f"agent_spans {parent}"
    if parts[0] == "agent_instance" and parts[-1] == "finish":
        yield from (f"agent_spans {name} finish" for name in named.values())
