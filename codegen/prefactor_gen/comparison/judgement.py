"""Decides what a change means for a project, by its compatibility and by what it allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from prefactor_gen.comparison.changes import Change
from prefactor_gen.diagnostics.diagnostics import Severity

__all__ = ["Judged", "Party", "Protected", "judge", "merge"]


class Party(StrEnum):
    """Whom a change concerns."""

    WRITERS = "writers"
    READERS = "readers"
    TYPES = "types"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Protected:
    """Whom changes of a span type must not break.

    Attributes:
        writers: agents that record.
        readers: programs that read.
        types: how severe a change of generated types is.
    """

    writers: bool = True
    readers: bool = True
    types: Severity = Severity.NOTE


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, as a project sees it.

    Attributes:
        change: the change, as severe as the comparison found it.
        severity: how severe it is here.
        breaks: whom it concerns to that degree; nobody if it is a note.
        reason: why it is allowed; None if it is not.
        versions: the old sides that it is a change from, if there are several and it is not a change from all.
    """

    change: Change
    severity: Severity
    breaks: tuple[Party, ...] = ()
    reason: str | None = None
    versions: tuple[str, ...] = ()


def judge(change: Change, protected: Protected, allowances: Mapping[str, str]) -> Judged:
    """How severe a change is here.

    Args:
        change: the change.
        protected: whom changes of its span type must not break: what breaks others is a note.
        allowances: the identities of the changes that are allowed, with the reasons.
    """
    concerned = {party: found for party, found in _concerned(change, protected) if found is not None}
    severity = next((each for each in Severity if each in concerned.values()), Severity.NOTE)
    if severity is Severity.NOTE:
        return Judged(change, severity)
    if (reason := allowances.get(change.identity)) is not None:
        return Judged(change, Severity.NOTE, reason=reason)
    return Judged(change, severity, tuple(party for party, found in concerned.items() if found is severity))


def _concerned(change: Change, protected: Protected) -> Sequence[tuple[Party, Severity | None]]:
    family = change.rule.code[:3]
    if family == "PD4":
        return [(Party.TYPES, protected.types)]
    if family == "PD5":  # what data may be recorded is no question of compatibility
        return [(Party.RISK, change.severity)]
    writers = change.writers if protected.writers or change.writers is None else Severity.NOTE
    readers = change.readers if protected.readers or change.readers is None else Severity.NOTE
    return [(Party.WRITERS, writers), (Party.READERS, readers)]


def merge(found: Iterable[tuple[str, Sequence[Change]]], judged: Callable[[Change], Judged]) -> list[Judged]:
    """The changes from several old sides, each once.

    Args:
        found: the name of each old side, with its changes.
        judged: judges a change.
    """
    sides = list(found)
    judgements: dict[tuple[str, int], list[Judged]] = {}
    versions: dict[tuple[str, int], list[str]] = {}
    for name, changes in sides:
        numbers: Counter[str] = Counter()  # of one rule at one place, there may be several
        for change in changes:
            key = (change.fingerprint, numbers[change.fingerprint])
            numbers[change.fingerprint] += 1
            judgements.setdefault(key, []).append(judged(change))
            versions.setdefault(key, []).append(name)
    order = list(Severity)
    most_severe = {key: min(each, key=lambda one: order.index(one.severity)) for key, each in judgements.items()}
    return [
        replace(each, versions=tuple(versions[key]) if len(versions[key]) < len(sides) else ())
        for key, each in most_severe.items()
    ]
