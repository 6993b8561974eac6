"""JSON pointers."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["below", "pointer_of", "steps_of"]


def below(pointer: str, step: str | int) -> str:
    """The pointer of a member or an item of the value at a pointer."""
    return f"{pointer}/{step}" if isinstance(step, int) else f"{pointer}/{step.replace('~', '~0').replace('/', '~1')}"


def pointer_of(steps: Iterable[str | int]) -> str:
    """The pointer that leads to a value by some names and numbers."""
    return "".join(below("", step) for step in steps)


def steps_of(pointer: str) -> list[str]:
    """The names and numbers that a pointer consists of."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
