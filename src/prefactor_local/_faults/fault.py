"""A fault: which requests it matches, and what it does to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from prefactor_local._protocol.errors import LocalApiError
from prefactor_local._protocol.paths import BULK

__all__ = ["Fault"]

_CODES = {422: "validation_errors"}
"""Statuses for which the API's code is not derived from HTTP's phrase."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to matching requests instead of, before or after the normal handling.

    At most one of `status`, `reset`, `hang` and `garble` may be given: it is how the request ends. Without any, the
    request is handled normally after the delay. When several faults match a request, they apply in the order in which
    they were injected: their delays add up, and the first one that ends the request is the last one that applies.

    A bulk request matches by its own path, `/api/v1/bulk`. But a fault with a status matches single items of a bulk
    request instead, if it has a `schema_name`, or if its path does not match `/api/v1/bulk`: an item matches by the
    method and path that its operation has as a single request. Then the error is the item's output, without status and
    headers, which an item does not have; the items after it are not executed.

    Attributes:
        method: HTTP method; None for any.
        path: Regular expression that matches the path from beginning to end.
        schema_name: Matches only requests that create a span of this type or finish one that the API knows, and bulk
            requests with such an item.
        status: HTTP status of an answer that replaces the normal one.
        code, message, errors: Content of that answer's error envelope; by default they follow from the status.
        headers: Added to that answer, for example `{"Retry-After": "3"}`.
        body: Body of that answer: text or bytes are sent as they are, other values as JSON; None for the envelope.
        reset: The TCP connection is reset, before or after the request is handled.
        hang: The request waits until the faults are cleared; then it is handled if its client is still connected.
        garble: The request is handled, but the answer is 200 with broken JSON (`"malformed"`), or with JSON of a wrong
            shape (`"shape"`).
        delay: Seconds before all that. The request is handled even if its client does not wait so long.
        jitter: Up to so many more seconds, evenly distributed.
        rate: Share of the matching requests that are hit, from 0 to 1.
        times: How many requests are hit; None for no limit.

    Raises:
        re.error: `path` is not a regular expression.
        ValueError: A number is out of its range, or fields contradict each other.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")  # for faults read from JSON

    method: str | None = None
    path: str = ".*"
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    times: int | None = 1
    rate: float = 1.0
    jitter: float = 0.0
    reset: Literal["before", "after"] | None = None
    hang: bool = False
    schema_name: str | None = None
    code: str | None = None
    message: str | None = None
    errors: Mapping[str, Sequence[str]] | None = None
    garble: Literal["malformed", "shape"] | None = None

    def __post_init__(self) -> None:
        re.compile(self.path)  # raises here rather than in the server
        problems = _problems(self)
        if problems:
            raise ValueError("; ".join(problems))

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault matches such a request; `schema_name` is not considered."""
        return self.method in {None, method} and re.fullmatch(self.path, path) is not None

    @property
    def ends_request(self) -> bool:
        """Whether it replaces the normal end of a request."""
        return self.status is not None or self.reset is not None or self.garble is not None or self.hang

    @property
    def hits_items(self) -> bool:
        """Whether it hits single items of a bulk request, and never the bulk request itself."""
        return self.status is not None and (self.schema_name is not None or re.fullmatch(self.path, BULK) is None)

    def envelope(self) -> dict[str, Any]:
        """The error envelope of a fault with a status."""
        status = self.status or 500
        code, message = _defaults(status)
        return LocalApiError(status, self.code or code, self.message or message, self.errors).envelope()


def _problems(fault: Fault) -> list[str]:
    """What is wrong with the fields, each with what was expected and found."""
    found = []
    if not 0 <= fault.rate <= 1:
        found.append(f"rate must be from 0 to 1, not {fault.rate}")
    for name, seconds in (("delay", fault.delay), ("jitter", fault.jitter)):
        if not 0 <= seconds < float("inf"):
            found.append(f"{name} must be a number of seconds, 0 or more, not {seconds}")
    if fault.times is not None and fault.times < 0:
        found.append(f"times must be 0 or more, or None for always, not {fault.times}")
    if fault.status is not None and not 200 <= fault.status <= 599:
        found.append(f"status must be from 200 to 599, not {fault.status}")
    for name, value, allowed in (
        ("reset", fault.reset, ("before", "after")),
        ("garble", fault.garble, ("malformed", "shape")),
    ):
        if value not in {None, *allowed}:
            found.append(f"{name} must be {' or '.join(map(repr, allowed))}, not {value!r}")
    if not _is_sendable(fault.body):
        found.append(f"body must be text, bytes or a JSON value, not {fault.body!r:.100}")
    return found + _contradictions(fault)


def _contradictions(fault: Fault) -> list[str]:
    found = []
    ends = {"status": fault.status is not None, "reset": fault.reset, "hang": fault.hang, "garble": fault.garble}
    chosen = [name for name, is_set in ends.items() if is_set]
    if len(chosen) > 1:
        found.append(f"a request ends in one way: give one of {', '.join(ends)}, not {' and '.join(chosen)}")
    if fault.status is None:
        answer = {"code": fault.code, "message": fault.message, "errors": fault.errors, "body": fault.body}
        useless = [name for name, value in {**answer, "headers": fault.headers or None}.items() if value is not None]
        if useless:
            found.append(f"{' and '.join(useless)} belong to an answer: give a status too")
    return found


def _is_sendable(body: Any) -> bool:
    try:
        return isinstance(body, str | bytes) or json.dumps(body) is not None
    except (TypeError, ValueError, RecursionError):
        return False


def _defaults(status: int) -> tuple[str, str]:
    """Code and message of an answer for which none were given."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown status"
    return _CODES.get(status, phrase.lower().replace(" ", "_")), phrase
