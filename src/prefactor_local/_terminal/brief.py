"""A payload in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prefactor_local._terminal.text import first_line
from prefactor_local._view.shapes import Json

__all__ = ["brief_fields", "brief_payload", "brief_value"]

_FIELDS = 3
_TEXT_CHARS = 200


def brief_payload(payload: Json) -> str:
    """The first fields of a payload on one line, for a span without a summary."""
    return ", ".join(brief_fields(payload))


def brief_fields(payload: Json, most: int = _FIELDS) -> Iterator[str]:
    """The first fields of a payload, each as `name: value`; the payload itself if it is no object."""
    if not isinstance(payload, dict):
        yield from () if payload is None else (brief_value(payload),)
        return
    members = [(name, value) for name, value in payload.items() if value is not None]
    for name, value in members[:most]:
        yield f"{first_line(name)}: {brief_value(value)}"
    if len(members) > most:
        yield "…"


def brief_value(value: Json) -> str:
    """A value on one line; of an object or an array its size."""
    if isinstance(value, str):
        return first_line(value if len(value) <= _TEXT_CHARS else f"{value[:_TEXT_CHARS]}…")
    if isinstance(value, dict):
        return f"{{{len(value):,}}}"
    return f"[{len(value):,}]" if isinstance(value, list) else json.dumps(value)
