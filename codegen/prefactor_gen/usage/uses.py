"""Collects the uses of span types in all modules, and what is wrong with them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.usage.class_uses import ClassUses
from prefactor_gen.usage.deprecated_uses import DeprecatedUse, DeprecatedUses
from prefactor_gen.usage.findings import Findings, quoted, shown_source
from prefactor_gen.usage.registrations import Registrations
from prefactor_gen.usage.source_code.evaluation import Evaluator
from prefactor_gen.usage.source_code.modules import Module
from prefactor_gen.usage.source_code.values import Export, Outside, Plain, Text, Value
from prefactor_gen.usage.span_calls import Certainty, SpanCall, known_start, span_calls, uses_prefactor
from prefactor_schema.suggestions import closest_match

__all__ = ["Uses"]

_WITH_CLASS: Final = frozenset({"span", "traced"})
"""The functions that take a generated class in place of a name."""
_SIMILAR: Final = 0.75
"""How near a name is that is meant. Names of other things are a little similar, too."""


class Uses:
    """The uses of span types.

    Attributes:
        used: the names of the project's span types that are used.
        mentioned: those that stand in the code as a text.
        ignored: the globs of the configuration that cover an unknown name.
        findings: what is wrong.
        registrations: the span types that the code itself registers.
    """

    def __init__(self, evaluator: Evaluator, today: date, ignore: Iterable[str]) -> None:
        self.used = set[str]()
        self.mentioned = set[str]()
        self.ignored = set[str]()
        self.findings = Findings(evaluator.modules, today)
        self.registrations = Registrations()
        self._evaluator = evaluator
        self._own = evaluator.modules.own
        self._ignore = list(ignore)
        self._helpers: dict[str, str] = {}
        self._classes = ClassUses(evaluator, self.findings, self.used)
        self._deprecated = DeprecatedUses(evaluator)

    def read(self, modules: Sequence[Module]) -> None:
        """Read all modules. What one of them registers or imports is known in the others."""
        ours = {module for module in modules if uses_prefactor(module, self._evaluator)}
        for module in modules:
            self.registrations.read(module, self._evaluator, is_ours=module in ours)
        for package in [*self._evaluator.modules.foreign.values(), self._own]:
            self._helpers.update(package.class_names)
        has_deprecated_properties = self._deprecated.any
        for module in modules:
            for call in span_calls(module, self._evaluator, is_ours=module in ours):
                self._call(call)
            self._classes.read(module, is_ours=module in ours)
            self._mentions(module)
            if has_deprecated_properties and module in ours:
                self._report(self._deprecated.of_methods(module))

    def _call(self, call: SpanCall) -> None:
        for value in call.values:
            if isinstance(value, Text):
                self._by_name(call, value.value)
            elif isinstance(value, Export) and call.certainty is not Certainty.NOT:
                self._no_class(call, value)
            elif call.certainty is not Certainty.NOT and self._is_unclear(value, call.argument):
                self._unclear(call)
        if call.certainty is not Certainty.NOT:
            self._report(self._deprecated.of_call(call))

    def _unclear(self, call: SpanCall) -> None:
        """A span type that is known only when the program runs, perhaps with the beginning of its name."""
        start = known_start(call.argument)
        if any(name.startswith(start) for name in self._own.definitions):
            shown = f"{call.function}({shown_source(call.argument)})"
            self.findings.unclear(call.argument, call.scope, shown, start)

    def _no_class(self, call: SpanCall, value: Export) -> None:
        """A name of a generated package that is given as a class, and is none."""
        shown = f"{call.function}({shown_source(call.argument)})"
        if not shown.endswith(f"{value.name})"):
            shown += f": {printable(value.name)}"
        near = value.package.renamed.get(value.name)
        near = near or closest_match(value.name, value.package.classes, cutoff=_SIMILAR)
        self.findings.unknown(call.argument, call.scope, shown, near, is_certain=True)

    def _by_name(self, call: SpanCall, name: str) -> None:
        """A span type that is given by its name."""
        definition = self._own.definitions.get(name)
        if definition is not None:
            self.used.add(name)
        if call.certainty is Certainty.NOT:
            return
        shown = f"{call.function}({shown_source(call.argument)})"
        if not isinstance(call.argument, ast.Constant):
            shown += f": {quoted(name)}"
        helper = self._helpers.get(name)
        if definition is not None and definition.deprecation is not None:
            self.findings.deprecated(call.argument, call.scope, shown, definition.deprecation)
        elif helper is None:
            self._unknown(call, name, shown)
        elif call.function in _WITH_CLASS:
            self.findings.has_helper(call.argument, call.scope, shown, f"{call.function}({helper})")

    def _unknown(self, call: SpanCall, name: str, shown: str) -> None:
        if self.registrations.has(name):
            return
        patterns = {each for each in self._ignore if fnmatchcase(name, each)}
        self.ignored |= patterns
        near = self._own.renamed.get(name)
        near = near or closest_match(name, [*self._helpers, *self.registrations.names], cutoff=_SIMILAR)
        if not patterns and (":" in name or near is not None or call.certainty is Certainty.SURE):
            is_certain = near is not None or not self.registrations.is_open
            self.findings.unknown(call.argument, call.scope, shown, near, is_certain=is_certain)

    def _mentions(self, module: Module) -> None:
        """The texts that are names of span types. As an attribute of a class, one is what its methods use."""
        for node, scope in module.scopes.nodes:
            if not isinstance(node, ast.Constant) or node.value not in self._own.definitions:
                continue
            if node not in self.registrations.nodes:
                (self.used if scope.is_class else self.mentioned).add(str(node.value))

    def _report(self, uses: Iterable[DeprecatedUse]) -> None:
        for use in uses:
            self.findings.deprecated(use.node, use.scope, use.text, use.deprecation)

    def _is_unclear(self, value: Value, argument: ast.expr) -> bool:
        """Whether an argument may be the name of any span type."""
        if isinstance(value, Outside):  # what begins with a capital is a class of somebody else
            name = value.name.rpartition(".")[2]
            return name.isupper() or not name[:1].isupper()
        return value is Plain.UNKNOWN and not self._classes.is_called_like_one(argument)
