"""How long operations gather before they share a request. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Pace"]

_MAX_GROWTH = 3.0  # at the median, an operation waits for half of the interval: 75 ms by default


@dataclass(slots=True)
class Pace:
    """The interval between requests while operations keep coming: it grows with each interval that gathered some.

    A request costs more than the operations in it. So an agent that records a few spans per second, too, gets less work
    done by its delivery if they share requests. The first operation after a pause does not wait.

    Args:
        shortest: the interval after a pause, in seconds.

    Attributes:
        seconds: the present interval.
    """

    shortest: float
    seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.seconds = self.shortest

    def gathered(self) -> None:
        """Record that operations came within the interval."""
        self.seconds = min(self.seconds * 2, self.shortest * _MAX_GROWTH)

    def paused(self) -> None:
        """Record that none came."""
        self.seconds = self.shortest
