"""One side of a comparison: its definitions, and what is generated from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from prefactor_gen.comparison.changes import Change, Part
from prefactor_gen.definitions.definitions import Definitions, SchemaSource, SpanTypeDefinition
from prefactor_gen.diagnostics.change_rules import INCOMPARABLE
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, Severity
from prefactor_gen.diagnostics.rules import NO_DEFINITIONS
from prefactor_gen.documents.nodes import JsonValue, is_same

__all__ = ["Generate", "Side", "changed_names", "known_on_both", "unreadable"]

Generate: TypeAlias = Callable[[Collection[str]], Checked[Mapping[str, str]]]
"""Generates the modules of some span types, given their names: the text of each file by its name."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: how output names it: `working tree`, `origin/main at 3f2a1c9`.
        definitions: those that can be read.
        diagnostics: what is wrong with the others.
        base: the folder that places are relative to.
        generate: generates modules; None if only the definitions are known.
        has_quality: whether the quality schemas are known.
        has_deprecations: whether it is known which span types are deprecated: that is not sent to the API.
        assert_formats: whether payloads must match the formats of their schemas; None if that is not known.
        other_exports: names that a package of them has beside those that are generated: the former names of classes.
        is_empty: there was nothing yet.
        remarks: what else is to be said about how it was read.
    """

    name: str
    definitions: Definitions
    diagnostics: Sequence[Diagnostic] = ()
    base: Path = field(default_factory=Path)
    generate: Generate | None = None
    has_quality: bool = True
    has_deprecations: bool = True
    assert_formats: bool | None = None
    other_exports: frozenset[str] = frozenset()
    is_empty: bool = False
    remarks: Sequence[str] = ()


def unreadable(old: Side) -> list[Change]:
    """A change for each error of the old side: what cannot be read cannot be compared."""
    errors = [each for each in old.diagnostics if each.severity is Severity.ERROR and each.code != NO_DEFINITIONS.code]
    return [
        Change(
            rule=INCOMPARABLE,
            span_type=each.place.about or each.place.source,
            part=Part.SPAN_TYPE,
            path=each.place.pointer,
            message=f"the old definitions cannot be read: {each.code}: {each.message}",
            place=each.place,
            writers=Severity.ERROR,
            readers=Severity.ERROR,
        )
        for each in errors
    ]


def known_on_both(old: Side, new: Side) -> tuple[Definitions, Definitions]:
    """The definitions of two sides, without what one of them does not know."""
    before, after = old.definitions, new.definitions
    if not (old.has_quality and new.has_quality):
        before, after = replace(before, quality=[]), replace(after, quality=[])
    if not old.has_deprecations:
        after = replace(after, span_types=[replace(each, deprecation=None) for each in after.span_types])
    if not new.has_deprecations:  # that of a span type that is gone still says whether it may go
        left = {each.name for each in after.span_types}
        kept = [replace(each, deprecation=None) if each.name in left else each for each in before.span_types]
        before = replace(before, span_types=kept)
    return before, after


def changed_names(old: Definitions, new: Definitions) -> set[str]:
    """The span types that are not the same on both sides, as they are written."""
    before = {each.name: each for each in old.span_types}
    after = {each.name: each for each in new.span_types}
    both = before.keys() & after.keys()
    return (before.keys() ^ after.keys()) | {name for name in both if not _is_same(before[name], after[name])}


def _is_same(one: SpanTypeDefinition, other: SpanTypeDefinition) -> bool:
    texts = all(getattr(one, key) == getattr(other, key) for key in ("title", "description", "template", "deprecation"))
    return (
        texts
        and is_same(one.data_risk, other.data_risk)
        and is_same(one.chosen_class, other.chosen_class)
        and is_same(_schema(one.params), _schema(other.params))
        and is_same(_schema(one.result), _schema(other.result))
    )


def _schema(source: SchemaSource | None) -> JsonValue:
    return None if source is None else source.schema
