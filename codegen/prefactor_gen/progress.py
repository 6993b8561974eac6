"""Show how far a long run is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from prefactor_gen.workers import Progress

__all__ = ["progress_bar"]

_PATIENCE: Final = 1.0
"""Seconds before the bar is shown: a run is usually done by then."""


@contextmanager
def progress_bar(stream: TextIO, package: str) -> Iterator[Progress | None]:
    """Show a progress bar, which is removed at the end, if the stream is a terminal and the run takes long.

    Args:
        stream: where to show it.
        package: the name of the package that is generated.
    """
    if not stream.isatty():
        yield None
        return
    began = time.monotonic()
    bar: RichProgress | None = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - began > _PATIENCE:
            bar = stack.enter_context(_bar(stream))
            bar.add_task(package, completed=done, total=total)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done, refresh=True)

    with ExitStack() as stack:
        yield show


def _bar(stream: TextIO) -> RichProgress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from prefactor_gen.report import console

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} span types", markup=False),
        TimeRemainingColumn(),
        console=console(stream),
        auto_refresh=False,  # each batch of span types refreshes it
        transient=True,
        redirect_stdout=False,  # which may be a pipe
    )
