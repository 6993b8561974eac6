"""Records of what the server was asked to do: requests as they arrived, and calls of operations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RecordedCall", "RecordedRequest"]


@dataclass
class RecordedRequest:
    """A request as it arrived, whether or not it succeeded.

    Attributes:
        headers: By lower-case name.
        body: The parsed JSON; None if there is no body, it is not JSON, or the request was refused before the body was
            read.
        status: HTTP status of the answer; None before there is one, and if the connection was reset instead.
        received_at: When the last byte had arrived, by `time.monotonic()`.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any
    status: int | None = None
    received_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class RecordedCall:
    """An operation that the server executed or refused: a single request, or an item of a bulk request.

    Attributes:
        name: The operation's name at the bulk endpoint, for example `agent_spans/create`.
        target: ID of the object that the operation is about, or of the new object; empty if there is none.
        body: In the form of a single request.
        status: HTTP status, as for a single request.
        code: The error code, if the operation was refused.
        replay: Whether it repeated a known idempotency key: it got the first answer and changed nothing.
        bulk: Whether it was an item of a bulk request.
    """

    name: str
    target: str
    body: Mapping[str, Any]
    status: int = 200
    code: str | None = None
    replay: bool = False
    bulk: bool = False
