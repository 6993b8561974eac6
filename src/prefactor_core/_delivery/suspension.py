"""Something that does not work is not used for a while, and is then tried again. No I/O, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Suspension"]

_FIRST_SECONDS = 60.0
_MAX_SECONDS = 3600.0


@dataclass(slots=True)
class Suspension:
    """Says whether something is suspended: for a minute at first, then twice as long each time, up to an hour.

    A server, or a proxy before it, may be changed while this process lives. So nothing that it refuses is given up for
    good.
    """

    _until: float = -math.inf
    _seconds: float = _FIRST_SECONDS

    def begin(self, now: float) -> None:
        """Suspend it, because it did not work. Does nothing if it is suspended."""
        if self.active(now):
            return
        self._until = now + self._seconds
        self._seconds = min(self._seconds * 2, _MAX_SECONDS)

    def end(self) -> None:
        """Record that it works."""
        self._until, self._seconds = -math.inf, _FIRST_SECONDS

    def active(self, now: float) -> bool:
        """Whether it must not be used now."""
        return now < self._until
