"""Makes an example of a payload: values that its schema shows, and made-up ones for the others.

A made-up text is the name of its member, so that an example reads well: `{"user_message": "user message"}`. Bounds,
formats and simple patterns are kept. An example may still not match a schema with other conditions; `is_valid` says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from prefactor_gen.docs.scalar_examples import made_up_number, made_up_text, whole_number, words_of
from prefactor_gen.docs.type_words import merged
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, to_plain
from prefactor_gen.json_schema.deprecation import deprecation
from prefactor_gen.json_schema.redacted_values import PayloadPlace, RedactedValues
from prefactor_gen.json_schema.subschemas import tuple_keyword
from prefactor_gen.package.documentation import SchemaTexts
from prefactor_schema import JsonSchema, SchemaError

__all__ = ["Example", "Examples"]

_MAX_DEPTH = 8
_MAX_VALUES = 200
_UNIONS = ("anyOf", "oneOf")


@dataclass(frozen=True)
class Example:
    """An example of a payload.

    Attributes:
        value: the payload, as plain JSON data.
        is_valid: the schema takes it. False if that cannot be checked.
        has_choice: it holds one of several kinds of objects, which types may not tell apart in a literal.
    """

    value: Mapping[str, object] = field(default_factory=dict)
    is_valid: bool = True
    has_choice: bool = False


class Examples:
    """An example of what one self-contained schema describes.

    Args:
        root: the schema.
        shown: the paths of the members that a template shows; the example has them, if they may be recorded.
        assert_formats: whether values must match the formats.
    """

    def __init__(
        self, root: ObjectNode, shown: Collection[Sequence[str]] = (), *, assert_formats: bool = False
    ) -> None:
        self._root = root
        self._texts = SchemaTexts(root)
        self._redacted = RedactedValues(root)
        self._shown = frozenset(map(tuple, shown))
        self._schema = JsonSchema(to_plain(root), assert_formats=assert_formats)  # type: ignore[arg-type]  # an object

    @cached_property
    def example(self) -> Example:
        """The members that are required, that the template shows, or that the schema has an example for.

        If there are none, one of the others. What is deprecated is left out, unless it is required.
        """
        for shown in dict.fromkeys((self._shown, frozenset())):
            found = self._example(shown)
            if found.value and found.is_valid:
                return found
        if found.value:
            return found
        every = self._example(frozenset({()})).value
        first = next(({name: value} for name, value in every.items() if not isinstance(value, dict | list)), {})
        return self._checked(first)

    @cached_property
    def recorded(self) -> object:
        """The example as the platform has it: without what is redacted."""
        return self._redacted.masked(self.example.value)

    def _example(self, shown: frozenset[tuple[str, ...]]) -> Example:
        maker = _Maker(self._texts, shown)
        value = maker.value(self._root, _Member(self._redacted.root), 0)
        return self._checked(value if isinstance(value, dict) else {}, has_choice=maker.has_choice)

    def _checked(self, value: dict[str, object], *, has_choice: bool = False) -> Example:
        is_valid = False
        with suppress(SchemaError):
            is_valid = not self._schema.mismatches(value)
        return Example(value, is_valid, has_choice)


@dataclass(frozen=True)
class _Member:
    """A value of a payload: its place, and the names that lead to it."""

    place: PayloadPlace
    path: tuple[str, ...] = ()
    words: str = ""

    @property
    def name(self) -> str:
        """What a made-up text says: the name of the member."""
        return self.words or (self.path[-1] if self.path else "")

    def member(self, name: str) -> _Member:
        return _Member(self.place.member(name), (*self.path, name))

    def item(self, index: int | None = None) -> _Member:
        return replace(
            self, place=self.place.item(index), words=self.name if index is not None else _singular(self.name)
        )

    def other(self) -> _Member:
        return _Member(self.place.other(), (*self.path, "key"), "value")


class _Maker:
    """Makes one example.

    Args:
        texts: the texts of the schema.
        shown: the paths of the members that it is to have.
    """

    def __init__(self, texts: SchemaTexts, shown: frozenset[tuple[str, ...]]) -> None:
        self.texts = texts
        self.leaves = {each for each in shown if not any(other[: len(each)] == each != other for other in shown)}
        self.shown = {each[:length] for each in shown for length in range(1, len(each) + 1)}
        self.has_choice = False
        self.left = _MAX_VALUES

    def is_wanted(self, at: _Member) -> bool:
        """Whether the template shows a value, or a part of it, or what it is part of."""
        return at.path in self.shown or any(at.path[: len(each)] == each for each in self.leaves)

    def value(self, schema: JsonValue, at: _Member, depth: int) -> object:
        """A value of a schema, which belongs to a member."""
        self.left -= 1
        is_enough = depth > _MAX_DEPTH or (depth > 2 and self.left < 0)
        if not isinstance(schema, ObjectNode) or is_enough:
            return words_of(at.name)
        schemas = self.texts.effective(self.texts.applied(schema))
        shown = [] if at.place.holds_redacted else _shown(schemas)
        if shown:
            return to_plain(shown[0])
        for each in () if at.place.holds_redacted else schemas:
            if "const" in each or each.list_at("enum"):
                return to_plain(each["const"] if "const" in each else each.list_at("enum")[0])
        whole, branches = merged(schema, self.texts.refs)
        options = [option for each in branches for option in _first_options(each)]
        options.sort(key=self.is_deprecated)
        kinds = [kind for kind in whole.types if kind != "null"] or list(_implied(whole)) or whole.types
        if options and not set(kinds) & {"object"}:
            return self.value(options[0], at, depth + 1)
        return self.of_type(kinds[0] if kinds else "string", whole, branches, at, depth)

    def of_type(self, kind: str, schema: ObjectNode, branches: Sequence[ObjectNode], at: _Member, depth: int) -> object:
        match kind:
            case "object":
                return self.object_of(schema, branches, at, depth)
            case "array":
                return self.array(schema, at, depth)
            case "boolean":
                return True
            case "null":
                return None
            case "integer" | "number":
                return made_up_number(schema, is_integer=kind == "integer")
            case _:
                return made_up_text(schema, at.name)

    def object_of(
        self, schema: ObjectNode, branches: Sequence[ObjectNode], at: _Member, depth: int
    ) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, member in schema.properties.items():
            if member is not False and (key in schema.required or self.is_shown(member, at.member(key), depth)):
                made[key] = self.value(member, at.member(key), depth + 1)
        for key in schema.required:
            if key not in made:
                made[key] = self.value(self.further(schema, branches, key), at.member(key), depth + 1)
        for each in branches:
            for keyword in _UNIONS:
                self.add_option(made, each.branches(keyword), at, depth)
        others = schema.get("additionalProperties")
        if not made and isinstance(others, ObjectNode) and schema.get("minProperties"):
            made["key"] = self.value(others, at.other(), depth + 1)
        return made

    def further(self, schema: ObjectNode, branches: Sequence[ObjectNode], key: str) -> JsonValue:
        """The schema of a required member that `properties` does not name."""
        for each in branches:
            for option in (*each.branches("anyOf")[:1], *each.branches("oneOf")[:1], each.get("then")):
                if isinstance(option, ObjectNode) and key in option.properties:
                    return option.properties[key]
        return schema.get("additionalProperties", True)

    def add_option(self, made: dict[str, object], options: Sequence[JsonValue], at: _Member, depth: int) -> None:
        """Add the members of the first option that is an object, one that is not deprecated if there is one."""
        objects = [each for each in options if isinstance(each, ObjectNode)]
        objects.sort(key=self.is_deprecated)
        if not objects or depth > _MAX_DEPTH:
            return
        self.has_choice = self.has_choice or (len(objects) > 1 and depth > 0)
        option, branches = merged(objects[0], self.texts.refs)
        for key, value in self.object_of(option, branches, at, depth + 1).items():
            if key not in made or key in option.properties:
                made[key] = value

    def array(self, schema: ObjectNode, at: _Member, depth: int) -> list[object]:
        first, rest = tuple_keyword(schema)
        firsts = schema.list_at(first) if first else ()
        made = [self.value(each, at.item(index), depth + 1) for index, each in enumerate(firsts)]
        wanted = whole_number(schema.get("minItems"), 0)
        if self.is_wanted(at) and not made and rest in schema and depth < _MAX_DEPTH and self.left > 0:
            wanted = max(wanted, 1)
        items = schema.get(rest, True)
        if items is False or wanted > _MAX_VALUES:
            return made
        while len(made) < min(wanted, whole_number(schema.get("maxItems"), wanted)) and self.left > 0:
            made.append(self.value(items, at.item(), depth + 1))
        return made

    def is_shown(self, member: JsonValue, at: _Member, depth: int) -> bool:
        """Whether an optional member is part of the example. One that is redacted or deprecated is not."""
        if at.place.is_redacted or self.is_deprecated(member):
            return False
        if depth >= _MAX_DEPTH // 2 or self.left <= 0:
            return self.is_wanted(at) and depth == 0
        has_examples = any("examples" in each for each in self.texts.applied(member))
        return self.is_wanted(at) or (has_examples and not at.place.holds_redacted)

    def is_deprecated(self, schema: JsonValue) -> bool:
        return any(deprecation(each) for each in self.texts.applied(schema))


def _shown(schemas: Sequence[ObjectNode]) -> list[JsonValue]:
    """The examples in schemas, then the default."""
    found = [example for each in schemas for example in each.list_at("examples")]
    found += [each["example"] for each in schemas if "example" in each]  # OpenAPI's
    return found or [each["default"] for each in schemas if each.get("default") is not None]


def _first_options(schema: ObjectNode) -> Iterator[JsonValue]:
    """The options of a union, those that are not null first."""
    options = [each for keyword in _UNIONS for each in schema.branches(keyword) if each is not False]
    yield from sorted(options, key=lambda each: isinstance(each, ObjectNode) and each.types == ["null"])


def _implied(schema: ObjectNode) -> Iterator[str]:
    if {"properties", "required"} & schema.keys():
        yield "object"
    elif {"items", "prefixItems"} & schema.keys():
        yield "array"
    elif {"minimum", "maximum", "multipleOf"} & schema.keys():
        yield "number"


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 2 and not name.endswith("ss") else name
