"""Words what is wrong with the uses of span types in the code."""

from __future__ import annotations

import ast
from datetime import date

from prefactor_gen.diagnostics.diagnostics import Diagnostic, Severity, printable
from prefactor_gen.diagnostics.rules import Rule
from prefactor_gen.diagnostics.usage_rules import CANNOT_TELL, DEPRECATED_USE, HAS_HELPER, UNKNOWN_SPAN_TYPE
from prefactor_gen.json_schema.deprecation import Deprecation
from prefactor_gen.usage.source_code.modules import Modules
from prefactor_gen.usage.source_code.scopes import Scope

__all__ = ["Findings", "quoted", "shown_source"]

_LONGEST = 60


class Findings:
    """What is found.

    Attributes:
        diagnostics: in no order.
        unclear_starts: what the names begin with of span types that are used perhaps; "" for any.
    """

    def __init__(self, modules: Modules, today: date) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.unclear_starts = set[str]()
        self._modules = modules
        self._today = today

    def has_helper(self, node: ast.AST, scope: Scope, shown: str, helper: str) -> None:
        """A name is given where a class could be."""
        self._add(HAS_HELPER, node, scope, f"{shown} has a helper: {helper}")

    def unknown(self, node: ast.AST, scope: Scope, shown: str, near: str | None, *, is_certain: bool) -> None:
        """No span type has the name."""
        hint = f"; did you mean '{printable(near)}'?" if near is not None else ""
        severity = Severity.ERROR if is_certain else Severity.NOTE
        self._add(UNKNOWN_SPAN_TYPE, node, scope, f"{shown} is unknown{hint}", severity)

    def unclear(self, node: ast.AST, scope: Scope, shown: str, start: str = "") -> None:
        """Any span type may be meant whose name begins so."""
        self.unclear_starts.add(start)
        self._add(CANNOT_TELL, node, scope, f"{shown}: cannot tell")

    def deprecated(self, node: ast.AST, scope: Scope, shown: str, found: Deprecation) -> None:
        """A span type or a property is deprecated."""
        words = "; ".join(
            filter(None, (f"use {found.use}" if found.use else "", (found.reason or "").removesuffix(".")))
        )
        until = f" (supported until {found.until})" if found.until else ""
        is_over = found.until_date is not None and found.until_date < self._today
        message = f"{shown} is deprecated{f': {words}' if words else ''}{until}"
        self._add(DEPRECATED_USE, node, scope, message, Severity.ERROR if is_over else Severity.WARNING)

    def _add(self, rule: Rule, node: ast.AST, scope: Scope, message: str, severity: Severity | None = None) -> None:
        module = self._modules.of_scope(scope)
        self.diagnostics.append(rule.at(module.parsed.place(node), message, severity))


def shown_source(node: ast.AST) -> str:
    """An expression of the code, for a message."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return quoted(node.value)
    try:
        text = printable(ast.unparse(node))
    except RecursionError:  # it is nested too deeply to be printed
        return "…"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def quoted(name: str) -> str:
    """A name, as the code has it."""
    return f'"{printable(name)}"'
