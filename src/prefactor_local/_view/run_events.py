"""Tells of runs that were registered, and of those that have ended."""

from __future__ import annotations

import logging
from collections.abc import Callable

from prefactor_local._view.reading import Reader
from prefactor_local._view.shapes import RunSummary

__all__ = ["RunEvents"]

logger = logging.getLogger("prefactor_local")
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
        try:
            self._tell(self._reader.run(target)["run"])
        except Exception:
            # The operation is done: that nobody is told is no reason to answer with an error.
            logger.exception("cannot tell of a run")
