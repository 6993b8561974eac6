"""What the commands report to the user."""

from __future__ import annotations

__all__ = ["CommandError", "UsageError"]


class CommandError(Exception):
    """What was asked for is not there, or cannot be done. The text says what was tried.

    Attributes:
        exit_code: what the command returns.
    """

    exit_code = 1


class UsageError(CommandError):
    """The command cannot be run like this: its options contradict each other, or a package is missing."""

    exit_code = 2
