"""The exit codes of all commands."""

from __future__ import annotations

from collections.abc import Iterable

from prefactor_gen.diagnostics.diagnostics import Severity

__all__ = ["DONE", "USAGE", "WRONG", "exit_code"]

DONE, WRONG, USAGE = 0, 1, 2
"""Fine; something is found or is not current; wrong usage, or a source that cannot be reached."""


def exit_code(found: Iterable[Severity], *, strict: bool) -> int:
    """The exit code of a command that has found something.

    Args:
        found: how severe each finding is.
        strict: whether warnings make it fail, too.
    """
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return DONE if failing.isdisjoint(found) else WRONG
