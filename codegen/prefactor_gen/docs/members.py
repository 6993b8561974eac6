"""The members of a payload as the rows of a table, in the order of the schema.

A member of a member has a row of its own: `customer.id`, `lines[].price`, `labels.*`. Where a value may be one of
several objects, or a condition decides, the rows of each possibility have a heading. What has been described before is
not described again: a row says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from prefactor_gen.docs.data_risk_words import category_words
from prefactor_gen.docs.type_words import TypeWords, merged
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.deprecation import Deprecation, deprecation
from prefactor_gen.json_schema.keywords import DATA
from prefactor_gen.json_schema.redacted_values import PayloadPlace, RedactedValues
from prefactor_gen.json_schema.subschemas import tuple_keyword
from prefactor_gen.package.documentation import SchemaTexts, description_of
from prefactor_gen.package.schema_facts import facts_of, shortened, shown_value

__all__ = ["Member", "MemberTable", "member_table"]

_MAX_ROWS = 1_000
_MAX_VALUES = 20
_SIMPLE_NAME = re.compile(r"[\w$@:/#+-]+")
_CONDITIONS = ("contains", "dependentRequired", "if", "not", "propertyNames")
_CLOSING = ("additionalProperties", "unevaluatedProperties")
_UNIONS = ("anyOf", "oneOf")
_STRUCTURE = frozenset({
    "additionalItems", "additionalProperties", "anyOf", "dependencies", "dependentSchemas", "else", "items", "oneOf",
    "patternProperties", "prefixItems", "properties", "required", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip


@dataclass(frozen=True)
class Member:
    """A row: a member, or a note.

    Attributes:
        parent: the path of what the member is in, with the dot behind it.
        name: the last part of the path.
        depth: how many rows it is inside of.
        text: the description.
        values: the values that it may have, if the schema lists them; as JSON, but words without quotes.
        more_values: how many values are not listed.
        facts: sentences about the values.
        categories: the categories of data that it holds.
        heading: in place of a member, the possibility that the next rows belong to.
        same_as: in place of members, the path of the value that has the same ones; `.` for the payload.
    """

    parent: str = ""
    name: str = ""
    depth: int = 0
    type: str = ""
    required: bool = False
    text: str = ""
    values: Sequence[str] = ()
    more_values: int = 0
    facts: Sequence[str] = ()
    redacted: bool = False
    deprecation: Deprecation | None = None
    categories: Sequence[str] = ()
    heading: str = ""
    same_as: str = ""

    @property
    def path(self) -> str:
        """The whole path: `customer.id`, `tags[]`, `labels.*`."""
        return self.parent + self.name


@dataclass(frozen=True)
class MemberTable:
    """The members of a payload.

    Attributes:
        text: what the schema says about the whole payload.
        facts: sentences about the whole payload.
        is_cut: there are more rows than are shown.
    """

    members: Sequence[Member] = ()
    text: str = ""
    facts: Sequence[str] = ()
    is_cut: bool = False


def member_table(schema: ObjectNode) -> MemberTable:
    """The members that a self-contained schema of a payload describes."""
    reader, root = _Reader(schema), _At(RedactedValues(schema).root)
    rows = reader.inside(schema, root)
    whole = reader.row(schema, root, root)
    return MemberTable(list(islice(rows, _MAX_ROWS)), whole.text, whole.facts, is_cut=next(rows, None) is not None)


@dataclass(frozen=True)
class _At:
    """Where a value is: its place in the payload, its path, and the number of rows that it is inside of."""

    place: PayloadPlace
    path: str = ""
    depth: int = 0

    def member(self, name: str) -> _At:
        """Where a member with this name is."""
        label = name if _SIMPLE_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)
        path = f"{self.path}.{shortened(label)}" if self.path else shortened(label)
        return replace(self, place=self.place.member(name), path=path)

    def items(self, index: int | None = None) -> _At:
        """Where the items are, or the one with this index."""
        path = f"{self.path}[{'' if index is None else index}]"
        return replace(self, place=self.place.item(index), path=path)

    def others(self, pattern: str | None = None) -> _At:
        """Where the members without a fixed name are, or those that match a pattern."""
        return replace(self, place=self.place.other(pattern), path=f"{self.path}.*" if self.path else "*")

    @property
    def inner(self) -> _At:
        return replace(self, depth=self.depth + 1)


@dataclass
class _Described:
    path: str
    has_rows: bool = True


class _Reader:
    """Reads one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.texts = SchemaTexts(root)
        self.refs = self.texts.refs
        self.words = TypeWords(self.refs)
        self.described: dict[frozenset[object], _Described] = {}

    def row(self, schema: JsonValue, at: _At, outer: _At, *, required: bool = False) -> Member:
        """The row of a value.

        Args:
            schema: its schema.
            at: where it is.
            outer: where the value is that it is in.
            required: whether it must be there.
        """
        schemas = self.texts.effective(self.texts.applied(schema))
        shows_values = not at.place.holds_redacted
        name = at.path.removeprefix(outer.path)
        dot = "." if name.startswith(".") and outer.path else ""
        values = _values(schemas) if shows_values else []
        return Member(
            f"{outer.path}{dot}",
            name.removeprefix(dot),
            at.depth,
            self.words.of(schema),
            required,
            next(iter(description_of(schemas)), ""),
            values[:_MAX_VALUES],
            len(values[_MAX_VALUES:]),
            [*facts_of(schemas, shows_values=shows_values), *_conditions(schemas), *_openness(schemas)],
            at.place.is_redacted,
            self.deprecation(schema),
            _categories(schemas),
        )

    def deprecation(self, schema: JsonValue) -> Deprecation | None:
        """What schemas that describe a value say about its deprecation."""
        found = map(deprecation, self.texts.effective(self.texts.applied(schema)))
        return max(filter(None, found), key=lambda each: len(str(each)), default=None)

    def inside(self, schema: JsonValue, at: _At) -> Iterator[Member]:
        """The rows of what a value holds."""
        if not isinstance(schema, ObjectNode):
            return
        whole, branches = merged(schema, self.refs)
        if all(_STRUCTURE.isdisjoint(each) for each in (whole, *branches)):
            return
        key = frozenset[object](each.place for each in branches)
        if (known := self.described.get(key)) is not None:
            if known.has_rows:
                yield Member(at.path, depth=at.depth, same_as=known.path or ".")
            return
        described = self.described[key] = _Described(at.path)  # has rows until it is known that it has none
        has_rows = False
        for row in self.rows(whole, branches, at):
            has_rows = True
            yield row
        described.has_rows = has_rows

    def rows(self, whole: ObjectNode, branches: Sequence[ObjectNode], at: _At) -> Iterator[Member]:
        for name, schema in whole.properties.items():
            yield from self.member(schema, at.member(name), at, required=name in whole.required)
        for pattern, schema in whole.object_at("patternProperties").items():
            yield from self.named_by_pattern(pattern, schema, at)
        for keyword in _CLOSING:
            yield from self.unnamed(whole.get(keyword), at.others(), at)
        first, rest = tuple_keyword(whole)
        for index, schema in enumerate(whole.list_at(first) if first is not None else ()):
            yield from self.member(schema, at.items(index), at)
        for keyword in (rest, "unevaluatedItems"):
            yield from self.unnamed(whole.get(keyword), at.items(), at)
        for branch in branches:
            yield from self.possibilities(branch, at)

    def member(self, schema: JsonValue, at: _At, outer: _At, *, required: bool = False) -> Iterator[Member]:
        yield self.row(schema, at, outer, required=required)
        yield from self.inside(schema, at.inner)

    def unnamed(self, schema: JsonValue, at: _At, outer: _At) -> Iterator[Member]:
        """The rows of items or of further members. They have one of their own if there is something to say of them."""
        if not isinstance(schema, ObjectNode):
            return
        row = self.row(schema, at, outer)
        if row.text or row.facts or row.values or row.redacted or row.deprecation:
            yield from self.member(schema, at, outer)
        else:
            yield from self.inside(schema, at)

    def named_by_pattern(self, pattern: str, schema: JsonValue, at: _At) -> Iterator[Member]:
        rows = self.member(schema, at.others(pattern), at)
        row = next(rows)
        yield replace(row, facts=[f"Names match `{shortened(pattern)}`.", *row.facts])
        yield from rows

    def possibilities(self, branch: ObjectNode, at: _At) -> Iterator[Member]:
        """The rows of what only some of the values hold."""
        for keyword in _UNIONS:
            options = [each for each in branch.branches(keyword) if self.has_structure(each)]
            for number, option in enumerate(options, 1):
                if len(options) > 1:
                    about = f"Option {number} of {len(options)}"
                    heading = _heading(about, self.told_apart(option, at))
                    yield Member(heading=heading, depth=at.depth, deprecation=self.deprecation(option))
                yield from self.inside(option, at.inner if len(options) > 1 else at)
        about = _heading("If", self.told_apart(branch.get("if"), at), "If the condition holds")
        for keyword, heading in (("then", about), ("else", "Otherwise")):
            yield from self.possibility(branch.get(keyword), heading, at)
        for keyword in ("dependentSchemas", "dependencies"):
            for name, schema in branch.object_at(keyword).items():
                yield from self.possibility(schema, f"With {shortened(name)}", at)

    def possibility(self, schema: JsonValue, heading: str, at: _At) -> Iterator[Member]:
        if self.has_structure(schema):
            yield Member(heading=_heading(heading, self.needed(schema)), depth=at.depth)
            yield from self.inside(schema, at.inner)

    def has_structure(self, schema: JsonValue) -> bool:
        if not isinstance(schema, ObjectNode):
            return False
        whole, branches = merged(schema, self.refs)
        return not all(_STRUCTURE.isdisjoint(each) for each in (whole, *branches))

    def told_apart(self, schema: JsonValue, at: _At) -> str:
        """What tells an option from the others: the members that are constants, else its title, else what it needs."""
        if not isinstance(schema, ObjectNode):
            return ""
        whole, _ = merged(schema, self.refs)
        applied = {name: self.texts.applied(member) for name, member in whole.properties.items()}
        constants = [
            f"{shortened(name)} is {' or '.join(values)}"
            for name, schemas in applied.items()
            if 0 < len(values := _values(self.texts.effective(schemas))) < 4
            and not at.place.member(name).holds_redacted
        ]
        title = next((text for each in self.texts.applied(schema) if isinstance(text := each.get("title"), str)), "")
        return ", ".join(constants[:3]) or shortened(title) or self.needed(schema)

    def needed(self, schema: JsonValue) -> str:
        """The members that a schema requires without describing them."""
        if not isinstance(schema, ObjectNode):
            return ""
        whole, _ = merged(schema, self.refs)
        names = [shortened(name) for name in whole.required if name not in whole.properties]
        return f"needs {', '.join(names[:_MAX_VALUES])}" if names else ""


def _heading(about: str, what: str, otherwise: str = "") -> str:
    if not what:
        return otherwise or about
    return f"{about} {what}" if about == "If" else f"{about}: {what}"


def _values(schemas: Sequence[ObjectNode]) -> list[str]:
    """The values of the first `const` or `enum`."""
    for each in schemas:
        if "const" in each:
            return [shown_value(each["const"])]
        if "enum" in each:
            return list(map(shown_value, each.list_at("enum")))
    return []


def _categories(schemas: Sequence[ObjectNode]) -> list[str]:
    """The categories of data, in words."""
    names = (name for each in schemas for name in each.list_at(DATA) if isinstance(name, str))
    return [category_words(name) for name in dict.fromkeys(names)]


def _conditions(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    found = [keyword for keyword in _CONDITIONS if any(keyword in each for each in schemas)]
    if found:
        yield f"More conditions in the schema: {', '.join(found)}."


def _openness(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    if any(each.get(keyword) is False for each in schemas for keyword in _CLOSING):
        yield "No other members."
