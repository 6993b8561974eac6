"""The schema names of the spans that a request is about, for faults with a `schema_name`. Accepts any body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from prefactor_local._protocol.paths import BULK, PREFIX
from prefactor_local._protocol.strings import is_storable_text
from prefactor_local._state.store import Store

__all__ = ["names_of_operation", "names_of_request"]

_FINISH = re.compile(re.escape(PREFIX) + r"/agent_spans/([^/]+)/finish")


def names_of_request(store: Store, method: str, path: str, body: Any) -> frozenset[str]:
    """The schema names of the spans that a request creates or finishes."""
    if method != "POST" or not isinstance(body, Mapping):
        return frozenset()
    if path == BULK:
        items = body.get("items")
        each = items if isinstance(items, list) else []
        return frozenset[str]().union(*(_names_of_item(store, item) for item in each if isinstance(item, Mapping)))
    finish = _FINISH.fullmatch(path)
    if finish is not None:
        return names_of_operation(store, "agent_spans/finish", finish[1], body)
    return names_of_operation(store, "agent_spans/create" if path == f"{PREFIX}/agent_spans" else "", "", body)


def names_of_operation(store: Store, name: str, target: str, body: Mapping[str, Any]) -> frozenset[str]:
    """The schema name of the span that an operation creates or finishes; empty for other operations."""
    if name == "agent_spans/create":
        details = body.get("details")
        found = details.get("schema_name") if isinstance(details, Mapping) else None
    elif name == "agent_spans/finish":
        with store.transaction(write=False):
            found = (store.find("agent_span", id=target) or {}).get("schema_name")
    else:
        found = None
    return frozenset({found}) if isinstance(found, str) else frozenset()


def _names_of_item(store: Store, item: Mapping[str, Any]) -> frozenset[str]:
    target = item.get("agent_span_id")
    body = item if "details" in item else {"details": item}
    return names_of_operation(store, str(item.get("_type")), str(target) if is_storable_text(target) else "", body)
