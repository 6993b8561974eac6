"""What is wrong with a recording, beside what the test asserts: mistakes that do not raise in an agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import get_args

from prefactor_core._findings import FindingKind, Report
from prefactor_core._session.recording_session import Recording
from prefactor_core.testing._spans import AnySpan, RecordedSpan, views
from prefactor_schema.suggestions import did_you_mean

__all__ = ["Finding", "allowed_kinds", "describe", "findings"]

_HEADS: dict[FindingKind, tuple[str, str]] = {
    "mismatch": ("1 payload does not match its type", "{} payloads do not match their types"),
    "open_span": ("1 span is not finished", "{} spans are not finished"),
    "open_instance": ("1 agent instance is not finished", "{} agent instances are not finished"),
    "too_late": ("1 call came too late", "{} calls came too late"),
    "unknown_type": ("1 name is not registered", "{} names are not registered"),
    "no_instance": ("1 traced call had no agent instance", "{} traced calls had no agent instance"),
    "mapper_error": ("1 mapper of a traced function raised", "{} mappers of traced functions raised"),
    "redact_error": ("1 call of redact raised", "{} calls of redact raised"),
}


@dataclass(frozen=True)
class Finding:
    """A mistake of the agent that did not raise in it.

    Attributes:
        kind: the kind of mistake, which `allow` takes.
        message: what is wrong.
        span: the span, if it is known.
    """

    kind: FindingKind
    message: str
    span: AnySpan | None = None

    def __str__(self) -> str:
        return f"{_place(self.span)}  {self.message}" if self.span is not None else self.message


def allowed_kinds(kinds: Collection[str]) -> frozenset[str]:
    """Check the kinds of findings that a test allows.

    Raises:
        ValueError: there is no such kind.
    """
    if isinstance(kinds, str):
        raise ValueError(f"allow takes a list of kinds, such as [{kinds!r}]")
    known = get_args(FindingKind)
    for kind in kinds:
        if kind not in known:
            raise ValueError(f"{kind!r} is no kind of finding ({', '.join(known)}){did_you_mean(kind, known)}")
    return frozenset(kinds)


def findings(recording: Recording) -> list[Finding]:
    """All findings: those that were reported, then what is open at this moment."""
    return [*_reported(recording), *_open(recording)]


def describe(found: Collection[Finding]) -> str:
    """The findings as lines: one group for each kind."""
    kinds = [kind for kind in get_args(FindingKind) if any(each.kind == kind for each in found)]
    lines = [line for kind in kinds for line in _group(kind, [each for each in found if each.kind == kind])]
    return "\n".join([*lines, f"what is intended can be allowed: allow={kinds}"])


def _group(kind: FindingKind, found: Collection[Finding]) -> Iterator[str]:
    one, several = _HEADS[kind]
    yield one if len(found) == 1 else several.format(len(found))
    for text, times in Counter(map(str, found)).items():
        yield f"  {text}" + (f" ({times} times)" if times > 1 else "")


def _reported(recording: Recording) -> Iterator[Finding]:
    for report in recording.reports():
        yield _finding(recording, report)


def _finding(recording: Recording, report: Report) -> Finding:
    entry = None if report.span is None else recording.find(report.span)
    if entry is not None:
        return Finding(report.kind, report.message, RecordedSpan(recording, entry, None))
    name = getattr(report.span, "schema_name", "")  # a span that is not started yet
    return Finding(report.kind, f"{name}  {report.message}" if name else report.message)


def _open(recording: Recording) -> Iterator[Finding]:
    for entry in recording.spans():
        if entry.finish is None:
            yield Finding("open_span", "is still active", RecordedSpan(recording, entry, None))
    for instance in recording.instances():
        if instance.started_at is not None and instance.status == "active":
            name = (instance.details.get("agent_version") or {}).get("name")
            yield Finding("open_instance", f"the run of {name or instance.id} is still active")


def _place(span: AnySpan | None) -> str:
    """Which span of its type it is: "agent:llm 2 of 3"."""
    if span is None:
        return ""
    same = views(span._recording, span.type)
    return span.type if len(same) == 1 else f"{span.type} {same.index(span) + 1} of {len(same)}"
