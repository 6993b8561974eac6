"""One definition for each type of a program: what the schemas of a registry have of the same types is put together.

A schema that `SchemaRegistry.register_type` makes of types has the definitions that it needs in its own `$defs`,
because the API takes each schema by itself. Here they become the `$defs` of the registry, which its schemas refer to
as to a file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, from_python, to_plain
from prefactor_gen.json_schema.pointers import step, tokens_of
from prefactor_gen.json_schema.references import REFERENCES
from prefactor_gen.json_schema.subschemas import all_schemas, map_subschemas

__all__ = ["types_uri", "with_common_types"]

_SECTION = "span_type_schemas"
_SUFFIXES = {"params_schema": "-Input", "result_schema": "-Output"}
"""What is added to the name of a type that is not the same in params and in results, as pydantic names it."""


def types_uri(source: str) -> str:
    """The URI of the `$defs` of a registry, which is given as `module:attribute`."""
    return f"python:{source}"


def with_common_types(root: ObjectNode, source: str, from_types: Mapping[tuple[str, str], object]) -> ObjectNode:
    """The definitions of a registry, in which schemas refer to one definition of each type.

    Definitions that have one name, but are not the same, stay where they are.

    Args:
        root: the definitions.
        source: the registry, as `module:attribute`.
        from_types: what schemas are made of: the type or the function, by the name of the span type and the key of the
            schema.
    """
    schemas = list(_schemas(root, from_types))
    names = _common_names(schemas)
    common: dict[str, JsonValue] = {}
    for schema, own in zip(schemas, names, strict=True):
        for key, name in own.items():
            if name not in common:
                common[name] = _referring(schema.definitions[key], own, "")
    if not common:
        return root
    changed: dict[int, dict[str, JsonValue]] = defaultdict(dict)
    for schema, own in zip(schemas, names, strict=True):
        changed[schema.index][schema.part] = schema.without(own, types_uri(source))
    entries = root.list_at(_SECTION)
    entries = entries.with_items(_with_members(entry, changed[index]) for index, entry in enumerate(entries))
    definitions = ObjectNode(sorted(common.items()), place=root.place)
    return root.with_items({**root, _SECTION: entries, "$defs": definitions}.items())


def _with_members(entry: JsonValue, members: Mapping[str, JsonValue]) -> JsonValue:
    return entry.with_items({**entry, **members}.items()) if isinstance(entry, ObjectNode) else entry


@dataclass(frozen=True)
class _Schema:
    """A schema that is made of types.

    Attributes:
        index: the position of its span type.
        part: its key there.
        source: the type, or the function.
    """

    index: int
    part: str
    schema: ObjectNode
    source: object

    @cached_property
    def definitions(self) -> ObjectNode:
        return self.schema.object_at("$defs")

    @cached_property
    def uses(self) -> dict[str, set[str | None]]:
        """The definitions that a definition refers to, itself and through others. None is anything else."""
        direct = {key: set(_targets(definition)) for key, definition in self.definitions.items()}
        return {key: _reached(key, direct) for key in direct}

    def content(self, key: str) -> str:
        """A definition with all that it refers to."""
        used = sorted(each for each in self.uses[key] if each is not None)
        return json.dumps([to_plain(self.definitions.get(each)) for each in [key, *used]], sort_keys=True)

    def serialized(self) -> _Schema:
        """The schema that a result of the same type would have."""
        from prefactor_core._type_schemas.payload_schemas import serialized_params  # few registries need it

        made = from_python(serialized_params(self.source) or {}, Place(""))
        assert isinstance(made, ObjectNode)  # noqa: S101  # it was made as one
        return replace(self, schema=made)

    def without(self, names: Mapping[str, str], uri: str) -> JsonValue:
        """The schema without these definitions, which it refers to by their names at the URI."""
        own = self.definitions.without(names)
        schema = self.schema.with_member("$defs", own) if own else self.schema.without({"$defs"})
        return _referring(schema, names, uri)


def _schemas(root: ObjectNode, from_types: Mapping[tuple[str, str], object]) -> Iterator[_Schema]:
    for index, entry in enumerate(root.list_at(_SECTION)):
        for part in _SUFFIXES:
            if not isinstance(entry, ObjectNode) or part not in entry:
                continue
            if (key := (str(entry["name"]), part)) in from_types:
                yield _Schema(index, part, entry.object_at(part), from_types[key])


def _common_names(schemas: Iterable[_Schema]) -> list[dict[str, str]]:
    """For each schema, the common names of its definitions that are the same wherever they occur."""
    schemas = list(schemas)
    contents = {part: defaultdict[str, set[str]](set) for part in _SUFFIXES}
    for schema in schemas:
        for key in schema.definitions:
            contents[schema.part][key].add(schema.content(key))
    different = {part: {key for key, found in each.items() if len(found) > 1} for part, each in contents.items()}
    unrelated = _unrelated(schemas, contents)
    result: list[dict[str, str]] = []
    for schema in schemas:
        unusable = {None, *different[schema.part], *unrelated}
        keys = [key for key in schema.definitions if unusable.isdisjoint({key, *schema.uses[key]})]
        result.append({key: _common_name(key, schema.part, contents) for key in keys})
    return result


def _unrelated(schemas: Iterable[_Schema], contents: Mapping[str, Mapping[str, set[str]]]) -> set[str]:
    """The keys that name one type in params, and another one in results.

    A definition of a result belongs to the type of the params if that would have it as a result, too.
    """
    params, results = contents["params_schema"], contents["result_schema"]
    differing = {key for key in params if key in results and params[key] != results[key]}
    found: set[str] = set()
    for schema in schemas:
        if schema.part == "params_schema" and (keys := differing.intersection(schema.definitions)):
            serialized = schema.serialized()
            known = keys.intersection(serialized.definitions)
            found |= {key for key in known if results[key] != {serialized.content(key)}}
    return found


def _common_name(key: str, part: str, contents: Mapping[str, Mapping[str, set[str]]]) -> str:
    found = [each[key] for each in contents.values() if key in each]
    return key if all(each == found[0] for each in found) else f"{key}{_SUFFIXES[part]}"


def _targets(definition: JsonValue) -> Iterator[str | None]:
    for schema in all_schemas(definition) if isinstance(definition, ObjectNode) else ():
        for keyword in REFERENCES:
            if keyword in schema:
                yield _definition_at(schema[keyword])


def _definition_at(reference: JsonValue) -> str | None:
    """The key of the definition that a reference leads to."""
    tokens = tokens_of(reference[1:]) if isinstance(reference, str) and reference.startswith("#/$defs/") else []
    return tokens[1] if len(tokens) == len(("$defs", "key")) else None


def _reached(key: str, direct: Mapping[str, set[str | None]]) -> set[str | None]:
    found: set[str | None] = set()
    pending: list[str | None] = [key]
    while pending:
        new = direct.get(pending.pop() or "", set()) - found
        found |= new
        pending.extend(new)
    return found


def _referring(schema: JsonValue, names: Mapping[str, str], uri: str) -> JsonValue:
    """The schema with its references to definitions that have common names leading there."""
    if not isinstance(schema, ObjectNode):
        return schema
    result = map_subschemas(schema, lambda item, _: _referring(item, names, uri))
    name = names.get(_definition_at(schema.get("$ref")) or "")
    return result if name is None else result.with_member("$ref", f"{uri}#{step(('$defs', name))}")
