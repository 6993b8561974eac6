"""Checks that defaults and examples match their schemas."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.diagnostics.limits import MAX_CHECK_SECONDS, MAX_CHECKED_VALUES
from prefactor_gen.diagnostics.rules import INVALID_DEFAULT, INVALID_EXAMPLE, LIMIT_EXCEEDED, Rule
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.documents.quoting import quoting_advice
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.redacted_values import RedactedValues
from prefactor_gen.json_schema.references import applicable_schemas
from prefactor_schema import JsonSchema, Mismatch, SchemaError

__all__ = ["check_defaults"]

_LONGEST = 80


def check_defaults(root: ObjectNode) -> Iterator[Diagnostic]:
    """Warn of the defaults and examples in a self-contained, valid schema that do not match their schemas."""
    values = [(pointer, *value) for pointer, schema in applicable_schemas(root) for value in _values(schema)]
    if not values:
        return
    redacted = RedactedValues(root)
    compiled = JsonSchema(to_plain(root))  # type: ignore[arg-type]  # an object
    deadline = time.monotonic() + MAX_CHECK_SECONDS  # for each value, the engine limits the steps of its patterns
    for number, (pointer, rule, value, place, advice) in enumerate(values):
        if time.monotonic() >= deadline:
            reason = f"the defaults and examples of this schema take more than {MAX_CHECK_SECONDS} seconds to check"
            yield _unchecked(place, f"{_name(rule)} and {len(values) - number - 1:,} more", reason)
            return
        if redacted.hides(pointer):
            yield from _hidden_mismatch(compiled.part(pointer), rule, value, place)
        else:
            yield from _mismatch(compiled.part(pointer), rule, value, place, advice)


def _values(schema: ObjectNode) -> Iterator[tuple[Rule, JsonValue, Place, str]]:
    """Each default and example, with its rule, its place, and advice if it is text that YAML made something else."""
    if "default" in schema:
        advice = _quoting_advice(schema, schema["default"], schema.spelled.get("default"))
        yield INVALID_DEFAULT, schema["default"], schema.place_at("default"), advice
    if isinstance(examples := schema.get("examples"), ListNode):
        for index, example in enumerate(examples):
            advice = _quoting_advice(schema, example, examples.spelled.get(index))
            yield INVALID_EXAMPLE, example, examples.place_at(index), advice


def _quoting_advice(schema: ObjectNode, value: JsonValue, spelled: str | None) -> str:
    return quoting_advice([spelled]) if spelled and schema.types == ["string"] and value is not None else ""


def _mismatch(schema: JsonSchema, rule: Rule, value: JsonValue, place: Place, advice: str) -> Iterator[Diagnostic]:
    name = _name(rule)
    if _has_more_values(value, MAX_CHECKED_VALUES):
        yield _too_large(name, place)
        return
    mismatches = _mismatches(schema, value)
    if certain := [mismatch for mismatch in mismatches if mismatch.checked]:
        yield rule.at(place, f"the {name} {_shortened(value)} does not match its schema: {certain[0]}{advice}")
    elif mismatches:
        where = f" at {mismatches[0].where}" if mismatches[0].path else ""
        yield _unchecked(place, f"{name} {_shortened(value)}", f"{mismatches[0].message}{where}")


def _hidden_mismatch(schema: JsonSchema, rule: Rule, value: JsonValue, place: Place) -> Iterator[Diagnostic]:
    """The same for a value that is redacted, or holds one that is: the message shows none of its parts."""
    name = _name(rule)
    if _has_more_values(value, MAX_CHECKED_VALUES):
        yield _too_large(name, place)
    elif mismatches := _mismatches(schema, value):
        where = next((f" at {each.where}" for each in mismatches[:1] if each.path), "")
        if any(each.checked for each in mismatches):
            message = f"this {name} does not match its schema{where}; it is not shown, because of {REDACT}"
            yield rule.at(place, message)
        else:
            yield _unchecked(place, name, f"some of it{where} is not compared")


def _mismatches(schema: JsonSchema, value: JsonValue) -> Sequence[Mismatch]:
    try:
        return schema.mismatches(to_plain(value))
    except SchemaError:  # reported by check_compiles
        return ()


def _too_large(name: str, place: Place) -> Diagnostic:
    message = f"expected at most {MAX_CHECKED_VALUES:,} values in a {name}, which is compared with its schema"
    return LIMIT_EXCEEDED.at(place, message, Severity.WARNING)


def _unchecked(place: Place, what: str, reason: str) -> Diagnostic:
    return LIMIT_EXCEEDED.at(place, f"the {what} could not be checked: {reason}", Severity.WARNING)


def _name(rule: Rule) -> str:
    return "default" if rule is INVALID_DEFAULT else "example"


def _shortened(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _has_more_values(value: JsonValue, most: int) -> bool:
    """Whether a value holds more values than the limit; counts no further than that."""
    pending, count = [value], 0
    while pending and count <= most:
        node = pending.pop()
        count += 1
        if isinstance(node, ObjectNode | ListNode):
            pending.extend(node.values() if isinstance(node, ObjectNode) else node)
    return count > most
