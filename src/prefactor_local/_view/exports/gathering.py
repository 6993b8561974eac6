"""Collects all of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from prefactor_local._view.shapes import Finding, RowsPage, RunDetails, RunExport, SpanDetails, SpanRow

__all__ = ["RunSource", "gather"]


class RunSource(Protocol):
    """What a run is read from: the methods of `Reader` that this takes."""

    def run(self, run_id: str) -> RunDetails: ...
    def rows(self, run_id: str, *, after: int = 0) -> RowsPage: ...
    def span(self, span_id: str, *, full: bool = False) -> SpanDetails: ...
    def findings(self, run_id: str) -> list[Finding]: ...


def gather(source: RunSource, run_id: str, *, full: bool = False) -> RunExport:
    """All of a run, its spans in the order of their arrival.

    A span that arrives meanwhile is part of it as well. It is one step for the database per page and per span, so that
    operations go between.

    Args:
        source: What to read it from.
        run_id: The whole ID of the run.
        full: Whether long values are there as a whole; otherwise they are cut as in the viewer.

    Raises:
        NoSuchRunError: There is no such run.
    """
    run = source.run(run_id)
    # A span that has changed between two pages is in both: the last row counts.
    rows = sorted({row.seq: row for row in _rows(source, run_id)}.values())
    spans = [source.span(row.id, full=full) for row in rows]
    return {"run": run, "rows": rows, "spans": spans, "findings": source.findings(run_id)}


def _rows(source: RunSource, run_id: str) -> Iterator[SpanRow]:
    after, more = 0, True
    while more:
        page = source.rows(run_id, after=after)
        yield from page["rows"]
        after, more = page["change"], page["more"]
