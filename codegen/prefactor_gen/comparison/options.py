"""What a comparison depends on, beside the two sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["ComparisonOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOptions:
    """What a comparison depends on, beside the two sides.

    Attributes:
        today: the day that the dates of deprecations are compared with.
        grace: the days that a deprecation should leave before its `until`.
        assert_formats: payloads must match the formats of their schemas (`formats = "assert"`).
        count_undeclared: values under names that the old schema does not declare count, although helpers do not record
            them (`undeclared = "count"`).
    """

    today: date
    grace: int = 90
    assert_formats: bool = False
    count_undeclared: bool = False
