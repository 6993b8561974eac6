"""What a call in the code may return."""

from __future__ import annotations

import ast
from typing import Final

from prefactor_gen.usage.source_code import members, tables
from prefactor_gen.usage.source_code.scopes import Scope
from prefactor_gen.usage.source_code.values import (
    OTHER,
    UNKNOWN,
    ClassOfProject,
    Container,
    Core,
    CoreObject,
    Evaluation,
    Export,
    Function,
    GeneratedPackage,
    ModuleOfProject,
    Namespace,
    ObjectOfProject,
    OpenSpan,
    Outside,
    PayloadClass,
    Plain,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
    Values,
    union,
)

__all__ = ["entered", "is_foreign", "result_of", "span_arguments"]

_ENTER: Final = frozenset({"aclosing", "closing", "enter_async_context", "enter_context"})
_NO_RECEIVERS: Final = (Container, Export, Function, ModuleOfProject, Namespace, Outside, Text)
_KEYWORDS: Final = ("schema_name", "span_type")
"""The keywords for the span type of `span`, `create_span`, `traced` and `current_span`."""


def result_of(evaluator: Evaluation, node: ast.Call, scope: Scope) -> Values:
    """What a call may return."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return _method(evaluator, node, function, scope)
    if isinstance(function, ast.Name) and function.id == "getattr" and len(node.args) > 1:
        return _attribute_by_name(evaluator, node, scope)
    return union(_result(evaluator, value, node, scope) for value in evaluator.of(function, scope))


def entered(value: Value) -> Values:
    """What the block of a `with` statement gets."""
    is_itself = isinstance(value, OpenSpan | CoreObject | Outside | ObjectOfProject)
    return frozenset({value}) if is_itself else UNKNOWN


def span_arguments(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that may be the span type: a keyword, or the first two (a client takes the run first)."""
    named = [each.value for each in node.keywords if each.arg in _KEYWORDS]
    return named or node.args[:2]


def is_foreign(evaluator: Evaluation, receivers: Values) -> bool:
    """Whether the method `span` of these objects is certainly not that of prefactor."""
    return bool(receivers) and all(
        isinstance(each, _NO_RECEIVERS) or each is Plain.OTHER or members.defines(evaluator, each, "span")
        for each in receivers
    )


def _method(evaluator: Evaluation, node: ast.Call, function: ast.Attribute, scope: Scope) -> Values:
    if function.attr in _ENTER and node.args:
        return union(map(entered, evaluator.of(node.args[0], scope)))
    receivers = evaluator.of(function.value, scope)
    if function.attr == "span" and not is_foreign(evaluator, receivers):
        return _opened(evaluator, node, scope)
    return union(_of_receiver(evaluator, receiver, node, function.attr, scope) for receiver in receivers)


def _of_receiver(evaluator: Evaluation, receiver: Value, node: ast.Call, method: str, scope: Scope) -> Values:
    if isinstance(receiver, Container | SpanTypesMapping) and method == "get" and node.args:
        defaults = union(evaluator.of(each, scope) for each in node.args[1:2])
        return defaults | tables.item(evaluator, receiver, node.args[0], scope)
    if (view := members.called(receiver, method, node)) is not None:
        return frozenset({view})
    return union(_result(evaluator, each, node, scope) for each in evaluator.attribute(receiver, method))


def _attribute_by_name(evaluator: Evaluation, node: ast.Call, scope: Scope) -> Values:
    """What `getattr(value, name)` returns."""
    found = evaluator.of(node.args[2], scope) if len(node.args) > 2 else frozenset[Value]()
    for value in evaluator.of(node.args[0], scope):
        for name in evaluator.of(node.args[1], scope):
            if isinstance(name, Text):
                found |= evaluator.attribute(value, name.value)
            else:  # of a generated package, `ClassUses` reports that it is not known
                found |= OTHER if isinstance(value, GeneratedPackage) else UNKNOWN
    return found


def _result(evaluator: Evaluation, function: Value, node: ast.Call, scope: Scope) -> Values:
    """What the call of a value returns."""
    match function:
        case Core(name) if name.endswith(".current_span"):
            return _opened(evaluator, node, scope)
        case Core() | CoreObject():
            return frozenset({CoreObject()})
        case SpanClass(package, span_type):
            return frozenset({OpenSpan(package, span_type)})
        case Outside("importlib.import_module"):
            names = evaluator.of(node.args[0], scope) if node.args else UNKNOWN
            return frozenset(evaluator.module(each.value, scope) for each in names if isinstance(each, Text)) or UNKNOWN
        case Outside(name):
            return frozenset({Outside(f"{name}()")})
        case ClassOfProject(inner):
            return frozenset({ObjectOfProject(inner)})
        case Function():
            return evaluator.returned_by(function)
        case PayloadClass():
            return OTHER
    return UNKNOWN


def _opened(evaluator: Evaluation, node: ast.Call, scope: Scope) -> Values:
    """The spans that a call opens, or the current ones. Without a span type, it is some object of prefactor."""
    found = set[Value]()
    for argument in span_arguments(node):
        for value in evaluator.of(argument, scope):
            if isinstance(value, SpanClass):
                found.add(OpenSpan(value.package, value.span_type))
            elif isinstance(value, Text) and evaluator.is_span_type(value.value):
                found.add(OpenSpan(None, value.value))
    return frozenset(found) or frozenset({CoreObject()})
