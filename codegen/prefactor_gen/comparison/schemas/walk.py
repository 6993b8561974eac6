"""Walks two schemas together, and finds out where they differ and in which direction."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from prefactor_gen.comparison.schemas.algebra import Algebra
from prefactor_gen.comparison.schemas.findings import Directions, Finding, Region
from prefactor_gen.comparison.schemas.group_changes import explained
from prefactor_gen.comparison.schemas.items import compare_items
from prefactor_gen.comparison.schemas.locations import Group, Kind, Location, Pair
from prefactor_gen.comparison.schemas.members import compare_members
from prefactor_gen.comparison.schemas.options import compare_options, differing_options
from prefactor_gen.comparison.schemas.paths import Path
from prefactor_gen.comparison.schemas.sides import Plain, Sides, text_of
from prefactor_gen.diagnostics import change_rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Place, Severity
from prefactor_gen.documents.nodes import JsonValue, ListNode

__all__ = ["Walk"]

_MAX_PLACES = 2_000
"""The most places that are compared; the others are unproven."""
_OF_THEIR_OWN = frozenset({Kind.MEMBERS, Kind.REQUIRED, Kind.ITEMS})


_Key: TypeAlias = tuple[str, str, Directions]


class _Question(NamedTuple):
    """A place that is still to compare, in which directions, and what is compared around it."""

    pair: Pair
    ask: Directions
    around: frozenset[_Key]


class Walk:
    """One comparison of two schemas.

    Attributes:
        findings: what has been found.
        counts_undeclared: values under names that the old schema does not declare count.
    """

    def __init__(self, sides: Sides, place: Place, *, count_undeclared: bool = False) -> None:
        self.sides = sides
        self.algebra = Algebra(sides)
        self.place = place
        self.count_undeclared = count_undeclared
        self.findings: list[Finding] = []
        self._pending: deque[_Question] = deque()
        self._around: frozenset[_Key] = frozenset()
        self._here: list[_Key] = []
        self._left = _MAX_PLACES

    def run(self) -> list[Finding]:
        """Compare the whole schemas, the places near the root first."""
        old, new = (Location(self.sides, side, [side.root]) for side in (self.sides.old, self.sides.new))
        self.compare_below(Pair(old, new, ()), Directions(True, True))
        while self._pending:
            pair, ask, self._around = self._pending.popleft()
            self.compare(pair, ask)
        return _merged(self.findings)

    def failing(self, pair: Pair, ask: Directions) -> Directions:
        """Those of the directions in which no proof says that the change is safe."""
        return ask.both(
            not (ask.narrows and self.algebra.covers(pair.new.plain, pair.old.plain)),
            not (ask.widens and self.algebra.covers(pair.old.plain, pair.new.plain)),
        )

    def compare_below(self, pair: Pair, ask: Directions) -> None:
        """Find the changes at a place below the one that is compared now. What is compared around it is not repeated.

        Args:
            pair: the place.
            ask: the directions in which something around it is not proven to be safe.
        """
        self._pending.append(_Question(pair, ask, self._around.union(self._here)))

    def compare(self, pair: Pair, ask: Directions) -> None:
        """Find the changes at the place that is compared now, such as in one option of a union.

        Args:
            pair: the place.
            ask: the directions in which something around it is not proven to be safe.
        """
        ask = self.failing(pair, ask)
        key = (text_of(pair.old.plain), text_of(pair.new.plain), ask)
        if not any(ask) or key in self._around:  # further in, the same again is no other change
            return
        self._left -= 1
        if key in self._here or self._left < 0:
            self.unproven(pair, ask, "it refers to itself" if self._left >= 0 else "it has too many places")
            return
        self._here.append(key)
        self._compare_here(pair, ask)
        self._here.pop()

    def _compare_here(self, pair: Pair, ask: Directions) -> None:
        if self._replaced(pair, ask):
            return
        options = differing_options(pair)
        if options is not None and compare_options(self, pair, ask, options):
            return
        for kind in Kind:
            if kind not in _OF_THEIR_OWN:
                self._compare_groups(kind, pair, ask)
        compare_items(self, pair, ask)
        compare_members(self, pair, ask)

    def _replaced(self, pair: Pair, ask: Directions) -> bool:
        """Report that no value is valid on one side, or that the types of the two have nothing in common."""
        old, new = pair.old, pair.new
        if new.is_never or old.is_never:
            rule = change_rules.TYPE_NARROWED if new.is_never else change_rules.TYPE_WIDENED
            self.report(rule, pair, "no value is valid" if new.is_never else "was never valid", ask)
            return True
        if old.types and new.types and old.types.isdisjoint(new.types):
            message = f"{_types(old)} became {_types(new)}"
            self.report(change_rules.TYPE_REPLACED, pair, message, ask)
            return True
        return False

    def _compare_groups(self, kind: Kind, pair: Pair, ask: Directions) -> None:
        old, new = pair.old, pair.new
        before, after = old.of(kind), new.of(kind)
        narrowing = self._refusing(after, before, old) if ask.narrows else []
        widening = self._refusing(before, after, new) if ask.widens else []
        if not narrowing and not widening:
            return
        for found in explained(kind, old, new, narrowing, widening):
            self.report(
                found.rule,
                pair,
                found.message,
                Directions(found.narrows, found.widens),
                refused_by_new=_all_of(narrowing),
                refused_by_old=_all_of(widening),
                place=next((_keyword_place(group) for group in after), None),
                writers=found.writers,
                readers=found.readers,
                said=(_said(before), _said(after)),
            )

    def _refusing(self, groups: Iterable[Group], others: Sequence[Group], taken: Location) -> list[Group]:
        """The groups that are not proven to take every value of the other side."""
        known = {group.text for group in others}
        return [
            group for group in groups if group.text not in known and not self.algebra.covers(group.plain, taken.plain)
        ]

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


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, each once: what stands around the options of a union is compared with each of them."""
    merged: dict[tuple[str, Path, str], Finding] = {}
    for each in findings:
        key = (each.rule.code, each.path, each.message)
        known = merged.get(key)
        merged[key] = (
            each
            if known is None
            else replace(
                known,
                writers=known.writers or each.writers,
                readers=known.readers or each.readers,
                narrowing=known.narrowing or each.narrowing,
                widening=known.widening or each.widening,
            )
        )
    return list(merged.values())


def _types(location: Location) -> str:
    names = sorted(location.types - {"integer"} if "number" in location.types else location.types)
    return " or ".join(names)


def _keyword_place(group: Group) -> Place:
    return group.node.place_at(next(iter(group.node)))


def _said(groups: Sequence[Group]) -> JsonValue:
    """The keywords of some groups, as they are written."""
    if len(groups) < 2:
        return groups[0].node if groups else None
    return ListNode([group.node for group in groups], place=groups[0].node.place)


def _all_of(groups: Sequence[Group]) -> Plain | None:
    if not groups:
        return None
    return groups[0].plain if len(groups) == 1 else {"allOf": [group.plain for group in groups]}
