"""Finds the spans of a run that hold a text."""

from __future__ import annotations

import re
import sqlite3

from prefactor_local._state.store import Store
from prefactor_local._view.cuts import is_data
from prefactor_local._view.runs import stored_run

__all__ = ["search"]

_BATCH = 50
"""So many spans are read in one transaction: each may have megabytes of payload."""
_TEXTS = f"""
    SELECT change, seq, schema_name, summary, payload, result_payload
    FROM agent_span INDEXED BY agent_span_change
    WHERE agent_instance_id = ? AND change > ? ORDER BY change LIMIT {_BATCH}
"""  # noqa: S608 - a number

_LEAST_DATA = 1_024
_DATA = re.compile(r'"(data:[^"]{1019,}+|(?:[\w+/=-]|\\[rn]){1024,}+)"', re.ASCII)
"""The string literals that may be data: they are long, and begin or consist like it."""


def search(store: Store, run_id: str, query: str) -> list[int]:
    """The seqs of the spans, as `Reader.search` describes it."""
    with store.transaction(write=False):
        stored_run(store, run_id)
    needle, after = query.casefold(), 0
    found: set[int] = set()  # a span that changes meanwhile is read twice
    while True:
        with store.transaction(write=False):
            rows = store.select(_TEXTS, run_id, after)
        found.update(row["seq"] for row in rows if _holds(row, needle))
        if len(rows) < _BATCH:
            return sorted(found)
        after = rows[-1]["change"]


def _holds(row: sqlite3.Row, needle: str) -> bool:
    texts = (row["schema_name"], row["summary"], _readable(row["payload"]), _readable(row["result_payload"]))
    return any(needle in text.casefold() for text in texts if text)


def _readable(payload: str | None) -> str | None:
    """The text of a payload, which is JSON in ASCII, without data that is never shown."""
    if payload is None:
        return None
    return _unescaped(_DATA.sub(_shown, payload) if len(payload) > _LEAST_DATA else payload)


def _shown(literal: re.Match[str]) -> str:
    text = literal[1].replace("\\r", "\r").replace("\\n", "\n")
    return '""' if is_data(text) else literal[0]


def _unescaped(payload: str) -> str:
    """JSON with its escaped characters as they are."""
    if "\\" not in payload:
        return payload
    # Python has all escapes that JSON has. JSON writes what is beyond U+FFFF as two surrogates.
    text = payload.encode("ascii").decode("unicode_escape")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if "\\ud" in payload else text
