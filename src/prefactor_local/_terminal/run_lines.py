"""What stands above the tree of a run: what it is, and what went wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.text import Text

from prefactor_local._terminal.brief import NO_SUCH_TYPE, brief_fields
from prefactor_local._terminal.server_lines import counts_text
from prefactor_local._terminal.source import RunSource
from prefactor_local._terminal.span_lines import COLOURS, span_text
from prefactor_local._terminal.text import counted, duration_text, time_text, visible
from prefactor_local._view.shapes import MOST_OF_TYPE, Finding, RunDetails, RunSummary, SpanDetails, SpanRow

__all__ = ["header_lines", "problem_lines", "title_text"]

_MOST_SHOWN = 10
"""So many failed spans are listed above the tree, and so many with mismatches."""

_MOST_OF_FINDING = 5
_HOW_TO_COMPUTE = (
    "an earlier version recorded them; `prefactor-local serve --database FILE` computes them after its start"
)


def title_text(run: RunSummary) -> Text:
    """The agent of a run, and its ID."""
    return Text.assemble((visible(f"{run['agent_name']} {run['version']}".strip()), "bold"), f"  run {run['id']}")


def header_lines(details: RunDetails) -> Iterator[Text]:
    """The agent, the status, when it was, and how much of it there is."""
    run = details["run"]
    yield title_text(run)
    took = "" if run["duration_ms"] is None else f", {duration_text(run['duration_ms'])}"
    started = f", started {time_text(run['started_at'])}" if run["started_at"] else ""
    news = f", last news {_ago(run['changed_at'])}" if run["finished_at"] is None else ""
    yield Text.assemble((run["status"], COLOURS.get(run["status"], "")), f"{took}{started}{news}")
    if reason := run["termination_reason"]:
        yield Text(f"terminated: {visible(reason)}")
    yield Text(counts_text(run))
    if uncomputed := details.get("uncomputed", 0):
        yield Text(f"{counted(uncomputed, 'span')} without summary and mismatches: {_HOW_TO_COMPUTE}", "yellow")


def _ago(time: str) -> str:
    """How long ago a time of the API is. The agent of a run that never ends may have been killed."""
    try:
        passed = datetime.now(UTC) - datetime.fromisoformat(time)
    except (ValueError, TypeError):  # a file may hold anything
        return time_text(time)
    return f"{duration_text(max(passed.total_seconds(), 0) * 1000)} ago"


def problem_lines(
    source: RunSource, types: Iterable[str], rows: Sequence[SpanRow], findings: Sequence[Finding]
) -> Iterator[Text]:
    """What went wrong in a run, and in its order.

    Args:
        source: Where the run is.
        types: The span types of the run.
        rows: Its spans, in the order of the lines.
        findings: What is wrong with the order.
    """
    known = {name[:MOST_OF_TYPE] for name in types}
    yield from _listed(source, [row for row in rows if row.status == "failed"], "Failed:", _results)
    mismatched = [row for row in rows if row.mismatches and row.type in known]
    yield from _listed(source, mismatched, "Do not match their schema:", _mismatches)
    yield from _unknown_types(Counter(row.type for row in rows if row.mismatches and row.type not in known))
    if findings:
        yield from (Text(), Text("The order of the run:", "bold"))
    by_seq = {row.seq: row for row in rows}
    for finding in findings:
        yield from _finding(finding, by_seq)


def _unknown_types(spans: Mapping[str, int]) -> Iterator[Text]:
    """The types that the run does not have, each with the number of its spans."""
    if spans:
        yield from (Text(), Text(f"{NO_SUCH_TYPE}:", "bold"))
    yield from (Text(f"  {visible(name)}  {counted(spans[name], 'span')}") for name in list(spans)[:_MOST_SHOWN])
    if len(spans) > _MOST_SHOWN:
        yield Text(f"  … and {len(spans) - _MOST_SHOWN:,} more")


def _finding(finding: Finding, by_seq: Mapping[int, SpanRow]) -> Iterator[Text]:
    """What is wrong, and the first of the spans that it is about."""
    yield Text.assemble("  ", (visible(finding["name"]), "yellow"), f": {visible(finding['message'])}")
    shown = [by_seq[seq] for seq in finding["spans"][:_MOST_OF_FINDING] if seq in by_seq]
    yield from (Text.assemble("      ", span_text(row, row.summary)) for row in shown)
    if finding["count"] > len(shown) > 0:
        yield Text(f"      … and {finding['count'] - len(shown):,} more")


def _listed(
    source: RunSource, rows: Sequence[SpanRow], title: str, said: Callable[[SpanDetails], Iterator[str]]
) -> Iterator[Text]:
    """Spans, each with what is said of it below."""
    if rows:
        yield from (Text(), Text(title, "bold"))
    for row in rows[:_MOST_SHOWN]:
        span = source.span(row.id)
        yield Text.assemble("  ", span_text(row, row.summary or ", ".join(brief_fields(span, "params"))))
        yield from (Text(f"      {line}") for line in said(span))
    if len(rows) > _MOST_SHOWN:
        yield Text(f"  … and {len(rows) - _MOST_SHOWN:,} more")


def _results(span: SpanDetails) -> Iterator[str]:
    return brief_fields(span, "result")


def _mismatches(span: SpanDetails) -> Iterator[str]:
    shown = span["mismatches"][:_MOST_SHOWN]
    for mismatch in shown:
        yield visible(f"{mismatch['part']}{mismatch['pointer']}: {mismatch['message']}")
    if len(span["mismatches"]) > len(shown):
        yield f"… and {len(span['mismatches']) - len(shown):,} more"
