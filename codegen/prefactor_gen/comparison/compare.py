"""Compares all definitions of two sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from prefactor_gen.comparison.changes import Change, Part
from prefactor_gen.comparison.data_risk import data_risk_changes
from prefactor_gen.comparison.definition_changes import declared, quality_changes, span_type_changes
from prefactor_gen.comparison.deprecations import Said, removal
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.schemas.reading.renames import why_not_renamed
from prefactor_gen.definitions.content import content_hash
from prefactor_gen.definitions.definitions import Definitions, QualityDefinition, SpanTypeDefinition
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_schema.engine import on_a_large_stack

__all__ = ["compare"]

_Definition = TypeVar("_Definition", SpanTypeDefinition, QualityDefinition)


def compare(old: Definitions, new: Definitions, options: ComparisonOptions) -> list[Change]:
    """The changes from the old definitions to the new ones.

    Every change is there, whatever the configuration allows: `compatibility`, `span-types` and `allow` are applied to
    the result. The changes of types (PD4xx) are found elsewhere, for they need generated code.

    Args:
        old: what was in force. A schema that cannot be compared is PD007.
        new: what is to come. Its schemas should have passed the checks.
        options: what the comparison depends on beside that.

    Returns:
        the changes by name (span types before quality schemas), part, path and code; empty if nothing has changed that
        anyone can see. Order and content depend on the arguments alone.

    Raises:
        NoThreadError: a thread with a large stack, which the engine needs, cannot start.
    """
    return on_a_large_stack(lambda: [*_span_types(old, new, options), *_quality(old, new, options)])


def _span_types(old: Definitions, new: Definitions, options: ComparisonOptions) -> Iterator[Change]:
    before, after = _by_name(old.span_types), _by_name(new.span_types)
    former = _renamed(before, after)
    for name in sorted(before.keys() | after.keys()):
        if name in after:
            found = _sorted(_span_type(before.get(former.get(name, name)), after[name], options))
            wrong = after[name].renamed_from if name not in before and name not in former else None
            hint = "" if wrong is None else why_not_renamed(wrong, before, after)
            yield from (replace(each, hint=hint) if each.rule is rules.SPAN_TYPE_ADDED else each for each in found)
        elif name not in former.values():
            yield from _removed(before[name], options)


def _span_type(old: SpanTypeDefinition | None, new: SpanTypeDefinition, options: ComparisonOptions) -> Iterator[Change]:
    if old is None:
        yield declared(rules.SPAN_TYPE_ADDED, new.name, Part.SPAN_TYPE, "added", new.place)
        yield from data_risk_changes(None, new)
        return
    if old.name != new.name:
        message = f"renamed from {old.name}"
        yield declared(
            rules.SPAN_TYPE_RENAMED, new.name, Part.SPAN_TYPE, message, new.place, old=old.name, new=new.name
        )
    if content_hash(old) != content_hash(new):
        yield from span_type_changes(old, new, options)
        yield from data_risk_changes(old, new)


def _removed(old: SpanTypeDefinition, options: ComparisonOptions) -> Iterator[Change]:
    rule, message = removal(Said(rules.SPAN_TYPE_REMOVED, "removed"), old.deprecation, options)
    yield declared(rule, old.name, Part.SPAN_TYPE, message, old.place)


def _renamed(before: Mapping[str, SpanTypeDefinition], after: Mapping[str, SpanTypeDefinition]) -> dict[str, str]:
    """The old names of the span types that say that they have another one, by the new ones."""
    found: dict[str, str] = {}
    for name, each in sorted(after.items()):
        former = each.renamed_from
        if former is not None and former in before and former not in after and name not in before:
            found.update({} if former in found.values() else {name: former})
    return found


def _quality(old: Definitions, new: Definitions, options: ComparisonOptions) -> Iterator[Change]:
    before, after = _by_name(old.quality), _by_name(new.quality)
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield declared(rules.QUALITY_REMOVED, name, Part.QUALITY, "removed", before[name].place)
        elif name not in before:
            yield declared(rules.SPAN_TYPE_ADDED, name, Part.QUALITY, "added", after[name].place)
        elif content_hash(before[name]) != content_hash(after[name]):
            changes = [
                *quality_changes(before[name], after[name], options),
                *data_risk_changes(before[name], after[name]),
            ]
            yield from _sorted(changes)


def _by_name(definitions: Iterable[_Definition]) -> dict[str, _Definition]:
    return {each.name: each for each in definitions}


def _sorted(changes: Iterable[Change]) -> list[Change]:
    parts = list(Part)
    return sorted(changes, key=lambda each: (parts.index(each.part), each.path, each.rule.code, each.message))
