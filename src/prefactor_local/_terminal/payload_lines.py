"""Shows params and results field by field, with what the span type says of each field."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rich.text import Text

from prefactor_local._protocol.pointers import below
from prefactor_local._terminal.brief import NO_SUCH_TYPE, data_text
from prefactor_local._terminal.text import visible, visible_lines
from prefactor_local._view.shapes import Cut, FieldInfo, Json, Side, SpanDetails, SpanTypeInfo

__all__ = ["payload_lines"]

_REDACTED: Final = re.compile(r"\[redacted(: [^\]]*)?\]")
"""What stands for a value that was redacted. After the colon is why the program's own callable has not done it."""
_DEEPEST: Final = 30
"""Objects and arrays below this level are not shown."""


class _Field(NamedTuple):
    """A value of a payload.

    Attributes:
        name: of the property, or the number of the item.
        patterns: those of the span type that match its pointer, or begin like it; most exact first.
    """

    name: str
    pointer: str
    patterns: tuple[str, ...]
    value: Json
    level: int


class _Payload:
    """One side of a span, and what is known of its values."""

    def __init__(self, side: Side, span: SpanDetails, known: SpanTypeInfo | None) -> None:
        self._fields: Mapping[str, FieldInfo] = known[side] if known else {}
        self._beginnings = {
            "/".join(steps[: length + 1])
            for steps in (pattern.split("/") for pattern in self._fields)
            for length in range(len(steps))
        }
        self._cut = {cut["pointer"]: cut for cut in span["cut"] if cut["side"] == side}
        self._mismatches: defaultdict[str, list[str]] = defaultdict(list)
        for mismatch in span["mismatches"]:
            if mismatch["part"] == side:
                self._mismatches[mismatch["pointer"]].append(mismatch["message"])

    def lines(self, name: str, value: Json) -> Iterator[Text]:
        """The lines of the whole payload."""
        waiting = [_Field(name, "", ("",), value, 0)]
        while waiting:
            field = waiting.pop()
            yield from self._field_lines(field)
            if field.level < _DEEPEST:
                waiting.extend(reversed(list(self._members(field))))
        for pointer, messages in self._mismatches.items():  # of values that are not shown
            yield from (_mismatch_text(f"{pointer}: {message}", 1) for message in messages)

    def _field_lines(self, field: _Field) -> Iterator[Text]:
        info = next((self._fields[each] for each in field.patterns if each in self._fields), FieldInfo())
        inline, block = _value_lines(field, self._cut.get(field.pointer))
        line = Text.assemble("  " * field.level, (visible(field.name), "bold"))
        line.append(_about(info, field), "dim")
        yield line.append(f": {inline}" if inline else ":")
        margin = "  " * (field.level + 1)
        yield from (Text.assemble(margin, ("| ", "dim"), text) for text in block)
        yield from (_mismatch_text(text, field.level + 1) for text in self._mismatches.pop(field.pointer, ()))
        yield from (_mismatch_text(text, field.level + 1) for text in self._missing(field))

    def _missing(self, field: _Field) -> Iterator[str]:
        """The mismatches of properties that the value should have."""
        if isinstance(field.value, dict):
            there = {below(field.pointer, name) for name in field.value}
            for pointer in [each for each in self._mismatches if each.rpartition("/")[0] == field.pointer]:
                if pointer and pointer not in there:
                    name = pointer.rpartition("/")[2]
                    yield from (f"{name}: {message}" for message in self._mismatches.pop(pointer))

    def _members(self, field: _Field) -> Iterator[_Field]:
        value = field.value
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, member in members:
            patterns = (below(pattern, step) for pattern in field.patterns for step in (name, "*"))
            described = tuple(pattern for pattern in patterns if pattern in self._beginnings)
            yield _Field(str(name), below(field.pointer, name), described, member, field.level + 1)


def payload_lines(span: SpanDetails, known: SpanTypeInfo | None) -> Iterator[Text]:
    """The params of a span, and its result if it has one or should have one.

    Args:
        span: The span.
        known: Its span type, if it is registered.
    """
    if any(each["part"] == "schema_name" for each in span["mismatches"]):
        yield _mismatch_text(NO_SUCH_TYPE, 0)
    yield from _Payload("params", span, known).lines("params", span["params"])
    if span["result"] is not None or any(each["part"] == "result" for each in span["mismatches"]):
        yield from _Payload("result", span, known).lines("result", span["result"])


def _value_lines(field: _Field, cut: Cut | None) -> tuple[str, list[str]]:
    """What stands beside the name of a value, and the lines below it."""
    value = field.value
    if cut is not None and cut["kind"] == "data":
        return data_text(cut), []
    units = "items" if isinstance(value, dict | list) else "characters"
    rest = f"({'the first of ' if value else ''}{cut['size']:,} {units}; --json has all)" if cut else ""
    if isinstance(value, str):
        lines = visible_lines(value) if "\n" in value else []
        return " ".join(filter(None, ("" if lines else _as_text(value), rest))), lines
    if not isinstance(value, dict | list):
        return json.dumps(value), []
    if not value and cut is None:
        return "{}" if isinstance(value, dict) else "[]", []
    return (rest if field.level < _DEEPEST else f"({len(value):,} inside, not shown)"), []


def _as_text(value: str) -> str:
    """A text without quotes, unless it is empty or looks like a value of another type."""
    try:
        is_other = not isinstance(json.loads(value), str)
    except (ValueError, RecursionError):
        is_other = not value.strip()
    return visible(json.dumps(value, ensure_ascii=False)) if is_other else visible(value)


def _about(info: FieldInfo, field: _Field) -> str:
    """The title of a field, and what is special about its value."""
    title = info.get("title", "")
    marks = []
    if info.get("redacted"):  # which the client has done, if it recorded the value by the class of the span type
        is_redacted = isinstance(field.value, str) and _REDACTED.fullmatch(field.value)
        marks.append("redacted" if is_redacted else "should be redacted")
    if risk := info.get("data_risk"):
        marks.append(f"data risk: {risk}")
    if info.get("deprecated"):
        marks.append("deprecated")
    shown = f" ({title})" if title and title.casefold() != field.name.casefold() else ""
    return visible(shown + (f" [{', '.join(marks)}]" if marks else ""))


def _mismatch_text(message: str, level: int) -> Text:
    return Text.assemble("  " * level, (f"! {visible(message)}", "yellow"))
