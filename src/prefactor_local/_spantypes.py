"""Which span types a request is about, for faults by `schema_name`. Never fails, whatever the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from prefactor_local._paths import BULK, PREFIX
from prefactor_local._requests import is_text
from prefactor_local._store import Store

__all__ = ["of_operation", "of_request"]

_FINISH = re.compile(re.escape(PREFIX) + r"/agent_spans/([^/]+)/finish")


def of_request(store: Store, method: str, path: str, body: Any) -> frozenset[str]:
    """The schema names of the spans that a request creates or finishes."""
    if method != "POST" or not isinstance(body, Mapping):
        return frozenset()
    if path == BULK:
        items = body.get("items")
        each = items if isinstance(items, list) else []
        return frozenset[str]().union(*(_of_item(store, item) for item in each if isinstance(item, Mapping)))
    finish = _FINISH.fullmatch(path)
    if finish is not None:
        return of_operation(store, "agent_spans/finish", finish[1], body)
    return of_operation(store, "agent_spans/create" if path == f"{PREFIX}/agent_spans" else "", "", body)


def of_operation(store: Store, name: str, target: str, body: Mapping[str, Any]) -> frozenset[str]:
    """The schema name of the span that an operation is about; none when it is about something else."""
    if name == "agent_spans/create":
        details = body.get("details")
        found = details.get("schema_name") if isinstance(details, Mapping) else None
    elif name == "agent_spans/finish":
        with store.transaction():
            found = (store.one("agent_span", id=target) or {}).get("schema_name")
    else:
        found = None
    return frozenset({found}) if isinstance(found, str) else frozenset()


def _of_item(store: Store, item: Mapping[str, Any]) -> frozenset[str]:
    target = item.get("agent_span_id")
    body = item if "details" in item else {"details": item}
    return of_operation(store, str(item.get("_type")), str(target) if is_text(target) else "", body)
