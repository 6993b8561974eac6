"""Logs a recurring problem once."""

from __future__ import annotations

__all__ = ["LogOnce"]

_MOST_KEYS = 1_000


class LogOnce:
    """Decides whether something is logged: each key once, and no more than 1,000 keys."""

    def __init__(self) -> None:
        self._seen: dict[object, object] = {}

    def __call__(self, key: object) -> bool:
        """Whether the key is new, and is to be logged now."""
        if len(self._seen) >= _MOST_KEYS:
            return False
        mine = object()
        return self._seen.setdefault(key, mine) is mine  # one step, so that no two threads find the key new
