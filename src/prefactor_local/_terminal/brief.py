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


def brief_fields(payload: Json) -> Iterator[str]:
    """The first fields of a payload, each as `name: value`; the payload itself if it is no object."""
    if isinstance(payload, dict):
        yield from _members(payload)
    elif payload is not None:
        yield _value(payload)


def _value(value: Json, *, inside: bool = False) -> str:
    """A value on one line: of an object its first members, unless it is `inside` another one; of an array none."""
    if isinstance(value, str):
        return first_line(value if len(value) <= _TEXT_CHARS else f"{value[:_TEXT_CHARS]}…")
    if isinstance(value, list):
        return "[…]" if value else "[]"
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{…}" if value and inside else f"{{{', '.join(_members(value, inside=True))}}}"


def _members(members: dict[str, Json], *, inside: bool = False) -> Iterator[str]:
    given = [(name, value) for name, value in members.items() if value is not None]
    for name, value in given[:_FIELDS]:
        yield f"{first_line(name)}: {_value(value, inside=inside)}"
    if len(given) > _FIELDS:
        yield "…"
