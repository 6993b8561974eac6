"""Compares unions: finds out which option has become which, and compares these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from prefactor_gen.comparison.schemas.changes.comparison_state import Comparison
from prefactor_gen.comparison.schemas.changes.findings import Directions
from prefactor_gen.comparison.schemas.changes.group_changes import shown
from prefactor_gen.comparison.schemas.reading.algebra import Algebra
from prefactor_gen.comparison.schemas.reading.groups import Group, Kind
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.paths import Path
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of
from prefactor_gen.diagnostics import change_rules
from prefactor_gen.documents.nodes import ObjectNode, Schema

__all__ = ["Differing", "compare_options", "differing_options"]

_MAX_COMPARED = 30
"""The most options that are compared with each other to find out whether they overlap."""
_MAX_OPTIONS = 200
"""The most options that are compared one by one."""


class Differing(NamedTuple):
    """The one union on each side that the other side does not have; None if there is none."""

    old: Group | None
    new: Group | None


def differing_options(pair: Pair) -> Differing | None:
    """The union that differs; None if there is none, or several on one side."""
    before, after = pair.old.of(Kind.OPTIONS), pair.new.of(Kind.OPTIONS)
    known_before, known_after = {each.text for each in before}, {each.text for each in after}
    gone = [each for each in before if each.text not in known_after]
    added = [each for each in after if each.text not in known_before]
    if len(gone) > 1 or len(added) > 1 or not (gone or added):
        return None
    return Differing(gone[0] if gone else None, added[0] if added else None)


def compare_options(walk: Comparison, pair: Pair, ask: Directions, differing: Differing) -> bool:
    """Compare a place of which one side says that it is one of some options.

    Returns:
        False if that cannot be told by comparing the options: those of a `oneOf` overlap, or there are too many.
    """
    old, new = pair.old, pair.new
    for location, group in ((old, differing.old), (new, differing.new)):
        if group is not None and not _are_apart(walk.algebra, location, group):
            return False
    before = _alternatives(old, differing.old, split=differing.new is not None)
    after = _alternatives(new, differing.new, split=differing.old is not None)
    before, after = _without_equal(before, after), _without_equal(after, before)
    if max(len(before), len(after)) > _MAX_OPTIONS:
        return False
    narrowed = [each for each in before if ask.narrows and not walk.algebra.covers(new.plain, each.plain)]
    widened = [each for each in after if ask.widens and not walk.algebra.covers(old.plain, each.plain)]
    for one, other, here in _pairs(before, after, narrowed, widened):
        if one is not None and other is not None:
            walk.compare(Pair(one, other, pair.path), here)
        elif one is not None and here.narrows:
            is_type = _is_other_type(one, new)
            rule = change_rules.TYPE_NARROWED if is_type else change_rules.OPTION_REMOVED
            walk.report(rule, Pair(one, new, pair.path), f"{_name(one, pair.path)} removed", here)
        elif other is not None and here.widens:
            is_type = _is_other_type(other, old)
            rule = change_rules.TYPE_WIDENED if is_type else change_rules.OPTION_ADDED
            walk.report(rule, Pair(old, other, pair.path), f"{_name(other, pair.path)} added", here)
    return True


def _without_equal(options: Sequence[Location], others: Sequence[Location]) -> list[Location]:
    """The options that the other side does not have as well, each once."""
    known = {text_of(each.plain) for each in others}
    different = {text_of(each.plain): each for each in options}
    return [each for text, each in different.items() if text not in known]


def _is_other_type(option: Location, others: Location) -> bool:
    return bool(option.types and others.types) and option.types.isdisjoint(others.types)


def _alternatives(location: Location, group: Group | None, *, split: bool) -> list[Location]:
    """The place once for each option; one without options for each of its types, if the other side has options."""
    if group is None:
        types = location.types - {"integer"} if "number" in location.types else location.types
        if not split or len(types) < 2:
            return [location]
        place = location.node.place if location.node is not None else location.side.root.place
        options: Sequence[Schema] = [ObjectNode([("type", name)], place=place) for name in sorted(types)]
        return [_with(location, [*location.schemas, each]) for each in options]
    rest: list[Schema] = []
    for schema in location.conjuncts:
        keyword = _keyword(location, schema, group)
        rest.append(schema if keyword is None else schema.without({keyword}))
    branches = [*group.node.branches("anyOf"), *group.node.branches("oneOf")]
    return [_with(location, [*rest, option]) for option in branches]


def _with(location: Location, schemas: Sequence[Schema]) -> Location:
    return Location(location.sides, location.side, schemas, location.whole_parts)


def _keyword(location: Location, schema: ObjectNode, group: Group) -> str | None:
    """The keyword of a schema whose value is this union."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema and keyword in group.node:
            node = schema.with_items([(keyword, schema[keyword])])
            if text_of(location.sides.plain(location.side, node)) == group.text:
                return keyword
    return None


def _are_apart(algebra: Algebra, location: Location, group: Group) -> bool:
    """Whether each value matches at most one option, as far as that matters: an `anyOf` does not ask."""
    branches = group.node.branches("oneOf")
    if not branches or _have_different_constants([location.inner([each]) for each in branches]):
        return True
    if len(branches) > _MAX_COMPARED:
        return False
    plain = [location.inner([each]).plain for each in branches]
    return all(algebra.takes_nothing(one, other) for one, other in combinations(plain, 2))


def _have_different_constants(options: Sequence[Location]) -> bool:
    """Whether the same required property is another text in each option."""
    if any(each.types != {"object"} for each in options):
        return False
    found = [[(name, text) for name, text in _constants(each) if text.startswith('"')] for each in options]
    for name, _ in found[0]:
        values = [text for each in found for other, text in each if other == name]
        if len(values) == len(options) == len(set(values)):
            return True
    return False


def _pairs(
    before: Sequence[Location], after: Sequence[Location], narrowed: Sequence[Location], widened: Sequence[Location]
) -> Iterator[tuple[Location | None, Location | None, Directions]]:
    """The options that belong together, by a constant, by their types and properties; and what to ask."""
    left, right = list(before), list(after)
    for alike in (_have_same_constant, _have_same_form, _have_same_types):
        for one in list(left):
            other = next((each for each in right if alike(one, each)), None)
            if other is not None:
                left.remove(one)
                right.remove(other)
                yield one, other, Directions(one in narrowed, other in widened)
    # What is left alone may belong to an option that another one belongs to as well.
    for one in (each for each in left if each in narrowed):
        yield one, next((each for each in after if _have_same_types(one, each)), None), Directions(True, False)
    for other in (each for each in right if each in widened):
        yield next((each for each in before if _have_same_types(each, other)), None), other, Directions(False, True)


def _have_same_constant(one: Location, other: Location) -> bool:
    return bool(_constants(one) & _constants(other))


def _have_same_form(one: Location, other: Location) -> bool:
    """Whether they have the same types, and objects most of their properties."""
    shared, every = one.declared.keys() & other.declared.keys(), one.declared.keys() | other.declared.keys()
    return one.types == other.types and 2 * len(shared) >= len(every) and not (_constants(one) and _constants(other))


def _have_same_types(one: Location, other: Location) -> bool:
    if _constants(one) or _constants(other):
        return False
    return one.types == other.types or ("object" not in one.types and bool(one.types & other.types))


def _constants(location: Location) -> set[tuple[str, str]]:
    """The required properties with one value, and this."""
    found = set()
    for name in location.required:
        values = location.member(name).values
        if values is not None and len(values) == 1:
            found.add((name, text_of(values[0])))
    return found


def _name(option: Location, path: Path) -> str:
    """What people call an option: by its constant, its title, its types; not by what is redacted."""
    hidden = option.sides.hidden
    constants = [(name, value) for name, value in sorted(_constants(option)) if not hidden.hides((*path, name))]
    if constants:
        return f"the option {constants[0][0]} {constants[0][1]}"
    own = option.schemas[-1] if option.schemas else None
    title = own.get("title") if isinstance(own, ObjectNode) else None
    if isinstance(title, str):
        return f"the option {shown(title)}"
    if option.values is not None and len(option.values) == 1 and not hidden.hides(path):
        return shown(option.values[0])
    return " or ".join(sorted(option.types)) or "an option"
