"""The two schemas of a comparison as plain JSON for the engine.

Both are brought into draft 2020-12, without annotations. A reference names the content that it leads to, by a hash: so
equal text has an equal meaning on both sides, whatever definitions are called, wherever they stand and however often
they are written, and parts of both schemas can be asked for together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from prefactor_gen.comparison.schemas.reading.hidden_values import HiddenValues
from prefactor_gen.comparison.schemas.reading.plain_schemas import Plain, references_in, text_of, with_engine_patterns
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, Schema, to_plain
from prefactor_gen.json_schema.drafts import whole_in_2020_12
from prefactor_gen.json_schema.keywords import ASSERTIONS
from prefactor_gen.json_schema.pointers import is_metaschema
from prefactor_gen.json_schema.references import REFERENCES, LocalRefs
from prefactor_gen.json_schema.subschemas import all_schemas, map_subschemas

__all__ = ["Side", "Sides"]

# Those that draft 2020-12 does not have any more have been rewritten, or have no effect.
_KEPT = ASSERTIONS - {"$dynamicRef", "$ref", "additionalItems", "dependencies", "format"}
# Rounds in which recursive definitions are told apart. One that needs more is compared by its place.
_MAX_ROUNDS = 100


class _Target(NamedTuple):
    """What a reference leads to: a pointer in the old or the new schema."""

    side: int
    pointer: str


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Side:
    """One of the two schemas.

    Attributes:
        written: the schema in its own draft.
        root: the schema in draft 2020-12.
        number: 0 for the old one, 1 for the new one.
        types: the options of unions whose types are known, with these, by their identity.
        unevaluated: the schemas with `unevaluatedProperties` that are known, with what that says, by the same.
    """

    def __init__(self, schema: ObjectNode, number: int) -> None:
        self.written = schema
        self.root = whole_in_2020_12(schema) if schema.is_draft_07 else schema
        self.number = number
        self.refs = LocalRefs(self.root)
        self.types: dict[int, tuple[Schema, frozenset[str]]] = {}
        self.unevaluated: dict[int, tuple[ObjectNode, ObjectNode | None]] = {}

    def targets(self, schema: ObjectNode) -> list[str]:
        """The pointers of the schemas that a schema refers to, whatever the payload is.

        Raises:
            DiagnosticError: there is no such schema.
        """
        return [self.refs.pointer(str(schema[key]), schema.place_at(key)) for key in self._followed(schema)]

    def opaque(self, schema: ObjectNode) -> dict[str, object]:
        """The references of a schema that are not followed, in a form that is equal for an equal meaning.

        They lead to the metaschema of a draft, or what they lead to depends on the payload.
        """
        others = [key for key in REFERENCES if isinstance(schema.get(key), str) and key not in self._followed(schema)]
        return {key: schema[key] if is_metaschema(schema[key]) else f"#{self.hash}" for key in others}

    def _followed(self, schema: ObjectNode) -> list[str]:
        found = [key for key in REFERENCES if isinstance(schema.get(key), str) and not is_metaschema(schema[key])]
        anchor = str(schema.get("$dynamicRef")).partition("#")[2]
        return [key for key in found if key == "$ref" or self._anchors.get(anchor, 0) <= 1]

    def at(self, pointer: str) -> Schema:
        """The schema at a pointer that `target` returned."""
        found = self.refs.schema_at(pointer)
        return found if isinstance(found, ObjectNode | bool) else True

    @cached_property
    def _anchors(self) -> Mapping[str, int]:
        """How often each dynamic anchor is in the schema: a reference to one that is there once leads to it."""
        counts: dict[str, int] = {}
        for schema in all_schemas(self.root):
            if isinstance(anchor := schema.get("$dynamicAnchor"), str):
                counts[anchor] = counts.get(anchor, 0) + 1
        return counts

    @cached_property
    def hash(self) -> str:
        """A hash of the whole schema."""
        return _hash(text_of(to_plain(self.root)))


class Sides:
    """Both schemas.

    Args:
        old: the schema that was in force.
        new: the schema that is to come.
        assert_formats: `format` decides whether a value is valid.
        objects: the values are objects, whether or not the schemas say so.

    Raises:
        DiagnosticError: a reference leads nowhere.
    """

    def __init__(
        self, old: ObjectNode, new: ObjectNode, *, assert_formats: bool = False, objects: bool = False
    ) -> None:
        self.old, self.new = Side(old, 0), Side(new, 1)
        self._beside = [ObjectNode([("type", "object")], place=new.place)] if objects else []
        self.assert_formats = assert_formats
        self.kept = _KEPT | {"format"} if assert_formats else _KEPT
        self._known: dict[int, tuple[Schema, Plain]] = {}
        self._names = _Names(self).names()
        self.definitions: dict[str, Plain] = {
            name: self.plain((self.old, self.new)[target.side], self.schema_at(target))
            for target, name in self._names.items()
        }

    def roots(self, side: Side) -> list[Schema]:
        """The schemas that the values of one side match."""
        return [side.root, *self._beside]

    def whole(self, side: Side) -> Plain:
        """The same as one plain schema."""
        roots = [self.plain(side, each) for each in self.roots(side)]
        return roots[0] if len(roots) == 1 else {"allOf": roots}

    @cached_property
    def hidden(self) -> HiddenValues:
        """The values that one of the schemas redacts."""
        return HiddenValues(self.old.root, self.new.root)

    def schema_at(self, target: _Target) -> Schema:
        """The schema that a reference leads to."""
        return (self.old, self.new)[target.side].at(target.pointer)

    def plain(self, side: Side, schema: Schema) -> Plain:
        """A part of a schema as plain JSON, whose references lead into `definitions`."""
        if isinstance(schema, bool):
            return schema
        if id(schema) not in self._known:
            found = self.shaped(side, schema, lambda target: f"#/$defs/{self._names[target]}")
            self._known[id(schema)] = (schema, found)  # the schema is kept, so that no other one has its id
        return self._known[id(schema)][1]

    def document(self, schema: Plain) -> Plain:
        """The schema with the definitions that it needs."""
        if isinstance(schema, bool):
            return schema
        needed: dict[str, object] = {}
        pending = [*references_in(schema)]
        while pending:
            name = pending.pop()
            if name not in needed:
                needed[name] = self.definitions[name]
                pending.extend(references_in(self.definitions[name]))
        return {**schema, "$defs": needed} if needed else schema

    def shaped(self, side: Side, schema: Schema, name: Callable[[_Target], str]) -> Plain:
        """A part of a schema as plain JSON.

        Args:
            side: the schema that it is a part of.
            schema: the part.
            name: returns the reference for a target.
        """
        if isinstance(schema, bool):
            return schema

        def inner(item: JsonValue, _keys: tuple[str, ...]) -> JsonValue:
            return self.shaped(side, item, name) if isinstance(item, ObjectNode) else item  # type: ignore[return-value]

        mapped = map_subschemas(schema.with_items((key, schema[key]) for key in schema if key in self.kept), inner)
        plain = {keyword: to_plain(value) for keyword, value in mapped.items()}
        return with_engine_patterns({**plain, **self._references(side, schema, name)})

    def _references(self, side: Side, schema: ObjectNode, name: Callable[[_Target], str]) -> dict[str, object]:
        """The references of a schema; a second one that is followed stands in `allOf`."""
        found = side.opaque(schema)
        branches = [{"$ref": name(_Target(side.number, pointer))} for pointer in side.targets(schema)]
        if len(branches) == 1 and "$ref" not in found:
            return {**found, **branches[0]}
        if branches:
            found["allOf"] = [*(self.shaped(side, each, name) for each in schema.branches("allOf")), *branches]
        return found

    def targets(self, side: Side, schema: Schema) -> Iterator[_Target]:
        """What the references in a part of a schema lead to."""
        found: list[_Target] = []

        def name(target: _Target) -> str:
            found.append(target)
            return ""

        self.shaped(side, schema, name)
        return iter(found)


class _Names:
    """Names what references lead to, by content: the same name for the same meaning, on both sides."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.uses: dict[_Target, list[_Target]] = {}
        self.found: dict[_Target, str] = {}

    def names(self) -> dict[_Target, str]:
        pending = [*self._of(self.sides.old, self.sides.old.root), *self._of(self.sides.new, self.sides.new.root)]
        while pending:
            target = pending.pop()
            if target not in self.uses:
                self.uses[target] = self._of(self._side(target), self.sides.schema_at(target))
                pending.extend(self.uses[target])
        self._name_ends()
        self._name_recursive([target for target in self.uses if target not in self.found])
        return self.found

    def _of(self, side: Side, schema: Schema) -> list[_Target]:
        return list(dict.fromkeys(self.sides.targets(side, schema)))

    def _side(self, target: _Target) -> Side:
        return (self.sides.old, self.sides.new)[target.side]

    def _shape(self, target: _Target, name: Callable[[_Target], str]) -> str:
        return _hash(text_of(self.sides.shaped(self._side(target), self.sides.schema_at(target), name)))

    def _name_ends(self) -> None:
        """Name those whose references do not lead back to them, the last ones first."""
        users: dict[_Target, list[_Target]] = {}
        waits = {target: len(uses) for target, uses in self.uses.items()}
        for target, uses in self.uses.items():
            for used in uses:
                users.setdefault(used, []).append(target)
        ready = [target for target, count in waits.items() if not count]
        while ready:
            target = ready.pop()
            self.found[target] = self._shape(target, self.found.__getitem__)
            for user in users.get(target, ()):
                waits[user] -= 1
                if not waits[user]:
                    ready.append(user)

    def _name_recursive(self, targets: list[_Target]) -> None:
        """Name the others: equal as long as nothing that they lead to differs, however far one follows."""
        names = dict.fromkeys(targets, "")
        for _ in range(_MAX_ROUNDS):
            known = {**self.found, **names}
            changed = {target: self._shape(target, known.__getitem__) for target in targets}
            stable = len(set(changed.values())) == len(set(names.values()))
            names = changed
            if stable:
                self.found.update((target, f"r{name}") for target, name in names.items())
                return
        self.found.update((target, f"r{_hash(repr(target))}") for target in targets)
