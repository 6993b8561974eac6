"""What is valid and yet hardly meant: misspelled keywords, required names that no property has."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.diagnostics import Diagnostic, Severity
from prefactor_gen.keywords import CHECKED_FORMATS, CONTENT, KNOWN, REDACT
from prefactor_gen.nodes import ListNode, ObjectNode
from prefactor_gen.rules import UNENFORCED_KEYWORD, UNKNOWN_FORMAT, UNKNOWN_KEYWORD, UNKNOWN_REQUIRED_PROPERTY
from prefactor_gen.subschemas import all_schemas, subschemas
from prefactor_gen.suggest import did_you_mean, meant
from prefactor_gen.suppress import ALLOW

__all__ = ["lint_enforcement", "lint_schema"]

# Beside these, a required name may have its schema elsewhere.
_SAYS_MORE = frozenset({
    "$dynamicRef", "$ref", "allOf", "anyOf", "dependentSchemas", "if", "oneOf", "patternProperties",
})  # fmt: skip
# Where an object stands by itself. A part of a conjunction, or what a condition asks, has its properties elsewhere.
_BY_ITSELF = frozenset({"$defs", "additionalProperties", "definitions", "items", "prefixItems", "properties"})


_PREFIX = "x-prefactor-"
_OURS = (REDACT, ALLOW)

# Names are compared with so many others: each pair takes its time.
_COMPARED = 100


def lint_schema(schema: ObjectNode) -> Iterator[Diagnostic]:
    """Warnings of one schema and of what stands in it."""
    yield from _unknown_keywords(schema)
    yield from _required_without_property(schema)
    for keys, item in subschemas(schema):
        if isinstance(item, ObjectNode):
            by_itself = keys[0] in _BY_ITSELF
            yield from (
                found for found in lint_schema(item) if by_itself or found.code != UNKNOWN_REQUIRED_PROPERTY.code
            )


def lint_enforcement(schema: ObjectNode, *, assert_formats: bool) -> Iterator[Diagnostic]:
    """What nobody enforces in a schema: a warning where that was asked for, and a note elsewhere."""
    for each in all_schemas(schema):
        for keyword in sorted(each.keys() & CONTENT):
            message = f"{keyword} says what a text holds; that is not checked"
            yield UNENFORCED_KEYWORD.at(each.place_at(keyword), message)
        name = each.get("format")
        if not isinstance(name, str):
            continue
        if name not in CHECKED_FORMATS and (near := meant(name, CHECKED_FORMATS, alike=0.75)) is not None:
            message = f"nobody checks the format {name!r}; did you mean {near!r}?"
            yield UNKNOWN_FORMAT.at(each.place_at("format"), message)
        elif not assert_formats and name not in CHECKED_FORMATS:
            message = f"the format {name!r} is one of your own: it is not checked"
            yield UNENFORCED_KEYWORD.at(each.place_at("format"), message)
        elif not assert_formats:
            message = f'the format {name!r} is not checked; formats = "assert" in [tool.prefactor-gen] has it checked'
            yield UNENFORCED_KEYWORD.at(each.place_at("format"), message)
        elif name not in CHECKED_FORMATS:
            message = f"nobody checks the format {name!r}; expected one of {', '.join(sorted(CHECKED_FORMATS))}"
            yield UNKNOWN_FORMAT.at(each.place_at("format"), message)


def _unknown_keywords(schema: ObjectNode) -> Iterator[Diagnostic]:
    if schema.get("nullable") is True:
        message = (
            "'nullable' is OpenAPI's, and JSON Schema ignores it; name null in type, as in type: [string, \"null\"]"
        )
        yield UNKNOWN_KEYWORD.at(schema.place_at("nullable"), message)
    for keyword in schema:
        if keyword in KNOWN or keyword in _OURS:
            continue
        place = schema.place_at(keyword)
        if keyword.startswith(_PREFIX):
            message = f"{keyword!r} means nothing; expected {' or '.join(_OURS)}"
            yield UNKNOWN_KEYWORD.at(place, message, Severity.ERROR)
        elif keyword.startswith("x-"):
            if "redact" in keyword.lower():
                message = f"{keyword!r} is a key of your own and redacts nothing; did you mean {REDACT!r}?"
                yield UNKNOWN_KEYWORD.at(place, message)
        else:
            hint = did_you_mean(keyword, sorted(KNOWN)) or "; a key of your own begins with x-"
            message = f"JSON Schema knows no keyword {keyword!r} and ignores it{hint}"
            yield UNKNOWN_KEYWORD.at(place, message)


def _required_without_property(schema: ObjectNode) -> Iterator[Diagnostic]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, ObjectNode) or not isinstance(required, ListNode) or _SAYS_MORE & schema.keys():
        return
    for index, name in enumerate(required):
        if isinstance(name, str) and name not in properties:
            near = did_you_mean(name, properties) if len(properties) <= _COMPARED else ""
            message = f"{name!r} is required, but no property{near or '; name it in properties to say what it holds'}"
            yield UNKNOWN_REQUIRED_PROPERTY.at(required.place_at(index), message)
