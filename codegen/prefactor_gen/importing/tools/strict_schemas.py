"""Schemas of OpenAI's strict mode, which requires all properties: optional ones are required and may be null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, from_python, to_plain
from prefactor_gen.importing.cleaning import payload_path
from prefactor_gen.json_schema.subschemas import located_schemas, map_subschemas

__all__ = ["closed_empty_objects", "has_nullable_required", "without_nullable_required"]


def has_nullable_required(schema: Mapping[str, object]) -> bool:
    """Whether a property is required and may be null.

    Raises:
        DiagnosticError: the schema holds something that JSON cannot express.
    """
    return any(_nullable_required(each) for _, each in located_schemas(_node(schema)))


def without_nullable_required(schema: Mapping[str, object]) -> Mapping[str, object]:
    """The schema in which such properties may be absent instead, and are not null.

    Raises:
        DiagnosticError: the schema holds something that JSON cannot express.
    """
    plain = to_plain(_reverted(_node(schema)))
    assert isinstance(plain, dict)  # noqa: S101  # it is a schema
    return plain


def closed_empty_objects(schema: Mapping[str, object]) -> Iterator[str]:
    """The paths of the objects in a payload that may have no members at all.

    Raises:
        DiagnosticError: the schema holds something that JSON cannot express.
    """
    for pointer, each in located_schemas(_node(schema)):
        is_closed = each.get("additionalProperties") is False and "patternProperties" not in each
        if pointer and "object" in each.types and is_closed and not each.properties:
            yield payload_path(pointer)


def _node(schema: Mapping[str, object]) -> ObjectNode:
    node = from_python(schema, Place(""))
    assert isinstance(node, ObjectNode)  # noqa: S101  # it is made of a mapping
    return node


def _reverted(schema: ObjectNode) -> ObjectNode:
    schema = map_subschemas(schema, lambda item, _: _reverted(item) if isinstance(item, ObjectNode) else item)
    optional = _nullable_required(schema)
    if not optional:
        return schema
    properties = schema.properties
    for name, not_null in optional.items():
        properties = properties.with_member(name, not_null)
    required = [name for name in schema.required if name not in optional]
    schema = schema.with_member("properties", properties)
    return schema.with_member("required", schema.list_at("required").with_items(required))


def _nullable_required(schema: ObjectNode) -> dict[str, ObjectNode]:
    """The required properties that may be null, each with its schema without null."""
    members = ((name, schema.properties.get(name)) for name in schema.required)
    found = ((name, _without_null(member)) for name, member in members if isinstance(member, ObjectNode))
    return {name: not_null for name, not_null in found if not_null is not None}


def _without_null(schema: ObjectNode) -> ObjectNode | None:
    """The schema without null; None if it does not name null beside something else."""
    if "null" in schema.types and len(schema.types) > 1:
        types = [each for each in schema.types if each != "null"]
        schema = schema.with_member("type", types[0] if len(types) == 1 else schema.list_at("type").with_items(types))
        values = schema.get("enum")
        if isinstance(values, ListNode):
            schema = schema.with_member("enum", values.with_items(each for each in values if each is not None))
        return schema
    options: JsonValue = schema.get("anyOf")
    if not isinstance(options, ListNode):
        return None
    others = [each for each in options if not (isinstance(each, ObjectNode) and each.types == ["null"])]
    if not others or len(others) == len(options):
        return None
    only = others[0]
    if len(others) == 1 and isinstance(only, ObjectNode):
        return schema.without({"anyOf"}).with_items({**only, **schema.without({"anyOf"})}.items())
    return schema.with_member("anyOf", options.with_items(others))
