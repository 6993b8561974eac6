"""A risk profile: how much each category of data and each action counts, and the score of a span type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prefactor_gen.definitions.data_risk import DeclaredRisk

__all__ = ["RiskProfile", "Score"]


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one span.

    The API's guide does not say whether a category that is in both params and result counts once or twice.

    Attributes:
        low: it counts once.
        high: it counts twice.
    """

    low: float
    high: float

    def __str__(self) -> str:
        """`12`, or `12–16`."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}–{self.high:g}"


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """What counts for the score. A category or an action that is not in it counts nothing.

    Attributes:
        weights: of categories, from 0 to 10.
        multipliers: of actions: 1 is neutral, more amplifies, less reduces.
    """

    weights: Mapping[str, float]
    multipliers: Mapping[str, float]

    def score(self, risk: DeclaredRisk) -> Score:
        """The sum of weight times multiplier, over every included category and every allowed action."""
        factor = sum(self.multipliers.get(action, 0) for action in risk.actions.stated)
        parts = [section.stated for section in (risk.params, risk.result)]
        once = sum(self.weights.get(category, 0) for category in dict.fromkeys([*parts[0], *parts[1]]))
        twice = sum(self.weights.get(category, 0) for part in parts for category in part)
        return Score(once * factor, twice * factor)
