"""What goes wrong when something is looked for."""

from __future__ import annotations

from prefactor_http._text import one_line

__all__ = ["NoSuchRunError", "quoted"]

_SHOWN_CHARS = 80


class NoSuchRunError(LookupError):
    """No run, or no span, has this ID. The text says what was looked for."""


def quoted(text: str) -> str:
    """A text in quotes, on one line, for a message."""
    return f'"{one_line(text, _SHOWN_CHARS)}"'
