"""Checks that every `x-prefactor-redact` in a schema can be honoured."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from prefactor_gen.diagnostics.diagnostics import Diagnostic
from prefactor_gen.diagnostics.rules import MISPLACED_REDACTION
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.keywords import NOT_IN_DRAFT_07, REDACT
from prefactor_gen.json_schema.pointers import step
from prefactor_gen.json_schema.redaction_rules import mentions_redaction
from prefactor_gen.json_schema.references import applicable_schemas
from prefactor_gen.json_schema.subschemas import effective_schema, subschemas

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
    applicable = dict(applicable_schemas(schema))
    reason = None if typed else "a quality payload has no typed helper"
    yield from _Places(applicable.keys(), reason, schema.is_draft_07).schema(schema, "", reason)
    for root in InPlace(schema).applied([""]).values():
        if root.get(REDACT) is True:
            yield _cannot(root, "the payload itself cannot be redacted, only its members")
    is_redacted = any(each.get(REDACT) is True for each in applicable.values())
    if is_redacted and any("$dynamicRef" in each for each in applicable.values()):
        yield _cannot(schema, "the target of a $dynamicRef depends on the payload")


def _cannot(schema: ObjectNode, reason: str) -> Diagnostic:
    return MISPLACED_REDACTION.at(schema.place_at(REDACT), f"{REDACT} cannot be honoured: {reason}")


@dataclass
class _Places:
    """Goes through a schema and reports each redaction at a place where it cannot be honoured.

    Attributes:
        applicable: the pointers of the schemas that can apply to a value.
        reason: why no redaction of the schema can be honoured.
    """

    applicable: AbstractSet[str]
    reason: str | None
    draft_07: bool

    def schema(self, schema: ObjectNode, pointer: str, reason: str | None) -> Iterator[Diagnostic]:
        """The places in a schema; `reason` is why no redaction below this one can be honoured."""
        redact = schema.get(REDACT, False)
        if not isinstance(redact, bool):
            yield _cannot(schema, "expected true or false")
        elif redact and reason:
            yield _cannot(schema, reason)
        effective = effective_schema(schema, draft_07=self.draft_07)
        applied = set[str]()
        for keys, item in subschemas(effective):
            keyword = keys[0]
            applied.add(keyword)
            if isinstance(item, ObjectNode):
                below = (
                    f"it is under {keyword}, which describes no part of a payload" if keyword in _NO_PART else reason
                )
                yield from self.schema(item, pointer + step(keys), below)
        for keyword in schema.keys() - applied - _DATA:
            where = "where no schema is expected" if keyword in effective else _why_ignored(keyword)
            yield from self.data(schema[keyword], pointer + step((keyword,)), f"it is under {keyword}, {where}")

    def data(self, value: JsonValue, pointer: str, reason: str) -> Iterator[Diagnostic]:
        """The places in a value that is not a schema, unless a reference leads to it."""
        if isinstance(value, ObjectNode) and pointer in self.applicable:
            yield from self.schema(value, pointer, self.reason)
        elif isinstance(value, ObjectNode):
            if REDACT in value:
                yield _cannot(value, reason)
            for key, member in value.items():
                yield from self.data(member, pointer + step((key,)), reason)
        elif isinstance(value, ListNode):
            for index, item in enumerate(value):
                yield from self.data(item, pointer + step((str(index),)), reason)


def _why_ignored(keyword: str) -> str:
    return "which draft-07 does not have" if keyword in NOT_IN_DRAFT_07 else "which draft-07 ignores beside a $ref"
