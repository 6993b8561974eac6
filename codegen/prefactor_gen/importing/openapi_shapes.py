"""How the body of a request becomes params, and that of a response a result, which are JSON objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prefactor_gen.importing.openapi_documents import BrokenReferenceError, Documents, Located, is_list, is_object
from prefactor_gen.importing.openapi_keywords import takes_null

__all__ = ["BodyMembers", "body_members", "describes_object"]

# What a schema may say beside its members, so that these can stand beside the parameters of the operation.
_BESIDE_MEMBERS = frozenset({
    "additionalProperties", "description", "example", "examples", "externalDocs", "properties", "required", "title",
    "type", "xml",
})  # fmt: skip
_MAX_DEPTH = 20


@dataclass
class BodyMembers:
    """The members of a body, each with its file, and what it says about others."""

    properties: dict[str, Located] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    others: Located | None = None


def body_members(documents: Documents, body: Located, depth: int = 0) -> BodyMembers | None:
    """The members of a body; None if it is no plain object, so that it has to be one param.

    Raises:
        BrokenReferenceError: a reference leads nowhere.
    """
    schema, file = documents.follow(body)
    if not is_object(schema) or takes_null(schema) or depth > _MAX_DEPTH:
        return None
    keywords = {key for key in schema if not key.startswith("x-")}
    if is_list(parts := schema.get("allOf")) and keywords <= _BESIDE_MEMBERS | {"allOf"}:
        return _joined(documents, [Located(each, file) for each in (*parts, {**schema, "allOf": None})], depth)
    if keywords - {"allOf"} - _BESIDE_MEMBERS or schema.get("type", "object") != "object":
        return None
    members, required = documents.follow(Located(schema.get("properties"), file)), schema.get("required")
    if not is_object(members.value) and "allOf" not in schema:
        return None
    others = schema.get("additionalProperties")
    return BodyMembers(
        {name: members.member(name) for name in members.members},
        [name for name in required if isinstance(name, str)] if is_list(required) else [],
        Located(others, file) if others is not None else None,
    )


def _joined(documents: Documents, parts: list[Located], depth: int) -> BodyMembers | None:
    """The members of all parts of an `allOf`; None if two parts describe the same one, or close the object."""
    joined = BodyMembers()
    for part in parts:
        found = body_members(documents, part, depth + 1)
        if found is None or found.others is not None or not found.properties.keys().isdisjoint(joined.properties):
            return None
        joined.properties.update(found.properties)
        joined.required.extend(found.required)
    return joined


def describes_object(documents: Documents, located: Located, depth: int = 0) -> bool:
    """Whether only objects match a schema, as far as it is plain to see."""
    try:
        schema, file = documents.follow(located)
    except BrokenReferenceError:
        return False
    if not is_object(schema) or takes_null(schema) or depth > _MAX_DEPTH:
        return False
    if (types := schema.get("type")) is not None:
        return types in ("object", ["object"])

    def are_objects(keyword: str) -> list[bool]:
        options = schema.get(keyword)
        return (
            [describes_object(documents, Located(each, file), depth + 1) for each in options]
            if is_list(options)
            else []
        )

    unions = [are_objects(keyword) for keyword in ("oneOf", "anyOf")]
    return "properties" in schema or any(are_objects("allOf")) or any(each and all(each) for each in unions)


def with_type(schema: Mapping[str, object]) -> dict[str, object]:
    """The schema of an object that says so."""
    return {"type": "object", **schema} if "$ref" not in schema else dict(schema)
