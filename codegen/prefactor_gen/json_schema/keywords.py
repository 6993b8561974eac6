"""The keywords of JSON Schema, by what the generator does with them."""

from __future__ import annotations

__all__ = [
    "ALLOW",
    "ASSERTIONS",
    "CHECKED_FORMATS",
    "CLASS",
    "CONTENT",
    "DATA",
    "DEPRECATED",
    "FOR_TYPE",
    "KNOWN",
    "NAME",
    "NOT_ENFORCED",
    "NOT_IN_DRAFT_07",
    "REDACT",
    "RENAMED_FROM",
    "TYPED_FORMATS",
]

ALLOW = "x-prefactor-allow"
"""Our own keyword: names the rules that a definition or a schema may break, each with the reason."""

CLASS = "x-prefactor-class"
"""Our own keyword: the Python class of a span type, or of an object."""

DATA = "x-prefactor-data"
"""Our own keyword: the categories of data_risk that a value belongs to."""

DEPRECATED = "x-prefactor-deprecated"
"""Our own keyword: what to use in place of a property or a span type, since when, and until when it is supported."""

NAME = "x-prefactor-name"
"""Our own keyword: the Python name of a property."""

REDACT = "x-prefactor-redact"
"""Our own keyword: the value is replaced before it is recorded."""

RENAMED_FROM = "x-prefactor-renamed-from"
"""Our own keyword: the name that a property or a span type had before. Only comparisons read it."""

NOT_ENFORCED = frozenset({
    "$dynamicRef", "additionalItems", "contains", "dependencies", "dependentRequired", "dependentSchemas", "else",
    "if", "maxContains", "maxProperties", "minContains", "minProperties", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
})  # fmt: skip
"""The assertions that generated types cannot express."""

FOR_TYPE: dict[str, frozenset[str]] = {
    "object": frozenset({"additionalProperties", "patternProperties", "properties", "required"}),
    "array": frozenset({"items", "maxItems", "minItems", "prefixItems"}),
    "string": frozenset({"maxLength", "minLength", "pattern"}),
    **dict.fromkeys(
        ("number", "integer"),
        frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}),
    ),
}
"""The assertions that generated types can express, by the type of value that they apply to."""

ASSERTIONS = (
    NOT_ENFORCED
    | frozenset().union(*FOR_TYPE.values())
    | {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type", "format"}
)
"""Every keyword that decides whether a value is valid, and `format`, which changes what a caller may pass."""

KNOWN = ASSERTIONS | {
    "$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary", "contentEncoding",
    "contentMediaType", "contentSchema", "default", "definitions", "deprecated", "description", "examples", "readOnly",
    "title", "writeOnly",
    # Keywords of OpenAPI, which other tools read in the same schemas.
    "discriminator", "example", "externalDocs", "nullable", "xml",
}  # fmt: skip
"""Every keyword of JSON Schema, and those of OpenAPI."""

NOT_IN_DRAFT_07 = frozenset({
    "$dynamicRef", "contentSchema", "dependentRequired", "dependentSchemas", "maxContains", "minContains",
    "prefixItems", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
"""Keywords of draft 2020-12 that have no effect in draft-07. `$defs` has one: references lead into it."""

CONTENT = frozenset({"contentEncoding", "contentMediaType", "contentSchema"})
"""Keywords for the content of a text: annotations, which JSON Schema leaves unchecked."""

CHECKED_FORMATS = frozenset({
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
    "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference", "uri-template",
    "uuid",
})  # fmt: skip
"""The formats of JSON Schema, which are checked where that is configured."""

TYPED_FORMATS = frozenset({"date-time", "date", "time", "uuid"})
"""Formats with a Python type that a caller may pass in place of the text."""
