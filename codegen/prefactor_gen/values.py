"""Values that a schema offers: a default and examples should match the schema that they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prefactor_gen.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, to_plain
from prefactor_gen.limits import MAX_CHECKED_VALUES
from prefactor_gen.pointers import step
from prefactor_gen.rules import INVALID_DEFAULT, INVALID_EXAMPLE, LIMIT_EXCEEDED
from prefactor_gen.walk import subschemas
from prefactor_schema import JsonSchema, SchemaError

__all__ = ["check_values"]

_LONGEST = 80


def check_values(root: ObjectNode) -> Iterator[Diagnostic]:
    """Warnings of the defaults and examples in a self-contained, valid schema that do not match it."""
    offered = list(_offered(root, ""))
    if not offered:
        return
    whole = JsonSchema(to_plain(root))  # type: ignore[arg-type]  # an object
    for pointer, kind, value, place in offered:
        yield from _mismatch(whole.part(pointer), kind, value, place)


def _offered(schema: ObjectNode, pointer: str) -> Iterator[tuple[str, str, JsonValue, Place]]:
    if "default" in schema:
        yield pointer, "default", schema["default"], schema.place_at("default")
    if isinstance(examples := schema.get("examples"), ListNode):
        for index, example in enumerate(examples):
            yield pointer, "example", example, examples.place_at(index)
    for keys, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            yield from _offered(item, pointer + step(keys))


def _mismatch(schema: JsonSchema, kind: str, value: JsonValue, place: Place) -> Iterator[Diagnostic]:
    if _exceeds(value, MAX_CHECKED_VALUES):
        message = f"expected at most {MAX_CHECKED_VALUES:,} values in a {kind}, which is compared with its schema"
        yield LIMIT_EXCEEDED.at(place, message, Severity.WARNING)
        return
    try:
        found = schema.mismatches(to_plain(value))
    except SchemaError:  # told of the schema
        return
    if found:
        message = f"the {kind} {_shortened(value)} does not match its schema: {found[0]}"
        yield (INVALID_DEFAULT if kind == "default" else INVALID_EXAMPLE).at(place, message)


def _shortened(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _exceeds(value: JsonValue, most: int) -> bool:
    """Whether there are more than so many values in a value; stops counting there."""
    pending, count = [value], 0
    while pending and count <= most:
        node = pending.pop()
        count += 1
        if isinstance(node, ObjectNode | ListNode):
            pending.extend(node.values() if isinstance(node, ObjectNode) else node)
    return count > most
