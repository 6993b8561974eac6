"""The runs that this process has started and not finished."""

from __future__ import annotations

import threading

from prefactor_core.operations import Operation, OperationType

__all__ = ["OpenRuns"]

_MOST = 10_000


class OpenRuns:
    """The ids of the instances that were started here and are not over, the last 10,000 of them.

    Ids, not records: a record is kept as long as the program uses its instance. Works from any thread.
    """

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}
        self._lock = threading.RLock()  # reentrant: a signal handler may interrupt a call

    def follow(self, operation: Operation) -> None:
        """Take an operation of an instance into account, which was handed over."""
        if operation.instance is None:
            return
        if operation.type is OperationType.START_AGENT_INSTANCE:
            with self._lock:
                self._ids[operation.instance.id] = None
                if len(self._ids) > _MOST:
                    del self._ids[next(iter(self._ids))]
        elif operation.type is OperationType.FINISH_AGENT_INSTANCE:
            self.over(operation.instance.id)

    def rename(self, old: str, new: str) -> None:
        """The API has given an instance another id."""
        with self._lock:
            if old in self._ids:
                self._ids[new] = None
                self.over(old)

    def over(self, instance_id: str) -> None:
        """The instance is finished or terminated."""
        with self._lock:
            self._ids.pop(instance_id, None)

    def ids(self) -> list[str]:
        """The ids, in the order of their starts."""
        with self._lock:
            return list(self._ids)
