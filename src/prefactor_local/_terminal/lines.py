"""Prints lines: with colours on a terminal, as plain text elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.text import Text

from prefactor_local._terminal.text import visible

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
    """Print lines on standard output, as they come. Nothing in them controls the terminal."""
    console = _console()
    for line in lines:
        text = _harmless(line.text)
        if console is None:
            sys.stdout.write(f"{text.plain.rstrip()}\n")
        elif line.cut:
            console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            console.print(text, soft_wrap=True)
    sys.stdout.flush()


def _harmless(text: Text) -> Text:
    """The text; without its colours if it holds what should have been escaped before."""
    shown = visible(text.plain)
    return text if shown == text.plain else Text(shown)


def _console() -> Console | None:
    """A console of rich, which decides on colours and width; None if the output is not for a terminal."""
    if not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        return None
    from rich.console import Console

    width = None if sys.stdout.isatty() else 1_000_000
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"  # rich itself leaves bold and dim
    return Console(file=sys.stdout, width=width, color_system=colours, markup=False, emoji=False, highlight=False)
