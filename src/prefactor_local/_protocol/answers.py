"""The envelope of a successful answer."""

from __future__ import annotations

from typing import Any

__all__ = ["success"]


def success(details: dict[str, Any], **other: object) -> dict[str, Any]:
    """The body of a successful answer.

    Args:
        details: The object that the operation returns.
        other: Members beside `details`.
    """
    return {"status": "success", "details": details, **other}
