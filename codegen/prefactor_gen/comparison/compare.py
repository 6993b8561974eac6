"""Compares all definitions of two sides."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.comparison.changes import Change, Part, Proof
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.diagnostics import change_rules

__all__ = ["compare"]


def compare(old: Definitions, new: Definitions, options: ComparisonOptions) -> list[Change]:
    """The changes from the old definitions to the new ones.

    Every change is there, whatever the configuration allows: `compatibility`, `span-types` and `allow` are applied to
    the result. The changes of types (PD4xx) are found elsewhere, for they need generated code.

    Args:
        old: what was in force. A schema that the engine cannot compare is PD007.
        new: what is to come. Its schemas should have passed the checks.
        options: what the comparison depends on beside that.

    Returns:
        the changes by name (span types before quality schemas), part, path and code; empty if nothing has changed that
        anyone can see. Order and content depend on the arguments alone.
    """
    return [*_removed_and_added(old, new)]


def _removed_and_added(old: Definitions, new: Definitions) -> Iterator[Change]:
    before, after = {each.name: each for each in old.span_types}, {each.name: each for each in new.span_types}
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            rule, place = change_rules.SPAN_TYPE_REMOVED, before[name].place
        elif name not in before:
            rule, place = change_rules.SPAN_TYPE_ADDED, after[name].place
        else:
            continue
        yield Change(
            rule=rule,
            span_type=name,
            part=Part.SPAN_TYPE,
            message=rule.name,
            place=place,
            writers=rule.writers,
            readers=rule.readers,
            proof=Proof.DECLARED,
        )
