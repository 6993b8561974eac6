"""What a span is about, in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from prefactor_local._protocol.pointers import below
from prefactor_local._terminal.text import first_line, visible
from prefactor_local._view.exports.payload_fields import error_of
from prefactor_local._view.shapes import Cut, Json, Side, SpanDetails

__all__ = ["NO_SUCH_TYPE", "brief_fields", "brief_span", "data_text"]

NO_SUCH_TYPE = "The schema version of this run has no such span type"
_FIELDS = 3
_TEXT_CHARS = 200
_Data: TypeAlias = Mapping[str, Cut]
"""The values that are data URIs or Base64, by their pointers: the payload has an empty text in their place."""


def brief_span(summary: str, span: SpanDetails | None) -> str:
    """The summary of a span, or its first params if it has none, and why it failed unless the summary says so.

    Args:
        summary: The rendered template; empty if there is none.
        span: The span; None if it has not been read.
    """
    if span is None:
        return summary
    said = summary or ", ".join(brief_fields(span, "params"))
    error = _error(span, said) if span["status"] == "failed" else ""
    return ": ".join(filter(None, (said, error)))


def _error(span: SpanDetails, said: str) -> str:
    """The type and the message of an error, or else the first fields of the result; empty if it has been said."""
    error = error_of(span["result"])
    message = _text(error.message)
    if message and " ".join(message.split()) in said:  # a summary has no line breaks
        return ""
    return ": ".join(filter(None, (_text(error.type), message))) or ", ".join(brief_fields(span, "result"))


def brief_fields(span: SpanDetails, side: Side) -> Iterator[str]:
    """The first fields of a payload, each as `name: value`; the payload itself if it is no object."""
    payload = span[side]
    data = {cut["pointer"]: cut for cut in span["cut"] if cut["side"] == side and cut["kind"] == "data"}
    if isinstance(payload, dict):
        yield from _members(payload, "", data)
    elif payload is not None:
        yield _value(payload, "", data)


def data_text(cut: Cut) -> str:
    """What stands for a data URI or Base64."""
    return f"({cut['size']:,} characters of {visible(cut.get('media_type', 'Base64'))})"


def _value(value: Json, pointer: str, data: _Data, *, inside: bool = False) -> str:
    """A value on one line: of an object its first members, unless it is `inside` another one; of an array none."""
    if pointer in data:
        return data_text(data[pointer])
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "[…]" if value else "[]"
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{…}" if value and inside else f"{{{', '.join(_members(value, pointer, data, inside=True))}}}"


def _text(value: str) -> str:
    return first_line(value if len(value) <= _TEXT_CHARS else f"{value[:_TEXT_CHARS]}…")


def _members(members: dict[str, Json], pointer: str, data: _Data, *, inside: bool = False) -> Iterator[str]:
    given = [(name, value) for name, value in members.items() if value is not None]
    for name, value in given[:_FIELDS]:
        yield f"{first_line(name)}: {_value(value, below(pointer, name), data, inside=inside)}"
    if len(given) > _FIELDS:
        yield "…"
