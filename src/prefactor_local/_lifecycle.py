"""The state machines of instances and spans: what is refused, and what is accepted but breaks the order of a run.

An instance goes pending → active → complete | failed | terminated, or pending → cancelled; a span the same without
`terminated`. Nothing here knows storage or HTTP: a function takes states and returns a verdict.
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
"""Of a new span: it names none, one of its instance, one that has not arrived, one of another instance."""
# A run that the platform terminated is no fault of the client, which learns of it by the answers to its spans.
_FINISHED_BY_CLIENT = TERMINAL - {"terminated"}


@dataclass(frozen=True)
class Verdict:
    """What to do with a request: `refusal` is the message of a 409, `violations` are counted either way."""

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
    """Never refused: runs are also judged after their end, but a client that writes in order does it before."""
    return Verdict(violations=("quality_after_instance_finish",) if status in _FINISHED_BY_CLIENT else ())


def open_span(instance_status: str, parent: Parent) -> Verdict:
    """A span's create is never refused for its order: no source says that the platform does."""
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
