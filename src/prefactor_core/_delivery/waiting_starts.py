"""Calls of `start()` that wait until the API has given their span an id."""

from __future__ import annotations

import concurrent.futures
import contextlib

from prefactor_core._records.records import SpanRecord

__all__ = ["WaitingStarts"]


class WaitingStarts:
    """The spans whose `start()` waits for the API's answer. Works from any thread."""

    def __init__(self) -> None:
        self._spans: set[SpanRecord] = set()

    def add(self, span: SpanRecord) -> None:
        """The create of a span is handed over, and its `start()` waits."""
        self._spans.add(span)

    def release(self, *spans: SpanRecord) -> None:
        """Let the `start()` of some spans return. Without an answer, the id follows later."""
        for span in spans:
            self._spans.discard(span)
            if span.answered:
                with contextlib.suppress(concurrent.futures.InvalidStateError):  # it was released before
                    span.answered.set_result(None)

    def release_all(self) -> None:
        """Let every `start()` return."""
        self.release(*list(self._spans))  # a copy: other threads add to it
