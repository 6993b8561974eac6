"""What is wrong with a recording, beside what the test asserts: mistakes that do not raise in an agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import get_args

from prefactor_core._findings import FindingKind, Report
from prefactor_core._session.recording_session import Recording
from prefactor_core.testing._spans import AnySpan, RecordedSpan
from prefactor_schema.suggestions import did_you_mean

__all__ = ["Finding", "allowed_kinds", "describe", "findings", "how_to_allow"]

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

_MOST_OF_A_KIND = 30


@dataclass(frozen=True)
class Finding:
    """A mistake of the agent that did not raise in it.

    Attributes:
        kind: the kind of mistake, which `allow` takes.
        message: what is wrong.
        span: the span, if it is known.
        place: the file and the line of the call, such as "agent.py:12"; empty if it is not known.
    """

    kind: FindingKind
    message: str
    span: AnySpan | None = None
    place: str = ""

    def __str__(self) -> str:
        whose = "" if self.span is None else f"{_which(self.span)}  "
        return f"{whose}{self.message}{self.place and f' ({self.place})'}"


def allowed_kinds(kinds: Collection[str]) -> frozenset[str]:
    """Check the kinds of findings that a test allows.

    Raises:
        ValueError: there is no such kind.
    """
    if isinstance(kinds, str) or not isinstance(kinds, Collection):
        example = kinds if isinstance(kinds, str) else "open_span"
        raise ValueError(f"allow takes a list of kinds, such as [{example!r}]")
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
    groups = ((kind, [each for each in found if each.kind == kind]) for kind in _kinds(found))
    return "\n".join(line for kind, group in groups for line in _group(kind, group))


def how_to_allow(found: Collection[Finding]) -> str:
    """What allows these findings."""
    return f"what is intended can be allowed: allow={_kinds(found)}"


def _kinds(found: Collection[Finding]) -> list[FindingKind]:
    present = {each.kind for each in found}
    return [kind for kind in get_args(FindingKind) if kind in present]


def _group(kind: FindingKind, found: Collection[Finding]) -> Iterator[str]:
    one, several = _HEADS[kind]
    yield one if len(found) == 1 else several.format(len(found))
    texts = Counter(map(str, found))
    for text, times in list(texts.items())[:_MOST_OF_A_KIND]:
        yield f"  {text}" + (f" ({times} times)" if times > 1 else "")
    if len(texts) > _MOST_OF_A_KIND:
        yield f"  … and {len(texts) - _MOST_OF_A_KIND:,} more"


def _reported(recording: Recording) -> Iterator[Finding]:
    for report in recording.reports():
        yield _finding(recording, report)


def _finding(recording: Recording, report: Report) -> Finding:
    entry = None if report.span is None else recording.find(report.span)
    if entry is not None:
        return Finding(report.kind, report.message, RecordedSpan(recording, entry, None), report.place)
    name = getattr(report.span, "schema_name", "")  # a span that is not started yet
    return Finding(report.kind, f"{name}  {report.message}" if name else report.message, place=report.place)


def _open(recording: Recording) -> Iterator[Finding]:
    for entry in recording.spans():
        if entry.finish is None:
            yield Finding("open_span", "is still active", RecordedSpan(recording, entry, None))
    for instance in recording.instances():
        if instance.started_at is not None and instance.status == "active":
            name = (instance.details.get("agent_version") or {}).get("name")
            yield Finding("open_instance", f"the run of {name or instance.id} is still active")


def _which(span: AnySpan) -> str:
    """Which span of its type it is: "agent:llm 2 of 3"."""
    number, same = span._recording.number(span._entry)
    return f"{span.type} {number} of {same}" if same > 1 else span.type
