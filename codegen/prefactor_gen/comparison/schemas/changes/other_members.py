"""Compares the members of objects that no schema names."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.changes.comparison_state import Comparison
from prefactor_gen.comparison.schemas.changes.findings import Directions
from prefactor_gen.comparison.schemas.reading.groups import Kind
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import OTHERS, matching_members
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.diagnostics import change_rules as rules

__all__ = ["compare_others"]


def compare_others(walk: Comparison, pair: Pair, ask: Directions, names: list[str]) -> None:
    """Find the changes of the members that no schema names."""
    old, new = pair.old, pair.new
    if {each.text for each in old.of(Kind.MEMBERS)} == {each.text for each in new.of(Kind.MEMBERS)}:
        return
    by_new, by_old = _rest(new, names), _rest(old, names)
    here = ask.both(
        not (ask.narrows and walk.algebra.covers(by_new, old.plain)),
        not (ask.widens and walk.algebra.covers(by_old, new.plain)),
    )
    if not any(here):
        return
    if old.patterns != new.patterns or (old.patterns and max(_carriers(old), _carriers(new)) > 1):
        _report_others(walk, pair, here, (by_new, by_old), "patternProperties changed")
        return
    for pattern in dict.fromkeys(each for group in old.patterns for each in group):
        before, after = old.matching(pattern), new.matching(pattern)
        walk.compare_below(pair.at(matching_members(pattern), before, after), here)
    before, after = old.others, new.others
    if text_of(before.plain) == text_of(after.plain):
        return
    is_plain = {before.plain is True, after.plain is True, before.is_never, after.is_never} == {False}
    if is_plain:
        walk.compare_below(pair.at(OTHERS, before, after), here)
        return
    _report_others(walk, pair, here, (by_new, by_old))


def _report_others(
    walk: Comparison, pair: Pair, here: Directions, refused_by: tuple[Plain, Plain], message: str = ""
) -> None:
    old, new, path = pair
    closed = new.others.is_never and not message
    opened = old.others.is_never and not message
    node = next((each for each in new.conjuncts if "additionalProperties" in each), None)
    place = node.place_at("additionalProperties") if node is not None else None
    where = path if closed or opened else (*path, OTHERS)
    if here.narrows:
        rule = rules.CLOSED if closed else rules.OTHERS_NARROWED
        text = "takes no further properties" if closed else message or "further properties take less"
        walk.report(rule, pair, text, Directions(True, False), refused_by_new=refused_by[0], place=place, path=where)
    if here.widens:
        rule = rules.OPENED if opened else rules.OTHERS_WIDENED
        text = "takes further properties" if opened else message or "further properties take more"
        walk.report(rule, pair, text, Directions(False, True), refused_by_old=refused_by[1], place=place, path=where)


def _carriers(location: Location) -> int:
    """The number of schemas that say something of further members."""
    return sum("additionalProperties" in each or "patternProperties" in each for each in location.conjuncts)


def _rest(location: Location, names: list[str]) -> Plain:
    """What a place says of the members that no schema names."""
    parts: list[Plain] = []
    for schema in location.conjuncts:
        if "additionalProperties" in schema or "patternProperties" in schema:
            known = {**dict.fromkeys(names, True), **dict.fromkeys(schema.properties, True)}
            plain = location.sides.plain(
                location.side,
                schema.with_items(
                    (key, schema[key]) for key in ("additionalProperties", "patternProperties") if key in schema
                ),
            )
            if isinstance(plain, dict):
                parts.append({**plain, "properties": known})
    if not parts:
        return True
    return parts[0] if len(parts) == 1 else {"allOf": list(parts)}
