"""Prints the lines of a running server."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from types import TracebackType
from typing import IO, Self

__all__ = ["LinePrinter", "LogLines"]

MOST_WAITING = 1000
CLOSE_SECONDS = 0.5
"""How long the last lines may take. A terminal may have stopped its output."""


class LinePrinter:
    """Prints lines from a thread of its own, so that a server never waits for who reads them.

    Lines that nobody can read any more are forgotten, and so are those that come faster than they are read.
    """

    def __init__(self) -> None:
        self._stream = _raw_standard_output()
        self._waiting: queue.Queue[str | None] = queue.Queue(MOST_WAITING)
        self._left_out = 0
        self._thread: threading.Thread | None = None

    def start(self, *first: str) -> None:
        """Prints these lines, then those that were put and are put from now on."""
        lines = chain(first, iter(self._waiting.get, None))
        self._thread = threading.Thread(target=self._print, args=(lines,), name="prefactor-local-lines", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Prints a line soon. Any thread may call it; it does not wait, and raises nothing."""
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._left_out += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None:
            with suppress(queue.Full):
                self._waiting.put(None, timeout=CLOSE_SECONDS)
            self._thread.join(CLOSE_SECONDS)

    def _print(self, lines: Iterable[str]) -> None:
        with suppress(OSError, ValueError):  # the pipe is closed
            for line in lines:
                self._write(line)
                if self._left_out and self._waiting.empty():
                    self._write(f"… {self._left_out:,} lines left out")
                    self._left_out = 0

    def _write(self, line: str) -> None:
        rest = memoryview(f"{line}\n".encode(errors="backslashreplace"))
        while rest and self._stream is not None:
            rest = rest[self._stream.write(rest) :]


class LogLines(logging.Handler):
    """Prints log records."""

    def __init__(self, printer: LinePrinter) -> None:
        super().__init__()
        self._printer = printer

    def emit(self, record: logging.LogRecord) -> None:
        self._printer.put(self.format(record))


def _raw_standard_output() -> IO[bytes] | None:
    """Standard output without its buffer: the interpreter cannot end while a thread waits in it. None: it is closed."""
    buffer = getattr(sys.stdout, "buffer", None)
    return getattr(buffer, "raw", buffer)
