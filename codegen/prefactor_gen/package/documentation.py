"""Writes the docstrings of generated code: what a schema says to the reader of a call, in plain text.

The texts are not escaped yet: `literals.docstring` does that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.deprecation import deprecation
from prefactor_gen.json_schema.in_place import InPlace
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.json_schema.pointers import tokens_of
from prefactor_gen.package.schema_facts import facts_of, one_line, shortened

__all__ = [
    "SchemaTexts",
    "deprecation_message",
    "description_of",
    "members_text",
    "path_of",
    "payload_name",
    "payload_text",
    "place_text",
    "span_type_text",
]

# Of the schemas that apply to a value, so many are read.
_MAX_SCHEMAS = 50
_SENTENCE_ENDS = tuple(".!?:;…。\uff01\uff1f")


class SchemaTexts:
    """The texts of the parts of one self-contained schema."""

    def __init__(self, root: ObjectNode) -> None:
        self.in_place = InPlace(root)
        self.refs = self.in_place.refs
        self.found: dict[str, dict[str, list[JsonValue]]] = {}

    def of_class(self, schema: JsonValue) -> str | None:
        """What a schema says about the objects that it describes."""
        schemas = self.effective(self.applied(schema))
        return _joined([*_deprecated(schemas), *description_of(schemas)])

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
        schemas = self.members(pointer).get(name, [])
        texts = [self.of_property(schema, shows_values=shows_values) for schema in schemas]
        return " Or: ".join(dict.fromkeys(text for text in texts if text)) or None

    def members(self, pointer: str) -> Mapping[str, list[JsonValue]]:
        """The schemas of the members of an object, by name, in all schemas that apply to the object."""
        if pointer not in self.found:
            found = self.found[pointer] = defaultdict(list)
            for each in self.in_place.applied([pointer]).values():
                for name, schema in each.properties.items():
                    found[name].append(schema)
        return self.found[pointer]

    def of_property(self, schema: JsonValue, *, shows_values: bool = True) -> str | None:
        """What a schema says about the value of a property: description, default, bounds, format, and an example.

        Args:
            schema: the schema of the property.
            shows_values: whether to show a default and an example. Those of a redacted value are never shown.
        """
        applied = self.applied(schema)
        schemas = self.effective(applied)
        shows_values = shows_values and not any(REDACT in each for each in applied)
        return _joined([*_deprecated(schemas), *description_of(schemas)], facts_of(schemas, shows_values=shows_values))

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


def payload_name(definition: SpanTypeDefinition, part: str) -> str:
    """The payload of a span type, the "params" or the "result", inside a sentence."""
    return f"the {part} of `{_named(definition.name)}`"


def place_text(payload: str, pointer: str) -> str:
    """Where in a payload a type without a description has its place, by the pointer of its schema.

    Args:
        payload: what the payload is called inside a sentence.
        pointer: the pointer.
    """
    path, is_option = path_of(pointer)
    payload = f"{payload}."
    whole = f"`{shortened(path)}` of {payload}" if path else payload
    return f"An option of {whole}" if is_option else whole if path else f"A part of {whole}"


def members_text(first: str, heading: str, texts: Iterable[tuple[str, str | None]]) -> str:
    """A text with a list of parameters or of keys, each with its own text in one line."""
    lines = [f"    {one_line(name)}: {' '.join(text.split())}" for name, text in texts if text]
    return "\n".join([first, "", f"{heading}:", *lines]) if lines else first


def path_of(pointer: str) -> tuple[str, bool]:
    """`order.lines[]` for the pointer of a schema, and whether the schema is an option there."""
    tokens = tokens_of(pointer)
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


def description_of(schemas: Sequence[ObjectNode]) -> Iterator[str]:
    """The first description that schemas of one value have; the first title if there is none."""
    texts = (each.get(key) for key in ("description", "title") for each in schemas)
    yield from [text.strip() for text in texts if isinstance(text, str) and text.strip()][:1]


def _beside_null(schema: ObjectNode) -> Iterator[JsonValue]:
    """The option of a union that has only null beside it."""
    for keyword in ("anyOf", "oneOf"):
        options = schema.branches(keyword)
        others = [each for each in options if not (isinstance(each, ObjectNode) and each.get("type") == "null")]
        if len(others) == 1 < len(options):
            yield others[0]


def _named(name: str) -> str:
    return shortened(one_line(name))


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
