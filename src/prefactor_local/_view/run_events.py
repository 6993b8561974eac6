"""Tells of runs that were registered, and of those that have ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from prefactor_local._view.reading import NoSuchRunError, Reader
from prefactor_local._view.shapes import RunSummary

__all__ = ["RunEvents"]

_OPERATIONS = frozenset({"agent_instances/register", "agent_instances/finish", "agent_instances/terminate"})


class RunEvents:
    """Tells what the list of runs shows of a run, after each operation that registered or ended it.

    Args:
        reader: Reads the run.
        tell: Called with it; None: nobody wants to know.
    """

    def __init__(self, reader: Reader, tell: Callable[[RunSummary], None] | None) -> None:
        self._reader = reader
        self._tell = tell

    def executed(self, operation: str, target: str) -> None:
        """An operation was executed."""
        if self._tell is None or operation not in _OPERATIONS:
            return
        # The operation is done: that the run cannot be read now is no reason to refuse it.
        with suppress(sqlite3.Error, NoSuchRunError):
            self._tell(self._reader.run(target)["run"])
