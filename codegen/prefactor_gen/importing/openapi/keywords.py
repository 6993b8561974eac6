"""What OpenAPI's keywords say, in those of JSON Schema 2020-12: `nullable`, `exclusiveMinimum: true`, formats …"""

from __future__ import annotations

from collections.abc import Mapping

from prefactor_gen.importing.openapi.references import is_list, is_object
from prefactor_gen.json_schema.keywords import REDACT

__all__ = ["ANNOTATIONS", "in_json_schema", "takes_null", "with_null"]

Schema = Mapping[str, object]

ANNOTATIONS = ("title", "description", "deprecated", "readOnly", "writeOnly", "default", "examples")
"""What says nothing about which values are valid."""

_NOT_JSON_SCHEMA = frozenset({
    "$anchor", "$dynamicAnchor", "$id", "$recursiveAnchor", "$schema", "discriminator", "example", "externalDocs",
    "nullable", "xml",
})  # fmt: skip
# How a number or a text is stored or sent, which says nothing about its JSON form.
_STORAGE_FORMATS = ("binary", "byte", "double", "float", "int32", "int64")
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def in_json_schema(schema: Schema) -> dict[str, object]:
    """The keywords of one schema that JSON Schema has, with the meaning that it gives them.

    `nullable` is left to `with_null`, and `discriminator` to the conversion of unions.
    """
    kept = {key: value for key, value in schema.items() if _is_kept(key, value)}
    for exclusive, bound in _BOUNDS.items():
        if isinstance(is_exclusive := kept.get(exclusive), bool):
            del kept[exclusive]
            if is_exclusive and bound in kept:
                kept[exclusive] = kept.pop(bound)
    if kept.get("format") in _STORAGE_FORMATS:
        del kept["format"]
    if not is_list(kept.get("required", [])):
        del kept["required"]
    if "example" in schema and "examples" not in kept:
        kept["examples"] = [schema["example"]]
    if not is_list(kept.get("examples", [])):
        del kept["examples"]
    return _with_known_type(kept)


def _is_kept(key: str, value: object) -> bool:
    """Whether JSON Schema has the keyword. Of ours, a document may only hide a value."""
    return (key == REDACT and value is True) or not (key in _NOT_JSON_SCHEMA or key.startswith("x-"))


def _with_known_type(schema: dict[str, object]) -> dict[str, object]:
    """The schema without a type that JSON Schema does not have, such as `any` or `file`."""
    names = schema.get("type")
    if names is not None and not all(name in _TYPES for name in (names if is_list(names) else [names])):
        del schema["type"]
    return schema


def takes_null(schema: Schema) -> bool:
    """Whether it says in any way that it takes null."""
    types = schema.get("type")
    return schema.get("nullable") is True or types == "null" or (is_list(types) and "null" in types)


def with_null(schema: dict[str, object]) -> dict[str, object]:
    """A converted schema that takes null, too."""
    types, values = schema.get("type"), schema.get("enum")
    if is_list(values) and None not in values:
        schema = {**schema, "enum": [*values, None]}
    if isinstance(types, str):
        return schema if types == "null" else {**schema, "type": [types, "null"]}
    if is_list(types):
        return schema if "null" in types else {**schema, "type": [*types, "null"]}
    if schema.keys().isdisjoint({"$ref", "allOf", "anyOf", "oneOf", "const"}):
        return schema  # without a type it takes null already
    options = schema.get("anyOf")
    if is_list(options) and schema.keys() <= {"anyOf", *ANNOTATIONS}:
        has_null = any(is_object(each) and takes_null(each) for each in options)
        return schema if has_null else {**schema, "anyOf": [*options, {"type": "null"}]}
    inner = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    outer = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    return {**outer, "anyOf": [inner, {"type": "null"}]}
