"""What happens if a file does not hold what this package stores."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["UNEXPECTED", "damage_reported"]

UNEXPECTED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What handling data raises that is not as it should be. Errors of JSON and of pydantic are values."""


@contextmanager
def damage_reported(*passed: type[Exception]) -> Iterator[None]:
    """A block that handles what is stored. If that fails, it raises `sqlite3.DatabaseError`.

    Args:
        passed: Exceptions that say something else.
    """
    try:
        yield
    except passed:
        raise
    except UNEXPECTED as error:
        kind = type(error).__name__
        raise sqlite3.DatabaseError(
            f"it is damaged: what it holds is not in the form in which it was stored ({kind})"
        ) from error
