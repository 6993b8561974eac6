"""A payload in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prefactor_local._terminal.text import first_line
from prefactor_local._view.shapes import Json

__all__ = ["brief_fields", "brief_payload"]

_FIELDS = 3
_TEXT_CHARS = 200


def brief_payload(payload: Json) -> str:
    """The first fields of a payload on one line, for a span without a summary."""
    return ", ".join(brief_fields(payload))


def brief_fields(payload: Json, most: int = _FIELDS) -> Iterator[str]:
    """The first fields of a payload, each as `name: value`; the payload itself if it is no object."""
    if not isinstance(payload, dict):
        yield from () if payload is None else (_value(payload),)
        return
    members = [(name, value) for name, value in payload.items() if value is not None]
    for name, value in members[:most]:
        yield f"{first_line(name)}: {_value(value)}"
    if len(members) > most:
        yield "…"


def _value(value: Json) -> str:
    """A value on one line, without the members of objects and arrays."""
    if isinstance(value, str):
        return first_line(value if len(value) <= _TEXT_CHARS else f"{value[:_TEXT_CHARS]}…")
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    return json.dumps(value)
