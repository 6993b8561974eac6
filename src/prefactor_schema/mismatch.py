"""The results of a check: mismatches of values, and errors in schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, TypeGuard

__all__ = ["Mismatch", "SchemaError", "Step"]

Step: TypeAlias = str | int

_MAX_NAME_CHARS = 100


class Mismatch(NamedTuple):
    """A place where a value does not match its schema.

    Attributes:
        path: The names and indexes that lead to the place.
        message: What was expected, and which type of value was found. Of the value it contains only names of members.
        checked: False if the place could not be checked: it may match.
    """

    path: tuple[Step, ...]
    message: str
    checked: bool = True

    @property
    def text(self) -> str:
        """The message, with a prefix if the place could not be checked."""
        return self.message if self.checked else f"Could not be checked: {self.message}"

    @property
    def where(self) -> str:
        """The path as text; empty for the value itself. Long names of members are shortened."""
        return ".".join(f"{step[:_MAX_NAME_CHARS]}…" if _is_long(step) else str(step) for step in self.path)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.path else self.text


class SchemaError(ValueError):
    """The schema is not a valid JSON Schema, or the engine cannot use it.

    Args:
        message: The reason.
        path: The place in the schema, if it is known.
    """

    def __init__(self, message: str, path: Sequence[Step] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)

    @classmethod
    def of(cls, error: Exception) -> SchemaError:
        """The error of the engine as a SchemaError."""
        return cls(getattr(error, "message", str(error)), getattr(error, "instance_path", ()))


def _is_long(step: Step) -> TypeGuard[str]:
    return isinstance(step, str) and len(step) > _MAX_NAME_CHARS
