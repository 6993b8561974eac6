"""One call of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefactor_local._state.callers import Caller

__all__ = ["Call"]


@dataclass(frozen=True)
class Call:
    """One call of an operation.

    Attributes:
        caller: Who sent it.
        target: The ID in the path, of the object that the operation is about; empty if there is none.
        body: The body.
        query: The query parameters.
        bulk: Whether it is an item of a bulk request.
    """

    caller: Caller
    target: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    bulk: bool = False
