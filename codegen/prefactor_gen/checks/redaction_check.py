"""Checks that every `x-prefactor-redact` in a schema can be honoured."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.documents.diagnostics import Diagnostic
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.documents.rules import MISPLACED_REDACTION
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.redaction_rules import mentions_redaction
from prefactor_gen.json_schema.subschemas import all_schemas, effective_schema, subschemas

__all__ = ["check_redaction"]

# Keywords whose subschemas apply to no part of a payload that could be replaced.
_NO_PART = frozenset({"contentSchema", "if", "not", "propertyNames"})
_DATA = frozenset({"const", "default", "enum", "examples"})


def check_redaction(schema: ObjectNode, *, typed: bool = True) -> Iterator[Diagnostic]:
    """Report each redaction that cannot be honoured.

    Args:
        schema: a self-contained schema.
        typed: whether it is a schema of a span type, which has a helper that redacts.
    """
    if not mentions_redaction(schema):
        return
    reason = None if typed else "a quality payload has no typed helper"
    yield from _misplaced(schema, reason, draft_07=schema.is_draft_07)
    for root in InPlace(schema).applied([""]).values():
        if root.get(REDACT) is True:
            yield _cannot(root, "the payload itself cannot be redacted, only its members")
    schemas = list(all_schemas(schema))
    if any("$dynamicRef" in each for each in schemas) and any(each.get(REDACT) is True for each in schemas):
        yield _cannot(schema, "the target of a $dynamicRef depends on the payload")


def _cannot(schema: ObjectNode, reason: str) -> Diagnostic:
    return MISPLACED_REDACTION.at(schema.place_at(REDACT), f"{REDACT} cannot be honoured: {reason}")


def _misplaced(schema: ObjectNode, reason: str | None, *, draft_07: bool) -> Iterator[Diagnostic]:
    """Keywords that are not boolean, where no payload is described (`reason`), or where no schema is expected."""
    redact = schema.get(REDACT, False)
    if not isinstance(redact, bool):
        yield _cannot(schema, "expected true or false")
    elif redact and reason:
        yield _cannot(schema, reason)
    effective = effective_schema(schema, draft_07=draft_07)
    applied = set[str]()
    for keys, item in subschemas(effective):
        applied.add(keys[0])
        if isinstance(item, ObjectNode):
            below = f"it is under {keys[0]}, which describes no part of a payload" if keys[0] in _NO_PART else reason
            yield from _misplaced(item, below, draft_07=draft_07)
    for keyword in schema.keys() - applied - _DATA:
        where = "where no schema is expected" if keyword in effective else "which draft-07 ignores beside a $ref"
        yield from _anywhere(schema[keyword], f"it is under {keyword}, {where}")


def _anywhere(value: JsonValue, reason: str) -> Iterator[Diagnostic]:
    """The keyword at any depth of a value that is not a schema."""
    if isinstance(value, ObjectNode) and REDACT in value:
        yield _cannot(value, reason)
    for item in value.values() if isinstance(value, ObjectNode) else value if isinstance(value, ListNode) else ():
        yield from _anywhere(item, reason)
