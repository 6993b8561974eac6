"""Where spans are in the run: when they began and ended, and below which other one."""

from __future__ import annotations

from typing import NamedTuple

from prefactor_local._view.shapes import RunExport, SpanDetails
from prefactor_local._view.times import microseconds
from prefactor_local._view.tree import Tree

__all__ = ["Interval", "intervals", "parents", "run_interval"]


class Interval(NamedTuple):
    """Start and end in microseconds since 1970. The end is never before the start."""

    start: int
    end: int


def run_interval(export: RunExport) -> Interval:
    """When the run began and ended. While it goes on, it ends when something of it was recorded last."""
    start = microseconds(export["run"]["origin"])
    run = export["run"]["run"]
    times = [time for span in export["spans"] for time in (span["started_at"], span["finished_at"]) if time is not None]
    # Times of the API are all in one form and in UTC: the order of the texts is that of the times.
    last = run["finished_at"] or max([run["changed_at"], *times])
    return Interval(start, max(start, microseconds(last)))


def intervals(export: RunExport) -> dict[str, Interval]:
    """Start and end of each span, by its ID.

    A span that has not finished ends with the run. One that has not started is at the start of the run.
    """
    of_run = run_interval(export)
    return {span["id"]: _interval(span, of_run) for span in export["spans"]}


def parents(export: RunExport) -> dict[str, str | None]:
    """The ID of each span's parent, by the span's ID; None at the top. A parent that is not in the run stays."""
    tops = {row.id for row in Tree(export["rows"]).loops}
    return {span["id"]: None if span["id"] in tops else span["parent_id"] for span in export["spans"]}


def _interval(span: SpanDetails, run: Interval) -> Interval:
    if span["started_at"] is None:
        return Interval(run.start, run.start)
    start = microseconds(span["started_at"])
    end = run.end if span["finished_at"] is None else microseconds(span["finished_at"])
    return Interval(start, max(start, end))
