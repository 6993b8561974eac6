"""Recorded spans as a tree of lines, for messages and for `Recorded.tree()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, TypeAlias

from prefactor_core._session.recording_session import Recording, SpanEntry
from prefactor_core.testing._spans import AnySpan, RecordedInstance, plain_views
from prefactor_http._text import one_line

__all__ = ["tree"]

_MOST_CHARS = 60
_MARK, _NO_MARK = "→ ", "  "

_Branch: TypeAlias = tuple[SpanEntry, str, str]


class _Line(NamedTuple):
    place: str
    status: str
    summary: str
    marked: bool


def tree(recording: Recording, marked: Collection[AnySpan] = (), *, indent: str = "", most: int | None = None) -> str:
    """The spans as a tree, in the order of start, with the status and a summary of each.

    Args:
        recording: what was recorded.
        marked: the spans that an arrow points to.
        indent: what each line begins with.
        most: how many spans it has at most: the marked ones and those above them, or the first ones. A last line says
            how many are left out. By default it has all.
    """
    spans = recording.spans()
    kept = set(spans) if most is None or len(spans) <= most else _selection(recording, marked, most)
    lines = list(_lines(recording, {span._entry for span in marked}, kept))
    place = max((len(line.place) for line in lines), default=0)
    status = max((len(line.status) for line in lines), default=0)
    texts = [
        f"{indent}{(_MARK if line.marked else _NO_MARK) if marked else ''}"
        f"{line.place:{place}}  {line.status:{status}}  {line.summary}".rstrip()
        for line in lines
    ]
    if len(kept) < len(spans):
        texts.append(
            f"{indent}… {len(spans) - len(kept):,} of {len(spans):,} spans are left out; recorded.tree() has all"
        )
    return "\n".join(texts)


def _selection(recording: Recording, marked: Collection[AnySpan], most: int) -> set[SpanEntry]:
    """The first spans, with those above them, that are not too many together."""
    kept: set[SpanEntry] = set()
    for entry in [span._entry for span in marked] or _in_order_of_lines(recording):
        path: list[SpanEntry] = []
        above: SpanEntry | None = entry
        while above is not None and above not in kept and len(path) <= most:
            path.append(above)
            above = recording.find(above.record.parent)
        if len(kept) + len(path) > most:
            break
        kept.update(path)
    return kept or _selection(recording, (), most)


def _in_order_of_lines(recording: Recording) -> Iterator[SpanEntry]:
    below = recording.below()
    waiting = below.get(None, [])[::-1]
    while waiting:
        entry = waiting.pop()
        yield entry
        waiting += reversed(below.get(entry, []))


def _lines(recording: Recording, marked: AbstractSet[SpanEntry], kept: AbstractSet[SpanEntry]) -> Iterator[_Line]:
    below = {above: [entry for entry in spans if entry in kept] for above, spans in recording.below().items()}
    drawing = _Drawing(recording, below, marked)
    tops = below.get(None, [])
    instances = [RecordedInstance(recording, entry) for entry in recording.instances()]
    if len(instances) < 2:
        yield from drawing.roots(tops)
        return
    by_instance: dict[str, list[SpanEntry]] = defaultdict(list)
    for root in tops:
        by_instance[root.record.instance.id].append(root)
    for instance in instances:
        yield _Line(instance.name or "agent instance", instance.status, "", marked=False)
        yield from drawing.branches(by_instance.pop(instance.id, []))
    for unknown in by_instance.values():
        yield from drawing.roots(unknown)


class _Drawing(NamedTuple):
    recording: Recording
    below: Mapping[SpanEntry | None, list[SpanEntry]]
    marked: AbstractSet[SpanEntry]

    def roots(self, spans: list[SpanEntry]) -> Iterator[_Line]:
        return self._draw([(span, "", "") for span in spans])

    def branches(self, spans: list[SpanEntry]) -> Iterator[_Line]:
        return self._draw(_branches(spans, ""))

    def _draw(self, tops: list[_Branch]) -> Iterator[_Line]:
        waiting = tops[::-1]  # a list, because spans may be nested deeper than Python calls functions
        while waiting:
            entry, branch, margin = waiting.pop()
            (span,) = plain_views(self.recording, [entry])
            yield _Line(branch + one_line(span.type, _MOST_CHARS), span.status, _summary(span), entry in self.marked)
            waiting += reversed(_branches(self.below.get(entry, []), margin))


def _branches(spans: list[SpanEntry], margin: str) -> list[_Branch]:
    """Spans below one, each with its beginning of a line, and that of the lines below it."""
    inner = [(span, f"{margin}├─ ", f"{margin}│  ") for span in spans[:-1]]
    return inner + [(span, f"{margin}└─ ", f"{margin}   ") for span in spans[-1:]]


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
