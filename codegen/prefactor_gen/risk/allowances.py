"""What a project allows as an exception, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.diagnostics.risk_rules import UNNEEDED_RISK_ALLOWANCE
from prefactor_gen.risk.gate import Limits, RiskFinding, risk_findings
from prefactor_gen.risk.span_risk import SpanRisk

__all__ = ["not_allowed"]


def not_allowed(
    risks: Sequence[SpanRisk],
    limits: Limits,
    allowed: Mapping[str, str],
    place_of: Callable[[str], Place],
    *,
    is_complete: bool,
) -> list[RiskFinding]:
    """What is not allowed, in the order of the files.

    Args:
        risks: the data risk of all definitions.
        limits: what the project allows in general.
        allowed: the reasons of exceptions, by what is allowed, such as `PR001 billing:refund destroy_data`. `*` stands
            for any text, as in `PR003 crm:*`.
        place_of: finds the place of an exception in the configuration.
        is_complete: whether these are all definitions of the project, so that an exception is needed by one of them.
    """
    every = [found for risk in risks for found in risk_findings(risk, limits)]
    found = [each for each in every if not any(_covers(entry, each) for entry in allowed)]
    return sorted([*found, *(_unneeded(every, allowed, place_of) if is_complete else ())], key=_order)


def _unneeded(
    findings: Sequence[RiskFinding], allowed: Mapping[str, str], place_of: Callable[[str], Place]
) -> Iterator[RiskFinding]:
    for entry in allowed:
        if not any(_covers(entry, found) for found in findings):
            message = f"{entry!r} in [tool.prefactor-gen.risk.allow] allows nothing; remove it"
            yield RiskFinding(UNNEEDED_RISK_ALLOWANCE.at(place_of(entry), message), "")


def _covers(entry: str, found: RiskFinding) -> bool:
    return re.fullmatch(".*".join(map(re.escape, entry.split("*"))), found.identity, re.DOTALL) is not None


def _order(found: RiskFinding) -> tuple[str, int, int, str]:
    place = found.diagnostic.place
    return place.source, place.line or 0, place.column or 0, found.diagnostic.code
