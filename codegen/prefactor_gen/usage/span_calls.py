"""The calls in a module that say which span type is meant: `span`, `create_span`, `traced` and `current_span`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from prefactor_gen.usage.source_code.calls import is_foreign, span_arguments
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Module
from prefactor_gen.usage.source_code.scopes import Binding, How, Scope
from prefactor_gen.usage.source_code.values import (
    UNKNOWN,
    Core,
    CoreObject,
    Export,
    GeneratedPackage,
    ModuleOfProject,
    Namespace,
    OpenSpan,
    PayloadClass,
    Registry,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
    Values,
)

__all__ = ["Certainty", "SpanCall", "known_start", "may_name_classes", "span_calls", "uses_prefactor"]

_METHODS: Final = frozenset({"create_span", "span"})
_FUNCTIONS: Final = frozenset({"current_span", "traced"})
_OF_PREFACTOR: Final = (
    Core, CoreObject, GeneratedPackage, OpenSpan, PayloadClass, Registry, SpanClass, SpanTypesMapping,
)  # fmt: skip


class Certainty(Enum):
    """Whether a call opens a span of prefactor."""

    SURE = auto()
    LIKELY = auto()
    """It may be a method of something else that has the same name."""
    NOT = auto()
    """Nothing is reported about it. If it names a span type, that counts as a use, to be on the safe side."""


@dataclass(frozen=True)
class SpanCall:
    """A call that names a span type.

    Attributes:
        function: the name of the method or function.
        argument: the argument that is the span type.
        values: what it may mean.
    """

    node: ast.Call
    scope: Scope
    function: str
    certainty: Certainty
    argument: ast.expr
    values: Values


class _SpanFunction(NamedTuple):
    """A function that takes a span type."""

    name: str
    certainty: Certainty


def uses_prefactor(module: Module, evaluator: Evaluator) -> bool:
    """Whether a module imports something of prefactor or of a generated package, also by another module."""
    imported = _imported(module, evaluator)
    if any(isinstance(found, _OF_PREFACTOR) for found, _ in imported):
        return True
    names = [binding for found, binding in imported if _may_have_names(found, evaluator)]
    return any(isinstance(value, _OF_PREFACTOR) for each in names for value in evaluator.binding(each))


def may_name_classes(module: Module, evaluator: Evaluator) -> bool:
    """Whether a module imports another one of the project that may have generated classes among its names."""
    return any(_may_have_names(found, evaluator) for found, _ in _imported(module, evaluator))


def _imported(module: Module, evaluator: Evaluator) -> list[tuple[Value, Binding]]:
    """The modules that the import statements lead to, each with its binding."""
    bindings = [(each.imported, each) for each in module.scopes.imports]
    return [(evaluator.modules.imported(name, module.path), each) for name, each in bindings if name is not None]


def _may_have_names(found: Value, evaluator: Evaluator) -> bool:
    if isinstance(found, ModuleOfProject):
        return evaluator.modules.is_relevant(found.path)
    return isinstance(found, Namespace)


def span_calls(module: Module, evaluator: Evaluator, *, is_ours: bool) -> Iterator[SpanCall]:
    """The calls in a module.

    Args:
        module: the module.
        evaluator: evaluates its expressions.
        is_ours: whether it uses prefactor.
    """
    for node, scope in module.scopes.nodes:
        if isinstance(node, ast.Call):
            function = _function(node.func, scope, evaluator, is_ours=is_ours)
            if function is not None:
                yield from _call(node, span_arguments(node), scope, evaluator, function)
            for number, argument in enumerate(node.args):
                if isinstance(argument, ast.Attribute) and argument.attr in _METHODS:
                    # As in partial(instance.span, …). `.span` may also be an attribute: what is not sure only counts.
                    method = _method(argument, scope, evaluator, is_ours=False)
                    yield from _call(node, node.args[number + 1 : number + 3], scope, evaluator, method)


def _call(
    node: ast.Call, arguments: list[ast.expr], scope: Scope, evaluator: Evaluator, function: _SpanFunction
) -> Iterator[SpanCall]:
    """The call, if any of its arguments may be a span type."""
    choices = [(each, evaluator.of(each, scope)) for each in arguments]
    if not choices:  # instance.span(**options)
        choices = [(each.value, UNKNOWN) for each in node.keywords if each.arg is None]
    if choices:
        argument, values = _chosen(choices, evaluator)
        yield SpanCall(node, scope, function.name, function.certainty, argument, values)


def known_start(node: ast.expr) -> str:
    """The text that a name begins with that is made while the program runs: `mcp:` of `f"mcp:{tool}"`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return known_start(node.left) if isinstance(node.left, ast.JoinedStr) else _constant(node.left)
    return _constant(node.values[0]) if isinstance(node, ast.JoinedStr) and node.values else ""


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _function(node: ast.expr, scope: Scope, evaluator: Evaluator, *, is_ours: bool) -> _SpanFunction | None:
    """The function that is called, if it is one of those."""
    if isinstance(node, ast.Name):
        node, scope = _assigned_method(node, scope)
    if isinstance(node, ast.Attribute) and node.attr in _METHODS:
        return _method(node, scope, evaluator, is_ours=is_ours)
    for value in evaluator.of(node, scope) if is_ours else ():
        name = value.name.rpartition(".")[2] if isinstance(value, Core) else ""
        if name in _FUNCTIONS:
            return _SpanFunction(name, Certainty.SURE)
    return None


def _method(node: ast.Attribute, scope: Scope, evaluator: Evaluator, *, is_ours: bool) -> _SpanFunction:
    """A method with one of these names, and whether it is that of prefactor."""
    receivers = evaluator.of(node.value, scope)
    if any(isinstance(each, CoreObject) for each in receivers):
        return _SpanFunction(node.attr, Certainty.SURE)
    is_likely = is_ours and not is_foreign(evaluator, receivers)
    return _SpanFunction(node.attr, Certainty.LIKELY if is_likely else Certainty.NOT)


def _assigned_method(name: ast.Name, scope: Scope) -> tuple[ast.expr, Scope]:
    """The method that a variable is, as in `record = instance.span`, or else the variable."""
    bindings = scope.binding(name.id)
    if len(bindings) == 1 and isinstance(bindings[0].node, ast.Attribute) and bindings[0].how is How.VALUE:
        return bindings[0].node, bindings[0].scope
    return name, scope


def _chosen(choices: list[tuple[ast.expr, Values]], evaluator: Evaluator) -> tuple[ast.expr, Values]:
    """The argument that is the span type. The methods of a client take the run before it."""
    first, *others = choices
    scores = [max((_score(value, evaluator) for value in values), default=0) for _, values in choices]
    if others and (scores[1] > scores[0] or (scores == [0, 0] and _is_called_id(first[0]))):
        return others[0]
    return first


def _is_called_id(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "id" or name.endswith("_id")


def _score(value: Value, evaluator: Evaluator) -> int:
    """How much a value looks like a span type."""
    if isinstance(value, SpanClass):
        return 3
    if isinstance(value, Export):
        return 2
    if not isinstance(value, Text):
        return 0
    return 3 if evaluator.is_span_type(value.value) else 2 if ":" in value.value else 1
