"""Writes the docstrings of generated code: what a schema says to the reader of a call, in plain text.

The texts are not escaped yet: `literals.docstring` does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import unquote

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.deprecation import deprecation
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.keywords import REDACT

__all__ = ["SchemaTexts", "deprecation_message", "members_text", "payload_text", "place_text", "span_type_text"]

# A value or a name in a text is cut at this length. Of the schemas that apply to a value, so many are read.
_LONGEST = 60
_MAX_SCHEMAS = 50
_SIZES = (
    ("string", "minLength", "maxLength", "character"),
    ("array", "minItems", "maxItems", "item"),
    ("object", "minProperties", "maxProperties", "member"),
)
_WORD = re.compile(r"(?!(true|false|null)\Z)[^\W\d]([\w.:/@+-]*\w)?")
_SENTENCE_ENDS = tuple(".!?:;…。\uff01\uff1f")


class SchemaTexts:
    """The texts of the parts of one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.in_place = InPlace(root)
        self.refs = self.in_place.refs

    def of_class(self, schema: JsonValue) -> str | None:
        """What a schema says about the objects that it describes."""
        schemas = self.effective(self.applied(schema))
        return _joined([*_deprecated(schemas), *_description(schemas)])

    def of_member(self, origin: JsonValue, pointer: str, name: str, *, shows_values: bool = True) -> str | None:
        """What the schema of an object says about a member; where only branches have it, each text that they have.

        Args:
            origin: the schema of the object, with the properties that were merged from its branches.
            pointer: its pointer.
            name: the name of the member.
            shows_values: as in `of_property`.
        """
        if isinstance(origin, ObjectNode) and name in origin.properties:
            return self.of_property(origin.properties[name], shows_values=shows_values)
        branches = [each for each in self.in_place.applied([pointer]).values() if name in each.properties]
        texts = [self.of_property(each.properties[name], shows_values=shows_values) for each in branches]
        return " Or: ".join(dict.fromkeys(text for text in texts if text)) or None

    def of_property(self, schema: JsonValue, *, shows_values: bool = True) -> str | None:
        """What a schema says about the value of a property: description, default, bounds, format, and an example.

        Args:
            schema: the schema of the property.
            shows_values: whether to show a default and an example. Those of a redacted value are never shown.
        """
        applied = self.applied(schema)
        schemas = self.effective(applied)
        values = schemas if shows_values and not any(REDACT in each for each in applied) else []
        facts = [*_default(values), *_sizes(schemas), *_range(schemas), *_annotations(schemas), *_example(values)]
        return _joined([*_deprecated(schemas), *_description(schemas)], facts)

    def applied(self, schema: JsonValue) -> list[ObjectNode]:
        """The schemas that describe a value: the given one, and those that it applies by `$ref` and `allOf`.

        A union of one schema and null applies that schema, too.
        """
        found = [schema] if isinstance(schema, ObjectNode) else []
        for each in found:  # grows
            inner = [] if self.is_only_a_reference(each) else [*each.branches("allOf"), *_beside_null(each)]
            for item in (*map(self.refs.schema_at, self.refs.targets(each)), *inner):
                is_new = not any(item is other for other in found)
                if isinstance(item, ObjectNode) and is_new and len(found) < _MAX_SCHEMAS:
                    found.append(item)
        return found

    def effective(self, schemas: Iterable[ObjectNode]) -> list[ObjectNode]:
        return [each for each in schemas if not self.is_only_a_reference(each)]

    def is_only_a_reference(self, schema: ObjectNode) -> bool:
        """Whether nothing else counts in a schema: draft-07 ignores what is beside a `$ref`."""
        return self.refs.draft_07 and "$ref" in schema


def span_type_text(definition: SpanTypeDefinition) -> str:
    """What a span type is, and how it is shown."""
    deprecated = f"{_capitalized(str(definition.deprecation))}" if definition.deprecation else None
    template = f"Shown as ``{definition.template}``" if definition.template else None
    parts = (definition.title or definition.name, deprecated, definition.description, template)
    return "\n\n".join(part.strip() for part in parts if part and part.strip())


def deprecation_message(definition: SpanTypeDefinition) -> str | None:
    """What type checkers say where a deprecated span type is used."""
    return f"{definition.name} is {definition.deprecation}" if definition.deprecation else None


def payload_text(definition: SpanTypeDefinition, part: str, own: str | None) -> str:
    """Which span type has this payload, the "params" or the "result", and what the schema says itself."""
    title = " ".join((definition.title or "").split())
    first = f"The {part} of `{_named(definition.name)}`" + (f": {title}" if title else "")
    return f"{_sentence(first)}\n\n{own}" if own else _sentence(first)


def place_text(definition: SpanTypeDefinition, part: str, pointer: str) -> str:
    """Where in a payload a type without a description has its place, by the pointer of its schema."""
    path, is_option = _path(pointer)
    payload = f"the {part} of `{_named(definition.name)}`."
    whole = f"`{_cut(path)}` of {payload}" if path else payload
    return f"An option of {whole}" if is_option else whole if path else f"A part of {whole}"


def members_text(first: str, heading: str, texts: Iterable[tuple[str, str | None]]) -> str:
    """A text with a list of parameters or of keys, each with its own text in one line."""
    lines = [f"    {_one_line(name)}: {' '.join(text.split())}" for name, text in texts if text]
    return "\n".join([first, "", f"{heading}:", *lines]) if lines else first


def _path(pointer: str) -> tuple[str, bool]:
    """`order.lines[]` for the pointer of a schema, and whether the schema is an option there."""
    tokens = [unquote(token).replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    path, is_option = "", False
    while tokens:
        keyword, has_index = tokens.pop(0), bool(tokens) and tokens[0].isdecimal()
        match keyword:
            case "properties" if tokens:
                path += ("." if path else "") + _named(tokens.pop(0))
            case "$defs" | "definitions" if tokens:
                path = _named(tokens.pop(0))
            case "items" | "prefixItems" | "contains" | "unevaluatedItems" | "additionalItems":
                path += "[]"
                del tokens[: int(has_index)]
            case "additionalProperties" | "patternProperties" | "unevaluatedProperties":
                path += ".*" if path else "*"
                del tokens[: int(keyword == "patternProperties")]
            case "anyOf" | "oneOf":
                del tokens[: int(has_index)]
                is_option = True
                continue
            case "allOf" | "then" | "else" | "if":  # what they hold describes the same value
                del tokens[: int(has_index)]
                continue
            case "dependentSchemas" | "dependencies" if tokens:
                tokens.pop(0)
                continue
            case name:  # a schema that is kept where JSON Schema has no keyword
                path = _named(name)
        is_option = False
    return path, is_option


def _deprecated(schemas: Iterable[ObjectNode]) -> Iterator[str]:
    found = [deprecated for each in schemas if (deprecated := deprecation(each)) is not None]
    if found:
        yield _capitalized(str(max(found, key=lambda each: len(str(each)))))


def _description(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    """The first description; the first title if there is none."""
    texts = (each.get(key) for key in ("description", "title") for each in schemas)
    yield from [text.strip() for text in texts if isinstance(text, str) and text.strip()][:1]


def _default(schemas: Iterable[ObjectNode]) -> Iterator[str]:
    yield from [f"Default: {_shown(each['default'])}." for each in schemas if "default" in each][:1]


def _example(schemas: Iterable[ObjectNode]) -> Iterator[str]:
    found = [example for each in schemas for example in each.list_at("examples")]
    found += [each["example"] for each in schemas if "example" in each]  # OpenAPI's
    yield from [f"Example: {_shown(each)}." for each in found[:1]]


def _sizes(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    types = {name for each in schemas for name in each.types}
    for type_name, least, most, noun in _SIZES:
        low, high = _strictest(schemas, least, max), _strictest(schemas, most, min)
        if not types or type_name in types:
            yield from _between(low or None, high, f" {noun}")
    if any(each.get("uniqueItems") is True for each in schemas):
        yield "No item twice."


def _range(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    types = {name for each in schemas for name in each.types}
    if types and not types & {"integer", "number"}:
        return
    low, high = _strictest(schemas, "minimum", max), _strictest(schemas, "maximum", min)
    above, below = _strictest(schemas, "exclusiveMinimum", max), _strictest(schemas, "exclusiveMaximum", min)
    if above is not None and (low is None or above >= low):
        yield f"More than {_shown(above)}."
        low = None
    if below is not None and (high is None or below <= high):
        yield f"Less than {_shown(below)}."
        high = None
    yield from _between(low, high)
    yield from [f"Multiple of {_shown(each['multipleOf'])}." for each in schemas if "multipleOf" in each][:1]


def _annotations(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    names = [name for each in schemas if isinstance(name := each.get("format"), str)]
    patterns = [pattern for each in schemas if isinstance(pattern := each.get("pattern"), str)]
    yield from [f"Format: {_shown(name)}." for name in names[:1]]
    yield from [f"Pattern: `{_cut(_one_line(pattern))}`." for pattern in patterns[:1]]
    for keyword, text in (("readOnly", "Read only."), ("writeOnly", "Write only.")):
        if any(each.get(keyword) is True for each in schemas):
            yield text


def _beside_null(schema: ObjectNode) -> Iterator[JsonValue]:
    """The option of a union that has only null beside it."""
    for keyword in ("anyOf", "oneOf"):
        options = schema.branches(keyword)
        others = [each for each in options if not (isinstance(each, ObjectNode) and each.get("type") == "null")]
        if len(others) == 1 < len(options):
            yield others[0]


def _strictest(
    schemas: Iterable[ObjectNode], keyword: str, choose: Callable[[list[int | float]], int | float]
) -> int | float | None:
    values = (each.get(keyword) for each in schemas)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return choose(numbers) if numbers else None


def _between(low: float | None, high: float | None, noun: str = "") -> Iterator[str]:
    """`1 to 80 characters.`"""
    plural = noun and (noun if (low if high is None else high) == 1 else f"{noun}s")
    if low is not None and low == high:
        yield f"Exactly {_shown(low)}{plural}."
    elif low is not None and high is not None:
        yield f"{_shown(low)} to {_shown(high)}{plural}."
    elif low is not None:
        yield f"At least {_shown(low)}{plural}."
    elif high is not None:
        yield f"At most {_shown(high)}{plural}."


def _shown(value: JsonValue) -> str:
    """A value in one line, as JSON; a single word has no quotes."""
    if isinstance(value, str) and len(value) <= _LONGEST and _WORD.fullmatch(value):
        return value
    if isinstance(value, str | ObjectNode | ListNode):
        return _cut(json.dumps(value, ensure_ascii=False))
    return json.dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _one_line(text: str) -> str:
    """The text with the escapes of JSON for line breaks and the like."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _named(name: str) -> str:
    return _cut(_one_line(name))


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return text if text.endswith(_SENTENCE_ENDS) else f"{text}."


def _joined(texts: Sequence[str], facts: Sequence[str] = ()) -> str | None:
    """The texts and the facts as one paragraph; facts behind a text of several lines are another one."""
    text = " ".join([*map(_sentence, texts[:-1]), *texts[-1:]])
    if not text or not facts:
        return text or " ".join(facts) or None
    separator = "\n\n" if "\n" in text else " "
    return f"{_sentence(text)}{separator}{' '.join(facts)}"
