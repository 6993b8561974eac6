"""What is found: mismatches of values, and errors in schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, TypeGuard

__all__ = ["Mismatch", "SchemaError", "Step"]

Step: TypeAlias = str | int

_LONGEST_NAME = 100


class Mismatch(NamedTuple):
    """What is wrong with a value, and where in it.

    Attributes:
        path: the names and indexes that lead there.
        message: what was expected, and which kind of value was found; no part of the value but names of members.
        checked: False where this could not be checked, so that nobody knows whether it matches.
    """

    path: tuple[Step, ...]
    message: str
    checked: bool = True

    @property
    def text(self) -> str:
        """The message, which says where something could not be checked."""
        return self.message if self.checked else f"Could not be checked: {self.message}"

    @property
    def where(self) -> str:
        """The path as a text; empty for the value itself. Names of members may be of any length: long ones are cut."""
        return ".".join(f"{step[:_LONGEST_NAME]}…" if _is_long(step) else str(step) for step in self.path)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.path else self.text


class SchemaError(ValueError):
    """What is no JSON Schema, or none that the engine can check with.

    Args:
        message: why.
        path: where in the schema, if that is known.
    """

    def __init__(self, message: str, path: Sequence[Step] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)

    @classmethod
    def of(cls, error: Exception) -> SchemaError:
        """What the engine raised."""
        return cls(getattr(error, "message", str(error)), getattr(error, "instance_path", ()))


def _is_long(step: Step) -> TypeGuard[str]:
    return isinstance(step, str) and len(step) > _LONGEST_NAME
