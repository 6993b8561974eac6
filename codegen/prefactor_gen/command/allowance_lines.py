"""The lines for pyproject.toml that allow what a command fails for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from prefactor_gen.diagnostics.invisible import INVISIBLE

__all__ = ["allowance_line", "lines_to_allow"]

_MAX_LINES: Final = 20


def allowance_line(identity: str) -> str:
    """A line for a table of what is allowed.

    Args:
        identity: what is allowed, such as `PD103 billing:refund params channel`.
    """
    return f'{_toml_text(identity)} = "why"'


def lines_to_allow(identities: Iterable[str], command: str) -> Iterator[str]:
    """What to add to pyproject.toml; nothing if the command does not fail.

    Args:
        identities: what it fails for.
        command: the command, which is the name of its table.
    """
    lines = list(map(allowance_line, dict.fromkeys(identities)))
    if len(lines) == 1:
        yield f"to allow: {lines[0]}"
    elif lines:
        yield f"to allow some, add them to [tool.prefactor-gen.{command}.allow]:"
        yield from (f"  {each}" for each in lines[:_MAX_LINES])
        if (others := len(lines) - _MAX_LINES) > 0:
            yield f"  and {others} more, which --format json has"


def _toml_text(text: str) -> str:
    """The text as TOML writes it in quotation marks, with escapes for what is not seen."""
    shown = "".join(
        char if char.isprintable() and not INVISIBLE.match(char) else f"\\U{ord(char):08X}"
        for char in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{shown}"'
