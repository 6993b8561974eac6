"""The spans of a run without their payloads: the rows of the tree."""

from __future__ import annotations

import sqlite3
import sys

from prefactor_local._state.store import Store
from prefactor_local._view.runs import origin_of, stored_run
from prefactor_local._view.shapes import MOST_OF_SUMMARY, MOST_OF_TYPE, RowsPage, SpanRow
from prefactor_local._view.times import milliseconds

__all__ = ["all_rows", "rows_page"]

_BATCH = 1_000
"""So many spans are read in one transaction: the store is not locked for longer than some milliseconds."""
_CHANGED_SPANS = f"""
    SELECT span.change, span.seq, span.id, COALESCE(parent.seq, span.parent_span_id),
        substr(span.schema_name, 1, {MOST_OF_TYPE}), span.status, span.started_at, span.finished_at,
        substr(span.summary, 1, {MOST_OF_SUMMARY}), span.mismatches
    FROM agent_span AS span INDEXED BY agent_span_change
        LEFT JOIN agent_span AS parent
            ON parent.id = span.parent_span_id AND parent.agent_instance_id = span.agent_instance_id
    WHERE span.agent_instance_id = ? AND span.change > ? ORDER BY span.change LIMIT ?
"""  # noqa: S608 - numbers


def rows_page(store: Store, run_id: str, *, after: int, limit: int) -> RowsPage:
    """The spans that have changed, as `Reader.rows` describes it."""
    changed: list[sqlite3.Row] = []
    limit = max(limit, 1)
    more = True
    while more and len(changed) < limit:
        size = min(_BATCH, limit - len(changed))
        with store.transaction(write=False):
            run = stored_run(store, run_id)
            found = store.select(_CHANGED_SPANS, run_id, after, size + 1)
        more = len(found) > size
        changed += found[:size]
        after = changed[-1]["change"] if changed else after
    origin = origin_of(run)  # as it is now: it may have changed meanwhile
    return {
        "change": after,
        "more": more,
        "origin": origin,
        "status": run["status"],
        "finished_at": run["finished_at"],
        "rows": [_row(row, origin) for row in changed],
    }


def all_rows(store: Store, run_id: str) -> list[SpanRow]:
    """All spans of a run, in the order of arrival."""
    rows = {row.seq: row for row in rows_page(store, run_id, after=0, limit=sys.maxsize)["rows"]}
    return [rows[seq] for seq in sorted(rows)]  # what has changed meanwhile was there twice


def _row(row: sqlite3.Row, origin: str) -> SpanRow:
    _, seq, span_id, parent, schema_name, status, started_at, finished_at, summary, mismatches = row
    return SpanRow(
        seq,
        span_id,
        parent,
        schema_name,
        status,
        milliseconds(origin, started_at),
        milliseconds(started_at, finished_at),
        summary or "",
        mismatches,
    )
