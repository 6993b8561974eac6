"""Strings in requests: timestamps, IDs, and text that can be stored."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["format_timestamp", "is_identifier", "is_storable_text", "normalize_timestamp"]

_IDENTIFIER = re.compile(r"[\w-]{1,200}", re.ASCII)


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


def is_identifier(text: str) -> bool:
    """Whether it may be an ID, or the beginning of one: it is safe in addresses and in file names."""
    return _IDENTIFIER.fullmatch(text) is not None


def is_storable_text(value: object) -> bool:
    """Whether the value is a string that can be stored. JSON may hold a lone surrogate, which UTF-8 cannot express."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False
