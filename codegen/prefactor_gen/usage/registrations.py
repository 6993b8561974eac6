"""The span types that the agent's code registers itself, beside those of generated packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Module
from prefactor_gen.usage.source_code.scopes import Binding, Scope
from prefactor_gen.usage.source_code.values import Core, Outside, Plain, Text, Values
from prefactor_gen.usage.span_calls import known_start

__all__ = ["Registrations"]

_OWN_METHODS: Final = frozenset({"register_type"})
_METHODS: Final = _OWN_METHODS | {"register", "register_result", "register_unsafe"}
_SECTIONS: Final = frozenset({"span_result_schemas", "span_schemas", "span_type_schemas"})
_KEYWORDS: Final = frozenset({"name", "schema_name"})
_OURS: Final = frozenset({"prefactor_core", "prefactor_http", "prefactor_pytest", "prefactor_local"})


@dataclass
class Registrations:
    """What the code of an agent registers.

    Attributes:
        names: the names, each with the place.
        prefixes: the beginnings of names that are made while the program runs.
        nodes: the texts in the code that are these names; they are no uses.
        is_open: some come from what cannot be read, such as an integration.
    """

    names: dict[str, Place] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    nodes: set[ast.AST] = field(default_factory=set)
    is_open: bool = False

    def has(self, name: str) -> bool:
        """Whether a span type of this name is registered, as far as that can be told."""
        return name in self.names or any(name.startswith(prefix) for prefix in self.prefixes)

    def read(self, module: Module, evaluator: Evaluator, *, is_ours: bool) -> None:
        """Add the registrations of a module.

        Args:
            module: the module.
            evaluator: evaluates its expressions.
            is_ours: whether it uses prefactor. Otherwise, only what nothing else can be is taken.
        """
        self.is_open |= is_ours and any(_is_integration(each, evaluator) for each in module.scopes.imports)
        for node, scope in module.scopes.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if is_ours or node.func.attr in _OWN_METHODS:
                    self._call(node, node.func, scope, module, evaluator)
                versions = [each.value for each in node.keywords if each.arg == "agent_schema_version"]
                self.is_open |= any(Plain.UNKNOWN in evaluator.of(each, scope) for each in versions)
            elif isinstance(node, ast.Dict):
                for name in _of_version(node):
                    self._add(name, frozenset({Text(str(name.value))}), module)

    def _call(
        self, node: ast.Call, function: ast.Attribute, scope: Scope, module: Module, evaluator: Evaluator
    ) -> None:
        if function.attr not in _METHODS | {"merge"}:
            return
        receivers = evaluator.of(function.value, scope)
        if receivers and all(isinstance(each, Outside) for each in receivers):
            return
        named = [each.value for each in node.keywords if each.arg in _KEYWORDS]
        argument = next(iter([*named, *node.args]), None)
        if argument is None:
            return
        values = evaluator.of(argument, scope)
        if function.attr == "merge":
            self.is_open |= any(each is Plain.UNKNOWN or isinstance(each, Outside) for each in values)
        else:
            self._add(argument, values, module)

    def _add(self, node: ast.expr, values: Values, module: Module) -> None:
        self.nodes.add(node)
        for value in values:
            if isinstance(value, Text):
                self.names.setdefault(value.value, module.parsed.place(node))
            elif prefix := known_start(node):
                self.prefixes.add(prefix)
            else:
                self.is_open = True


def _is_integration(binding: Binding, evaluator: Evaluator) -> bool:
    """Whether an import is of an integration, which may register span types of its own."""
    top = binding.imported.module.partition(".")[0] if binding.imported is not None else ""
    if not top.startswith("prefactor_") or top in _OURS:
        return False
    return any(isinstance(each, Core) for each in evaluator.binding(binding))


def _of_version(node: ast.Dict) -> Iterator[ast.Constant]:
    """The names in a dict that is a schema version of an agent."""
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or key.value not in _SECTIONS:
            continue
        if isinstance(value, ast.Dict):
            yield from (each for each in value.keys if isinstance(each, ast.Constant))
        elif isinstance(value, ast.List):
            for item in value.elts:
                yield from _named(item)


def _named(item: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(item, ast.Dict):
        for key, value in zip(item.keys, item.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "name" and isinstance(value, ast.Constant):
                yield value
