"""Logs a recurring problem once."""

from __future__ import annotations

__all__ = ["LogOnce"]

_MOST_KEYS = 1_000


class LogOnce:
    """Decides whether something is logged: each key once, and no more than 1,000 keys."""

    def __init__(self) -> None:
        self._seen: set[object] = set()

    def __call__(self, key: object) -> bool:
        """Whether the key is new, and is to be logged now."""
        if key in self._seen or len(self._seen) >= _MOST_KEYS:
            return False
        self._seen.add(key)
        return True
