"""Walks two schemas together, and finds out where they differ and in which direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from prefactor_gen.comparison.schemas.changes.comparison_state import Comparison
from prefactor_gen.comparison.schemas.changes.findings import Directions, Finding
from prefactor_gen.comparison.schemas.changes.group_changes import explained
from prefactor_gen.comparison.schemas.changes.items import compare_items
from prefactor_gen.comparison.schemas.changes.members import compare_members
from prefactor_gen.comparison.schemas.changes.options import compare_options, differing_options
from prefactor_gen.comparison.schemas.reading.groups import Group, Kind
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.diagnostics import change_rules
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ListNode

__all__ = ["Walk"]

_MAX_PLACES = 2_000
"""The most places that are compared; the others are unproven."""
_OF_THEIR_OWN = frozenset({Kind.MEMBERS, Kind.REQUIRED, Kind.ITEMS})


class Walk(Comparison):
    """Compares two schemas, place by place."""

    _left = _MAX_PLACES

    def run(self) -> list[Finding]:
        """Compare the whole schemas, the places near the root first."""
        old, new = (Location(self.sides, side, self.sides.roots(side)) for side in (self.sides.old, self.sides.new))
        self.compare_below(Pair(old, new, ()), Directions(True, True))
        while self.pending:
            pair, ask, self._around = self.pending.popleft()
            self.compare(pair, ask)
        return _merged(self.findings)

    def _failing(self, pair: Pair, ask: Directions) -> Directions:
        """Those of the directions in which no proof says that the change is safe."""
        return ask.both(
            not (ask.narrows and self.algebra.covers(pair.new.plain, pair.old.plain)),
            not (ask.widens and self.algebra.covers(pair.old.plain, pair.new.plain)),
        )

    def compare(self, pair: Pair, ask: Directions) -> None:  # see Comparison
        ask = self._failing(pair, ask)
        key = (text_of(pair.old.plain), text_of(pair.new.plain), ask)
        if not any(ask) or key in self._around:  # further in, the same again is no other change
            return
        self._left -= 1
        if key in self._here or self._left < 0 or self.algebra.is_exhausted:
            self.unproven(pair, ask, "it refers to itself" if key in self._here else "its schemas are too large")
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
