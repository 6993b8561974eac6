"""What an overlay changes has to be in the file: otherwise a redaction would end in silence when a name changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from prefactor_gen.diagnostics.diagnostics import Diagnostic
from prefactor_gen.diagnostics.rules import INVALID_DEFINITION
from prefactor_gen.documents.nodes import JsonValue, ListNode, ObjectNode
from prefactor_gen.json_schema.pointers import resolve_pointer
from prefactor_schema.suggestions import did_you_mean

__all__ = ["missing_targets"]

# Keywords with schemas by name, and what a message calls such a name.
_NAMED = {
    "properties": "property",
    "patternProperties": "pattern",
    "$defs": "schema in $defs",
    "definitions": "schema in definitions",
    "dependentSchemas": "schema in dependentSchemas",
}
_ONE_SCHEMA = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_IN_PLACE = ("allOf", "anyOf", "oneOf", "if", "then", "else")
_WHOLE = frozenset({"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"})
"""A schema that has one of these says by itself what it is: an overlay may add it."""


class _View(NamedTuple):
    """A schema, and the one that its references begin at."""

    schema: ObjectNode
    top: ObjectNode

    def below(self, key: str) -> _View:
        return _View(self.schema.object_at(key), self.top)


def missing_targets(schema: ObjectNode, patch: ObjectNode, name: str, root: ObjectNode) -> list[Diagnostic]:
    """What a merge patch of a schema changes that the schema does not have.

    Args:
        schema: the schema, or the whole file for its shared schemas.
        patch: the merge patch.
        name: the name of the file.
        root: the content of the file.
    """
    return list(_Targets(name, root).missing(_View(schema, schema), patch))


class _Targets:
    def __init__(self, name: str, root: ObjectNode) -> None:
        self.name = name
        self.root = root

    def missing(self, view: _View, patch: ObjectNode) -> Iterator[Diagnostic]:
        """What a schema does not have of what a patch changes."""
        for key, changes in patch.items():
            if not isinstance(changes, ObjectNode):
                continue
            if key in _ONE_SCHEMA:
                yield from self.missing(view.below(key), changes)
            for name in changes if key in _NAMED else ():
                yield from self.missing_name(view, key, name, changes)

    def missing_name(self, view: _View, key: str, name: str, changes: ObjectNode) -> Iterator[Diagnostic]:
        """What is missing of one schema that is changed by its name."""
        change = changes[name]
        is_here = name in view.schema.object_at(key) or key != "properties" or change is None
        views = [view] if is_here else list(self.views(view.schema, view.top, set()))
        known = [each.below(key) for each in views if each is not None]
        found = next((each for each in known if name in each.schema), None)
        if found is not None:
            if isinstance(change, ObjectNode):
                yield from self.missing(found.below(name), change)
        elif None not in views and not _may_add(change):
            hint = did_you_mean(name, [each for named in known for each in named.schema])
            advice = "there is nothing to remove" if change is None else "what is added needs a whole schema, with type"
            if view.schema is self.root and (owner := self.owner(key, name)) is not None:
                hint, advice = "", f"{owner[0]} has one of its own: write {key} under {owner[1]} of that"
            message = f"{self.name} has no {_NAMED[key]} {name!r} here{hint}; {advice}"
            yield INVALID_DEFINITION.at(changes.place_at(name), message)

    def owner(self, key: str, name: str) -> tuple[str, str] | None:
        """A span type that has a schema of this name for itself, and the part that has it."""
        for entry in self.root.list_at("span_type_schemas"):
            for part in ("params_schema", "result_schema"):
                if isinstance(entry, ObjectNode) and name in entry.object_at(part).object_at(key):
                    return str(entry.get("name")), part
        return None

    def views(self, schema: JsonValue, top: ObjectNode, seen: set[int]) -> Iterator[_View | None]:
        """The schema and those that apply to the same value; None for a reference into another file."""
        if not isinstance(schema, ObjectNode) or id(schema) in seen:
            return
        seen.add(id(schema))
        yield _View(schema, top)
        for keyword in _IN_PLACE:
            branches = schema.get(keyword)
            for branch in branches if isinstance(branches, ListNode) else [branches]:
                yield from self.views(branch, top, seen)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            source, _, fragment = reference.partition("#")
            if source not in {"", self.name}:
                yield None
                return
            start = self.root if source else top
            yield from self.views(resolve_pointer(start, fragment), start, seen)


def _may_add(change: JsonValue) -> bool:
    return isinstance(change, bool) or (isinstance(change, ObjectNode) and not _WHOLE.isdisjoint(change))
