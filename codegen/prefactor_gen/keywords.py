"""The keywords of JSON Schema, by what the generated types make of them."""

from __future__ import annotations

__all__ = ["ASSERTIONS", "CHECKED_FORMATS", "CONTENT", "FOR_KIND", "KNOWN", "NOT_ENFORCED", "TYPED_FORMATS"]

NOT_ENFORCED = frozenset({
    "$dynamicRef", "additionalItems", "contains", "dependencies", "dependentRequired", "dependentSchemas", "else",
    "if", "maxContains", "maxProperties", "minContains", "minProperties", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
})  # fmt: skip
"""What types cannot say."""

FOR_KIND: dict[str, frozenset[str]] = {
    "object": frozenset({"additionalProperties", "patternProperties", "properties", "required"}),
    "array": frozenset({"items", "maxItems", "minItems", "prefixItems"}),
    "string": frozenset({"maxLength", "minLength", "pattern"}),
    **dict.fromkeys(
        ("number", "integer"),
        frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}),
    ),
}
"""What types can say, by the kind of value that it speaks of."""

ASSERTIONS = (
    NOT_ENFORCED
    | frozenset().union(*FOR_KIND.values())
    | {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type", "format"}
)
"""All that decides whether a value is valid, with `format`, which changes what a caller may pass."""

KNOWN = ASSERTIONS | {
    "$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary", "contentEncoding",
    "contentMediaType", "contentSchema", "default", "definitions", "deprecated", "description", "examples", "readOnly",
    "title", "writeOnly",
    # OpenAPI's, which other tools read in the same schemas.
    "discriminator", "example", "externalDocs", "nullable", "xml",
}  # fmt: skip
"""Every keyword that means something, to JSON Schema or to those who read schemas."""

CONTENT = frozenset({"contentEncoding", "contentMediaType", "contentSchema"})
"""What a text holds: by JSON Schema's own rules, nobody has to check it."""

CHECKED_FORMATS = frozenset({
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
    "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference", "uri-template",
    "uuid",
})  # fmt: skip
"""The formats that a payload is compared with where that is configured: JSON Schema's own."""

TYPED_FORMATS = frozenset({"date-time", "date", "time", "uuid"})
"""Formats whose Python value a caller may pass instead of the text."""
