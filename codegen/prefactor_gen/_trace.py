"""A recorded run as a tree for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["TraceSpan", "trace_lines", "trace_span"]

_SIGNS = {"complete": "✓", "failed": "✗", "cancelled": "⊘"}


@dataclass(frozen=True)
class TraceSpan:
    """A span as the trace shows it; durations in milliseconds."""

    id: str
    parent: str | None
    name: str
    status: str
    summary: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def duration(self) -> str:
        """How long it took, or what is known of that."""
        if self.started_at is None or self.finished_at is None:
            return "open"
        return f"{(self.finished_at - self.started_at).total_seconds() * 1000:.0f} ms"


def trace_span(record: Mapping[str, object]) -> TraceSpan:
    """Read a span record of the API."""

    def text(key: str) -> str | None:
        value = record.get(key)
        return value if isinstance(value, str) else None

    def time(key: str) -> datetime | None:
        value = text(key)
        return datetime.fromisoformat(value) if value else None

    return TraceSpan(
        id=text("id") or "",
        parent=text("parent_span_id"),
        name=text("schema_name") or "",
        status=text("status") or "",
        summary=text("summary") or "",
        started_at=time("started_at"),
        finished_at=time("finished_at"),
    )


def trace_lines(spans: Sequence[TraceSpan]) -> Iterator[str]:
    """The spans as lines of a tree, siblings in the order in which the agent opened them."""
    spans = sorted(spans, key=_opened)
    known = {span.id for span in spans}
    children: dict[str | None, list[TraceSpan]] = {}
    for span in spans:
        children.setdefault(span.parent if span.parent in known else None, []).append(span)
    yield from _branch(children, None, "")


def _opened(span: TraceSpan) -> tuple[str, float]:
    """An ID begins with its time in milliseconds, which a cancelled span has too; the start is finer."""
    return span.id[:10], span.started_at.timestamp() if span.started_at else 0.0


def _branch(children: Mapping[str | None, Sequence[TraceSpan]], parent: str | None, indent: str) -> Iterator[str]:
    siblings = children.get(parent, ())
    for span in siblings:
        last = span is siblings[-1]
        joint, below = ("", "") if parent is None else ("└─ ", "   ") if last else ("├─ ", "│  ")
        sign = _SIGNS.get(span.status, "…")
        yield f"{indent}{joint}{sign} {span.name}  {span.status}, {span.duration}  {span.summary}".rstrip()
        yield from _branch(children, span.id, indent + below)
