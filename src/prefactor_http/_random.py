"""Random texts."""

from __future__ import annotations

import os
from collections.abc import Callable

from prefactor_http._clock import unix_time

__all__ = ["RandomTexts", "uuid4_text"]

_READ_AT_ONCE = 256
_KEPT_SECONDS = 1.0


class RandomTexts:
    """Makes texts of random bytes of the operating system. A forked process never repeats those of its parent.

    The bytes of many are read at once. A call of the operating system gives the GIL away, and another thread may keep
    it for milliseconds: with one call for each span, the calls of an agent would be as slow as that thread. The bytes
    are kept for a second: a virtual machine may be copied, as AWS Lambda does to start quickly, and its copies must not
    make the same texts.

    Args:
        size: How many bytes a text is made of.
        text_of: Makes it.
    """

    def __init__(self, size: int, text_of: Callable[[bytes], str]) -> None:
        self._size = size
        self._text_of = text_of
        self._unused: list[bytes] = []
        self._read_at = 0.0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._unused.clear)

    def take(self) -> str:
        """A text that was not taken before."""
        if not 0 <= unix_time() - self._read_at < _KEPT_SECONDS:
            self._unused.clear()
        while True:
            try:
                return self._text_of(self._unused.pop())
            except IndexError:
                self._read()

    def _read(self) -> None:
        size = self._size
        self._read_at = unix_time()
        read = os.urandom(_READ_AT_ONCE * size)
        self._unused += [read[start : start + size] for start in range(0, len(read), size)]


def uuid4_text(randomness: bytes) -> str:
    """A UUID of version 4 of 16 bytes, as text. The uuid module takes three times as long."""
    text = randomness.hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[randomness[8] >> 4 & 3]}{text[17:20]}-{text[20:]}"
