"""Makes a value that a schema takes, such as the difference of two schemas."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from prefactor_gen.comparison.schemas.example_values.merged_schemas import list_of, mapping_of, merged
from prefactor_gen.comparison.schemas.example_values.pattern_texts import text_for
from prefactor_gen.comparison.schemas.reading.plain_schemas import text_of
from prefactor_schema import JsonSchema, SchemaError
from prefactor_schema.json_values import count_values

__all__ = ["NO_VALUE", "Examples", "in_turn"]

NO_VALUE = object()
"""What `Examples.of` returns if it finds no value."""

_Schema: TypeAlias = Mapping[str, object]

_MAX_LEVELS = 150
_MAX_TRIED = 40
_MAX_TRIED_FOR_ONE = 300
_MAX_ALL_TRIED = 3_000
"""The most values that are tried for one place, for one schema, and for all of a comparison."""
_MAX_SIZE = 20_000
"""The most values in a value: a member whose members have equal members grows with each level."""
_MAX_ITEMS = 20
_MAX_PATTERNS = 3
_TEXTS = ("a", "", "b", "ab", "text", "0", "A", "é", "a b")
_NUMBERS = (0, 1, -1, 2, 0.5, 1.5, 10, 100, -0.5, 2**53, 1e20)
_OF_ALL_TYPES: tuple[object, ...] = (None, 0, "a", True, 0.5, {}, [])
_ODD_NAMES = ("a-long-name", "", "0", "A", "é", "a b")
_FORMATS = {
    "date": "2026-11-27",
    "date-time": "2026-11-27T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "a@example.com",
    "idn-email": "a@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "iri": "https://example.com/",
    "uri-reference": "/a",
    "iri-reference": "/a",
    "uri-template": "/{a}",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "relative-json-pointer": "0",
    "regex": "a",
}
_KEYWORDS_OF_TYPES = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_TYPES = ("string", "number", "object", "array", "boolean", "null")


class Examples:
    """Makes values, as long as not too many have been tried.

    Args:
        assert_formats: formats are checked.
    """

    def __init__(self, *, assert_formats: bool = False) -> None:
        self.assert_formats = assert_formats
        self._left = _MAX_ALL_TRIED
        self._known: dict[tuple[str, str], object] = {}

    @property
    def is_exhausted(self) -> bool:
        """Whether no more values are made."""
        return self._left <= 0

    def of(self, schema: object) -> object:
        """A small value that a schema takes, always the same one; `NO_VALUE` if none is found.

        Args:
            schema: plain JSON, whose references lead into its own `$defs`.
        """
        definitions = schema.get("$defs") if isinstance(schema, dict) else None
        allowed = min(self._left, _MAX_TRIED_FOR_ONE)
        maker = _Maker(definitions if isinstance(definitions, dict) else {}, allowed, self.assert_formats, self._known)
        found = maker.value(schema, 0) if allowed > 0 else NO_VALUE
        self._left -= allowed - max(maker.left, 0)
        return found


class _Maker:
    def __init__(
        self,
        definitions: Mapping[str, object],
        left: int,
        assert_formats: bool,
        known: dict[tuple[str, str], object],
    ) -> None:
        self.definitions = definitions
        self.left = left
        self.assert_formats = assert_formats
        self._known = known  # many members of an object are equal

    @cached_property
    def _definitions_text(self) -> str:
        return text_of(self.definitions)

    def value(self, schema: object, level: int) -> object:
        """The first candidate that the schema takes."""
        if not isinstance(schema, Mapping):
            return NO_VALUE if schema is False else "a"
        self.left -= 1
        if self.left < 0:
            return NO_VALUE
        try:
            check = JsonSchema({**schema, "$defs": self.definitions}, assert_formats=self.assert_formats)
            for candidate in itertools.islice(self.candidates(schema, level), _MAX_TRIED):
                self.left -= 1
                if self.left < 0:
                    return NO_VALUE
                if count_values(candidate, _MAX_SIZE) <= _MAX_SIZE and check.certainly_matches(candidate):
                    return candidate
        except (SchemaError, RecursionError, OverflowError):  # or a number that is too large
            pass
        return NO_VALUE

    def _member_value(self, schema: object, level: int) -> object:
        """As `value`, for what many schemas have again and again."""
        text = text_of(schema)
        key = (text, self._definitions_text if "$ref" in text else "")
        if key in self._known:
            return self._known[key]
        found = self.value(schema, level)
        if self.left >= 0:
            self._known[key] = found
        return found

    def candidates(self, schema: object, level: int) -> Iterator[object]:
        """Values that the schema may take."""
        if level > _MAX_LEVELS or not isinstance(schema, Mapping):
            yield from () if schema is False else _TEXTS
            return
        if "const" in schema:
            yield schema["const"]
            return
        if isinstance(values := schema.get("enum"), list):
            yield from values
            return
        for keyword in ("$ref", "allOf", "anyOf", "oneOf", "if"):
            if keyword in schema:
                yield from self._of_applicator(keyword, schema, level)
                return
        for name in _types(schema):
            yield from self._of_type(name, schema, level)

    def _of_applicator(self, keyword: str, schema: _Schema, level: int) -> Iterator[object]:
        rest = {key: value for key, value in schema.items() if key not in {keyword, "then", "else"}}
        match keyword:
            case "$ref":
                options: list[object] = [self.definitions.get(str(schema["$ref"]).removeprefix("#/$defs/"), False)]
            case "if":
                options = [{"allOf": [schema["if"], schema.get("then", True)]}, schema.get("else", True)]
            case _:
                found = schema[keyword]
                options = list(found) if isinstance(found, list) else []
        if keyword == "allOf":
            whole: object = rest
            for each in options:
                whole = merged(whole, each)
            yield from self.candidates(whole, level + 1)
            return
        tried = [self.candidates(merged(rest, each), level + 1) for each in options]
        yield from in_turn(tried)

    def _of_type(self, name: str, schema: _Schema, level: int) -> Iterator[object]:
        match name:
            case "object":
                yield from self._objects(schema, level)
            case "array":
                yield from self._arrays(schema, level)
            case "string":
                yield from _texts(schema)
            case "number" | "integer":
                yield from _numbers(schema)
            case "boolean":
                yield from (True, False)
            case _:
                yield None

    def _objects(self, schema: _Schema, level: int) -> Iterator[object]:
        required = [str(name) for name in list_of(schema.get("required"))]
        declared = [str(name) for name in mapping_of(schema.get("properties"))]
        patterns = itertools.islice(mapping_of(schema.get("patternProperties")), _MAX_PATTERNS)
        spare = [text for text in map(text_for, patterns) if text]
        made: dict[str, object] = {}
        for names in (required, [*required, *declared], [*required, *spare], [*required, "key"], declared):
            least = schema.get("minProperties")
            count = min(least, _MAX_ITEMS) if isinstance(least, int) else 0
            more = itertools.chain(names, declared, spare, (f"key{number}" for number in range(_MAX_ITEMS)))
            chosen = list(dict.fromkeys(names))
            for name in more:
                if len(chosen) >= count:
                    break
                if name not in chosen:
                    chosen.append(name)
            made = {name: self._member_value(self._member(schema, name), level + 1) for name in chosen}
            yield {name: value for name, value in made.items() if value is not NO_VALUE}
        base = {name: made[name] for name in required if made.get(name, NO_VALUE) is not NO_VALUE}
        yield from ({**base, "key": value} for value in _OF_ALL_TYPES)
        yield from ({**base, name: "a"} for name in _ODD_NAMES)

    def _member(self, schema: _Schema, name: str) -> object:
        members = mapping_of(schema.get("properties"))
        if name in members:
            return members[name]
        patterns = mapping_of(schema.get("patternProperties"))
        matching = [value for pattern, value in patterns.items() if text_for(pattern) == name]
        return matching[0] if matching else schema.get("additionalProperties", True)

    def _arrays(self, schema: _Schema, level: int) -> Iterator[object]:
        first, rest = list_of(schema.get("prefixItems")), schema.get("items", True)
        least = schema.get("minItems")
        count = min(least, _MAX_ITEMS) if isinstance(least, int) else 0
        contained = [schema["contains"]] * 1 if "contains" in schema else []
        some = schema.get("minContains")
        if contained and isinstance(some, int):
            contained *= min(some, _MAX_ITEMS)
        for length in dict.fromkeys((count, len(first), count + 1, 2)):
            schemas = [first[index] if index < len(first) else rest for index in range(length)]
            made = [self.value(each, level + 1) for each in schemas]
            yield [value for value in made if value is not NO_VALUE]
            if contained:
                inside = [self.value(merged(rest, each), level + 1) for each in contained]
                found = [value for value in inside if value is not NO_VALUE]
                yield [*found, *made[len(found) :]]
                yield [*made[: len(first)], *found]
        yield list(range(max(count, 2)))
        yield ["a"] * max(count, 2)


def _types(schema: _Schema) -> list[str]:
    named = schema.get("type")
    if isinstance(named, str):
        return [named]
    every = [str(name) for name in named] if isinstance(named, list) else list(_TYPES)
    fitting = [name for name in every if any(key in schema for key in _KEYWORDS_OF_TYPES.get(name, ()))]
    return [*fitting, *(name for name in every if name not in fitting)]


def _texts(schema: _Schema) -> Iterator[object]:
    found = [text_for(pattern) for pattern in (schema.get("pattern"),) if isinstance(pattern, str)]
    found.append(_FORMATS.get(str(schema.get("format"))))
    texts = [*(text for text in found if text is not None), *_TEXTS, *_FORMATS.values()]
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int | float) and 0 < least <= 10_000:
        texts = ["a" * int(least), *(text.ljust(int(least), text[-1:] or "a") for text in texts)]
    if isinstance(most, int | float):
        texts = ["a" * min(int(most), 10_000), *(text[: int(most)] for text in texts)]
    yield from dict.fromkeys(texts)


def _numbers(schema: _Schema) -> Iterator[object]:
    bounds = [schema.get(key) for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")]
    numbers = [bound for bound in bounds if isinstance(bound, int | float)]
    multiple = schema.get("multipleOf")
    if isinstance(multiple, int | float):
        yield from (multiple, 0, -multiple, *((bound // multiple + 1) * multiple for bound in numbers))
    if len(numbers) > 1:
        yield (numbers[0] + numbers[1]) / 2
    yield from (bound + by for bound in numbers for by in (0, 1, -1, 0.5, -0.5))
    yield from _NUMBERS


def in_turn(iterators: list[Iterator[object]]) -> Iterator[object]:
    """One value of each, again and again."""
    while iterators:
        remaining = []
        for each in iterators:
            value = next(each, NO_VALUE)
            if value is not NO_VALUE:
                yield value
                remaining.append(each)
        iterators = remaining
