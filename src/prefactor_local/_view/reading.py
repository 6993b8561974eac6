"""Reads runs and spans from the database, in the form in which the viewer shows them."""

from __future__ import annotations

from prefactor_local._state.store import Store
from prefactor_local._view.shapes import Comparison, Difference, Finding, RowsPage, RunDetails, RunsPage, SpanDetails

__all__ = ["NoSuchRunError", "Reader"]


class NoSuchRunError(LookupError):
    """No run, or no span, has this ID. The text says what was looked for."""


class Reader:
    """Reads runs and spans. Each transaction is short, so that operations do not wait.

    Args:
        store: The data.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def find_run(self, wanted: str) -> str:
        """The ID of a run.

        Args:
            wanted: An ID, the beginning of one that no other run has, or `last`: the run that was registered last.

        Raises:
            NoSuchRunError: There is none, or there are several.
        """
        raise NotImplementedError

    def runs(
        self,
        *,
        before: int | None = None,
        query: str = "",
        status: str | None = None,
        agent: str | None = None,
        limit: int = 50,
    ) -> RunsPage:
        """A page of runs, newest first.

        Args:
            before: Where the page begins; `RunsPage.before` of the page before it.
            query: Only runs whose ID, agent, version, or external identifier holds the text, in any case.
            status: Only runs with this status.
            agent: Only runs of the agent with this ID.
            limit: How many.
        """
        raise NotImplementedError

    def run(self, run_id: str) -> RunDetails:
        """A run. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def rows(self, run_id: str, *, after: int = 0, limit: int = 10_000) -> RowsPage:
        """The spans that are new or have changed since `after`, in the order of the changes. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def search(self, run_id: str, query: str) -> list[int]:
        """The seqs of spans whose params, result, type or summary holds the text, in any case. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def span(self, span_id: str, *, full: bool = False) -> SpanDetails:
        """A span with its payloads; long values are cut unless `full`. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def span_by_seq(self, run_id: str, seq: int, *, full: bool = False) -> SpanDetails:
        """As `span`, by its run and number."""
        raise NotImplementedError

    def findings(self, run_id: str) -> list[Finding]:
        """What is wrong with the order of a run. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def compare(self, a: str, b: str) -> Comparison:
        """Two runs side by side. Raises `NoSuchRunError`."""
        raise NotImplementedError

    def differences(self, a: str, b: str) -> list[Difference]:
        """What differs between the payloads of two spans, by their IDs. Raises `NoSuchRunError`."""
        raise NotImplementedError
