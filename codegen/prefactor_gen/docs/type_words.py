"""Says the type of a value in words: `string`, `array of objects`, `number or null`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.all_of import merge_all_of
from prefactor_gen.json_schema.json_types import main_type
from prefactor_gen.json_schema.keywords import FOR_TYPE
from prefactor_gen.json_schema.references import LocalRefs
from prefactor_gen.json_schema.subschemas import effective_schema, tuple_keyword

__all__ = ["TypeWords", "merged"]

_MAX_DEPTH = 4
_MAX_SCHEMAS = 20_000
"""The most schemas that are looked at for the words of one root: references multiply them."""
_ANY = "any"


def merged(schema: ObjectNode, refs: LocalRefs) -> tuple[ObjectNode, Sequence[ObjectNode]]:
    """The schema with what it applies by `$ref` and `allOf`, and the schemas that it was made of."""
    try:
        found = merge_all_of(schema, refs, follow=True)
    except DiagnosticError:  # it only leads back to itself
        return schema, [schema]
    return effective_schema(found.schema, draft_07=refs.draft_07), found.branches


class TypeWords:
    """Words for the types in one self-contained schema.

    Args:
        refs: the references of the schema.
    """

    def __init__(self, refs: LocalRefs) -> None:
        self._refs = refs
        self._left = _MAX_SCHEMAS

    def of(self, schema: JsonValue) -> str:
        """The type of the values that a part of the schema describes; `any` if it says none."""
        return _joined(self._words(schema, 0))

    def _words(self, schema: JsonValue, depth: int) -> list[str]:
        """The types, of which a value has one."""
        if schema is False:
            return ["nothing"]
        self._left -= 1
        if not isinstance(schema, ObjectNode) or depth > _MAX_DEPTH or self._left < 0:
            return [_ANY]
        whole, branches = merged(schema, self._refs)
        if "const" in whole or "enum" in whole:
            return _unique(map(main_type, [whole["const"]] if "const" in whole else whole.list_at("enum")))
        named = whole.types
        options = [option for each in branches for keyword in ("anyOf", "oneOf") for option in each.branches(keyword)]
        if options and set(named) != {"object"}:
            words = _unique(word for option in options for word in self._words(option, depth + 1))
            if _ANY not in words:
                return [word for word in words if not named or _main_word(word) in named] or words
        return _unique(self._of_type(name, whole, depth) for name in named or _implied(whole)) or [_ANY]

    def _of_type(self, name: str, schema: ObjectNode, depth: int) -> str:
        inner: JsonValue = None
        if name == "array":
            first, rest = tuple_keyword(schema)
            inner = schema.get(rest) if first is None else None
        elif name == "object" and not schema.properties:
            others = schema.get("additionalProperties")
            name, inner = ("map", others) if isinstance(others, ObjectNode) else (name, None)
        words = self._words(inner, depth + 1) if isinstance(inner, ObjectNode) else [_ANY]
        return name if _ANY in words else f"{name} of {_plural(words)}"


def _implied(schema: ObjectNode) -> Iterator[str]:
    """The type that a schema without `type` is about. It allows others, but hardly means to."""
    if {"properties", "required"} & schema.keys():
        yield "object"
    elif FOR_TYPE["array"] & schema.keys():
        yield "array"


def _main_word(words: str) -> str:
    first = words.partition(" ")[0]
    return "object" if first == "map" else first


def _plural(words: Sequence[str]) -> str:
    plurals = [_plural_of(word) for word in words]
    return _joined(plurals) if len(plurals) == 1 else f"({_joined(plurals)})"


def _plural_of(words: str) -> str:
    first, space, others = words.partition(" ")
    return f"{first}{'' if first in {'nothing', 'null'} else 's'}{space}{others}"


def _joined(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _unique(words: Iterable[str]) -> list[str]:
    """The words once each, with null at the end."""
    found = list(dict.fromkeys(words))
    return [word for word in found if word != "null"] + (["null"] if "null" in found else [])
