"""How long spans can be found by their IDs."""

from __future__ import annotations

from tests.core.operations import INSTANCE, span_of

from prefactor_core._records.records import CreateState, SpanRecord
from prefactor_core._records.span_index import SpanIndex


def finish(index: SpanIndex, number: int, state: CreateState) -> SpanRecord:
    record = span_of(INSTANCE, name=f"s{number}", create_state=state)
    index.add(record)
    index.finished(record)
    return record


def test_the_last_thousand_finished_spans_are_remembered() -> None:
    index = SpanIndex()
    for number in range(1001):
        finish(index, number, CreateState.DELIVERED)
    assert index.find("s0") is None
    assert index.find("s1") is not None


def test_a_span_is_remembered_until_its_create_is_settled() -> None:
    index = SpanIndex()
    waiting = [finish(index, number, CreateState.PENDING) for number in range(3000)]
    assert all(index.find(record.id) is record for record in waiting)
    for record in waiting:
        record.create_state = CreateState.DELIVERED
    for number in range(3000, 6000):
        finish(index, number, CreateState.DELIVERED)
    assert sum(index.find(f"s{number}") is not None for number in range(6000)) == 1000
    assert index.find("s5999") is not None
