"""The rules of `prefactor-gen risk`: what a project does not allow its span types to declare."""

from __future__ import annotations

from prefactor_gen.diagnostics.rules import Rule

__all__ = ["RISK_RULES"]

RISK_RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
