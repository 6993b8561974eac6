"""Shows a recorded run as a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.text import Text
from rich.tree import Tree

from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["TraceSpan", "trace_span", "trace_tree"]

_SIGNS = {"complete": ("✓", "green"), "failed": ("✗", "red"), "cancelled": ("⊘", "yellow")}


@dataclass(frozen=True)
class TraceSpan:
    """A span as the trace shows it."""

    id: str
    parent: str | None
    name: str
    status: str
    summary: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def duration(self) -> str:
        """How long the span took, in milliseconds, or `open`."""
        if self.started_at is None or self.finished_at is None:
            return "open"
        return f"{(self.finished_at - self.started_at).total_seconds() * 1000:.0f} ms"


def trace_span(record: Mapping[str, object]) -> TraceSpan:
    """Read a span from a record of the API."""

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


def trace_tree(title: str, spans: Sequence[TraceSpan]) -> Tree:
    """The spans as a tree for a console of rich, siblings in the order in which the agent opened them."""
    root = Tree(Text(title))
    nodes = {span.id: Tree(_label(span)) for span in spans}
    for span in sorted(spans, key=_opened):
        nodes.get(span.parent or "", root).children.append(nodes[span.id])
    return root


def _opened(span: TraceSpan) -> tuple[str, float]:
    """The milliseconds at the start of the ID, which a cancelled span has too, and the exact start."""
    return span.id[:10], span.started_at.timestamp() if span.started_at else 0.0


def _label(span: TraceSpan) -> Text:
    sign, colour = _SIGNS.get(span.status, ("…", ""))
    # The name and the summary may hold what a terminal would act on.
    shown = printable(f"{span.name}  {span.status}, {span.duration}  {span.summary}")
    label = Text.assemble((sign, colour), f" {shown}")
    label.rstrip()
    return label
