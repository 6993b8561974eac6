"""Strings in requests: timestamps, and text that can be stored."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["format_timestamp", "is_storable_text", "normalize_timestamp"]


def format_timestamp(time: datetime) -> str:
    """A time as the API writes it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def normalize_timestamp(text: str) -> str:
    """A timestamp of a request, as the API writes it.

    Raises:
        ValueError: The text is not an ISO 8601 timestamp.
    """
    try:
        parsed = datetime.fromisoformat(text)
        # Without an offset it is UTC: the documented client sends naive datetimes that way.
        return format_timestamp(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError("must be an ISO 8601 timestamp") from None


def is_storable_text(value: object) -> bool:
    """Whether the value is a string that can be stored. JSON may hold a lone surrogate, which UTF-8 cannot express."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False
