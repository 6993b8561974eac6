"""Collects all of a run."""

from __future__ import annotations

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
    """All of a run, its spans in the order of their arrival. What arrives while it is read may be part of it.

    The database is asked for one page or one span at a time, so that operations go between.

    Args:
        source: What to read it from.
        run_id: The whole ID of the run.
        full: Whether long values are there as a whole; otherwise they are cut as in the viewer.

    Raises:
        NoSuchRunError: There is no such run.
    """
    rows, origin = _rows(source, run_id)
    run = source.run(run_id)
    while run["origin"] != origin:
        rows, origin = _rows(source, run_id)
        run = source.run(run_id)
    spans = [source.span(row.id, full=full) for row in rows]
    return {"run": run, "rows": rows, "spans": spans, "findings": source.findings(run_id)}


def _rows(source: RunSource, run_id: str) -> tuple[list[SpanRow], str]:
    """The rows in the order of arrival, and what their starts count from."""
    found: dict[int, SpanRow] = {}  # a span that changes meanwhile is in two pages
    origin, after, more = "", 0, True
    while more:
        page = source.rows(run_id, after=after)
        if found and page["origin"] != origin:  # a span has come that started before all others: once again
            found, after = {}, 0
            continue
        found.update((row.seq, row) for row in page["rows"])
        origin, after, more = page["origin"], page["change"], page["more"]
    return [found[seq] for seq in sorted(found)], origin
