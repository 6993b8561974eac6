"""Compares the requests of our client with those of the documented one: the same requests in the same causal order.

Each allowed difference is one rule below, which turns an observed request into ours. Any other one is a deviation.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.compat.exchange import Event

from prefactor_core import __version__

__all__ = ["RULES", "UNORDERED", "Rule", "apply", "deviations"]

UNORDERED = frozenset({"parallel_spans"})
"""Programs whose requests the documented client sends at the same time: only their causes are compared."""


@dataclass(frozen=True)
class Rule:
    """An allowed difference.

    Attributes:
        because: what the documented client does, and what ours does.
        change: turns an observed request into ours; does not change other requests.
        only: the program that the rule is for; None for all.
    """

    because: str
    change: Callable[[Event], None]
    only: str | None = None


def apply(rules: Sequence[Rule], program: str, event: Event) -> Event:
    """Return the request that ours sends instead of the observed one."""
    ours = copy.deepcopy(event)
    for rule in rules:
        if rule.only in (None, program):
            rule.change(ours)
    return ours


def deviations(program: str, observed: list[Event], ours: list[Event]) -> Iterator[str]:
    """Give the differences between our requests and the observed ones, in words."""
    yield from _requests([apply(RULES, program, event) for event in observed], ours)
    yield from _causes(ours)
    if program not in UNORDERED:
        for name, lane in (("awaited", _is_awaited), ("queued", _is_queued)):
            expected, found = ([event.what for event in events if lane(event)] for events in (observed, ours))
            if expected != found:
                yield f"{name} requests arrive as {found}, not as {expected}"


def _requests(expected: list[Event], found: list[Event]) -> Iterator[str]:
    missing, more = _without(expected, found), _without(found, expected)
    yield from (f"missing: {event}" for event in missing)
    yield from (f"not expected: {event}" for event in more)


def _without(events: list[Event], others: list[Event]) -> list[str]:
    rest = [_as_text(event) for event in others]
    missing = []
    for text in map(_as_text, events):
        if text in rest:
            rest.remove(text)
        else:
            missing.append(text)
    return missing


def _as_text(event: Event) -> str:
    return repr((event.what, event.method, event.query, _sorted(event.body), event.sdk_header, event.status))


def _sorted(value: Any) -> Any:
    return {name: _sorted(value[name]) for name in sorted(value)} if isinstance(value, dict) else value


def _causes(events: list[Event]) -> Iterator[str]:
    """Give the events that are sent before one of their causes."""
    for number, event in enumerate(events):
        later = {other.what for other in events[number + 1 :]} - {event.what}
        yield from (f"{event.what} is sent before {cause}" for cause in event.after if cause in later)


def _is_awaited(event: Event) -> bool:
    """Return whether the documented client waits for the answer."""
    return not _is_queued(event) and not _is_start(event)


def _is_queued(event: Event) -> bool:
    return event.what.endswith((" finish", " record_quality"))


def _is_start(event: Event) -> bool:
    """Return whether it is a start: the documented client sends it after the first create, against the life cycle."""
    return event.what.startswith("agent_instance ") and event.what.endswith(" start")


def _names_ours(event: Event) -> None:
    ours = f"prefactor-core@{__version__} prefactor-http@{__version__}"
    header = re.sub(r"prefactor-core@[\d.]+", ours, event.sdk_header)
    event.sdk_header = re.sub(r"^prefactor-http@[\d.]+", f"prefactor-http@{__version__}", header)
    environment = (event.body or {}).get("agent_version", {}).get("runtime_environment", {})
    if environment.get("prefactor_sdk"):
        environment["prefactor_sdk"] = ours.split()


def _mints_ids(event: Event) -> None:
    if details := _created(event):
        details["id"] = details["schema_name"]


def _says_when_it_started(event: Event) -> None:
    if (details := _created(event)) and details["status"] == "active":
        details.setdefault("started_at", "<now>")


def _sends_an_empty_result(event: Event) -> None:
    if event.what == "agent_spans empty finish":
        event.body["result_payload"] = {}


def _sends_the_first_params(event: Event) -> None:
    if (details := _created(event)) and details["schema_name"] == "started":
        details["payload"] = {"p": 1}


def _fails_with_the_exception(event: Event) -> None:
    if event.what == "agent_spans broken finish":
        event.body["status"] = "failed"
        event.body["result_payload"]["error"] = {"type": "LookupError", "message": "gone"}


def _keeps_the_first_result(event: Event) -> None:
    if event.what == "agent_spans work finish":
        event.body["result_payload"] = {"r": 1}


def _keeps_the_result_of_the_call(event: Event) -> None:
    if event.what == "agent_spans work finish":
        event.body["result_payload"] = {"r": "early"}


def _created(event: Event) -> dict[str, Any]:
    """Return the `details` of a create that the core client sends."""
    by_core = "prefactor-core@" in event.sdk_header
    details: dict[str, Any] = (event.body or {}).get("details", {})
    return details if by_core and "schema_name" in details else {}


# One more difference is in the order: the observed start of an instance follows its first create; ours precedes it.
RULES = (
    Rule("names its versions; ours name ours", _names_ours),
    Rule("no `id`; ours is minted in the instance's partition", _mints_ids),
    Rule("no `started_at`; ours is the time of start()", _says_when_it_started),
    Rule("complete({}) sends no result; ours sends {}", _sends_an_empty_result, "empty_result"),
    Rule("start() ignores span(payload=X); ours sends X", _sends_the_first_params, "payload_given_before_the_start"),
    Rule("exception: `complete`; ours `failed` with the error", _fails_with_the_exception, "exception_in_the_body"),
    Rule("a later finish changes the result; ours does not", _keeps_the_first_result, "repeated_calls"),
    Rule("later data change the result; ours does not", _keeps_the_result_of_the_call, "data_changed_after_the_call"),
)
