"""The typing view of one schema: what types can say of it, and the keywords that stay behind.

One level only: what stands in subschema positions is viewed when the bundle gets there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from prefactor_gen.documents import JsonValue, ListNode, ObjectNode, is_same
from prefactor_gen.keywords import ASSERTIONS, FOR_KIND, NOT_ENFORCED, TYPED_FORMATS
from prefactor_gen.limits import MAX_COUNT, MAX_LITERAL_TEXT, MAX_LITERALS, MAX_OPTIONS

__all__ = ["is_long_enum", "is_object_schema", "kinds_of", "typing_view"]

_CHOICES = ("anyOf", "oneOf")
_COUNTS = frozenset({"maxItems", "maxLength", "minItems", "minLength"})
_SAYABLE = ASSERTIONS - NOT_ENFORCED


def is_object_schema(schema: ObjectNode) -> bool:
    """Say whether the schema describes objects with named members: those become classes."""
    kind = schema.get("type")
    if {"$ref", "enum", "const"} & schema.keys() or (kind is not None and kind != "object"):
        return False
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    named = isinstance(schema.get("properties"), ObjectNode) or bool(schema.get("required"))
    return named or (kind == "object" and closed)


def typing_view(schema: ObjectNode, *, draft_07: bool = False) -> tuple[ObjectNode, list[str]]:
    """The view, and the keywords that it leaves behind. The schema has no `allOf`, and nothing beside a `$ref`."""
    if draft_07 and "prefixItems" in schema:  # no keyword there
        schema = schema.with_items((key, value) for key, value in schema.items() if key != "prefixItems")
    viewer = _Viewer(schema, draft_07=draft_07)
    return viewer.view(), viewer.left


class _Viewer:
    def __init__(self, schema: ObjectNode, *, draft_07: bool) -> None:
        self.schema = schema
        self.draft_07 = draft_07
        self.left = [keyword for keyword in schema if keyword in NOT_ENFORCED]

    def view(self) -> ObjectNode:
        said = self.made((key, value) for key, value in self.schema.items() if key in _SAYABLE)
        if "$ref" in said:
            return said
        if {"enum", "const"} & said.keys():
            said = self.enumerated(said)
        kind = said.get("type")
        if isinstance(kind, ListNode):
            said = self.split(said, [item for item in kind if item != "integer" or "number" not in kind])
        if is_object_schema(said):
            if kind is None:
                return self.object_or_else(said)
            return self.object(self.without(said, _CHOICES))
        choice = next((keyword for keyword in _CHOICES if keyword in said), None)
        if choice is not None:
            return self.choice(said, choice)
        match said.get("type"):
            case "array":
                return self.array(said)
            case "object":
                return self.object(said)
            case None if "enum" not in said:
                return self.without(said, frozenset().union(*FOR_KIND.values()))
            case _:
                return self.scalar(said)

    def made(self, items: Iterable[tuple[str, JsonValue]]) -> ObjectNode:
        return self.schema.with_items(items)

    def without(self, said: ObjectNode, keywords: Iterable[str]) -> ObjectNode:
        """The schema without some keywords, which stay behind."""
        self.left.extend(keyword for keyword in keywords if keyword in said)
        return self.made((key, value) for key, value in said.items() if key not in set(keywords))

    def enumerated(self, said: ObjectNode) -> ObjectNode:
        """`enum` and `const` as the list of their values, where a Literal can hold them."""
        values = said.get("enum")
        values = values if isinstance(values, ListNode) else ListNode([said["const"]], place=said.place)
        if "const" in said:
            const = said["const"]
            values = values.with_items([const] if any(is_same(const, value) for value in values) else [])
        kind = said.get("type")
        kinds = kind if isinstance(kind, ListNode) else [kind]
        asked = set(map(str, kinds))
        typed = [value for value in values if kind is None or kinds_of(value) & asked]
        if is_long_enum(typed):
            return self.counted(said, typed)
        if not typed or not all(map(_is_literal, typed)):
            return self.without(said, ("enum", "const"))
        kinds_said = {kind for value in typed for kind in kinds_of(value)}
        beside = frozenset(_CHOICES).union(*(FOR_KIND.get(kind, ()) for kind in kinds_said))
        self.left.extend(keyword for keyword in said if keyword in beside)
        once = {(isinstance(value, bool), value): value for value in typed}
        return self.made([("enum", values.with_items(once.values()))])

    def counted(self, said: ObjectNode, values: list[JsonValue]) -> ObjectNode:
        """More values than a Literal is good for, as their types."""
        kinds = sorted({_main_kind(value) for value in values})
        said = self.without(said, ("enum", "const"))
        return said if "type" in said else self.made([("type", ListNode(kinds, place=said.place)), *said.items()])

    def split(self, said: ObjectNode, kinds: list[JsonValue]) -> ObjectNode:
        """`type: [object, "null"]` with keywords of one of them → `anyOf` of one schema a type."""
        if len(kinds) == 1:
            return self.made({**said, "type": kinds[0]}.items())
        of_kinds = {keyword for kind in kinds for keyword in FOR_KIND.get(str(kind), frozenset())} | {"format"}
        if not of_kinds & said.keys() or set(_CHOICES) & said.keys():
            return self.made({**said, "type": ListNode(kinds, place=said.place)}.items())
        options: list[JsonValue] = []
        for kind in kinds:
            own = FOR_KIND.get(str(kind), frozenset()) | ({"format"} if kind == "string" else set())
            options.append(self.made([("type", kind), *((key, value) for key, value in said.items() if key in own)]))
        return self.made([("anyOf", ListNode(options, place=said.place))])

    def choice(self, said: ObjectNode, keyword: str) -> ObjectNode:
        """`anyOf` with keywords beside it: they belong to each of its options."""
        beside = self.made((key, value) for key, value in said.items() if key != keyword)
        options = said[keyword]
        if isinstance(options, ListNode) and len(options) > MAX_OPTIONS:
            return self.many_options(said, keyword, options)
        if keyword == "oneOf" and not _tell_apart(options, refs_stand_alone=self.draft_07):
            self.left.append(keyword)
        if not isinstance(options, ListNode) or all(option is False for option in options):
            self.left.append(keyword)
            return self.made([])
        joined = (ListNode([beside, option], place=said.place) for option in options)
        each = [self.made([("allOf", pair)]) if beside and pair[1] is not False else pair[1] for pair in joined]
        return self.made([(keyword, ListNode(each, place=said.place))])

    def many_options(self, said: ObjectNode, keyword: str, options: ListNode) -> ObjectNode:
        """More options than a union is good for, as the types that they name."""
        said = self.without(said, (keyword,))
        kinds = [_kinds_taken(option) if isinstance(option, ObjectNode) else None for option in options]
        if self.draft_07 and any(isinstance(option, ObjectNode) and "$ref" in option for option in options):
            kinds = [None]  # what stands beside it says nothing
        if "type" in said or not all(kinds):
            return _Viewer(said, draft_07=self.draft_07).view()
        named = sorted(str(kind) for kind in frozenset().union(*(each for each in kinds if each)))
        said = self.made([("type", ListNode(named, place=said.place)), *said.items()])
        return _Viewer(said, draft_07=self.draft_07).view()

    def object_or_else(self, said: ObjectNode) -> ObjectNode:
        """What speaks of objects without asking for one: whatever is none is valid too."""
        self.left.extend(keyword for keyword in said if keyword not in FOR_KIND["object"])
        objects = self.made([("type", "object"), *said.items()])
        others = self.made([("type", ListNode(["string", "number", "boolean", "array", "null"], place=said.place))])
        return self.made([("anyOf", ListNode([objects, others], place=said.place))])

    def scalar(self, said: ObjectNode) -> ObjectNode:
        kind = said.get("type")
        own = {"type", "enum", *FOR_KIND.get(str(kind), ())}
        if str(kind) in {"integer", "number"}:
            inexact = [key for key in said if key in FOR_KIND["number"] and not _is_exact(key, said[key], str(kind))]
            said = self.without(said, inexact)
        # With constraints of its own, text stays text: the Python value of a format has no length and no pattern.
        if kind == "string" and said.get("format") in TYPED_FORMATS and not FOR_KIND["string"] & said.keys():
            own.add("format")
        counted = ((key, _countable(value) if key in _COUNTS else value) for key, value in said.items())
        return self.made((key, value) for key, value in counted if key in own)

    def array(self, said: ObjectNode) -> ObjectNode:
        """Arrays and tuples; a tuple of no fixed length becomes an array of its items' types."""
        own = {key: value for key, value in said.items() if key in {"type", *FOR_KIND["array"]}}
        keyword = "items" if isinstance(said.get("items"), ListNode) else "prefixItems"
        first = own.pop(keyword, None)
        rest = self.schema.get("additionalItems") if keyword == "items" else own.pop("items", None)
        self.left = [left for left in self.left if left != "additionalItems"]  # it speaks beside a list of items only
        own = {key: _countable(value) if key in _COUNTS else value for key, value in own.items()}
        if not isinstance(first, ListNode) or not first:
            items: dict[str, JsonValue] = {"maxItems": 0} if rest is False else {} if rest is None else {"items": rest}
            return self.made({**own, **items}.items())
        least, most = own.get("minItems", 0), own.get("maxItems")
        if least == len(first) <= MAX_LITERALS and (rest is False or most == len(first)):
            return self.made([*own.items(), ("prefixItems", first), ("maxItems", len(first)), ("items", False)])
        self.left.append(keyword)
        if rest is False:
            own["maxItems"] = min(len(first), most) if isinstance(most, int) else len(first)
        elif rest is None or rest is True:
            return self.made(own.items())
        options = [*first, rest] if isinstance(rest, ObjectNode) else [*first]
        return self.made([*own.items(), ("items", self.any_of(options))])

    def object(self, said: ObjectNode) -> ObjectNode:
        """Objects: a class or a map. Types do not say which names a pattern means."""
        own = {key: value for key, value in said.items() if key in FOR_KIND["object"]}
        own["type"] = "object"
        patterns = own.pop("patternProperties", None)
        if isinstance(patterns, ObjectNode) and patterns:
            others = own.pop("additionalProperties", True)
            self.left.append("patternProperties")
            if others is not True:
                options = [*patterns.values(), *([] if others is False else [others])]
                own["additionalProperties"] = self.any_of(options)
        return self.made(own.items())

    def any_of(self, options: list[JsonValue]) -> JsonValue:
        different: list[JsonValue] = []
        for option in options:
            if not any(is_same(option, each) for each in different):
                different.append(option)
            if len(different) > MAX_OPTIONS:
                return True
        place = self.schema.place
        return different[0] if len(different) == 1 else self.made([("anyOf", ListNode(different, place=place))])


def _tell_apart(options: JsonValue, *, refs_stand_alone: bool) -> bool:
    """Whether no value can match two of these, as their types alone or a member with different constants tell."""
    if not isinstance(options, ListNode) or not all(isinstance(option, ObjectNode) for option in options):
        return False
    schemas = [option for option in options if isinstance(option, ObjectNode)]
    if refs_stand_alone and any("$ref" in schema for schema in schemas):  # what stands beside it says nothing
        return False
    return _disjoint([_kinds_taken(schema) for schema in schemas]) or any(
        _disjoint([_constants(schema, name) for schema in schemas]) for name in _required(schemas[0])
    )


def _disjoint(sets: Sequence[AbstractSet[object] | None]) -> bool:
    known = [each for each in sets if each is not None]
    return len(known) == len(sets) and sum(map(len, known)) == len(frozenset().union(*known))


def _kinds_taken(schema: ObjectNode) -> AbstractSet[object] | None:
    kind = schema.get("type")
    kinds = {str(item) for item in (kind if isinstance(kind, ListNode) else [kind])}
    return None if kind is None else kinds | ({"integer"} if "number" in kinds else set())


def _required(schema: ObjectNode) -> list[str]:
    names = schema.get("required")
    return [name for name in names if isinstance(name, str)] if isinstance(names, ListNode) else []


def _constants(schema: ObjectNode, name: str) -> AbstractSet[object] | None:
    """The texts that a required member of an object may have, None if it may have others."""
    properties = schema.get("properties")
    member = properties.get(name) if isinstance(properties, ObjectNode) else None
    if schema.get("type") != "object" or name not in _required(schema) or not isinstance(member, ObjectNode):
        return None
    values = [member["const"]] if "const" in member else member.get("enum")
    texts = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return frozenset(map(str, values)) if texts and isinstance(values, list) else None


def _is_exact(keyword: str, value: JsonValue, kind: str) -> bool:
    """Whether types compare with exactly this number: numbers as doubles, integers as those of a machine.

    The remainder of a fraction is not exact: to Python, 5 is no multiple of 0.01.
    """
    if not isinstance(value, int | float) or (keyword == "multipleOf" and isinstance(value, float)):
        return False
    if kind == "integer" or isinstance(value, int):
        return abs(value) <= MAX_COUNT and (kind == "integer" or float(value) == value)
    return True


def _is_literal(value: JsonValue) -> bool:
    """Whether a Literal can hold the value. Type checkers read no longer numbers there."""
    return value is None or isinstance(value, str) or (isinstance(value, int) and abs(value) <= MAX_COUNT)


def is_long_enum(values: Sequence[JsonValue]) -> bool:
    """Whether there is more in an enum than a Literal is good for."""
    return (
        len(values) > MAX_LITERALS or sum(len(value) for value in values if isinstance(value, str)) > MAX_LITERAL_TEXT
    )


def _countable(value: JsonValue) -> JsonValue:
    """A length that a program can compare with."""
    return min(value, MAX_COUNT) if isinstance(value, int) else value


def _main_kind(value: JsonValue) -> str:
    kinds = kinds_of(value)
    return (
        "number" if "number" in kinds and isinstance(value, float) else "integer" if "integer" in kinds else kinds.pop()
    )


def kinds_of(value: JsonValue) -> set[str]:
    """The names of the types that a value has."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, ListNode) else "object"}
