"""Mistakes of a program that do not raise in it. A test that records (`prefactor_core.testing`) collects them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from prefactor_core._call_site import at_call_site

__all__ = [
    "Collector",
    "FindingKind",
    "Report",
    "add_collector",
    "are_collected",
    "remove_collector",
    "report_finding",
]

FindingKind: TypeAlias = Literal[
    "mismatch",
    "open_span",
    "open_instance",
    "too_late",
    "unknown_type",
    "no_instance",
    "mapper_error",
    "redact_error",
]


class Report(NamedTuple):
    """A mistake: its kind, what is wrong, the record of its span, if it is known, and the file and the line."""

    kind: FindingKind
    message: str
    span: object = None
    place: str = ""


Collector: TypeAlias = Callable[[Report], None]

_collectors: list[Collector] = []


def report_finding(kind: FindingKind, message: str, span: object = None) -> None:
    """Report a mistake to the test that records now, if one does. Never raises.

    Args:
        kind: the kind of mistake.
        message: what is wrong, without values of payloads.
        span: the `SpanRecord`, if the mistake is one of a span.
    """
    for collector in _collectors[-1:]:
        collector(Report(kind, message, span, at_call_site().removeprefix("at ").removesuffix("; ")))


def are_collected() -> bool:
    """Whether a test records, so that `report_finding` has an effect."""
    return bool(_collectors)


def add_collector(collector: Collector) -> None:
    """Give a collector the mistakes from now on, in place of those that were added before."""
    _collectors.append(collector)


def remove_collector(collector: Collector) -> None:
    """Remove a collector."""
    _collectors.remove(collector)
