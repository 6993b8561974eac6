"""Compares two plain schemas."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from prefactor_gen.comparison.schemas.changes.walk import Walk
from prefactor_gen.comparison.schemas.example_values.examples import NO_VALUE
from prefactor_gen.comparison.schemas.example_values.witnesses import Witnesses
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.documents.nodes import ObjectNode, from_python
from prefactor_gen.json_schema.drafts import in_a_known_draft
from prefactor_schema.engine import NoThreadError, on_a_large_stack

__all__ = ["Verdict", "Verdicts", "compare_schemas"]


class Verdict(StrEnum):
    """What is known of one direction."""

    SAFE = "safe"
    """Proven: every value that one side takes, the other one takes, too."""
    BREAKS = "breaks"
    """There is a value that one side takes and the other one refuses."""
    UNPROVEN = "unproven"


class Verdicts(NamedTuple):
    """Whether a schema may be replaced by another one.

    Attributes:
        narrowing: whether the new schema takes what the old one takes.
        widening: whether the old schema takes what the new one takes.
        was_valid: a value that only the old schema takes; `NO_VALUE` if none is known.
        is_valid: a value that only the new schema takes; `NO_VALUE` if none is known.
    """

    narrowing: Verdict
    widening: Verdict
    was_valid: object = NO_VALUE
    is_valid: object = NO_VALUE


_NOTHING_KNOWN = Verdicts(Verdict.UNPROVEN, Verdict.UNPROVEN)


def compare_schemas(
    old: Mapping[str, object] | bool, new: Mapping[str, object] | bool, *, assert_formats: bool = False
) -> Verdicts:
    """Whether one plain JSON Schema may be replaced by another one, by their values alone.

    Args:
        old: the schema that was in force, in any draft from draft-04 to 2020-12.
        new: the schema that is to come.
        assert_formats: `format` decides whether a value is valid.
    """
    try:
        sides = Sides(_node(old), _node(new), assert_formats=assert_formats)
        return on_a_large_stack(lambda: _compared(sides))
    except (DiagnosticError, NoThreadError, RecursionError):
        return _NOTHING_KNOWN


def _node(schema: Mapping[str, object] | bool) -> ObjectNode:
    node = from_python({"allOf": [schema]} if isinstance(schema, bool) else schema, Place(""))
    return in_a_known_draft(node) if isinstance(node, ObjectNode) else ObjectNode(place=Place(""))


def _compared(sides: Sides) -> Verdicts:
    walk = Walk(sides, Place(""), count_undeclared=True)
    found = walk.run()
    witnesses = Witnesses(sides, walk.algebra)
    narrowing = [witnesses.narrowing(each.narrowing) for each in found if each.narrowing is not None]
    widening = [witnesses.widening(each.widening) for each in found if each.widening is not None]
    was_valid = next((value for value in narrowing if value is not NO_VALUE), NO_VALUE)
    is_valid = next((value for value in widening if value is not NO_VALUE), NO_VALUE)
    return Verdicts(_verdict(narrowing, was_valid), _verdict(widening, is_valid), was_valid, is_valid)


def _verdict(found: list[object], witness: object) -> Verdict:
    if not found:
        return Verdict.SAFE
    return Verdict.UNPROVEN if witness is NO_VALUE else Verdict.BREAKS
