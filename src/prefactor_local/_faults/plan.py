"""The faults that are still to happen, and the decision which of them hit a request. No I/O."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from prefactor_local._faults.fault import Fault
from prefactor_local._protocol.paths import BULK

__all__ = ["Effect", "FaultPlan", "Target"]


class Target(NamedTuple):
    """What a fault may hit: a request, or an item of a bulk request.

    Attributes:
        method: HTTP method.
        path: Path of the request, or of the item as a single request.
        schema_names: Returns the schema names of its spans; called only for faults that have one.
    """

    method: str
    path: str
    schema_names: Callable[[], frozenset[str]]


class Effect(NamedTuple):
    """What the faults do to one request.

    Attributes:
        delay: Seconds to wait first.
        fault: The fault that ends the request; None if it is handled normally.
    """

    delay: float = 0.0
    fault: Fault | None = None


@dataclass
class _Planned:
    fault: Fault
    times_left: int | None


class FaultPlan:
    """The faults that are still to happen. May be changed from any thread while requests run.

    Args:
        seed: Seed of the random rates and jitter.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - made to be repeatable
        self._planned: list[_Planned] = []

    def __bool__(self) -> bool:
        return bool(self._planned)

    def add(self, fault: Fault) -> None:
        if fault.times == 0:
            return
        with self._lock:
            self._planned.append(_Planned(fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def pending(self) -> list[tuple[Fault, int | None]]:
        """The faults in order, each with how often it will still happen."""
        with self._lock:
            return [(planned.fault, planned.times_left) for planned in self._planned]

    def effect_on_request(self, request: Target) -> Effect:
        """What happens to a request. The items of a bulk request are left to `effect_on_item`.

        Each fault that takes part is used up once.
        """
        is_bulk = request.path == BULK
        delay = 0.0
        with self._lock:
            for planned in list(self._planned):
                fault = planned.fault
                if (is_bulk and fault.hits_items) or not self._hits(planned, request):
                    continue
                delay += self._delay(fault)
                if fault.ends_request:
                    return Effect(delay, fault)
        return Effect(delay)

    def effect_on_item(self, item: Target) -> Effect:
        """What happens to an item of a bulk request. Uses up the fault that hits it, once."""
        with self._lock:
            for planned in list(self._planned):
                if planned.fault.hits_items and self._hits(planned, item):
                    return Effect(self._delay(planned.fault), planned.fault)
        return Effect()

    def _hits(self, planned: _Planned, target: Target) -> bool:
        fault = planned.fault
        if not fault.matches(target.method, target.path):
            return False
        if fault.schema_name is not None and fault.schema_name not in target.schema_names():
            return False
        if fault.rate < 1 and self._random.random() >= fault.rate:
            return False
        self._use(planned)
        return True

    def _use(self, planned: _Planned) -> None:
        if planned.times_left is None:
            return
        planned.times_left -= 1
        if planned.times_left <= 0:
            self._planned.remove(planned)

    def _delay(self, fault: Fault) -> float:
        return fault.delay + (self._random.uniform(0, fault.jitter) if fault.jitter else 0)
