"""Whether one type of a generated package takes every value of another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from prefactor_gen.comparison.types.facts import Field, PackageFacts

__all__ = ["Inclusion"]

_ANYTHING = frozenset({"object", "Any"})
# What type checkers take in place of another type, and the types of generated models with the same relation.
_WIDER = {
    "int": {"float", "JsonNumber"},
    "JsonInteger": {"JsonNumber", "float", "int"},
    "JsonNumber": {"float"},
    "JsonBoolean": {"bool"},
}
_LITERALS = {"str": str, "int": int, "float": int, "bool": bool, "JsonInteger": int, "JsonNumber": int}


class Inclusion:
    """Compares types of two packages. What is unknown is not included.

    Args:
        wider: the package of the types that should take more.
        narrower: the package of the types that should take less.
    """

    def __init__(self, wider: PackageFacts, narrower: PackageFacts) -> None:
        self.wider = wider
        self.narrower = narrower
        self._assumed: set[tuple[str, str]] = set()

    def includes(self, wider: ast.expr, narrower: ast.expr) -> bool:
        """Whether a type of the wider package takes every value of a type of the other."""
        options = list(_options(wider, self.wider))
        return all(any(self._takes(each, value) for each in options) for value in _options(narrower, self.narrower))

    def _takes(self, option: ast.expr, value: ast.expr) -> bool:
        match option, value:
            case ast.Name(id=name), _ if name in _ANYTHING:
                return True
            case ast.Constant(value=one), ast.Constant(value=other):
                return type(one) is type(other) and one == other
            case ast.Name(id=name), ast.Constant(value=literal):
                return literal is not None and type(literal) is _LITERALS.get(name)
            case ast.Name(id=name), ast.Name(id=other):
                return name == other or name in _WIDER.get(other, ()) or self._has_shape(name, other)
            case ast.Subscript(value=base, slice=one), ast.Subscript(value=other_base, slice=other):
                return ast.dump(base) == ast.dump(other_base) and self._arguments(one, other)
        return ast.dump(option) == ast.dump(value)

    def _arguments(self, one: ast.expr, other: ast.expr) -> bool:
        ones = one.elts if isinstance(one, ast.Tuple) else [one]
        others = other.elts if isinstance(other, ast.Tuple) else [other]
        return len(ones) == len(others) and all(map(self.includes, ones, others))

    def _has_shape(self, name: str, other: str) -> bool:
        """Whether a class has the fields of one with another name."""
        if (name, other) in self._assumed:  # they refer to themselves
            return True
        self._assumed.add((name, other))
        for ones, others in ((self.wider.dicts, self.narrower.dicts), (self.wider.models, self.narrower.models)):
            if name in ones and other in others:
                same = ones[name].keys() == others[other].keys()
                return same and all(self._field(ones[name][key], others[other][key]) for key in ones[name])
        return False

    def _field(self, one: Field, other: Field) -> bool:
        return one.is_required == other.is_required and self.includes(one.annotation, other.annotation)


def _options(node: ast.expr, facts: PackageFacts, seen: frozenset[str] = frozenset()) -> Iterator[ast.expr]:
    """The members of a union, with named types and literals taken apart, and without what only constrains values."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _options(left, facts, seen)
            yield from _options(right, facts, seen)
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            yield from _options(first, facts, seen)
        case ast.Subscript(value=ast.Name(id="Literal" | "_Literal"), slice=inner):
            yield from inner.elts if isinstance(inner, ast.Tuple) else [inner]
        case ast.Name(id=name) if name in facts.aliases and name not in seen:
            yield from _options(facts.aliases[name], facts, seen | {name})
        case _:
            yield node
