"""What the items of dicts, lists, tuples and sets may mean that are written in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from prefactor_gen.usage.source_code.scopes import Scope
from prefactor_gen.usage.source_code.values import (
    OTHER,
    UNKNOWN,
    Container,
    Evaluation,
    Outside,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["item", "items"]


def item(evaluator: Evaluation, value: Value, index: ast.expr, scope: Scope) -> Values:
    """What an item of a value may be: that of a key which is known, or otherwise any."""
    keys = [each.value for each in evaluator.of(index, scope) if isinstance(each, Text)]
    match value:
        case SpanTypesMapping(package):
            names = set(package.classes.values())
            # `ClassUses` reports what is not known or not there: for the one who gets it, it is nothing to report
            return frozenset(SpanClass(package, key) for key in keys if key in names) or OTHER
        case Container(ast.Dict() as node, inner, ""):
            chosen = [
                member
                for key, member in zip(node.keys, node.values, strict=True)
                if not keys or not isinstance(key, ast.Constant) or key.value in keys
            ]
            return union(evaluator.of(member, inner) for member in chosen) or UNKNOWN
        case Container():
            return items(evaluator, value)
        case Outside():
            return frozenset({value})
    return UNKNOWN


def items(evaluator: Evaluation, value: Value, index: int | None = None) -> Values:
    """What a loop over a value gives, or what is at a position in each of the rows that it gives."""
    if isinstance(value, SpanTypesMapping):  # `ClassUses` reports that it may be any
        return OTHER
    if not isinstance(value, Container):
        return frozenset({value}) if isinstance(value, Outside) else UNKNOWN
    return union(_of_pair(evaluator, value, key, member, index) for key, member in _pairs(value.node))


def _of_pair(
    evaluator: Evaluation, value: Container, key: ast.expr | None, member: ast.expr | None, index: int | None
) -> Values:
    if value.view == "items":
        return evaluator.of((key, member)[index], value.scope) if index in {0, 1} else UNKNOWN
    if index is not None:
        return union(_position(evaluator, each, index) for each in evaluator.of(member, value.scope))
    is_key = isinstance(value.node, ast.Dict) and value.view != "values"
    return evaluator.of(key if is_key else member, value.scope)


def _position(evaluator: Evaluation, value: Value, index: int) -> Values:
    if isinstance(value, Container) and isinstance(value.node, ast.Tuple | ast.List) and index < len(value.node.elts):
        return evaluator.of(value.node.elts[index], value.scope)
    return UNKNOWN


def _pairs(node: ast.Dict | ast.List | ast.Tuple | ast.Set) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """The items of a literal, with their keys. What `*` and `**` add is None."""
    if isinstance(node, ast.Dict):
        yield from ((key, None if key is None else member) for key, member in zip(node.keys, node.values, strict=True))
    else:
        yield from ((None, None if isinstance(member, ast.Starred) else member) for member in node.elts)
