"""The drafts of JSON Schema. The stages know draft-07 and 2020-12; schemas of other drafts are rewritten into these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.keywords import ASSERTIONS, NOT_IN_DRAFT_07
from prefactor_gen.json_schema.subschemas import effective_schema, map_subschemas
from prefactor_schema.suggestions import did_you_mean

__all__ = [
    "DRAFTS",
    "DRAFT_04",
    "DRAFT_07",
    "DRAFT_2020_12",
    "draft_of",
    "draft_of_uri",
    "in_2020_12",
    "in_a_known_draft",
    "names_own_metaschema",
    "read_differently",
    "whole_in_2020_12",
]

DRAFT_04 = "http://json-schema.org/draft-04/schema"
DRAFT_06 = "http://json-schema.org/draft-06/schema"
DRAFT_07 = "http://json-schema.org/draft-07/schema"
DRAFT_2019_09 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"
DRAFTS = (DRAFT_2020_12, DRAFT_2019_09, DRAFT_07, DRAFT_06, DRAFT_04)

_BY_ADDRESS = {draft.partition("://")[2]: draft for draft in DRAFTS}
_NOT_IN_DRAFT_06 = NOT_IN_DRAFT_07 | {"if", "then", "else"}
_NOT_IN_DRAFT_04 = _NOT_IN_DRAFT_06 | {"$id", "const", "contains", "propertyNames"}
_NOT_IN_2019_09 = frozenset({"$dynamicAnchor", "$dynamicRef", "prefixItems"})
# Keywords that draft 2020-12 and draft-07 read differently. A list in `items` and keywords beside a `$ref` are others.
_DRAFT_SPECIFIC = frozenset({
    "$anchor", "$dynamicAnchor", "$dynamicRef", "additionalItems", "dependencies", "dependentRequired",
    "dependentSchemas", "maxContains", "minContains", "prefixItems", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_RECURSIVE = "recursive"  # the anchor that stands for `$recursiveAnchor: true`
# In a pointer, the keyword and not a property or definition of this name.
_MAPS = ("properties", "patternProperties", "dependentSchemas", "dependencies", "definitions", "$defs")
_NOT_A_NAME = "".join(f"(?<!/{re.escape(keyword)})" for keyword in _MAPS)
_TUPLE_STEP = re.compile(_NOT_A_NAME + r"/items(?=/\d+(/|$))")
_REST_STEP = re.compile(_NOT_A_NAME + r"/additionalItems(?=/|$)")


def draft_of(schema: ObjectNode) -> str | None:
    """The URI of the draft that `$schema` names, with http or https, with or without `#`; None if there is none.

    A schema with a metaschema of somebody's own is read as one of 2020-12.
    """
    named = schema.get("$schema", DRAFT_2020_12)
    if names_own_metaschema(schema):
        return DRAFT_2020_12
    return draft_of_uri(named.removesuffix("#")) if isinstance(named, str) else None


def names_own_metaschema(schema: ObjectNode) -> bool:
    """Whether `$schema` names a metaschema that is not one of JSON Schema, nor similar to one."""
    named = schema.get("$schema")
    if not isinstance(named, str) or not named.startswith(("http://", "https://")):
        return False
    is_official = named.partition("://")[2].startswith("json-schema.org/")
    return not is_official and not did_you_mean(named, DRAFTS)


def draft_of_uri(uri: str) -> str | None:
    """The URI of the draft with this URI, with http or https; None if there is none."""
    return _BY_ADDRESS.get(uri.partition("://")[2]) if uri.startswith(("http://", "https://")) else None


def in_a_known_draft(schema: ObjectNode) -> ObjectNode:
    """The same schema in draft-07, if it is in an older draft, or in 2020-12, if it is in 2019-09."""
    match draft_of(schema):
        case draft if draft == DRAFT_04:
            return _mapped(schema, _from_draft_04).with_member("$schema", f"{DRAFT_07}#")
        case draft if draft == DRAFT_06:
            return _mapped(schema, lambda each: each.without(_NOT_IN_DRAFT_06)).with_member("$schema", f"{DRAFT_07}#")
        case draft if draft == DRAFT_2019_09:
            return _from_2019_09(schema, recursive=False, is_root=True).with_member("$schema", DRAFT_2020_12)
        case draft if draft is not None and str(schema.get("$schema", draft)).removesuffix("#") != draft:
            return schema.with_member("$schema", draft)
    return schema


def read_differently(schema: ObjectNode) -> Iterator[str]:
    """The keywords of a schema, without its subschemas, that draft-07 and 2020-12 read differently."""
    yield from sorted(schema.keys() & _DRAFT_SPECIFIC)
    if isinstance(schema.get("items"), ListNode):
        yield "items"
    if "$ref" in schema and schema.keys() & ASSERTIONS - {"$ref"}:
        yield "$ref"


def whole_in_2020_12(schema: ObjectNode) -> ObjectNode:
    """A schema of draft-07 with its own references in 2020-12."""
    return _mapped(schema, lambda each: _with_moved_reference(_from_draft_07(_with_anchor(each)))).without({"$schema"})


def in_2020_12(schema: ObjectNode) -> ObjectNode:
    """A part of a schema of draft-07 as a part of one of 2020-12."""
    return _mapped(schema, _from_draft_07).without({"$schema"})


def _mapped(schema: ObjectNode, change: Callable[[ObjectNode], ObjectNode]) -> ObjectNode:
    """The schema with each schema in it replaced, subschemas last."""

    def visit(item: JsonValue, _keys: tuple[str, ...]) -> JsonValue:
        return _mapped(item, change) if isinstance(item, ObjectNode) else item

    return map_subschemas(change(schema), visit)


def _renamed(schema: ObjectNode, old: str, new: str) -> ObjectNode:
    """The schema in which a keyword has another name, at the same place."""
    items = [(new if key == old else key, value) for key, value in schema.items() if key != new]
    places = {**schema.key_places, new: schema.place_at(old)}
    return ObjectNode(items, place=schema.place, key_places=places)


def _from_draft_04(schema: ObjectNode) -> ObjectNode:
    schema = schema.without(_NOT_IN_DRAFT_04)
    if isinstance(schema.get("id"), str):
        schema = _renamed(schema, "id", "$id")
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(exclusive) is True and bound in schema:
            schema = _renamed(schema.without({exclusive}), bound, exclusive)
        elif isinstance(schema.get(exclusive), bool):
            schema = schema.without({exclusive})
    return schema


def _from_2019_09(schema: ObjectNode, *, recursive: bool, is_root: bool = False) -> ObjectNode:
    """A schema of 2019-09 in 2020-12.

    Args:
        schema: the schema or a part of it.
        recursive: the nearest schema around it with an `$id` has `$recursiveAnchor: true`.
        is_root: it is the whole schema.
    """
    if is_root or isinstance(schema.get("$id"), str):
        recursive = schema.get("$recursiveAnchor") is True
    schema = _with_moved_reference(_with_prefix_items(schema.without(_NOT_IN_2019_09)))
    if schema.get("$recursiveAnchor") is True and recursive:
        schema = _renamed(schema, "$recursiveAnchor", "$dynamicAnchor").with_member("$dynamicAnchor", _RECURSIVE)
    if "$recursiveRef" in schema:
        keyword, target = ("$dynamicRef", f"#{_RECURSIVE}") if recursive else ("$ref", "#")
        if keyword in schema:  # beside a $ref
            place, branches = schema.place_at("$recursiveRef"), schema.list_at("allOf")
            reference = ObjectNode([(keyword, target)], place=place, key_places={keyword: place})
            schema = schema.without({"$recursiveRef"})
            schema = schema.with_member("allOf", branches.with_items([*branches, reference]))
        else:
            schema = _renamed(schema, "$recursiveRef", keyword).with_member(keyword, target)
    return map_subschemas(
        schema.without({"$recursiveAnchor"}),
        lambda item, _: _from_2019_09(item, recursive=recursive) if isinstance(item, ObjectNode) else item,
    )


def _from_draft_07(schema: ObjectNode) -> ObjectNode:
    schema = _with_prefix_items(effective_schema(schema, draft_07=True))  # its references are resolved in draft-07
    dependencies = schema.object_at("dependencies")
    if dependencies:
        lists = {key: item for key, item in dependencies.items() if isinstance(item, ListNode)}
        of_names, of_schemas = dependencies.with_items(lists.items()), dependencies.without(lists)
        schema = _renamed(schema, "dependencies", "dependentSchemas").with_member("dependentSchemas", of_schemas)
        schema = schema.with_member("dependentRequired", of_names)
    return schema


def _with_anchor(schema: ObjectNode) -> ObjectNode:
    """The schema with 2020-12's keyword for an anchor in `$id`, and without an `$id` that draft-07 ignores."""
    identifier = schema.get("$id")
    if not isinstance(identifier, str) or not ("#" in identifier or "$ref" in schema):
        return schema
    uri, _, anchor = identifier.partition("#")
    if "$ref" in schema or not (uri or anchor):
        return schema.without({"$id"})
    schema = schema.with_member("$id", uri) if uri else _renamed(schema, "$id", "$anchor")
    return schema.with_member("$anchor", anchor) if anchor else schema


def _with_prefix_items(schema: ObjectNode) -> ObjectNode:
    """The schema with 2020-12's keywords for a list of schemas in `items`."""
    if isinstance(schema.get("items"), ListNode):
        schema = _renamed(schema, "items", "prefixItems")
        schema = _renamed(schema, "additionalItems", "items") if "additionalItems" in schema else schema
    return schema


def _with_moved_reference(schema: ObjectNode) -> ObjectNode:
    """The schema with its reference into a list of schemas in `items` as 2020-12 has it."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and "#/" in reference:
        uri, _, pointer = reference.partition("#")
        moved = _REST_STEP.sub("/items", _TUPLE_STEP.sub("/prefixItems", pointer))
        schema = schema if moved == pointer else schema.with_member("$ref", f"{uri}#{moved}")
    return schema
