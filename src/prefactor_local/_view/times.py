"""Times of the API as milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["milliseconds"]

_MICROSECOND = timedelta(microseconds=1)


def milliseconds(start: str | None, end: str | None) -> float | None:
    """The time from one moment to another, exact to the microsecond; None if one of them is not known."""
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // _MICROSECOND / 1000
