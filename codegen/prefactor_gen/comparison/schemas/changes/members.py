"""Compares the members of objects that have a name, and what is required."""

from __future__ import annotations

from prefactor_gen.comparison.schemas.changes.comparison_state import Comparison
from prefactor_gen.comparison.schemas.changes.findings import Directions
from prefactor_gen.comparison.schemas.changes.other_members import compare_others
from prefactor_gen.comparison.schemas.reading.groups import Kind
from prefactor_gen.comparison.schemas.reading.locations import Location, Pair
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, text_of
from prefactor_gen.comparison.schemas.reading.renames import rename_hint, renamed, wrong_former_name
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.documents.nodes import JsonValue

__all__ = ["compare_members"]

_OF_OBJECTS = frozenset({Kind.TYPE, Kind.MEMBERS, Kind.REQUIRED})
_YES_NO, _NO_YES, _BOTH = Directions(True, False), Directions(False, True), Directions(True, True)


def compare_members(walk: Comparison, pair: Pair, ask: Directions) -> None:
    """Find the changes of the members of an object."""
    before, after = _named(pair.old), _named(pair.new)
    names = renamed(pair.old, pair.new)
    gone = {*names.values()}
    hint = rename_hint(pair, gone, names.keys())
    for name in dict.fromkeys([*after, *before]):
        if name not in gone:
            _Member(walk, pair, name, names.get(name, name)).compare(ask, hint)
    compare_others(walk, pair, ask, [*before, *after])


def _named(location: Location) -> dict[str, None]:
    """The names that a place says something of."""
    names = (name for each in location.conjuncts for name in (*each.properties, *each.required))
    return dict.fromkeys(names)


class _Member:
    """A property, which may have had another name."""

    def __init__(self, walk: Comparison, pair: Pair, name: str, former: str) -> None:
        self.walk, self.pair, (old, new, _) = walk, pair, pair
        self.name, self.former = name, former
        self.before, self.after = old.member(former), new.member(name)
        self.was_declared, self.is_declared = former in old.declared, name in new.declared
        self.was_required, self.is_required = former in old.required, name in new.required

    def compare(self, ask: Directions, hint: str) -> None:
        if self.former != self.name:
            self._renamed()
            return
        value, required = self._failing(ask)
        if self.is_declared and not self.was_declared:
            self._added(value, required)
        elif self.was_declared and not self.is_declared:
            self._removed(value, required, hint)
        else:
            if any(value):
                self.walk.compare_below(self._inner, value)
            self._requirement(required)

    @property
    def _inner(self) -> Pair:
        return self.pair.at(self.name, self.before, self.after)

    def _failing(self, ask: Directions) -> tuple[Directions, Directions]:
        """The directions in which the value, and whether it is required, are not proven to be safe."""
        value, required = Directions(False, False), Directions(False, False)
        covers = self.walk.algebra.covers
        if text_of(self.before.plain) != text_of(self.after.plain):
            value = ask.both(
                not (ask.narrows and self._takes(self.after, self.before, self.pair.old)),
                not (ask.widens and self._takes(self.before, self.after, self.pair.new)),
            )
        if self.was_required != self.is_required:
            required = ask.both(
                self.is_required and not covers(_required(self.name), self.pair.old.plain),
                self.was_required and not covers(_required(self.name), self.pair.new.plain),
            )
        return value, required

    def _takes(self, wide: Location, narrow: Location, around: Location) -> bool:
        """Whether it is proven that what one side says of the property takes all values that the other side takes.

        What else the other side says of the object is asked for only where it may matter, for that takes longer.
        """
        covers = self.walk.algebra.covers
        if covers(wide.plain, narrow.plain):
            return True
        is_plain = not around.whole_parts and all(each.kind in _OF_OBJECTS for each in around.groups)
        return not is_plain and covers(_value(self.name, wide), around.plain)

    def _renamed(self) -> None:
        message = f"renamed from {self.former}"
        names = (self.former, self.name)
        self._report(rules.PROPERTY_RENAMED, message, _BOTH, _required(self.name), _required(self.former), said=names)
        self.walk.compare_below(self._inner, _BOTH)
        if self.is_required and not self.was_required:
            self._report(rules.BECAME_REQUIRED, "became required", _YES_NO, _required(self.name), None)
        elif self.was_required and not self.is_required:
            self._report(rules.BECAME_OPTIONAL, "became optional", _NO_YES, None, _required(self.former))

    def _added(self, value: Directions, required: Directions) -> None:
        was_open, was_closed = self.before.plain is True, self.before.is_never
        severity = Severity.NOTE
        if required.narrows or (was_open and value.narrows and self.walk.count_undeclared):
            severity = Severity.ERROR
        rule = rules.PROPERTY_ADDED_REQUIRED if required.narrows else rules.PROPERTY_ADDED
        message = "added and required" if self.is_required else "added"
        readers = Severity.WARNING if was_closed and value.widens else None
        refused = _required(self.name) if required.narrows else _value(self.name, self.after)
        narrows = required.narrows or (was_open and value.narrows)
        self._report(
            rule,
            message,
            Directions(narrows, was_closed and value.widens),
            refused,
            _value(self.name, self.before),
            writers=severity,
            readers=readers,
            hint=wrong_former_name(self.pair.old, self.pair.new, self.name),
        )
        if not was_open and not was_closed and any(value):  # it was one of the others, or matches a pattern
            self.walk.compare_below(self._inner, value)
        if required.widens:
            self._requirement(required)

    def _removed(self, value: Directions, required: Directions, hint: str) -> None:
        self._report(
            rules.PROPERTY_REMOVED,
            "removed",
            Directions(value.narrows, value.widens or required.widens),
            _value(self.name, self.after),
            {"allOf": [_value(self.name, self.before), *([_required(self.name)] if self.was_required else [])]},
            writers=Severity.ERROR if value.narrows else Severity.WARNING,
            readers=Severity.ERROR,
            hint=hint,
        )
        self._requirement(Directions(required.narrows, False))

    def _requirement(self, required: Directions) -> None:
        if required.narrows:
            self._report(rules.BECAME_REQUIRED, "became required", required, _required(self.name), None)
        if required.widens:
            self._report(rules.BECAME_OPTIONAL, "became optional", required, None, _required(self.name))

    def _report(
        self,
        rule: rules.ChangeRule,
        message: str,
        directions: Directions,
        refused_by_new: Plain | None,
        refused_by_old: Plain | None,
        *,
        writers: Severity | None = None,
        readers: Severity | None = None,
        hint: str = "",
        said: tuple[JsonValue, JsonValue] | None = None,
    ) -> None:
        holder = self.pair.new.declared.get(self.name) or self.pair.new.required.get(self.name)
        keyword = "properties" if self.is_declared else "required"
        place = None
        if holder is not None:
            place = holder.properties.place_at(self.name) if self.is_declared else holder.place_at(keyword)
        self.walk.report(
            rule,
            self.pair,
            message,
            directions,
            refused_by_new=refused_by_new,
            refused_by_old=refused_by_old,
            place=place,
            path=self._inner.path,
            writers=writers,
            readers=readers,
            hint=hint,
            said=said
            or (self.before.said if self.was_declared else None, self.after.said if self.is_declared else None),
        )


def _value(name: str, value: Location) -> Plain:
    return {"properties": {name: value.plain}}


def _required(name: str) -> Plain:
    return {"required": [name]}
