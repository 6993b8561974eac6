"""Makes an example of a payload: values that its schema shows, and made-up ones for the others.

A made-up text is the name of its member, so that an example reads well: `{"user_message": "user message"}`. Bounds,
formats and simple patterns are kept. An example may still not match a schema with other conditions; `is_valid` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from prefactor_gen.docs.scalar_examples import made_up_number, made_up_text, whole_number, words_of
from prefactor_gen.docs.type_words import merged
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, to_plain
from prefactor_gen.json_schema.keywords import REDACT
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
    """Examples of what one self-contained schema describes.

    Args:
        root: the schema.
        assert_formats: whether values must match the formats.
    """

    def __init__(self, root: ObjectNode, *, assert_formats: bool = False) -> None:
        self._root = root
        self._texts = SchemaTexts(root)
        self._schema = JsonSchema(to_plain(root), assert_formats=assert_formats)  # type: ignore[arg-type]  # an object

    def short(self) -> Example:
        """The members that are required, and those that the schema has an example for; one of the others if none is."""
        example = self._example(is_full=False)
        if example.value:
            return example
        first = next(
            ({name: value} for name, value in self.full.value.items() if not isinstance(value, dict | list)), {}
        )
        return self._checked(first)

    @cached_property
    def full(self) -> Example:
        """All members, as far as an example may go."""
        return self._example(is_full=True)

    def _example(self, *, is_full: bool) -> Example:
        maker = _Maker(self._texts, is_full=is_full)
        value = maker.value(self._root, "", 0)
        return self._checked(value if isinstance(value, dict) else {}, has_choice=maker.has_choice)

    def _checked(self, value: dict[str, object], *, has_choice: bool = False) -> Example:
        is_valid = False
        with suppress(SchemaError):
            is_valid = not self._schema.mismatches(value)
        return Example(value, is_valid, has_choice)


class _Maker:
    """Makes one example."""

    def __init__(self, texts: SchemaTexts, *, is_full: bool) -> None:
        self.texts = texts
        self.is_full = is_full
        self.has_choice = False
        self.left = _MAX_VALUES

    def value(self, schema: JsonValue, name: str, depth: int) -> object:
        """A value of a schema, which belongs to a member of this name."""
        self.left -= 1
        is_enough = depth > _MAX_DEPTH or (depth > 2 and self.left < 0)
        if not isinstance(schema, ObjectNode) or is_enough:
            return words_of(name)
        applied = self.texts.applied(schema)
        schemas = self.texts.effective(applied)
        redacted = any(each.get(REDACT) is True for each in applied)
        if not redacted and (shown := _shown(schemas)):
            return to_plain(shown[0])
        for each in schemas:
            if "const" in each or each.list_at("enum"):
                return to_plain(each["const"] if "const" in each else each.list_at("enum")[0])
        whole, branches = merged(schema, self.texts.refs)
        options = [option for each in branches for option in _first_options(each)]
        kinds = [kind for kind in whole.types if kind != "null"] or list(_implied(whole)) or whole.types
        if options and not set(kinds) & {"object"}:
            return self.value(options[0], name, depth + 1)
        return self.of_type(kinds[0] if kinds else "string", whole, branches, name, depth)

    def of_type(self, kind: str, schema: ObjectNode, branches: Sequence[ObjectNode], name: str, depth: int) -> object:
        match kind:
            case "object":
                return self.object_of(schema, branches, name, depth)
            case "array":
                return self.array(schema, name, depth)
            case "boolean":
                return True
            case "null":
                return None
            case "integer" | "number":
                return made_up_number(schema, is_integer=kind == "integer")
            case _:
                return made_up_text(schema, name)

    def object_of(self, schema: ObjectNode, branches: Sequence[ObjectNode], name: str, depth: int) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, member in schema.properties.items():
            if member is not False and (key in schema.required or self.is_shown(member, depth)):
                made[key] = self.value(member, key, depth + 1)
        for key in schema.required:
            if key not in made:
                made[key] = self.value(self.further(schema, branches, key), key, depth + 1)
        for each in branches:
            for keyword in _UNIONS:
                self.add_option(made, each.branches(keyword), name, depth)
        others = schema.get("additionalProperties")
        if not made and isinstance(others, ObjectNode) and schema.get("minProperties"):
            made["key"] = self.value(others, "value", depth + 1)
        return made

    def further(self, schema: ObjectNode, branches: Sequence[ObjectNode], key: str) -> JsonValue:
        """The schema of a required member that `properties` does not name."""
        for each in branches:
            for option in (*each.branches("anyOf")[:1], *each.branches("oneOf")[:1], each.get("then")):
                if isinstance(option, ObjectNode) and key in option.properties:
                    return option.properties[key]
        return schema.get("additionalProperties", True)

    def add_option(self, made: dict[str, object], options: Sequence[JsonValue], name: str, depth: int) -> None:
        """Add the members of the first option that is an object."""
        objects = [each for each in options if isinstance(each, ObjectNode)]
        if not objects or depth > _MAX_DEPTH:
            return
        self.has_choice = self.has_choice or (len(objects) > 1 and depth > 0)
        option, branches = merged(objects[0], self.texts.refs)
        for key, value in self.object_of(option, branches, name, depth + 1).items():
            if key not in made or key in option.properties:
                made[key] = value

    def array(self, schema: ObjectNode, name: str, depth: int) -> list[object]:
        first, rest = tuple_keyword(schema)
        made = [self.value(each, name, depth + 1) for each in (schema.list_at(first) if first else ())]
        wanted = whole_number(schema.get("minItems"), 0)
        if self.is_full and not made and rest in schema and depth < _MAX_DEPTH and self.left > 0:
            wanted = max(wanted, 1)
        items = schema.get(rest, True)
        if items is False or wanted > _MAX_VALUES:
            return made
        while len(made) < min(wanted, whole_number(schema.get("maxItems"), wanted)) and self.left > 0:
            made.append(self.value(items, _singular(name), depth + 1))
        return made

    def is_shown(self, member: JsonValue, depth: int) -> bool:
        """Whether an optional member is part of the example. One that is redacted is not."""
        schemas = self.texts.applied(member)
        if any(each.get(REDACT) is True for each in schemas):
            return False
        if depth >= _MAX_DEPTH // 2 or self.left <= 0:
            return self.is_full and depth == 0
        return self.is_full or any("examples" in each for each in schemas)


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
