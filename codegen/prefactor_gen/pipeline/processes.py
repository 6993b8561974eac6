"""Compiles many span types in several processes."""

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

from prefactor_gen.diagnostics.diagnostics import Checked
from prefactor_gen.pipeline.span_types import Compiled, SharedTask, Task, compile_modules

__all__ = ["Progress", "compile_all", "serve"]

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of span types that are done, and of all. Several threads call it, one at a time."""

# Span types for one run of the model generator: fewer are slower, more are not faster.
_BATCH = 30
# Span types for each process at least: fewer are compiled in the time that a process needs to start.
_SHARE = 150


def compile_all(tasks: Sequence[Task | SharedTask], progress: Progress | None = None) -> Checked[list[Compiled]]:
    """Compile span types in batches, and many of them in other processes too. The results are in order."""
    batches = _Batches(tasks, progress)
    helpers = [Thread(target=batches.compile_elsewhere) for _ in range(min(_processors(), len(tasks) // _SHARE) - 1)]
    for helper in helpers:
        helper.start()
    try:
        batches.compile_here()
        for helper in helpers:
            helper.join()
        batches.compile_here()  # batches that a process gave back
    finally:
        batches.pending.clear()
    done = [batches.done[first] for first in sorted(batches.done)]
    return Checked([each.value for each in done], [item for each in done for item in each.diagnostics])


class _Batches:
    """Batches of span types, each compiled by the first process that is free."""

    def __init__(self, tasks: Sequence[Task | SharedTask], progress: Progress | None) -> None:
        self.total = len(tasks)
        self.progress = progress
        self.pending = deque((first, tasks[first : first + _BATCH]) for first in range(0, len(tasks), _BATCH))
        self.done: dict[int, Checked[Compiled]] = {}
        self.count = 0
        self.lock = Lock()

    def compile_here(self) -> None:
        while (batch := self.take()) is not None:
            self.finish(batch, compile_modules(batch[1]))

    def compile_elsewhere(self) -> None:
        """Compile in another process. If it fails on a batch, the batch is given back, so that errors are raised here.

        multiprocessing would import the main module of the program there, which may be a build script.
        """
        command = [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"]
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=null)  # noqa: S603  # our own module
        except OSError:
            return
        with process:
            while (batch := self.take()) is not None:
                try:
                    compiled = _answer(process, batch[1])
                except Exception:  # unpickling may raise anything
                    self.pending.append(batch)
                    process.kill()
                    return
                self.finish(batch, compiled)

    def take(self) -> tuple[int, Sequence[Task | SharedTask]] | None:
        try:
            return self.pending.popleft()
        except IndexError:
            return None

    def finish(self, batch: tuple[int, Sequence[Task | SharedTask]], compiled: Checked[Compiled]) -> None:
        with self.lock:
            self.done[batch[0]] = compiled
            self.count += len(batch[1])
            if self.progress is not None:
                self.progress(self.count, self.total)


def _answer(process: subprocess.Popen[bytes], tasks: Sequence[Task | SharedTask]) -> Checked[Compiled]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # both are pipes
    pickle.dump(tasks, process.stdin)
    process.stdin.flush()
    answer = pickle.load(process.stdout)  # noqa: S301  # our own process
    assert isinstance(answer, Checked)  # noqa: S101
    return answer


def serve() -> None:
    """Compile the batches that come on standard input; `compile_elsewhere` runs this."""
    gc.disable()  # as the command does
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # anything else that is printed must not mix with the answers
    while True:
        try:
            tasks = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own process
        except EOFError:
            return
        pickle.dump(compile_modules(tasks), answers)
        answers.flush()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
