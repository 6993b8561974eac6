"""The changes of one schema: of its values, found by the walk, and of its annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from prefactor_gen.comparison.annotations import Annotations, annotation_changes
from prefactor_gen.comparison.changes import Change, Part, Proof, Witness
from prefactor_gen.comparison.deprecations import Said, removal
from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.comparison.schemas.changes.findings import Finding
from prefactor_gen.comparison.schemas.changes.walk import Walk
from prefactor_gen.comparison.schemas.example_values.examples import NO_VALUE
from prefactor_gen.comparison.schemas.example_values.witnesses import Witnesses
from prefactor_gen.comparison.schemas.reading.hidden_values import HiddenValues
from prefactor_gen.comparison.schemas.reading.paths import Path, path_text
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation
from prefactor_gen.json_schema.redacted_values import REDACTED, without_values

__all__ = ["Subject", "schema_changes"]

_OF_NAMES = frozenset({
    rules.PROPERTY_ADDED, rules.PROPERTY_ADDED_REQUIRED, rules.PROPERTY_REMOVED, rules.PROPERTY_RENAMED,
})  # fmt: skip
_WITHOUT_VALUES: Final[dict[ChangeRule, str]] = {
    rules.BECAME_ENUM: "became one of some values",
    rules.DEFAULT_CHANGED: "default changed",
    rules.ENUM_DROPPED: "is no longer one of some values",
    rules.ENUM_VALUE_ADDED: "values added",
    rules.ENUM_VALUE_REMOVED: "values removed",
}
"""What is said of the changes whose messages have values."""
_URGENT = (Severity.ERROR, Severity.WARNING)
_DECLARED = frozenset({rules.PROPERTY_RENAMED, rules.REMOVED_IN_TIME, rules.REMOVED_EARLY})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a schema describes.

    Attributes:
        name: the name of the span type or the quality schema.
        part: which of its schemas it is.
        place: where the new definitions have it.
    """

    name: str
    part: Part
    place: Place


def schema_changes(subject: Subject, old: ObjectNode, new: ObjectNode, options: ComparisonOptions) -> Iterator[Change]:
    """The changes from one schema to another.

    Args:
        subject: what they describe.
        old: the schema that was in force.
        new: the schema that is to come.
        options: what the comparison depends on.

    Raises:
        DiagnosticError: a reference leads nowhere.
    """
    sides = Sides(old, new, assert_formats=options.assert_formats, objects=True)  # as the API takes no others
    walk = Walk(sides, subject.place, count_undeclared=options.count_undeclared)
    values = walk.run()
    annotations = annotation_changes(sides, subject.place, options)
    witnesses = Witnesses(sides, walk.algebra)
    for finding in sorted(_together(values, annotations), key=_urgency):  # not all may get a witness
        yield _change(subject, finding, annotations.deprecated, witnesses, options)


def _together(values: list[Finding], annotations: Annotations) -> Iterator[Finding]:
    """All findings. What the walk says of a name is exact, so the annotations need not say it again.

    Nor do they tell the names in an object that was none before, or is none any more.
    """
    yield from values
    known = {each.path for each in values if each.rule in _OF_NAMES}
    replaced = {each.path for each in values if each.rule is rules.TYPE_REPLACED}
    for each in annotations.findings:
        around = (each.path[:length] for length in range(len(each.path)))
        if each.rule not in _OF_NAMES or not (each.path in known or any(path in replaced for path in around)):
            yield each


def _change(
    subject: Subject,
    finding: Finding,
    deprecated: dict[Path, Deprecation],
    witnesses: Witnesses,
    options: ComparisonOptions,
) -> Change:
    finding = _without_hidden(_announced(finding, deprecated, options), witnesses.sides.hidden)
    witness, proof = _proof(finding, witnesses)
    return Change(
        rule=finding.rule,
        span_type=subject.name,
        part=subject.part,
        message=finding.message,
        place=finding.place,
        path=path_text(finding.path),
        writers=finding.writers,
        readers=finding.readers,
        old=finding.old,
        new=finding.new,
        witness=None if witness is None else replace(witness, value=witnesses.sides.hidden.masked(witness.value)),
        proof=proof,
        hint=finding.hint,
    )


def _announced(finding: Finding, deprecated: dict[Path, Deprecation], options: ComparisonOptions) -> Finding:
    """The removal of a deprecated property as what it is."""
    if finding.rule is not rules.PROPERTY_REMOVED:
        return finding
    was = Said(finding.rule, finding.message)
    said = removal(was, deprecated.get(finding.path), options)
    rule, message = said
    if rule is finding.rule:
        return replace(finding, message=message)
    return replace(finding, rule=rule, message=message, writers=rule.writers, readers=rule.readers, hint="")


def _without_hidden(finding: Finding, hidden: HiddenValues) -> Finding:
    """The finding without values that are redacted."""
    if not hidden.hides(finding.path):
        return finding
    old, new = without_values(finding.old), without_values(finding.new)
    if finding.rule is rules.DEFAULT_CHANGED:
        old = new = REDACTED
    return replace(finding, message=_WITHOUT_VALUES.get(finding.rule, finding.message), old=old, new=new)


def _proof(finding: Finding, witnesses: Witnesses) -> tuple[Witness | None, Proof | None]:
    """A payload that shows the change, and why it is said to break."""
    if finding.rule in _DECLARED:
        return None, Proof.DECLARED
    if _urgency(finding) == len(_URGENT):
        return None, None
    if finding.narrowing is None and finding.widening is None:
        return None, Proof.UNPROVEN if finding.rule is rules.UNPROVEN else Proof.DECLARED
    if finding.narrowing is not None and (value := witnesses.narrowing(finding.narrowing)) is not NO_VALUE:
        return Witness(value, was_valid=True), Proof.WITNESS
    if finding.widening is not None and (value := witnesses.widening(finding.widening)) is not NO_VALUE:
        return Witness(value, was_valid=False), Proof.WITNESS
    return None, Proof.UNPROVEN


def _urgency(finding: Finding) -> int:
    """0 for an error, 1 for a warning, 2 for a note."""
    found = {finding.writers, finding.readers}
    return next((index for index, severity in enumerate(_URGENT) if severity in found), len(_URGENT))
