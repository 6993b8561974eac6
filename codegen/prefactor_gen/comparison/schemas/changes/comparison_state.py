"""What one comparison of two schemas has found and has still to compare."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import NamedTuple, TypeAlias

from prefactor_gen.comparison.schemas.changes.findings import Directions, Finding, Region
from prefactor_gen.comparison.schemas.reading.algebra import Algebra
from prefactor_gen.comparison.schemas.reading.locations import Pair
from prefactor_gen.comparison.schemas.reading.paths import Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain
from prefactor_gen.comparison.schemas.reading.sides import Sides
from prefactor_gen.diagnostics import change_rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import JsonValue

__all__ = ["Comparison", "Key", "Question"]

Key: TypeAlias = tuple[str, str, Directions]
"""What is asked at a place: equal for the same question at another place."""


class Question(NamedTuple):
    """A place that is still to compare, in which directions, and what is compared around it."""

    pair: Pair
    ask: Directions
    around: frozenset[Key]


class Comparison(ABC):
    """One comparison of two schemas.

    Args:
        sides: the schemas.
        place: the place of what has no other.
        count_undeclared: values under names that the old schema does not declare count.

    Attributes:
        algebra: what the engine knows of the schemas.
        findings: what has been found.
        pending: the places that are still to compare.
    """

    def __init__(self, sides: Sides, place: Place, *, count_undeclared: bool = False) -> None:
        self.sides = sides
        self.algebra = Algebra(sides)
        self.place = place
        self.count_undeclared = count_undeclared
        self.findings: list[Finding] = []
        self.pending: deque[Question] = deque()
        self._around: frozenset[Key] = frozenset()
        self._here: list[Key] = []

    @abstractmethod
    def compare(self, pair: Pair, ask: Directions) -> None:
        """Find the changes at the place that is compared now, such as in one option of a union.

        Args:
            pair: the place.
            ask: the directions in which something around it is not proven to be safe.
        """

    def compare_below(self, pair: Pair, ask: Directions) -> None:
        """Find the changes at a place below the one that is compared now. What is compared around it is not repeated.

        Args:
            pair: the place.
            ask: the directions in which something around it is not proven to be safe.
        """
        self.pending.append(Question(pair, ask, self._around.union(self._here)))

    def report(
        self,
        rule: ChangeRule,
        pair: Pair,
        message: str,
        directions: Directions,
        *,
        refused_by_new: Plain | None = None,
        refused_by_old: Plain | None = None,
        place: Place | None = None,
        path: Path | None = None,
        writers: Severity | None = None,
        readers: Severity | None = None,
        hint: str = "",
        said: tuple[JsonValue, JsonValue] | None = None,
    ) -> None:
        """Add a finding.

        Args:
            rule: the kind of change.
            pair: the place whose values show it.
            message: what has changed.
            directions: those in which it is not proven to be safe.
            refused_by_new: the part of the new schema that refuses values of the old one.
            refused_by_old: the part of the old schema that refuses values of the new one.
            place: where the new schema says so.
            path: what the message is about, if it is not the place of `pair`.
            writers: how severe it is, if the rule does not say so.
            readers: the same for readers.
            hint: what to do.
            said: what both sides say, if it is not all that `pair` does.
        """
        old, new = pair.old, pair.new
        by_new, by_old = (
            new.plain if refused_by_new is None else refused_by_new,
            old.plain if refused_by_old is None else refused_by_old,
        )
        node = new.node
        said = (old.said, new.said) if said is None else said
        self.findings.append(
            Finding(
                rule=rule,
                path=pair.path if path is None else path,
                message=message,
                place=place or (node.place if node is not None else self.place),
                writers=writers or (rule.writers if directions.narrows else None),
                readers=readers or (rule.readers if directions.widens else None),
                narrowing=Region(pair.path, old.plain, by_new) if directions.narrows else None,
                widening=Region(pair.path, new.plain, by_old) if directions.widens else None,
                old=said[0],
                new=said[1],
                hint=hint,
            )
        )

    def unproven(self, pair: Pair, ask: Directions, why: str) -> None:
        """Report that the engine cannot tell."""
        self.report(change_rules.UNPROVEN, pair, f"cannot be compared: {why}", ask)
