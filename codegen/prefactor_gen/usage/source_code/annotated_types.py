"""What a value may be by its annotation."""

from __future__ import annotations

import ast
from typing import Final

from prefactor_gen.usage.source_code.quoted_types import parsed_type
from prefactor_gen.usage.source_code.scopes import Scope
from prefactor_gen.usage.source_code.values import (
    UNKNOWN,
    ClassOfProject,
    Core,
    CoreObject,
    Evaluation,
    ObjectOfProject,
    OpenSpan,
    Outside,
    SpanClass,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["assigned", "instance_of"]

_TRANSPARENT: Final = frozenset(
    {
        "Annotated", "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "ClassVar", "Coroutine", "Final",
        "Generator", "Iterable", "Iterator", "Optional", "Union",
    }
)  # fmt: skip
_OF_PYTHON: Final = ("typing.", "typing_extensions.", "collections.", "types.", "abc.")


def instance_of(evaluator: Evaluation, node: ast.expr, scope: Scope) -> Values:
    """What a value with this annotation may be."""
    match node:
        case ast.Constant(value=str(text)):
            return evaluator.instance_of(parsed, scope) if (parsed := parsed_type(text)) is not None else UNKNOWN
        case ast.Constant():
            return frozenset()  # None
        case ast.BinOp(op=ast.BitOr()):
            return evaluator.instance_of(node.left, scope) | evaluator.instance_of(node.right, scope)
        case ast.Subscript():
            return _generic(evaluator, node, scope)
    return union(map(_instance, evaluator.of(node, scope)))


def assigned(evaluator: Evaluation, node: ast.AnnAssign, scope: Scope) -> Values:
    """What the value of an assignment with an annotation may be. The annotation says what the value does not.

    The value of a field of a dataclass or a model is only a default: each instance may have another one.
    """
    value = evaluator.of(node.value, scope)
    declared = evaluator.instance_of(node.annotation, scope)
    if _may_have_fields(scope) and not _is_constant(node.annotation):
        return value | declared
    return value - UNKNOWN | declared if value >= UNKNOWN else value | (declared - UNKNOWN)


def _may_have_fields(scope: Scope) -> bool:
    """Whether annotations in a class may be fields of its instances."""
    return isinstance(scope.node, ast.ClassDef) and bool(scope.node.decorator_list or scope.node.bases)


def _is_constant(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    name = annotation.attr if isinstance(annotation, ast.Attribute) else getattr(annotation, "id", "")
    return name in {"ClassVar", "Final"}


def _generic(evaluator: Evaluation, node: ast.Subscript, scope: Scope) -> Values:
    name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        return frozenset(value for each in arguments for value in evaluator.of(each, scope) if isinstance(value, Text))
    if name in {"type", "Type"}:
        return evaluator.of(arguments[0], scope)
    if name in _TRANSPARENT:
        chosen = arguments if name in {"Optional", "Union"} else arguments[:1]
        return union(evaluator.instance_of(each, scope) for each in chosen)
    return evaluator.instance_of(node.value, scope)


def _instance(value: Value) -> Values:
    match value:
        case Core():
            return frozenset({CoreObject()})
        case SpanClass(package, span_type):
            return frozenset({OpenSpan(package, span_type)})
        case ClassOfProject(scope):
            return frozenset({ObjectOfProject(scope)})
        case Outside(name) if not name.startswith(_OF_PYTHON):
            return frozenset({value})
    return UNKNOWN
