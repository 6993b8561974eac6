"""Says which rule a changed group of keywords falls under, and what has changed, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prefactor_gen.comparison.schemas.reading.groups import Group, Kind, values_of
from prefactor_gen.comparison.schemas.reading.locations import Location
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.documents.nodes import JsonValue, is_same

__all__ = ["Explained", "explained", "shown"]

_MAX_VALUES = 5
_MAX_SHOWN = 80


class Explained(NamedTuple):
    """What has changed at a group of keywords.

    Attributes:
        rule: the kind of change.
        message: what has changed.
        narrows: whether this is why the new schema may refuse what the old one takes.
        widens: whether this is why it may take what the old one refuses.
        writers: how severe it is for writers, if the rule does not say so.
        readers: the same for readers.
    """

    rule: ChangeRule
    message: str
    narrows: bool
    widens: bool
    writers: Severity | None = None
    readers: Severity | None = None


def explained(
    kind: Kind, old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    """What has changed at the groups of one kind.

    Args:
        kind: the kind.
        old: what the old schema says of the place.
        new: the same of the new one.
        narrowing: the groups of the new schema that may refuse values of the old one.
        widening: the groups of the old schema that may refuse values of the new one.
    """
    special = _SPECIAL.get(kind)
    if special is not None:
        yield from special(old, new, narrowing, widening)
        return
    narrowed, widened = _RULES[kind]
    message = _difference(old.of(kind), new.of(kind))
    if narrowed is widened:
        yield Explained(narrowed, message, bool(narrowing), bool(widening))
        return
    if narrowing:
        yield Explained(narrowed, message, narrows=True, widens=False)
    if widening:
        yield Explained(widened, message, narrows=False, widens=True)


def shown(value: JsonValue) -> str:
    """A value of a schema as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _difference(old: Sequence[Group], new: Sequence[Group]) -> str:
    """`minimum 0 became minimum 1`, `maxLength 3 added`."""
    known_before, known_after = {each.text for each in old}, {each.text for each in new}
    before = _keywords(each for each in old if each.text not in known_after)
    after = _keywords(each for each in new if each.text not in known_before)
    if before and after:
        return f"{before} became {after}" if before != after else f"{after} changed"
    return f"{after} added" if after else f"{before} removed"


def _keywords(groups: Iterable[Group]) -> str:
    said = []
    for group in groups:
        for keyword, value in group.node.items():
            is_simple = isinstance(value, str | int | float)
            said.append(f"{keyword} {shown(value)}" if is_simple else keyword)
    return ", ".join(dict.fromkeys(said))


def _type_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    gone, added = _names(old.types - new.types), _names(new.types - old.types)
    if narrowing:
        message = f"{gone} removed" if old.types and gone else f"type {_names(new.types)} added"
        yield Explained(rules.TYPE_NARROWED, message, narrows=True, widens=False)
    if widening:
        message = f"{added} added" if new.types and added else f"type {_names(old.types)} removed"
        yield Explained(rules.TYPE_WIDENED, message, narrows=False, widens=True)


def _names(types: Iterable[str]) -> str:
    names = {*types}
    return " and ".join(sorted(names - {"integer"} if "number" in names else names))


def _value_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    before, after = old.values, new.values
    if narrowing:
        if before is None:
            listed = _listed([value for group in narrowing for value in values_of(group.node)])
            yield Explained(rules.BECAME_ENUM, f"became one of {listed}", narrows=True, widens=False)
        else:
            gone = _without(before, after or [])
            message = f"{_listed(gone)} removed" if gone else "the values changed"
            yield Explained(rules.ENUM_VALUE_REMOVED, message, narrows=True, widens=False)
    if widening:
        if after is None:
            listed = _listed([value for group in widening for value in values_of(group.node)])
            yield Explained(rules.ENUM_DROPPED, f"is no longer one of {listed}", narrows=False, widens=True)
        else:
            added = _without(after, before or [])
            message = f"{_listed(added)} added" if added else "the values changed"
            yield Explained(rules.ENUM_VALUE_ADDED, message, narrows=False, widens=True)


def _without(values: Sequence[JsonValue], others: Sequence[JsonValue]) -> list[JsonValue]:
    texts = {text_of(other) for other in others}
    return [
        value for value in values if text_of(value) not in texts and not any(is_same(value, each) for each in others)
    ]


def _listed(values: Sequence[JsonValue]) -> str:
    more = f" and {len(values) - _MAX_VALUES:,} more" if len(values) > _MAX_VALUES else ""
    return ", ".join(shown(value) for value in values[:_MAX_VALUES]) + more if values else "no value"


def _pattern_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    message = _difference(old.of(Kind.PATTERN), new.of(Kind.PATTERN))
    if not narrowing:
        yield Explained(rules.PATTERN_REMOVED, message, narrows=False, widens=True)
    else:
        readers = Severity.ERROR if widening else None
        yield Explained(rules.PATTERN_ADDED, message, narrows=True, widens=bool(widening), readers=readers)


def _format_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    """Only if formats are checked: otherwise they are annotations."""
    message = _difference(old.of(Kind.FORMAT), new.of(Kind.FORMAT))
    if narrowing:
        yield Explained(rules.FORMAT_ADDED, message, narrows=True, widens=False, writers=Severity.ERROR)
    if widening:
        yield Explained(rules.FORMAT_REMOVED, message, narrows=False, widens=True)


def _option_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    """Of unions whose options cannot be compared one by one: they overlap, or there are several unions."""
    count = sum(map(_count, new.of(Kind.OPTIONS))) - sum(map(_count, old.of(Kind.OPTIONS)))
    rule = rules.OPTION_ADDED if count > 0 else rules.OPTION_REMOVED if count < 0 else None
    message = f"{_difference(old.of(Kind.OPTIONS), new.of(Kind.OPTIONS))}: its options overlap, or are too many"
    error = Severity.ERROR
    yield Explained(
        rule or rules.UNPROVEN,
        message,
        bool(narrowing),
        bool(widening),
        error if narrowing else None,
        error if widening else None,
    )


def _count(group: Group) -> int:
    return len(group.node.branches("anyOf")) + len(group.node.branches("oneOf"))


def _unevaluated_changes(
    old: Location, new: Location, narrowing: Sequence[Group], widening: Sequence[Group]
) -> Iterator[Explained]:
    if any("unevaluatedItems" in group.node for group in (*narrowing, *widening)):
        yield Explained(rules.TUPLE_CHANGED, "unevaluatedItems changed", bool(narrowing), bool(widening))
        return
    if narrowing:
        closed = not old.of(Kind.UNEVALUATED) and all(each.node["unevaluatedProperties"] is False for each in narrowing)
        rule = rules.CLOSED if closed else rules.OTHERS_NARROWED
        yield Explained(rule, "unevaluatedProperties takes less", narrows=True, widens=False)
    if widening:
        opened = not new.of(Kind.UNEVALUATED) and all(each.node["unevaluatedProperties"] is False for each in widening)
        rule = rules.OPENED if opened else rules.OTHERS_WIDENED
        yield Explained(rule, "unevaluatedProperties takes more", narrows=False, widens=True)


_BOUNDS = (
    Kind.LOWER,
    Kind.UPPER,
    Kind.MULTIPLE,
    Kind.MIN_LENGTH,
    Kind.MAX_LENGTH,
    Kind.MIN_ITEMS,
    Kind.MAX_ITEMS,
    Kind.UNIQUE,
    Kind.MIN_PROPERTIES,
    Kind.MAX_PROPERTIES,
)
_RULES: dict[Kind, tuple[ChangeRule, ChangeRule]] = {
    **dict.fromkeys(_BOUNDS, (rules.BOUND_TIGHTENED, rules.BOUND_LOOSENED)),
    Kind.NAMES: (rules.OTHERS_NARROWED, rules.OTHERS_WIDENED),
    Kind.CONTAINS: (rules.CONTAINS_CHANGED, rules.CONTAINS_CHANGED),
    Kind.EXCLUSION: (rules.EXCLUSION_CHANGED, rules.EXCLUSION_CHANGED),
    Kind.CONDITION: (rules.CONDITION_ADDED, rules.CONDITION_REMOVED),
    Kind.DEPENDENT: (rules.CONDITION_ADDED, rules.CONDITION_REMOVED),
    Kind.OPAQUE: (rules.UNPROVEN, rules.UNPROVEN),
}
_Changes = Callable[[Location, Location, Sequence[Group], Sequence[Group]], Iterator[Explained]]
_SPECIAL: dict[Kind, _Changes] = {
    Kind.TYPE: _type_changes,
    Kind.VALUES: _value_changes,
    Kind.PATTERN: _pattern_changes,
    Kind.FORMAT: _format_changes,
    Kind.OPTIONS: _option_changes,
    Kind.UNEVALUATED: _unevaluated_changes,
}
