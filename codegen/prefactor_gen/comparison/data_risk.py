"""Compares the data risk of two definitions.

What was stated and is now more is an error. What was unknown and is now stated is a warning: it was there before, and a
definition that says so should not be harder to commit than one that says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prefactor_gen.comparison.changes import Change, Part, Proof
from prefactor_gen.comparison.redaction import unredacted
from prefactor_gen.definitions.data_risk import CLASSIFICATION, UNKNOWN, RiskSection, declared_risk, risk_words
from prefactor_gen.definitions.definitions import QualityDefinition, SpanTypeDefinition
from prefactor_gen.diagnostics.change_rules import (
    ACTION_ALLOWED,
    CATEGORY_INCLUDED,
    CLASSIFICATION_RAISED,
    RISK_LOWERED,
    RISK_UNDECLARED,
    ChangeRule,
)
from prefactor_gen.diagnostics.diagnostics import Severity

__all__ = ["data_risk_changes"]

_PARTS = {
    "action_profile": Part.SPAN_TYPE,
    "params_data_categories": Part.PARAMS,
    "result_data_categories": Part.RESULT,
}


def data_risk_changes(
    old: SpanTypeDefinition | QualityDefinition | None, new: SpanTypeDefinition | QualityDefinition
) -> Iterator[Change]:
    """The changes of the declared data risk, and of what is redacted.

    Args:
        old: the definition before; None of a span type that is new.
        new: the definition now, of the same kind.
    """
    now = declared_risk(new.data_risk, new.place)
    before = None if old is None else declared_risk(old.data_risk, old.place)
    if now.is_unknown:
        if before is None or not before.is_unknown:
            yield _undeclared(new, "data_risk says nothing" if before is None else "data_risk says nothing any more")
    elif before is not None:
        for section_before, section in zip(before, now, strict=True):
            yield from _Sections(new, section_before, section).changes()
    if isinstance(old, SpanTypeDefinition) and isinstance(new, SpanTypeDefinition):
        yield from unredacted(new.name, Part.PARAMS, old.params, new.params)
        if old.result is not None and new.result is not None:
            yield from unredacted(new.name, Part.RESULT, old.result, new.result)


def _undeclared(new: SpanTypeDefinition | QualityDefinition, message: str) -> Change:
    is_quality = isinstance(new, QualityDefinition)
    return Change(
        rule=RISK_UNDECLARED,
        span_type=new.name,
        part=Part.QUALITY if is_quality else Part.SPAN_TYPE,
        message=message,
        place=new.place,
        writers=RISK_UNDECLARED.writers,
        readers=RISK_UNDECLARED.readers,
    )


@dataclass(frozen=True)
class _Sections:
    """A section of data_risk before and now."""

    definition: SpanTypeDefinition | QualityDefinition
    old: RiskSection
    new: RiskSection

    def changes(self) -> Iterator[Change]:
        for key, after in self.new.words.items():
            before = self.old.words[key]
            if before == after:
                continue
            if after == UNKNOWN:
                yield self._change(RISK_UNDECLARED, key, Severity.WARNING)
            elif self._is_raised(key):
                yield self._change(self._rule(key), key, Severity.WARNING if before == UNKNOWN else Severity.ERROR)
            elif before != UNKNOWN:
                yield self._change(RISK_LOWERED, key, Severity.NOTE)

    def _is_raised(self, key: str) -> bool:
        if key != CLASSIFICATION:
            return key in self.new.stated
        order = risk_words()[self.new.name][key]  # unknown is the first
        return order.index(self.new.words[key]) > order.index(self.old.words[key])

    def _rule(self, key: str) -> ChangeRule:
        if key == CLASSIFICATION:
            return CLASSIFICATION_RAISED
        return ACTION_ALLOWED if _PARTS[self.new.name] is Part.SPAN_TYPE else CATEGORY_INCLUDED

    def _change(self, rule: ChangeRule, key: str, severity: Severity) -> Change:
        before, after = self.old.words[key], self.new.words[key]
        is_quality = isinstance(self.definition, QualityDefinition)
        return Change(
            rule=rule,
            span_type=self.definition.name,
            part=Part.QUALITY if is_quality else _PARTS[self.new.name],
            path=f"{self.new.name}.{key}" if is_quality else key,
            message=f"{before} became {after}",
            place=self.new.place_at(key),
            writers=severity,
            readers=severity,
            old=before,
            new=after,
            proof=Proof.DECLARED if severity is Severity.ERROR else None,
        )
