"""Shows the progress of a long run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from prefactor_gen.command.report import console

if TYPE_CHECKING:
    import rich.progress

    from prefactor_gen.pipeline.processes import Progress

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
    bar: rich.progress.Progress | None = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - began > _PATIENCE:
            bar = stack.enter_context(_bar(stream))
            bar.add_task(package, total=total)
        if bar is not None:
            text = f"{package}: {done} of {total} span types"
            bar.update(bar.task_ids[0], description=text, completed=done, refresh=True)

    with ExitStack() as stack:
        yield show


def _bar(stream: TextIO) -> rich.progress.Progress:
    from rich.progress import Progress

    # Standard output may be a pipe: text that is printed there must not go to the bar's stream.
    return Progress(console=console(stream), auto_refresh=False, transient=True, redirect_stdout=False)
