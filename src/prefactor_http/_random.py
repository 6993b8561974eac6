"""Random texts."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["RandomTexts", "uuid4_text"]

_MADE_AT_ONCE = 256


class RandomTexts:
    """Makes texts of random bytes of the operating system. A forked process never repeats those of its parent.

    Many are made at once. A call of the operating system gives the GIL away, and another thread may keep it for
    milliseconds: with one call for each span, the calls of an agent would be as slow as that thread.

    Args:
        size: How many bytes a text is made of.
        text_of: Makes it.
    """

    def __init__(self, size: int, text_of: Callable[[bytes], str]) -> None:
        self._size = size
        self._text_of = text_of
        self._unused: list[str] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._unused.clear)

    def take(self) -> str:
        """A text that was not taken before."""
        while True:
            try:
                return self._unused.pop()
            except IndexError:
                self._make()

    def _make(self) -> None:
        size, text_of = self._size, self._text_of
        made = os.urandom(_MADE_AT_ONCE * size)
        self._unused += [text_of(made[start : start + size]) for start in range(0, len(made), size)]


def uuid4_text(randomness: bytes) -> str:
    """A UUID of version 4 of 16 bytes, as text. The uuid module takes three times as long."""
    text = randomness.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[randomness[8] >> 4 & 3]}{text[17:20]}-{text[20:]}"
