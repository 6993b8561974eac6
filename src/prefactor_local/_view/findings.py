"""What is wrong with the order of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from prefactor_local._state.life_cycle import TERMINAL
from prefactor_local._state.store import Store
from prefactor_local._view.rows import all_rows
from prefactor_local._view.runs import origin_of, stored_run
from prefactor_local._view.shapes import Finding, SpanRow
from prefactor_local._view.times import milliseconds
from prefactor_local._view.tree import Tree

__all__ = ["findings"]

_MOST_NAMED = 100
_MESSAGES = {
    "parent_missing": (
        "span names a parent that this run does not have",
        "spans name parents that this run does not have",
    ),
    "child_before_parent": ("span arrived before its parent", "spans arrived before their parents"),
    "outside_parent": (
        "span starts before its parent, or ends after it",
        "spans start before their parents, or end after them",
    ),
    "outside_run": ("span starts before the run, or ends after it", "spans start before the run, or end after it"),
    "not_finished": (
        "span is not finished, although the run is",
        "spans are not finished, although the run is",
    ),
    "own_ancestor": ("span is an ancestor of itself", "spans are ancestors of themselves, each in a loop of its own"),
}


class _Time(NamedTuple):
    """From when to when something took place, in microseconds; None is not known."""

    start: int | None
    end: int | None

    def is_outside(self, other: _Time) -> bool:
        """Whether this starts before the other, or goes on after it."""
        moments = [moment for moment in self if moment is not None]
        is_early = other.start is not None and any(moment < other.start for moment in moments)
        return is_early or (other.end is not None and any(moment > other.end for moment in moments))


def findings(store: Store, run_id: str) -> list[Finding]:
    """What is wrong with the order of a run, as it is stored. Raises `NoSuchRunError`."""
    rows = all_rows(store, run_id)
    with store.transaction(write=False):
        run = stored_run(store, run_id)
    origin = origin_of(run)
    time = _time(milliseconds(origin, run["started_at"]), milliseconds(origin, run["finished_at"]))
    found: dict[str, list[int]] = {name: [] for name in _MESSAGES}
    for name, seq in _found(rows, time, is_finished=run["status"] in TERMINAL):
        found[name].append(seq)
    return [_finding(name, seqs) for name, seqs in found.items() if seqs]


def _found(rows: Sequence[SpanRow], run: _Time, *, is_finished: bool) -> Iterator[tuple[str, int]]:
    parents = {row.seq: row for row in rows}
    for row in rows:
        time = _time_of(row)
        if isinstance(row.parent, str):
            yield "parent_missing", row.seq
        parent = parents.get(row.parent) if isinstance(row.parent, int) else None
        if parent is not None and row.seq < parent.seq:
            yield "child_before_parent", row.seq
        if parent is not None and time.is_outside(_time_of(parent)):
            yield "outside_parent", row.seq
        if time.is_outside(run):
            yield "outside_run", row.seq
        if is_finished and row.status not in TERMINAL:
            yield "not_finished", row.seq
    yield from (("own_ancestor", row.seq) for row in Tree(rows).loops)


def _finding(name: str, seqs: list[int]) -> Finding:
    one, several = _MESSAGES[name]
    message = f"1 {one}." if len(seqs) == 1 else f"{len(seqs):,} {several}."
    return {"name": name, "spans": seqs[:_MOST_NAMED], "count": len(seqs), "message": message}


def _time_of(row: SpanRow) -> _Time:
    if row.start_ms is None or row.duration_ms is None:
        return _time(row.start_ms, None)
    return _time(row.start_ms, row.start_ms + row.duration_ms)


def _time(start_ms: float | None, end_ms: float | None) -> _Time:
    return _Time(*(None if each is None else round(each * 1000) for each in (start_ms, end_ms)))
