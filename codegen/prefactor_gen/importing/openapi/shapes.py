"""How the body of a request becomes params, and that of a response a result, which are JSON objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prefactor_gen.importing.openapi.keywords import takes_null
from prefactor_gen.importing.openapi.references import Documents, Located, is_list, is_object

__all__ = ["BodyMembers", "body_members", "describes_object"]

# What a schema may say beside its members, so that these can stand beside the parameters of the operation.
_BESIDE_MEMBERS = frozenset({
    "additionalProperties", "description", "example", "examples", "externalDocs", "properties", "required", "title",
    "type", "xml",
})  # fmt: skip
_MOST_SCHEMAS = 500


@dataclass
class BodyMembers:
    """The members of a body, each with its file, and what it says about others."""

    properties: dict[str, Located] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    others: Located | None = None


def body_members(documents: Documents, body: Located) -> BodyMembers | None:
    """The members of a body; None if it is no plain object, so that it has to be one param.

    Raises:
        BrokenReferenceError: a reference leads nowhere.
    """
    return _Shapes(documents).members(body)


def describes_object(documents: Documents, schema: Located) -> bool:
    """Whether only objects match a schema, as far as it is plain to see.

    Raises:
        BrokenReferenceError: a reference leads nowhere.
    """
    return _Shapes(documents).describes_object(schema)


class _Shapes:
    """Looks at one schema, and no further than a number of others that it is made of."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._left = _MOST_SCHEMAS

    def members(self, body: Located) -> BodyMembers | None:
        schema, file = self._followed(body)
        if not is_object(schema) or takes_null(schema):
            return None
        keywords = {key for key in schema if not key.startswith("x-")}
        if is_list(parts := schema.get("allOf")) and keywords <= _BESIDE_MEMBERS - {"additionalProperties"} | {"allOf"}:
            beside = {key: value for key, value in schema.items() if key != "allOf"}
            own = [beside] if "properties" in beside else []
            return self._joined([Located(each, file) for each in (*parts, *own)], beside)
        if keywords - _BESIDE_MEMBERS or schema.get("type", "object") != "object":
            return None
        members = self._documents.follow(Located(schema.get("properties"), file))
        if not is_object(members.value):
            return None
        others = schema.get("additionalProperties")
        return BodyMembers(
            {name: members.member(name) for name in members.members},
            _required(schema),
            Located(others, file) if others is not None else None,
        )

    def _joined(self, parts: list[Located], beside: Mapping[str, object]) -> BodyMembers | None:
        """The members of all parts of an `allOf`; None if two parts describe the same one, or close the object."""
        joined = BodyMembers(required=_required(beside))
        for part in parts:
            found = self.members(part)
            if found is None or found.others is not None or not found.properties.keys().isdisjoint(joined.properties):
                return None
            joined.properties.update(found.properties)
            joined.required.extend(found.required)
        return joined

    def describes_object(self, located: Located) -> bool:
        schema, file = self._followed(located)
        if not is_object(schema) or takes_null(schema):
            return False
        if (types := schema.get("type")) is not None:
            return types in ("object", ["object"])

        def options(keyword: str) -> list[Located]:
            given = schema.get(keyword)
            return [Located(each, file) for each in given] if is_list(given) else []

        if "properties" in schema or any(map(self.describes_object, options("allOf"))):
            return True
        unions = [union for keyword in ("oneOf", "anyOf") if (union := options(keyword))]
        return any(all(map(self.describes_object, union)) for union in unions)

    def _followed(self, located: Located) -> Located:
        """What a schema refers to; nothing once too many schemas have been looked at."""
        self._left -= 1
        return self._documents.follow(located) if self._left >= 0 else Located(None, located.file)


def _required(schema: Mapping[str, object]) -> list[str]:
    names = schema.get("required")
    return [name for name in names if isinstance(name, str)] if is_list(names) else []
