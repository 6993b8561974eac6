"""Prints lines: with colours on a terminal, as plain text elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Line", "print_lines"]


class Line(NamedTuple):
    """A line of output.

    Attributes:
        cut: whether a terminal that is too narrow shows its beginning only; otherwise the line is wrapped.
    """

    text: Text
    cut: bool = False


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines on standard output, as they come."""
    console = _console()
    for line in lines:
        if console is None:
            sys.stdout.write(f"{line.text.plain.rstrip()}\n")
        elif line.cut:
            console.print(line.text, no_wrap=True, overflow="ellipsis")
        else:
            console.print(line.text, soft_wrap=True)
    sys.stdout.flush()


def _console() -> Console | None:
    """A console of rich, which decides on colours and width; None if the output is not for a terminal."""
    if not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        return None
    from rich.console import Console

    width = None if sys.stdout.isatty() else 1_000_000
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)
