"""The typing view of a schema: the part that generated types can express, and the keywords that they cannot.

A view has one level. The subschemas in it are viewed in turn by `bundle`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from collections.abc import Set as AbstractSet

from prefactor_gen.diagnostics.limits import MAX_COUNT, MAX_LITERAL_TEXT, MAX_LITERALS, MAX_OPTIONS
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode, Schema, is_same
from prefactor_gen.json_schema.json_types import main_type, types_of
from prefactor_gen.json_schema.keywords import ASSERTIONS, FOR_TYPE, NOT_ENFORCED, TYPED_FORMATS
from prefactor_gen.json_schema.subschemas import tuple_keyword

__all__ = ["is_long_enum", "is_object_schema", "typing_view"]

_UNIONS = ("anyOf", "oneOf")
_COUNTS = frozenset({"maxItems", "maxLength", "minItems", "minLength"})
_TYPABLE = ASSERTIONS - NOT_ENFORCED


def is_object_schema(schema: ObjectNode) -> bool:
    """Whether the schema describes objects with named members, which become classes."""
    if {"$ref", "enum", "const"} & schema.keys() or schema.get("type", "object") != "object":
        return False
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    return "properties" in schema or bool(schema.required) or ("type" in schema and closed)


def typing_view(
    schema: ObjectNode, *, draft_07: bool = False, branches: Sequence[JsonValue] = ()
) -> tuple[ObjectNode, list[str]]:
    """The view of a schema, and its untyped keywords.

    Args:
        schema: an effective schema without `allOf`, and without assertions beside a `$ref`.
        draft_07: whether it is one of draft-07.
        branches: schemas that name members of the objects that it describes, for each option that is an object.
    """
    viewer = _Viewer(schema, draft_07=draft_07, branches=branches)
    return viewer.view(), viewer.untyped_keywords


class _Viewer:
    """Makes the view of one schema. Its methods take and return partial views."""

    def __init__(self, schema: ObjectNode, *, draft_07: bool, branches: Sequence[JsonValue] = ()) -> None:
        self.schema = schema
        self.branches = branches
        self.draft_07 = draft_07
        self.untyped_keywords = [keyword for keyword in schema if keyword in NOT_ENFORCED]

    def view(self) -> ObjectNode:
        view = self._node((key, value) for key, value in self.schema.items() if key in _TYPABLE)
        if "$ref" in view:
            return view
        if {"enum", "const"} & view.keys():
            view = self.enumerated(view)
        if isinstance(view.get("type"), ListNode):
            view = self.split(view, [name for name in view.types if name != "integer" or "number" not in view.types])
        if is_object_schema(view):
            return self.object(self.without(view, _UNIONS)) if "type" in view else self.object_or_else(view)
        union = next((keyword for keyword in _UNIONS if keyword in view), None)
        if union is not None:
            return self.union(view, union)
        match view.get("type"):
            case "array":
                return self.array(view)
            case "object":
                return self.object(view)
            case None if "enum" not in view:
                return self.without(view, frozenset().union(*FOR_TYPE.values()))
            case _:
                return self.scalar(view)

    def _node(self, items: Iterable[tuple[str, JsonValue]]) -> ObjectNode:
        return self.schema.with_items(items)

    def _list(self, items: Iterable[JsonValue]) -> ListNode:
        return ListNode(items, place=self.schema.place)

    def without(self, view: ObjectNode, keywords: Container[str]) -> ObjectNode:
        """The view without some keywords, which stay untyped."""
        self.untyped_keywords.extend(keyword for keyword in view if keyword in keywords)
        return view.without(keywords)

    def enumerated(self, view: ObjectNode) -> ObjectNode:
        """`enum` and `const` become one list of values, if a Literal can hold them."""
        values = view.list_at("enum") if "enum" in view else self._list([view["const"]])
        if "const" in view:
            const = view["const"]
            values = values.with_items([const] if any(is_same(const, value) for value in values) else [])
        types = {*view.types}
        possible = [value for value in values if not types or types_of(value) & types]
        if is_long_enum(possible):
            return self.types_of_values(view, possible)
        if not possible:
            return self.without(view, ("enum", "const"))
        if not all(map(_is_literal, possible)):
            return self.types_of_values(view, possible)
        type_names = {name for value in possible for name in types_of(value)}
        beside = frozenset(_UNIONS).union(*(FOR_TYPE.get(name, ()) for name in type_names))
        self.untyped_keywords.extend(keyword for keyword in view if keyword in beside)
        once = {(isinstance(value, bool), value): value for value in possible}
        return self._node([("enum", values.with_items(once.values()))])

    def types_of_values(self, view: ObjectNode, values: list[JsonValue]) -> ObjectNode:
        """More values than a Literal should hold, or such as it cannot hold, become their types."""
        view = self.without(view, ("enum", "const"))
        if "type" in view:
            return view
        return self._node([("type", self._list(sorted({main_type(value) for value in values}))), *view.items()])

    def split(self, view: ObjectNode, types: list[str]) -> ObjectNode:
        """`type: [object, "null"]` with keywords that apply to one of them → `anyOf` of one schema per type."""
        if len(types) == 1:
            return view.with_member("type", types[0])
        typed_keywords = frozenset({"format"}).union(*(FOR_TYPE.get(name, ()) for name in types))
        if not typed_keywords & view.keys() or set(_UNIONS) & view.keys():
            return view.with_member("type", self._list(types))
        options: list[JsonValue] = []
        for name in types:
            own = FOR_TYPE.get(name, frozenset()) | ({"format"} if name == "string" else set())
            option = self._node([("type", name), *((key, value) for key, value in view.items() if key in own)])
            options.append(self.with_branches(option) if name == "object" else option)
        return self._node([("anyOf", self._list(options))])

    def union(self, view: ObjectNode, keyword: str) -> ObjectNode:
        """`anyOf` or `oneOf`; the keywords beside it belong to each of its options."""
        beside = view.without({keyword})
        options = view.branches(keyword)
        if len(options) > MAX_OPTIONS:
            return self.long_union(view, keyword, options)
        if keyword == "oneOf" and not self.are_disjoint(options):
            self.untyped_keywords.append(keyword)
        if not any(option is not False for option in options):
            self.untyped_keywords.append(keyword)
            return self._node([])
        joined = [
            self._node([("allOf", self._list([*([beside] if beside else []), *self.branches, option]))])
            if (beside or self.branches) and option is not False
            else option
            for option in options
        ]
        return self._node([(keyword, self._list(joined))])

    def with_branches(self, objects: ObjectNode) -> ObjectNode:
        return objects.with_member("allOf", self._list(self.branches)) if self.branches else objects

    def long_union(self, view: ObjectNode, keyword: str, options: Sequence[Schema]) -> ObjectNode:
        """More options than a union should have become the types that they name."""
        view = self.without(view, (keyword,))
        types = self.types_of_options(options)
        if "type" not in view and types is not None:
            view = self._node([("type", self._list(sorted(types))), *view.items()])
        return _Viewer(view, draft_07=self.draft_07, branches=self.branches).view()

    def types_of_options(self, options: Sequence[Schema]) -> AbstractSet[str] | None:
        """The types of all options, None if one does not name any."""
        types = set[str]()
        for option in options:
            named = _type_names(option) if isinstance(option, ObjectNode) and not self.is_reference(option) else None
            if not named:
                return None
            types |= named
        return types

    def is_reference(self, schema: ObjectNode) -> bool:
        """Whether the keywords of a schema do not apply: draft-07 ignores them beside a `$ref`."""
        return self.draft_07 and "$ref" in schema

    def are_disjoint(self, options: Sequence[Schema]) -> bool:
        """Whether no value can match two of these: by their types, or by the constants of a required property."""
        schemas = [option for option in options if isinstance(option, ObjectNode) and not self.is_reference(option)]
        if not schemas or len(schemas) < len(options):
            return False
        return _are_disjoint([_type_names(schema) for schema in schemas]) or any(
            _are_disjoint([_constants(schema, name) for schema in schemas]) for name in schemas[0].required
        )

    def object_or_else(self, view: ObjectNode) -> ObjectNode:
        """Object keywords without `type`: any non-object is valid too."""
        self.untyped_keywords.extend(keyword for keyword in view if keyword not in FOR_TYPE["object"])
        objects = self.with_branches(self._node([("type", "object"), *view.items()]))
        others = self._node([("type", self._list(["string", "number", "boolean", "array", "null"]))])
        return self._node([("anyOf", self._list([objects, others]))])

    def scalar(self, view: ObjectNode) -> ObjectNode:
        name = str(view.get("type"))
        own = {"type", "enum", *FOR_TYPE.get(name, ())}
        if name in {"integer", "number"}:
            inexact = [key for key in view if key in FOR_TYPE["number"] and not _is_exact(key, view[key], name)]
            view = self.without(view, inexact)
        # Text with other constraints keeps no format: a datetime, for example, has no length and no pattern.
        if name == "string" and view.get("format") in TYPED_FORMATS and not FOR_TYPE["string"] & view.keys():
            own.add("format")
        return self._node((key, _count(key, value)) for key, value in view.items() if key in own)

    def array(self, view: ObjectNode) -> ObjectNode:
        """Arrays and tuples. A tuple without a fixed length becomes an array of any of its item types."""
        own = {key: _count(key, value) for key, value in view.items() if key in {"type", *FOR_TYPE["array"]}}
        keyword, rest_keyword = tuple_keyword(view)
        first = view.list_at(keyword) if keyword is not None else ListNode(place=view.place)
        rest = self.schema.get(rest_keyword)
        own = {key: value for key, value in own.items() if key not in {"prefixItems", "items"}}
        # Without a list in `items`, `additionalItems` does not apply; with one, it is handled here.
        self.untyped_keywords = [each for each in self.untyped_keywords if each != "additionalItems"]
        if not first:
            items: dict[str, JsonValue] = {"maxItems": 0} if rest is False else {} if rest is None else {"items": rest}
            return self._node({**own, **items}.items())
        least, most = own.get("minItems", 0), own.get("maxItems")
        if least == len(first) <= MAX_LITERALS and (rest is False or most == len(first)):
            return self._node([*own.items(), ("prefixItems", first), ("maxItems", len(first)), ("items", False)])
        self.untyped_keywords.append(str(keyword))
        if rest is False:
            own["maxItems"] = min(len(first), most) if isinstance(most, int) else len(first)
        elif rest is None or rest is True:
            return self._node(own.items())
        options = [*first, rest] if isinstance(rest, ObjectNode) else [*first]
        return self._node([*own.items(), ("items", self.any_of(options))])

    def object(self, view: ObjectNode) -> ObjectNode:
        """Objects: a class or a map. Types cannot express which names match a pattern."""
        own = {key: value for key, value in view.items() if key in FOR_TYPE["object"]}
        own["type"] = "object"
        own.pop("patternProperties", None)
        if patterns := view.object_at("patternProperties"):
            others = own.pop("additionalProperties", True)
            self.untyped_keywords.append("patternProperties")
            if others is not True:
                options = [*patterns.values(), *([] if others is False else [others])]
                own["additionalProperties"] = self.any_of(options)
        return self._node(own.items())

    def any_of(self, options: list[JsonValue]) -> JsonValue:
        different: list[JsonValue] = []
        for option in options:
            if not any(is_same(option, each) for each in different):
                different.append(option)
            if len(different) > MAX_OPTIONS:
                return True
        return different[0] if len(different) == 1 else self._node([("anyOf", self._list(different))])


def _are_disjoint(sets: Sequence[AbstractSet[str] | None]) -> bool:
    """Whether all sets are known and no two have a member in common."""
    known = [each for each in sets if each is not None]
    return len(known) == len(sets) and sum(map(len, known)) == len(frozenset().union(*known))


def _type_names(schema: ObjectNode) -> AbstractSet[str] | None:
    """The types that a schema names, None without `type`. A number may be an integer."""
    names = {*schema.types}
    return names | ({"integer"} if "number" in names else set()) if "type" in schema else None


def _constants(schema: ObjectNode, name: str) -> AbstractSet[str] | None:
    """The texts that a required property of an object may be, None if it may have other values."""
    member = schema.properties.get(name)
    if schema.get("type") != "object" or name not in schema.required or not isinstance(member, ObjectNode):
        return None
    if "const" not in member and "enum" not in member:
        return None
    values = [member["const"]] if "const" in member else member.list_at("enum")
    texts = [value for value in values if isinstance(value, str)]
    return frozenset(texts) if len(texts) == len(values) else None


def _is_exact(keyword: str, value: JsonValue, type_name: str) -> bool:
    """Whether types can compare with exactly this number: they compare doubles, or integers of 64 bits.

    Division by a fraction is not exact: in Python, 5 is not a multiple of 0.01.
    """
    if not isinstance(value, int | float) or (keyword == "multipleOf" and isinstance(value, float)):
        return False
    if type_name == "integer" or isinstance(value, int):
        return abs(value) <= MAX_COUNT and (type_name == "integer" or float(value) == value)
    return True


def _is_literal(value: JsonValue) -> bool:
    """Whether a Literal can hold the value. Type checkers do not read longer numbers there."""
    return value is None or isinstance(value, str) or (isinstance(value, int) and abs(value) <= MAX_COUNT)


def is_long_enum(values: Sequence[JsonValue]) -> bool:
    """Whether there are more values than a `Literal` should hold."""
    return (
        len(values) > MAX_LITERALS or sum(len(value) for value in values if isinstance(value, str)) > MAX_LITERAL_TEXT
    )


def _count(keyword: str, value: JsonValue) -> JsonValue:
    """The value of a keyword, in which a length is at most what types can compare with."""
    return min(value, MAX_COUNT) if keyword in _COUNTS and isinstance(value, int) else value
