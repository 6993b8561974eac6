"""JSON pointers."""

from __future__ import annotations

__all__ = ["below", "steps_of"]


def below(pointer: str, step: str | int) -> str:
    """The pointer of a member or an item of the value at a pointer."""
    return f"{pointer}/{step}" if isinstance(step, int) else f"{pointer}/{step.replace('~', '~0').replace('/', '~1')}"


def steps_of(pointer: str) -> list[str]:
    """The names and numbers that a pointer consists of."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
