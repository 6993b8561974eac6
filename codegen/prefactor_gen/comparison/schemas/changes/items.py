"""Compares the items of arrays, those of tuples one by one."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.changes.comparison_state import Comparison
from prefactor_gen.comparison.schemas.changes.findings import Directions
from prefactor_gen.comparison.schemas.reading.groups import Kind
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import ITEMS
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.diagnostics import change_rules

__all__ = ["compare_items"]


def compare_items(walk: Comparison, pair: Pair, ask: Directions) -> None:
    """Find the changes of the items of an array."""
    old, new = pair.old, pair.new
    if {each.text for each in old.of(Kind.ITEMS)} == {each.text for each in new.of(Kind.ITEMS)}:
        return
    length = max(old.tuple_length, new.tuple_length)
    for index in range(length + 1):
        before, after = old.item(index), new.item(index)
        if text_of(before.plain) == text_of(after.plain):
            continue
        by_new, by_old = _at(index, after, rest=index == length), _at(index, before, rest=index == length)
        here = ask.both(
            not (ask.narrows and walk.algebra.covers(by_new, old.plain)),
            not (ask.widens and walk.algebra.covers(by_old, new.plain)),
        )
        if not any(here):
            continue
        if old.tuple_length == new.tuple_length and not (index == length > 0 and (before.is_never or after.is_never)):
            walk.compare_below(pair.at(ITEMS if index == length else index, before, after), here)
            continue
        message = f"had {old.tuple_length} items with schemas of their own, and has {new.tuple_length}"
        if old.tuple_length == new.tuple_length:
            message = "further items " + ("are not valid" if after.is_never else "are valid")
        walk.report(
            change_rules.TUPLE_CHANGED,
            pair,
            message,
            here,
            refused_by_new=by_new,
            refused_by_old=by_old,
        )
        if old.tuple_length != new.tuple_length:
            ask = ask.both(not here.narrows, not here.widens)  # said once


def _at(index: int, item: Location, *, rest: bool) -> Plain:
    """The schema of arrays with these items at an index, or after that many."""
    if rest:
        return {"prefixItems": [True] * index, "items": item.plain} if index else {"items": item.plain}
    return {"prefixItems": [*[True] * index, item.plain]}
