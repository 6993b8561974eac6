"""Times of the API as numbers. They are exact to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["microseconds", "milliseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: str) -> int:
    """A time in microseconds since 1970; negative before it. A float could not hold the nanoseconds of today."""
    return (datetime.fromisoformat(time) - _EPOCH) // _MICROSECOND


def milliseconds(start: str | None, end: str | None) -> float | None:
    """The time from one moment to another; None if one of them is not known."""
    if start is None or end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // _MICROSECOND / 1000
