"""The changes of a result. A span type without one has results without properties, as for the API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefactor_gen.comparison.changes import Change, Proof
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.schema_changes import Subject, schema_changes
from prefactor_gen.comparison.schemas.reading.algebra import Algebra
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.documents.nodes import ObjectNode

__all__ = ["result_changes"]

_ONLY_EMPTY: Plain = {"type": "object", "additionalProperties": False}


def result_changes(
    subject: Subject, old: ObjectNode | None, new: ObjectNode | None, options: ComparisonOptions
) -> Iterator[Change]:
    """The changes from one result to another; None stands for a span type without a result.

    Raises:
        DiagnosticError: a reference leads nowhere.
    """
    nothing = _nothing(subject)
    before, after = (nothing if each is None else each for each in (old, new))  # {} is a schema
    sides = Sides(before, after, assert_formats=options.assert_formats, objects=True)
    algebra = Algebra(sides)
    was_empty, is_empty = (algebra.covers(_ONLY_EMPTY, sides.whole(side)) for side in (sides.old, sides.new))
    changes = list(schema_changes(subject, before, after, options))
    if was_empty == is_empty:
        yield from changes
    elif is_empty:
        yield _whole(rules.RESULT_REMOVED, subject, "removed", (old, new), changes)
    else:
        yield _whole(rules.RESULT_ADDED, subject, "added", (old, new))
        yield from (each for each in changes if each.writers is Severity.ERROR)  # agents that finish with {}


def _whole(
    rule: ChangeRule,
    subject: Subject,
    message: str,
    said: tuple[ObjectNode | None, ObjectNode | None],
    changes: Sequence[Change] = (),
) -> Change:
    """A change of the whole result, with a payload that shows one of its parts."""
    witness = next((each.witness for each in changes if each.witness is not None), None)
    return Change(
        rule=rule,
        span_type=subject.name,
        part=subject.part,
        message=message,
        place=subject.place,
        writers=rule.writers,
        readers=rule.readers,
        old=said[0],
        new=said[1],
        witness=witness,
        proof=Proof.DECLARED if witness is None else Proof.WITNESS,
    )


def _nothing(subject: Subject) -> ObjectNode:
    """The schema of objects without properties."""
    return ObjectNode([("type", "object"), ("additionalProperties", False)], place=subject.place)
