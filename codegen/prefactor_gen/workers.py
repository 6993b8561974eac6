"""Many span types, compiled by several processes at once."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import TypeAlias

from prefactor_gen.span_modules import Compiled, Work, compile_span_types

__all__ = ["Progress", "compile_all", "serve"]

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many span types are done, of how many. Called by several threads, one at a time."""

# Span types in one go of the model generator: fewer would be slower, more would not be faster.
_BATCH = 30
# Span types for each process at least: fewer are made in the time that a process needs to start.
_SHARE = 150


def compile_all(works: Sequence[Work], progress: Progress | None = None) -> list[Compiled]:
    """Compile span types in batches, which come back in order; where there are many, in other processes too."""
    batches = _Batches(works, progress)
    helpers = [Thread(target=batches.compile_elsewhere) for _ in range(min(_processors(), len(works) // _SHARE) - 1)]
    for helper in helpers:
        helper.start()
    try:
        batches.compile_here()
        for helper in helpers:
            helper.join()
        batches.compile_here()  # what was given back
    finally:
        batches.pending.clear()
    return [batches.done[index] for index in sorted(batches.done)]


class _Batches:
    """Batches of span types, each compiled by who takes it first."""

    def __init__(self, works: Sequence[Work], progress: Progress | None) -> None:
        self.total = len(works)
        self.progress = progress
        self.pending = deque((first, works[first : first + _BATCH]) for first in range(0, len(works), _BATCH))
        self.done: dict[int, Compiled] = {}
        self.count = 0
        self.lock = Lock()

    def compile_here(self) -> None:
        while (batch := self.take()) is not None:
            self.finish(batch, compile_span_types(batch[1]))

    def compile_elsewhere(self) -> None:
        """In a process of its own. A batch that it does not answer is given back: what is wrong is told here.

        multiprocessing would import the program's main module there, and run a build script that does not expect it.
        """
        command = [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)  # noqa: S603  # our own module
        except OSError:
            return
        with process:
            while (batch := self.take()) is not None:
                try:
                    compiled = _answer(process, batch[1])
                except Exception:  # pickle raises many kinds
                    self.pending.append(batch)
                    process.kill()
                    return
                self.finish(batch, compiled)

    def take(self) -> tuple[int, Sequence[Work]] | None:
        try:
            return self.pending.popleft()
        except IndexError:
            return None

    def finish(self, batch: tuple[int, Sequence[Work]], compiled: Compiled) -> None:
        with self.lock:
            self.done[batch[0]] = compiled
            self.count += len(batch[1])
            if self.progress is not None:
                self.progress(self.count, self.total)


def _answer(process: subprocess.Popen[bytes], works: Sequence[Work]) -> Compiled:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # both are pipes
    pickle.dump(works, process.stdin)
    process.stdin.flush()
    answer = pickle.load(process.stdout)  # noqa: S301  # our own process
    assert isinstance(answer, Compiled)  # noqa: S101
    return answer


def serve() -> None:
    """Compile the batches that come on standard input: what `compile_elsewhere` runs."""
    gc.disable()  # as in `cli.py`
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what else is printed is no answer
    while True:
        try:
            works = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own process
        except EOFError:
            return
        pickle.dump(compile_span_types(works), answers)
        answers.flush()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
