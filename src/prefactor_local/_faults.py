"""Faults on demand: what goes wrong, with which requests. Decided here, carried out in `_gate` and `_bulk`."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import ConfigDict

from prefactor_local._errors import LocalApiError
from prefactor_local._paths import BULK

__all__ = ["Fault", "FaultPlan", "Strike", "Target"]

_CODES = {422: "validation_errors"}
"""Where the API's word is not that of HTTP."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to matching requests instead of, before or after the real handling.

    One of `status`, `reset`, `hang` and `garble` says how the request ends; without any it is handled as usual, after
    the delay. When several faults match a request, they are asked in the order in which they were injected: their
    delays add up, and the first that says how the request ends is the last that is asked.

    A bulk request matches as a whole by its own path, `/api/v1/bulk`. A fault with a status also matches single items,
    by the method and path that the item's operation has as a request of its own, if it has a `schema_name` or if its
    path does not match the bulk request as a whole: so nothing is hit twice. The error is the item's output then (its
    status and headers cannot show), and the items after it are left out.

    Attributes:
        method: HTTP method, None for any.
        path: regular expression that the whole path matches.
        schema_name: only creates of spans with that name, and finishes of such spans as the API knows; a bulk request
            as a whole if any of its items is one.
        status: HTTP status of an answer that is given in place of the real one.
        code, message, errors: in the error envelope of that answer; by default what the status says.
        headers: added to that answer, for example `{"Retry-After": "3"}`.
        body: of that answer: text or bytes sent as they are, else anything that JSON can say; None gives the envelope.
        reset: the TCP connection is reset, before or after the request is handled.
        hang: the request waits until the faults are cleared, and is handled then if its client is still there.
        garble: the request is handled, and answered with 200 and broken JSON (`"malformed"`), or JSON in which nothing
            is where it should be (`"shape"`).
        delay: seconds before all that. The request is handled even if its client does not wait so long.
        jitter: up to so many seconds more, evenly distributed.
        rate: share of the matching requests that are hit, from 0 to 1.
        times: how many requests are hit, None for all.

    Raises:
        re.error: `path` is no regular expression.
        ValueError: a number is out of its range, or fields contradict each other.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")  # where one is read from JSON

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
        re.compile(self.path)  # a mistake shows here, not in the server
        problems = _problems(self)
        if problems:
            raise ValueError("; ".join(problems))

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is meant for such a request, whatever its span."""
        return self.method in {None, method} and re.fullmatch(self.path, path) is not None

    @property
    def ends_request(self) -> bool:
        """Whether it says how the request ends."""
        return self.status is not None or self.reset is not None or self.garble is not None or self.hang

    @property
    def strikes_items(self) -> bool:
        """Whether it refuses items of a bulk request rather than bulk requests as a whole."""
        return self.status is not None and (self.schema_name is not None or re.fullmatch(self.path, BULK) is None)

    def envelope(self) -> dict[str, Any]:
        """The error that a fault with a status stands for."""
        status = self.status or 500
        code, message = _words(status)
        return LocalApiError(status, self.code or code, self.message or message, self.errors).envelope()


class Target(NamedTuple):
    """What a fault may strike: a request, or an item of a bulk request.

    Attributes:
        schema_names: of the spans that it is about; asked only when a fault has one.
    """

    method: str
    path: str
    schema_names: Callable[[], frozenset[str]]


class Strike(NamedTuple):
    """What happens to one request: after `delay` seconds `fault` says how it ends, or None: as usual."""

    delay: float = 0.0
    fault: Fault | None = None


@dataclass
class _Planned:
    fault: Fault
    left: int | None


class FaultPlan:
    """The faults that are still to happen. Safe to change while requests run.

    Args:
        seed: of the randomness of rates and jitter.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - made to be repeatable
        self._planned: list[_Planned] = []

    def __bool__(self) -> bool:
        return bool(self._planned)

    def add(self, fault: Fault) -> None:
        if fault.times == 0:
            return
        with self._lock:
            self._planned.append(_Planned(fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def waiting(self) -> list[tuple[Fault, int | None]]:
        """The faults in order, each with how often it is still to happen."""
        with self._lock:
            return [(planned.fault, planned.left) for planned in self._planned]

    def strike(self, request: Target) -> Strike:
        """What happens to a request as a whole. Every fault that takes part is used up by one."""
        whole_bulk = request.path == BULK
        delay = 0.0
        with self._lock:
            for planned in list(self._planned):
                fault = planned.fault
                if (whole_bulk and fault.strikes_items) or not self._hits(planned, request):
                    continue
                delay += self._delay(fault)
                if fault.ends_request:
                    return Strike(delay, fault)
        return Strike(delay)

    def strike_item(self, item: Target) -> Strike:
        """What happens to an item of a bulk request."""
        with self._lock:
            for planned in list(self._planned):
                if planned.fault.strikes_items and self._hits(planned, item):
                    return Strike(self._delay(planned.fault), planned.fault)
        return Strike()

    def _hits(self, planned: _Planned, target: Target) -> bool:
        fault = planned.fault
        if not fault.matches(target.method, target.path):
            return False
        if fault.schema_name is not None and fault.schema_name not in target.schema_names():
            return False
        if fault.rate < 1 and self._random.random() >= fault.rate:
            return False
        self._use(planned)
        return True

    def _use(self, planned: _Planned) -> None:
        if planned.left is None:
            return
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)

    def _delay(self, fault: Fault) -> float:
        return fault.delay + (self._random.uniform(0, fault.jitter) if fault.jitter else 0)


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
        found.append(f"body must be text, bytes or what JSON can say, not {fault.body!r:.100}")
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


def _words(status: int) -> tuple[str, str]:
    """Code and message of an answer for which none were given."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown status"
    return _CODES.get(status, phrase.lower().replace(" ", "_")), phrase
