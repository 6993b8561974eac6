"""Finds where the code names generated classes, by themselves or as items of `SPAN_TYPES`."""

from __future__ import annotations

import ast
from typing import TypeGuard

from prefactor_gen.usage.findings import Findings, shown_source
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Module
from prefactor_gen.usage.source_code.scopes import How, Scope
from prefactor_gen.usage.source_code.values import (
    GeneratedPackage,
    ModuleOfProject,
    Plain,
    SpanClass,
    SpanTypesMapping,
    Text,
    Value,
)
from prefactor_gen.usage.span_calls import may_name_classes
from prefactor_schema.suggestions import closest_match

__all__ = ["ClassUses"]


class ClassUses:
    """Finds the uses of the classes of the project's own package.

    Args:
        evaluator: evaluates expressions.
        findings: takes what is wrong.
        used: takes the names of the span types that are used.
    """

    def __init__(self, evaluator: Evaluator, findings: Findings, used: set[str]) -> None:
        self._evaluator = evaluator
        self._own = evaluator.modules.own
        self._findings = findings
        self._used = used

    def read(self, module: Module, *, is_ours: bool) -> None:
        """Find the uses in a module.

        Args:
            module: the module.
            is_ours: whether it uses prefactor. If not, few names in it have to be followed.
        """
        follows_all = is_ours or may_name_classes(module, self._evaluator)
        items = set[ast.AST]()
        for node, scope in module.scopes.nodes:  # an expression comes before its parts
            if isinstance(node, ast.Call):
                self._call(node, scope, items)
            elif isinstance(node, ast.Subscript):
                self._item(node.value, node.slice, scope, items)
            elif _is_read(node) and node not in items and (follows_all or self.is_called_like_one(node)):
                self._name(node, scope)

    def is_called_like_one(self, node: ast.AST) -> bool:
        """Whether an expression of which nothing is known has the name of a generated class."""
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return name in self._own.classes

    def _name(self, node: ast.Name | ast.Attribute, scope: Scope) -> None:
        is_own_name = self._is_of_module(node, scope)
        for value in self._evaluator.of(node, scope):
            if value is Plain.UNKNOWN and self.is_called_like_one(node):
                name = node.attr if isinstance(node, ast.Attribute) else node.id
                self._used.add(self._own.classes[name])
            elif isinstance(value, SpanClass) and value.package is self._own and not is_own_name:
                self._used.add(value.span_type)
            elif isinstance(value, SpanTypesMapping) and value.package is self._own and is_own_name:
                self._findings.unclear(node, scope, shown_source(node))
            else:
                self._class(value, node, scope)

    def _is_of_module(self, node: ast.Name | ast.Attribute, scope: Scope) -> bool:
        """Whether it is a name of a module, rather than a variable. About a variable, nothing is reported again."""
        if isinstance(node, ast.Name):
            return all(each.how is How.IMPORT for each in scope.binding(node.id))
        owners = self._evaluator.of(node.value, scope)
        return any(isinstance(each, GeneratedPackage | ModuleOfProject) for each in owners)

    def _class(self, value: Value, node: ast.expr, scope: Scope) -> None:
        """A class that the code names."""
        if not isinstance(value, SpanClass) or value.package is not self._own:
            return
        self._used.add(value.span_type)
        definition = self._own.definitions.get(value.span_type)
        if definition is not None and definition.deprecation is not None:
            self._findings.deprecated(node, scope, shown_source(node), definition.deprecation)

    def _call(self, node: ast.Call, scope: Scope, items: set[ast.AST]) -> None:
        """`SPAN_TYPES.get(name)`, and `getattr(package, name)`."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "get" and node.args:
            self._item(function.value, node.args[0], scope, items)
        elif isinstance(function, ast.Name) and function.id == "getattr" and len(node.args) > 1:
            for module in self._evaluator.of(node.args[0], scope):
                if isinstance(module, GeneratedPackage) and module.package is self._own:
                    self._attribute(module, node, scope)

    def _attribute(self, module: GeneratedPackage, node: ast.Call, scope: Scope) -> None:
        for name in self._evaluator.of(node.args[1], scope):
            if name is Plain.UNKNOWN:
                self._findings.unclear(node, scope, shown_source(node))
            elif isinstance(name, Text):
                for value in self._evaluator.attribute(module, name.value):
                    self._class(value, node, scope)

    def _item(self, mapping: ast.expr, key: ast.expr, scope: Scope, items: set[ast.AST]) -> None:
        """An item of `SPAN_TYPES`."""
        values = self._evaluator.of(mapping, scope)
        if not any(isinstance(each, SpanTypesMapping) and each.package is self._own for each in values):
            return
        items.add(mapping)
        shown = f"{shown_source(mapping)}[{shown_source(key)}]"
        for name in self._evaluator.of(key, scope):
            if name is Plain.UNKNOWN:
                self._findings.unclear(key, scope, shown)
            elif isinstance(name, Text) and name.value in self._own.definitions:
                self._class(SpanClass(self._own, name.value), key, scope)
            elif isinstance(name, Text):
                near = closest_match(name.value, self._own.definitions)
                self._findings.unknown(key, scope, shown, near, is_certain=True)


def _is_read(node: ast.AST) -> TypeGuard[ast.Name | ast.Attribute]:
    return isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
