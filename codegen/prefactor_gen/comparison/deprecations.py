"""Changes of deprecations, and removals that a deprecation has announced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from prefactor_gen.comparison.options import ComparisonOptions
from prefactor_gen.diagnostics import change_rules as rules
from prefactor_gen.diagnostics.change_rules import ChangeRule
from prefactor_gen.json_schema.deprecation import Deprecation

__all__ = ["Said", "deprecation_changes", "removal"]


class Said(NamedTuple):
    """A rule, and what has changed in words."""

    rule: ChangeRule
    message: str


def removal(removed: Said, deprecation: Deprecation | None, options: ComparisonOptions) -> Said:
    """What the removal of something is, if it was deprecated: in time, or too early.

    One whose deprecation has no date is a removal like any other: of a version, nobody knows whether it has come.
    """
    if deprecation is None or deprecation.until is None:
        return removed
    until = deprecation.until_date
    if until is None:
        message = f"{removed.message}; it was supported until {deprecation.until}, but only dates are compared"
        return removed._replace(message=message)
    if options.today < until:
        return Said(rules.REMOVED_EARLY, f"removed before {until.isoformat()}, until when it is supported")
    return Said(rules.REMOVED_IN_TIME, f"removed; it was supported until {until.isoformat()}")


def deprecation_changes(old: Deprecation | None, new: Deprecation | None, options: ComparisonOptions) -> Iterator[Said]:
    """What has changed of a deprecation."""
    if new == old:
        return
    if new is None:
        yield Said(rules.DEPRECATED, "not deprecated any more")
        return
    yield Said(rules.DEPRECATED, str(new).removesuffix("."))
    until = new.until_date
    if until is None or (old is not None and old.until == new.until):
        return
    promised = None if old is None else old.until_date
    if promised is not None and until < promised:
        yield Said(rules.UNTIL_EARLIER, f"until {until.isoformat()} was {promised.isoformat()}")
    left = (until - options.today).days
    if left < options.grace:
        days = f"{left} day{'' if left == 1 else 's'} from now" if left >= 0 else "in the past"
        message = f"until {until.isoformat()} is {days}; expected at least {options.grace} days"
        yield Said(rules.UNTIL_TOO_NEAR, message)
