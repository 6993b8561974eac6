"""Reads runs and spans from the database, in the form in which the viewer shows them."""

from __future__ import annotations

from typing import Unpack

from prefactor_local._state.store import Store
from prefactor_local._view import rows, runs, spans
from prefactor_local._view.comparing import compare
from prefactor_local._view.errors import NoSuchRunError
from prefactor_local._view.findings import findings
from prefactor_local._view.runs import RunFilter
from prefactor_local._view.search import search
from prefactor_local._view.shapes import (
    Comparison,
    Difference,
    Finding,
    Neighbours,
    RowsPage,
    RunDetails,
    RunsPage,
    RunSummary,
    SpanDetails,
)
from prefactor_local._view.span_types import SpanTypes

__all__ = ["NoSuchRunError", "Reader"]


class Reader:
    """Reads runs and spans. Each transaction is short, so that operations do not wait.

    Args:
        store: The data.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._types = SpanTypes(store)

    def find_run(self, wanted: str) -> str:
        """The ID of a run.

        Args:
            wanted: An ID, the beginning of one that no other run has, or `last`: the run that was registered last.

        Raises:
            NoSuchRunError: There is none, or there are several.
        """
        return runs.find_run(self._store, wanted)

    def runs(self, *, before: int | None = None, limit: int = 50, **chosen: Unpack[RunFilter]) -> RunsPage:
        """A page of runs, newest first.

        Args:
            before: Where the page begins; `RunsPage.before` of the page before it.
            limit: How many.
            **chosen: Which runs; all without.
        """
        return runs.runs_page(self._store, chosen, before=before, limit=limit)

    def neighbours(self, run_id: str, **chosen: Unpack[RunFilter]) -> Neighbours:
        """The runs beside a run in the list that `runs` has for the same filter. Raises `NoSuchRunError`."""
        return runs.neighbours(self._store, run_id, chosen)

    def summary(self, run_id: str) -> RunSummary:
        """What the list of runs shows of a run. Raises `NoSuchRunError`."""
        return runs.listed_run(self._store, run_id)

    def run(self, run_id: str, *, full: bool = False) -> RunDetails:
        """A run; long texts and other values are cut unless `full`. Raises `NoSuchRunError`."""
        return runs.run_details(self._store, self._types, run_id, full=full)

    def rows(self, run_id: str, *, after: int = 0, limit: int = 10_000) -> RowsPage:
        """The spans that are new or have changed since `after`, in the order of the changes.

        Args:
            run_id: The run.
            after: `RowsPage.change` of the page before; 0 at first.
            limit: How many.

        Raises:
            NoSuchRunError: There is no such run.
        """
        return rows.rows_page(self._store, run_id, after=after, limit=limit)

    def search(self, run_id: str, query: str) -> list[int]:
        """The seqs of spans whose params, result, type or summary holds the text, in any case.

        Raises `NoSuchRunError`.
        """
        return search(self._store, run_id, query)

    def span(self, span_id: str, *, full: bool = False) -> SpanDetails:
        """A span with its payloads; long values are cut unless `full`. Raises `NoSuchRunError`."""
        return spans.span_by_id(self._store, self._types, span_id, full=full)

    def findings(self, run_id: str) -> list[Finding]:
        """What is wrong with the order of a run. Raises `NoSuchRunError`."""
        return findings(self._store, run_id)

    def compare(self, a: str, b: str) -> Comparison:
        """Two runs side by side. Raises `NoSuchRunError`."""
        return compare(self._store, a, b)

    def differences(self, a: str, b: str) -> list[Difference]:
        """What differs between the payloads of two spans, by their IDs. Raises `NoSuchRunError`."""
        return spans.differences_of(self._store, a, b)
