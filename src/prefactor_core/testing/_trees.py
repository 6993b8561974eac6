"""Recorded spans as a tree of lines, for messages and for `Recorded.tree()`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from prefactor_core._session.recording_session import Recording, SpanEntry
from prefactor_core.testing._spans import AnySpan, RecordedInstance, span_tree
from prefactor_http._text import one_line

__all__ = ["tree"]

_MOST_CHARS = 60
_MARK, _NO_MARK = "→ ", "  "


class _Line(NamedTuple):
    place: str
    status: str
    summary: str
    marked: bool


def tree(recording: Recording, marked: Collection[AnySpan] = (), *, indent: str = "") -> str:
    """The spans as a tree, in the order of start, with the status and a summary of each.

    Args:
        recording: what was recorded.
        marked: the spans that an arrow points to.
        indent: what each line begins with.
    """
    lines = list(_lines(recording, marked))
    place = max((len(line.place) for line in lines), default=0)
    status = max((len(line.status) for line in lines), default=0)
    return "\n".join(
        f"{indent}{(_MARK if line.marked else _NO_MARK) if marked else ''}"
        f"{line.place:{place}}  {line.status:{status}}  {line.summary}".rstrip()
        for line in lines
    )


def _lines(recording: Recording, marked: Collection[AnySpan]) -> Iterator[_Line]:
    drawing = _Drawing(span_tree(recording), marked)
    tops = drawing.below.get(None, [])
    instances = [RecordedInstance(recording, entry) for entry in recording.instances()]
    if len(instances) < 2:
        for root in tops:
            yield from drawing.span(root)
        return
    for instance in instances:
        yield _Line(instance.name or "agent instance", instance.status, "", marked=False)
        yield from drawing.branches([root for root in tops if _instance_id(root) == instance.id], "")
    known = {instance.id for instance in instances}
    for root in tops:
        if _instance_id(root) not in known:
            yield from drawing.span(root)


class _Drawing(NamedTuple):
    below: Mapping[SpanEntry | None, list[AnySpan]]
    marked: Collection[AnySpan]

    def span(self, span: AnySpan, branch: str = "", margin: str = "") -> Iterator[_Line]:
        yield _Line(branch + one_line(span.type, _MOST_CHARS), span.status, _summary(span), span in self.marked)
        yield from self.branches(self.below.get(span._entry, []), margin)

    def branches(self, spans: list[AnySpan], margin: str) -> Iterator[_Line]:
        for number, span in enumerate(spans, 1):
            branch, rest = ("└─ ", "   ") if number == len(spans) else ("├─ ", "│  ")
            yield from self.span(span, margin + branch, margin + rest)


def _instance_id(span: AnySpan) -> str:
    return span._entry.record.instance.id


def _summary(span: AnySpan) -> str:
    """The first text of the params, and that of the result, or the error."""
    before = _first_text(span.raw_params)
    result = span.raw_result or {}
    error = result.get("error")
    if span.status == "failed" and isinstance(error, dict):
        return ": ".join(filter(None, [before, one_line(f"{error.get('type')}: {error.get('message')}", _MOST_CHARS)]))
    return " → ".join(filter(None, [before, _first_text(result)]))


def _first_text(payload: Mapping[str, Any]) -> str:
    texts = (value for value in payload.values() if isinstance(value, str) and value)
    numbers = (f"{name}={value}" for name, value in payload.items() if isinstance(value, int | float))
    return one_line(next(texts, next(numbers, "")), _MOST_CHARS)
