"""What the spool needs of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from prefactor_core.operations import Operation, OperationType

__all__ = ["Feed"]


class Feed(Protocol):
    """Takes operations from disk into memory. Called on the spool's thread."""

    def room(self) -> int:
        """How many operations delivery has room for."""
        ...

    def give(self, operation: Operation, *, adopted: bool) -> None:
        """Deliver an operation.

        Args:
            operation: the operation.
            adopted: another process was handed it; otherwise it is counted as accepted already.

        Raises:
            QueueClosedError: delivery has ended.
        """
        ...

    def lose(self, lost: Mapping[OperationType, int], size: int) -> None:
        """Count operations, of so many bytes together, that were on disk alone and cannot be read any more."""
        ...

    def changed(self) -> None:
        """What waits on disk has become less, or nothing."""
        ...
