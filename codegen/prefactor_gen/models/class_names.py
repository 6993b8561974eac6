"""Chooses the class names for the subschemas of one schema, by their pointers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from urllib.parse import unquote

from prefactor_gen.definitions.python_names import pascal
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.pointers import resolve_pointer, step
from prefactor_gen.json_schema.subschemas import POSITIONS, Position

__all__ = ["ClassNames"]

_SUFFIXES: Mapping[str, str] = {
    "items": "Item", "prefixItems": "Item", "additionalProperties": "Value", "patternProperties": "Value",
    "anyOf": "Option", "oneOf": "Option", "allOf": "Part",
}  # fmt: skip

# The names of other subschemas: no option is named like one of them.
_RESERVED = re.compile(rf"({'|'.join(sorted(set(_SUFFIXES.values())))})\d*")


class ClassNames:
    """The names of one schema.

    Args:
        root: the schema.
        root_name: its class name, with which all others begin.
        avoided: the names that must not be made from a constant.
    """

    def __init__(self, root: ObjectNode, root_name: str, avoided: AbstractSet[str]) -> None:
        self.root = root
        self.root_name = root_name
        self.avoided = avoided

    def below(self, name: str, keys: tuple[str, ...], schema: JsonValue) -> str:
        """The class name of a subschema of the class `name`.

        Args:
            name: the class name of the schema.
            keys: the keys that lead to the subschema: a property's name counts, `items` is `Item`, and an option of a
                union is named after a constant that only it has, or numbered.
            schema: the schema that `keys` start from.
        """
        keyword, *rest = keys
        if keyword in {"properties", "$defs", "definitions"} and rest:
            return name + _property_suffix(rest[0])
        numbered = bool(rest) and rest[0].isdecimal() and keyword != "patternProperties"
        if numbered and keyword in {"anyOf", "oneOf"}:
            for constant in _distinct_constants(schema, keyword, int(rest[0])):
                if name + constant not in self.avoided:
                    return name + constant
        suffix = _SUFFIXES.get(keyword, pascal(keyword))
        if not rest:
            return name + suffix
        return f"{name}{suffix}{int(rest[0]) + 1}" if numbered else name + suffix + pascal(rest[0])

    def at(self, pointer: str) -> str:
        """The class name for a pointer from the root: `/properties/usage/items` → `…UsageItem`, as step by step."""
        tokens = [unquote(token).replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
        name, at = self.root_name, ""
        while tokens:
            position = POSITIONS.get(tokens[0])
            has_inner_key = position in {Position.MAP, Position.LIST} or (
                position is Position.SCHEMA_OR_LIST and tokens[1:] and tokens[1].isdecimal()
            )
            keys = tuple(tokens[: 2 if has_inner_key else 1])
            name = self.below(name, keys, resolve_pointer(self.root, at))
            at += step(keys)
            tokens = tokens[len(keys) :]
        return f"{name}Definition" if name == self.root_name else name


def _property_suffix(name: str) -> str:
    return pascal(name) or f"Property{len(name)}"


def _distinct_constants(schema: JsonValue, keyword: str, index: int) -> Iterator[str]:
    """The constants by which an option differs from all others, as words."""
    options = schema.branches(keyword) if isinstance(schema, ObjectNode) else []
    if index >= len(options):
        return
    others = [_constants(option) for option in options]
    for name, word in others.pop(index).items():
        if word and not _RESERVED.fullmatch(word) and all(other.get(name) != word for other in others):
            yield word


def _constants(option: JsonValue) -> dict[str, str]:
    """The option's properties that are constant texts, as words, by property name."""
    if not isinstance(option, ObjectNode):
        return {}
    found: dict[str, str] = {}
    for name, schema in option.properties.items():
        if isinstance(schema, ObjectNode):
            values = [schema["const"]] if "const" in schema else schema.list_at("enum")
            if len(values) == 1 and isinstance(value := values[0], str):
                found[name] = pascal(value)
    for branch in reversed(option.branches("allOf")):  # its own come first, then those beside the union
        found |= _constants(branch) | found
    return found
