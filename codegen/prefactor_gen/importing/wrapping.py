"""Puts the schema of a result that is no object into an object, because the result of a span is one."""

from __future__ import annotations

from collections.abc import Mapping

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, from_python, to_plain
from prefactor_gen.json_schema.subschemas import map_subschemas

__all__ = ["as_result", "may_be_an_object"]

_DEFINITIONS = ("$defs", "definitions")
_MOVED = "#/properties/result"


def as_result(schema: Mapping[str, object]) -> dict[str, object]:
    """A schema as that of a result: itself if it describes objects, otherwise the property `result` of an object.

    Definitions move to the root, and references to the schema itself lead to its new place.

    Raises:
        DiagnosticError: the schema holds something that JSON cannot express.
    """
    if may_be_an_object(schema):
        return dict(schema)
    node = from_python(schema, Place("result"))
    assert isinstance(node, ObjectNode)  # noqa: S101  # it is made of a mapping
    draft = {"$schema": node["$schema"]} if "$schema" in node else {}
    inner = node.without({"$schema"})
    definitions: dict[str, JsonValue] = {}
    if not isinstance(node.get("$id"), str):  # otherwise references are relative to the $id, wherever the schema stands
        inner = _with_moved_references(inner.without(_DEFINITIONS))
        definitions = {key: _moved_definitions(node[key]) for key in _DEFINITIONS if key in node}
    members = {"type": "object", "required": ["result"], "properties": {"result": to_plain(inner)}}
    return {**draft, **members, **{key: to_plain(each) for key, each in definitions.items()}}


def may_be_an_object(schema: Mapping[str, object]) -> bool:
    """Whether the schema describes objects, or does not say what it describes."""
    types = schema.get("type")
    names = types if isinstance(types, list) else [types]
    return "object" in names or ("type" not in schema and "enum" not in schema and "const" not in schema)


def _moved_definitions(definitions: JsonValue) -> JsonValue:
    if not isinstance(definitions, ObjectNode):
        return definitions
    return definitions.with_items(
        (name, _with_moved_references(each) if isinstance(each, ObjectNode) else each)
        for name, each in definitions.items()
    )


def _with_moved_references(schema: ObjectNode) -> ObjectNode:
    """The schema in which references to the former root lead to its new place."""
    if isinstance(schema.get("$id"), str):
        return schema
    for keyword in ("$ref", "$dynamicRef"):
        reference = schema.get(keyword)
        if isinstance(reference, str) and _leads_into_the_root(reference):
            schema = schema.with_member(keyword, _MOVED + reference[1:])
    return map_subschemas(
        schema, lambda item, _: _with_moved_references(item) if isinstance(item, ObjectNode) else item
    )


def _leads_into_the_root(reference: str) -> bool:
    """Whether a reference is a pointer to the root, or into it, but not to a definition."""
    if reference != "#" and not reference.startswith("#/"):
        return False
    return not reference.startswith(tuple(f"#/{key}/" for key in _DEFINITIONS))
