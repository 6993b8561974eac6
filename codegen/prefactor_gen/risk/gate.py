"""Compares what span types declare with what a project allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prefactor_gen.definitions.data_risk import CLASSIFICATION, RiskSection
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.diagnostics.risk_rules import (
    CLASSIFICATION_TOO_HIGH,
    DENIED_RISK,
    NOT_IN_PROFILE,
    REDACTED_CATEGORY,
    UNKNOWN_RISK,
)
from prefactor_gen.diagnostics.rules import Rule
from prefactor_gen.json_schema.data_fields import DataField
from prefactor_gen.json_schema.keywords import DATA
from prefactor_gen.risk.profile import RiskProfile
from prefactor_gen.risk.span_risk import SpanRisk, classifications

__all__ = ["PARTS", "Denied", "Limits", "RiskFinding", "risk_findings"]

PARTS = {"params_data_categories": "params", "result_data_categories": "result"}
"""The sections of data_risk that are about data, and what they are about."""

_SHOWN = 5
"""The most names in a message; the report has all."""


@dataclass(frozen=True, slots=True)
class Denied:
    """What no span type may declare.

    Attributes:
        key: an action or a category of data.
        part: params or result, if only the data there is denied; otherwise empty.
    """

    key: str
    part: str = ""

    def covers(self, section: RiskSection, key: str) -> bool:
        """Whether it is about a key of a section."""
        return key == self.key and self.part in {"", PARTS.get(section.name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a project allows.

    Attributes:
        denied: what no span type may declare.
        max_classification: the most confidential class of data; None for any.
        unknown: how severe it is not to say something; None if it is not reported.
        profile: the risk profile; None if there is none.
    """

    denied: Sequence[Denied] = ()
    max_classification: str | None = None
    unknown: Severity | None = Severity.NOTE
    profile: RiskProfile | None = None


@dataclass(frozen=True, slots=True)
class RiskFinding:
    """Something that a project does not allow, or that is probably a mistake.

    Attributes:
        identity: what an allowance names, such as `PR001 billing:refund destroy_data`; empty if nothing can allow it.
    """

    diagnostic: Diagnostic
    identity: str


def risk_findings(risk: SpanRisk, limits: Limits) -> Iterator[RiskFinding]:
    """What is to be said about one span type."""
    gate = _Gate(risk, limits)
    for section in risk.declared:
        yield from gate.denied(section)
        yield from gate.denied_fields(section)
        yield from gate.classification(section)
        yield from gate.redacted(section)
    yield from gate.unknown()
    yield from gate.not_in_profile()


@dataclass(frozen=True)
class _Gate:
    risk: SpanRisk
    limits: Limits

    def denied(self, section: RiskSection) -> Iterator[RiskFinding]:
        for key in section.stated:
            if self._is_denied(section, key):
                fields = _named([field for field in self.risk.fields(section, key) if not field.is_redacted])
                message = f"{self._declares(section)} {key}{fields}, which [tool.prefactor-gen.risk] denies"
                yield self._finding(DENIED_RISK, message, section.place_at(key), _qualified(section, key))

    def denied_fields(self, section: RiskSection) -> Iterator[RiskFinding]:
        """Fields that belong to a denied category, which data_risk does not include."""
        if self.risk.is_quality and section is not self.risk.declared.params:
            return  # its fields are those of both sections
        for key in [each for each in section.words if each not in section.stated]:
            fields = [field for field in self.risk.fields(section, key) if not field.is_redacted]
            if fields and self._is_denied(section, key):
                part = PARTS[section.name]
                what = f"the {part} of {self.risk.name!r} {'has' if part == 'result' else 'have'} {key} by {DATA}"
                message = f"{what}{_named(fields)}, which [tool.prefactor-gen.risk] denies"
                yield self._finding(DENIED_RISK, message, fields[0].places[key], _qualified(section, key))

    def _is_denied(self, section: RiskSection, key: str) -> bool:
        return any(each.covers(section, key) for each in self.limits.denied)

    def classification(self, section: RiskSection) -> Iterator[RiskFinding]:
        order, most = classifications(), self.limits.max_classification
        if most is not None and order.index(section.classification) > order.index(most):
            message = (
                f"the classification of the {PARTS[section.name]} of {self.risk.name!r} is {section.classification}; "
                f"[tool.prefactor-gen.risk] allows at most {most}"
            )
            what = (
                f"{PARTS[section.name]} {section.classification}"  # so that an even higher one is not allowed as well
            )
            yield self._finding(CLASSIFICATION_TOO_HIGH, message, section.place_at(CLASSIFICATION), what)

    def redacted(self, section: RiskSection) -> Iterator[RiskFinding]:
        for key in section.stated:
            fields = self.risk.fields(section, key)
            if fields and all(field.is_redacted for field in fields):
                why = f"all fields that have it are redacted{_named(fields)}"
            elif section is self.risk.declared.result and not self.risk.has_result:
                why = "there is no result"
            else:
                continue
            message = f"{self._declares(section)} {key}, but {why}"
            yield self._finding(REDACTED_CATEGORY, message, section.place_at(key), _qualified(section, key))

    def unknown(self) -> Iterator[RiskFinding]:
        unknown = [(section, key) for section in self.risk.declared for key in self.risk.unknown(section)]
        if not unknown or self.limits.unknown is None:
            return
        if self.risk.declared.is_unknown:
            message, place = f"{self.risk.name!r} declares no data risk", self.risk.place
        else:
            names = [_qualified(section, key) for section, key in unknown]
            message = f"unknown in data_risk of {self.risk.name!r}: {_first(names)}"
            place = unknown[0][0].place_at(unknown[0][1])
        yield self._finding(UNKNOWN_RISK, message, place, "", self.limits.unknown)

    def not_in_profile(self) -> Iterator[RiskFinding]:
        profile = self.limits.profile
        if profile is None:
            return
        counted = profile.weights.keys() | profile.multipliers.keys()
        stated = [(section, key) for section in self.risk.declared for key in section.stated if key not in counted]
        if stated:
            names = _first([_qualified(section, key) for section, key in stated])
            message = f"the risk profile does not count what {self.risk.name!r} declares: {names}"
            yield self._finding(NOT_IN_PROFILE, message, stated[0][0].place_at(stated[0][1]), "")

    def _declares(self, section: RiskSection) -> str:
        part = PARTS.get(section.name)
        if part is None:
            return f"{self.risk.name!r} allows"
        return f"the {part} of {self.risk.name!r} {'includes' if part == 'result' else 'include'}"

    def _finding(
        self, rule: Rule, message: str, place: Place, what: str, severity: Severity | None = None
    ) -> RiskFinding:
        words = (rule.code, self.risk.name, "quality" if self.risk.is_quality else "", what)
        return RiskFinding(rule.at(place, message, severity), " ".join(filter(None, words)))


def _qualified(section: RiskSection, key: str) -> str:
    return f"{PARTS[section.name]}.{key}" if section.name in PARTS else key


def _named(fields: Sequence[DataField]) -> str:
    names = [field.path or "the whole payload" for field in fields]
    return f" ({_first(names)})" if names else ""


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
