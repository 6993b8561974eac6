"""The rules of `prefactor-gen status`, which reads the source code of an agent."""

from __future__ import annotations

from prefactor_gen.diagnostics.rules import Rule

__all__ = ["USAGE_RULES"]

USAGE_RULES: dict[str, Rule] = {rule.code: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}
"""Every rule by its code, in the order of the codes."""
