"""Counts the recorded spans that a change concerns. Their values are never shown."""

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
from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.comparison.recorded_places import has_value, steps_of
from prefactor_gen.comparison.schemas.reading.paths import Path as PayloadPath
from prefactor_gen.definitions.definitions import Definitions, SchemaSource
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.documents.nodes import to_plain
from prefactor_schema.json_schema import JsonSchema
from prefactor_schema.mismatch import SchemaError, Step

__all__ = ["RecordedSpans", "count_recorded"]

_OF_PAYLOADS: Final = frozenset({"PD0", "PD1", "PD2"})
"""The rules about payloads. Others are about texts, types and data risk."""
_GONE: Final = frozenset({
    rules.SPAN_TYPE_REMOVED, rules.PROPERTY_REMOVED, rules.PROPERTY_RENAMED, rules.REMOVED_IN_TIME, rules.REMOVED_EARLY,
})  # fmt: skip
"""The rules about names that are gone: they concern all spans that have them, as their values are read no more."""
_PARTS: Final = {Part.PARAMS: "payload", Part.RESULT: "result_payload"}
_REDACTED: Final = "[redacted]"
_SENSITIVE: Final = "$sensitive"
_MAX_LINE: Final = 64 * 1024 * 1024


@dataclass
class RecordedSpans:
    """How many recorded spans the changes concern.

    Attributes:
        total: the spans of each span type, whether the definitions have it or not; those of one that was renamed have
            its new name.
        unknown: the span types that the definitions do not have.
        renamed: the spans that were recorded under the old name of a span type, by the new one.
        gone: the spans that have a value whose name is gone, by the fingerprint of the change.
        refused: the spans by span type, part and the paths of their mismatches.
        unchecked: the spans that cannot be checked, such as those with too many levels, by span type and part.
    """

    total: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)
    renamed: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, Part, AbstractSet[str]]] = field(default_factory=Counter)
    unchecked: Counter[tuple[str, Part]] = field(default_factory=Counter)

    def concerned(self, change: Change) -> int | None:
        """The spans that a change refuses, at its place or below it; or those that have the value that is gone.

        Returns:
            None if it breaks no writers, if there are no spans of its span type, or if some cannot be checked.
        """
        total = self.total[change.span_type]
        if not total:
            return None
        if change.rule is rules.SPAN_TYPE_RENAMED:
            return self.renamed[change.span_type]
        if change.rule in _GONE:
            return self.gone[change.fingerprint] if change.path else total if change.span_type in self.unknown else None
        is_of_payloads = change.rule.code[:3] in _OF_PAYLOADS and change.part is not Part.SPAN_TYPE
        if change.writers in {None, Severity.NOTE} or not is_of_payloads:
            return None
        if (change.span_type, change.part) in self.unchecked:
            return None
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


def count_recorded(
    file: Path, shown: str, definitions: Definitions, changes: Collection[Change], *, assert_formats: bool
) -> RecordedSpans:
    """Check the spans of a file, in each line one as the API lists it.

    Args:
        file: the file.
        shown: how messages name it.
        definitions: what they are checked against.
        changes: what has changed.
        assert_formats: whether payloads must match formats.

    Raises:
        OperandError: the file cannot be read, or a line is no span.
    """
    schemas = dict(_schemas(definitions, assert_formats=assert_formats))
    names = {str(each.old): each.span_type for each in changes if each.rule is rules.SPAN_TYPE_RENAMED}
    gone = _gone(changes)
    counts = RecordedSpans()
    for row in _rows(file, shown):
        recorded = str(row["schema_name"])
        name = names.get(recorded, recorded)
        counts.total[name] += 1
        counts.renamed[name] += recorded in names
        for part, key in _PARTS.items():
            schema = schemas.get((name, part))
            payload = _in_plain_text(row.get(key))
            counts.gone.update(each for each, steps in gone.get((name, part), ()) if has_value(payload, steps))
            paths = schema.refused(payload) if schema and isinstance(payload, dict) else ()
            if paths is None:
                counts.unchecked[name, part] += 1
            elif paths:
                counts.refused[name, part, frozenset(paths)] += 1
    if not counts.total:
        raise OperandError(f"{shown}: expected spans, found none")
    counts.unknown = counts.total.keys() - {name for name, _ in schemas}
    return counts


def _gone(changes: Collection[Change]) -> dict[tuple[str, Part], list[tuple[str, PayloadPath]]]:
    """The places of the values whose names are gone, by span type and part, with the fingerprints of the changes."""
    found: dict[tuple[str, Part], dict[str, PayloadPath]] = {}
    for each in changes:
        if each.rule in _GONE and each.path:
            steps = steps_of(each.path)
            former = (*steps[:-1], str(each.old)) if each.rule is rules.PROPERTY_RENAMED else steps
            found.setdefault((each.span_type, each.part), {})[each.fingerprint] = former
    return {key: list(places.items()) for key, places in found.items()}


class _CountedSchema:
    """A schema with the names that it declares: others are data, which is not shown."""

    def __init__(self, source: SchemaSource | None, *, assert_formats: bool) -> None:
        plain = {"additionalProperties": False} if source is None else to_plain(source.schema)
        self._schema = JsonSchema(plain if isinstance(plain, dict) else {}, assert_formats=assert_formats)
        self._names = set(_declared(plain))

    def refused(self, payload: object) -> list[str] | None:
        """The paths of the mismatches of a payload; None if it cannot be checked. What it redacts is none."""
        try:
            found = self._schema.mismatches(payload)
        except SchemaError:  # the comparison reports it
            return None
        if not all(each.checked for each in found):
            return None
        return [self._path(each.path) for each in found if _at(payload, each.path) != _REDACTED]

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
                    yield from _rows_of_line(line, f"{shown}:{number}")
    except OSError as error:
        raise OperandError(f"cannot read {shown}: {error.strerror}") from None


def _rows_of_line(line: bytes, where: str) -> Iterator[Mapping[str, object]]:
    """The span of a line; or those of a page, as the API answers it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        hint = "; `jq -c '.summaries[]'` makes such lines of an answer of GET /agent_spans"
        raise OperandError(f"{where}: expected a span as JSON on one line{hint}") from None
    page = found.get("summaries") if isinstance(found, dict) else None
    for row in page if isinstance(page, list) else [found]:
        if not isinstance(row, dict) or not isinstance(row.get("schema_name"), str):
            raise OperandError(f"{where}: expected a span with schema_name, payload and result_payload")
        yield row
