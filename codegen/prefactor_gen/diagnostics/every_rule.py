"""The rules of all commands together."""

from __future__ import annotations

from prefactor_gen.diagnostics.change_rules import CHANGE_RULES
from prefactor_gen.diagnostics.risk_rules import RISK_RULES
from prefactor_gen.diagnostics.rules import RULES, Rule
from prefactor_gen.diagnostics.usage_rules import USAGE_RULES

__all__ = ["EVERY_RULE"]

EVERY_RULE: dict[str, Rule] = {**RULES, **CHANGE_RULES, **USAGE_RULES, **RISK_RULES}
"""Every rule that `check --explain` explains, by its code."""
