"""Checks recorded spans against definitions, and counts those that they would refuse. Their values are never shown."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prefactor_gen.comparison.changes import Change, Part
from prefactor_gen.comparison.operands import OperandError
from prefactor_gen.definitions.definitions import Definitions, SchemaSource
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.documents.nodes import to_plain
from prefactor_schema.json_schema import JsonSchema
from prefactor_schema.mismatch import SchemaError, Step

__all__ = ["RecordedSpans", "count_recorded"]

_OF_PAYLOADS: Final = frozenset({"PD0", "PD1", "PD2"})
"""The rules about payloads. Others are about texts, types and data risk."""
_PARTS: Final = {Part.PARAMS: "payload", Part.RESULT: "result_payload"}
_REDACTED: Final = "[redacted]"
_SENSITIVE: Final = "$sensitive"
_MAX_LINE: Final = 64 * 1024 * 1024


@dataclass
class RecordedSpans:
    """How many recorded spans definitions would refuse.

    Attributes:
        total: the spans of each span type, whether the definitions have it or not.
        unknown: the span types that the definitions do not have.
        refused: the spans by span type, part and the paths of their mismatches.
    """

    total: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)
    refused: Counter[tuple[str, Part, AbstractSet[str]]] = field(default_factory=Counter)

    def concerned(self, change: Change) -> int | None:
        """The spans that a change refuses: at its place, or below it.

        Returns:
            None if it breaks no writers, or if there are no such spans.
        """
        total = self.total[change.span_type]
        if not total or change.writers in {None, Severity.NOTE} or change.rule.code[:3] not in _OF_PAYLOADS:
            return None
        if change.part is Part.SPAN_TYPE:
            return total if change.span_type in self.unknown else None
        return sum(
            number
            for (span_type, part, paths), number in self.refused.items()
            if any(_is_at(change, span_type, part, path) for path in paths)
        )

    def elsewhere(self, changes: Collection[Change]) -> list[tuple[str, Part, str, int]]:
        """The places where spans are refused for which there is no change: span type, part, path, and their number."""
        counts: Counter[tuple[str, Part, str]] = Counter()
        for (span_type, part, paths), number in self.refused.items():
            counts.update(dict.fromkeys(((span_type, part, path) for path in paths), number))
        places = ((*key, number) for key, number in sorted(counts.items()))
        return [each for each in places if not any(_is_at(change, *each[:3]) for change in changes)]


def _is_at(change: Change, span_type: str, part: Part, path: str) -> bool:
    """Whether a place in a payload is that of a change, or below it."""
    if (change.span_type, change.part) != (span_type, part):
        return False
    place = re.escape(change.path).replace(r"\.\*", r"\.[^.\[]+")
    return not change.path or re.fullmatch(rf"{place}(?:[.\[].*)?", path, re.DOTALL) is not None


def count_recorded(file: Path, shown: str, definitions: Definitions, *, assert_formats: bool) -> RecordedSpans:
    """Check the spans of a file, in each line one as the API lists it.

    Args:
        file: the file.
        shown: how messages name it.
        definitions: what they are checked against.
        assert_formats: whether payloads must match formats.

    Raises:
        OperandError: the file cannot be read, or a line is no span.
    """
    schemas = dict(_schemas(definitions, assert_formats=assert_formats))
    counts = RecordedSpans()
    for row in _rows(file, shown):
        name = str(row["schema_name"])
        counts.total[name] += 1
        for part, key in _PARTS.items():
            schema = schemas.get((name, part))
            payload = row.get(key)
            paths = schema.refused(_in_plain_text(payload)) if schema and isinstance(payload, dict) else ()
            if paths:
                counts.refused[name, part, frozenset(paths)] += 1
    counts.unknown = counts.total.keys() - {name for name, _ in schemas}
    return counts


class _CountedSchema:
    """A schema with the names that it declares: others are data, which is not shown."""

    def __init__(self, source: SchemaSource | None, *, assert_formats: bool) -> None:
        plain = {"additionalProperties": False} if source is None else to_plain(source.schema)
        self._schema = JsonSchema(plain if isinstance(plain, dict) else {}, assert_formats=assert_formats)
        self._names = set(_declared(plain))

    def refused(self, payload: object) -> list[str]:
        """The paths of the mismatches of a payload. What it redacts is none."""
        try:
            found = self._schema.mismatches(payload)
        except SchemaError:  # the comparison reports it
            return []
        return [self._path(each.path) for each in found if each.checked and _at(payload, each.path) != _REDACTED]

    def _path(self, steps: tuple[Step, ...]) -> str:
        text = ""
        for step in steps:
            name = step if step in self._names else "*"
            text += "[]" if isinstance(step, int) else f".{name}" if text else str(name)
        return text


def _schemas(definitions: Definitions, *, assert_formats: bool) -> Iterator[tuple[tuple[str, Part], _CountedSchema]]:
    for item in definitions.span_types:
        for part, source in ((Part.PARAMS, item.params), (Part.RESULT, item.result)):
            yield (item.name, part), _CountedSchema(source, assert_formats=assert_formats)


def _declared(schema: object) -> Iterator[str]:
    """The names of properties anywhere in a schema."""
    pending = [schema]
    while pending:
        match pending.pop():
            case dict() as node:
                for key, value in node.items():
                    if key in {"properties", "dependentRequired", "dependentSchemas"} and isinstance(value, dict):
                        yield from value
                    elif key == "required" and isinstance(value, list):
                        yield from (each for each in value if isinstance(each, str))
                    pending.append(value)
            case list() as items:
                pending.extend(items)


def _at(value: object, steps: tuple[Step, ...]) -> object:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _in_plain_text(value: object) -> object:
    """The value without the objects that mark what is sensitive."""
    if isinstance(value, dict):
        if value.keys() == {_SENSITIVE}:
            return _in_plain_text(value[_SENSITIVE])
        return {key: _in_plain_text(member) for key, member in value.items()}
    return [_in_plain_text(item) for item in value] if isinstance(value, list) else value


def _rows(file: Path, shown: str) -> Iterator[Mapping[str, object]]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(iter(lambda: lines.readline(_MAX_LINE), b""), 1):
                if line.strip():
                    yield _row(line, f"{shown}:{number}")
    except OSError as error:
        raise OperandError(f"cannot read {shown}: {error.strerror}") from None


def _row(line: bytes, where: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise OperandError(f"{where}: expected a span as JSON on one line, as GET /agent_spans lists it") from None
    if not isinstance(row, dict) or not isinstance(row.get("schema_name"), str):
        raise OperandError(f"{where}: expected a span with schema_name, payload and result_payload")
    return row
