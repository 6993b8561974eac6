"""The state machines of instances and spans.

An instance goes from pending to active, then to complete, failed or terminated; or from pending to cancelled. A span
does the same without `terminated`. Each function takes the current states and returns a verdict: the request is
refused, or it is accepted; either way it may violate the order of a run. No storage, no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "SPAN_STATUSES",
    "TERMINAL",
    "Parent",
    "Verdict",
    "finish_instance",
    "finish_span",
    "open_span",
    "record_quality",
    "start_instance",
    "terminate_instance",
]

SPAN_STATUSES = ("pending", "active", "complete", "failed", "cancelled")
TERMINAL = frozenset({"complete", "failed", "cancelled", "terminated"})
Parent: TypeAlias = Literal["none", "present", "missing", "elsewhere"]
"""The parent that a new span names: no parent, a span of its instance, an unknown span, a span of another instance."""
# What comes after a termination is not a violation: the client learns of it from the answers to its spans.
_FINISHED_BY_CLIENT = TERMINAL - {"terminated"}


@dataclass(frozen=True)
class Verdict:
    """What a request leads to.

    Attributes:
        refusal: The message of the 409 that answers it; None if it is accepted.
        violations: The rules that it violates; counted in both cases.
    """

    refusal: str | None = None
    violations: tuple[str, ...] = ()


def start_instance(status: str) -> Verdict:
    if status == "pending":
        return Verdict()
    violation = () if status == "terminated" else ("instance_start_after_start",)
    return Verdict(f"Agent instance is {status}, only a pending one can be started.", violation)


def finish_instance(status: str, target: str, *, strict_cancel: bool) -> Verdict:
    if status in TERMINAL:
        violation = () if status == "terminated" else ("instance_finish_after_finish",)
        return Verdict(f"Agent instance is already {status}.", violation)
    if status == "pending" and target != "cancelled":
        return Verdict("Agent instance is pending, it can only be cancelled.", ("instance_finish_before_start",))
    if status == "active" and target == "cancelled" and strict_cancel:
        return Verdict("Agent instance is active, only a pending one can be cancelled.")
    return Verdict()


def terminate_instance(status: str) -> Verdict:
    if status == "active":
        return Verdict()
    return Verdict(f"Agent instance is {status}, only an active one can be terminated.")


def record_quality(status: str) -> Verdict:
    """Never refused, since a run may be rated after its end; but a client that keeps the order sends it before."""
    return Verdict(violations=("quality_after_instance_finish",) if status in _FINISHED_BY_CLIENT else ())


def open_span(instance_status: str, parent: Parent) -> Verdict:
    """Never refused: the platform is not known to refuse a span because of its order."""
    breaches = {
        "span_create_before_instance_start": instance_status == "pending",
        "span_after_instance_finish": instance_status in _FINISHED_BY_CLIENT,
        "child_before_parent": parent == "missing",
        "parent_in_other_instance": parent == "elsewhere",
    }
    return Verdict(violations=tuple(name for name, broken in breaches.items() if broken))


def finish_span(status: str, target: str, instance_status: str, *, strict_cancel: bool) -> Verdict:
    late = ("span_finish_after_instance_finish",) if instance_status in _FINISHED_BY_CLIENT else ()
    if status in TERMINAL:
        return Verdict(f"Agent span is already {status}.", ("span_finish_after_finish", *late))
    if status == "active" and target == "cancelled" and strict_cancel:
        return Verdict("Agent span is active, only a pending one can be cancelled.", late)
    if status == "pending" and target != "cancelled":
        return Verdict(violations=("span_finish_while_pending", *late))
    return Verdict(violations=late)
