"""How long spans can be found by their IDs."""

from __future__ import annotations

import pytest
from tests.core.operations import INSTANCE, span_of

from prefactor_core._payloads.snapshot import snapshot_object
from prefactor_core._records import span_index
from prefactor_core._records.records import CreateState, InstanceRecord, Phase, SpanRecord
from prefactor_core._records.span_index import Forgotten, SpanIndex


@pytest.fixture
def forgotten() -> list[Forgotten]:
    """Why spans were forgotten that were not finished."""
    return []


@pytest.fixture
def index(forgotten: list[Forgotten]) -> SpanIndex:
    return SpanIndex(forgotten.append)


def finish(index: SpanIndex, number: int, state: CreateState) -> SpanRecord:
    record = span_of(INSTANCE, name=f"s{number}", phase=Phase.FINISHED, create_state=state)
    index.add(record)
    index.finished(record)
    return record


def start(
    index: SpanIndex, name: str, instance: InstanceRecord = INSTANCE, state: CreateState = CreateState.DELIVERED
) -> SpanRecord:
    record = span_of(instance, name=name, phase=Phase.STARTED, create_state=state)
    index.add(record)
    index.started(record)
    return record


def test_the_last_thousand_finished_spans_are_remembered(index: SpanIndex, forgotten: list[Forgotten]) -> None:
    for number in range(1001):
        finish(index, number, CreateState.DELIVERED)
    assert index.find("s0") is None
    assert index.find("s1") is not None
    start(index, "open")
    assert not forgotten


def test_a_span_is_remembered_until_its_create_is_settled(index: SpanIndex) -> None:
    waiting = [finish(index, number, CreateState.PENDING) for number in range(3000)]
    assert all(index.find(record.id) is record for record in waiting)
    for record in waiting:
        record.create_state = CreateState.DELIVERED
    for number in range(3000, 6000):
        finish(index, number, CreateState.DELIVERED)
    assert sum(index.find(f"s{number}") is not None for number in range(6000)) == 1000
    assert index.find("s5999") is not None


def test_the_oldest_of_too_many_open_spans_are_forgotten(
    index: SpanIndex, forgotten: list[Forgotten], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_index, "MOST_OPEN", 10)
    waiting = start(index, "waiting", state=CreateState.PENDING)
    spans = [start(index, f"s{number}") for number in range(15)]
    found = [record for record in spans if index.find(record.id) is record]
    assert found == spans[6:]
    assert index.find("waiting") is waiting
    assert forgotten == ["too many"] * 6
    index.finished(spans[0])
    assert index.find("s0") is None


def test_params_that_wait_for_a_start_are_bounded_by_their_size(index: SpanIndex, forgotten: list[Forgotten]) -> None:
    payload = snapshot_object({"text": "x" * 1_000_000}, "payload")
    prepared = [span_of(INSTANCE, name=f"s{number}", default_payload=payload) for number in range(100)]
    for record in prepared:
        index.add(record)
    kept = [record for record in prepared if index.find(record.id)]
    assert kept == prepared[-len(kept) :]
    assert 60 < len(kept) < 70
    assert forgotten == ["too many"] * (100 - len(kept))
    for record in prepared:  # a span that is forgotten can still be started by its block
        record.phase, record.create_state, record.default_payload = Phase.STARTED, CreateState.DELIVERED, None
        index.started(record)
    assert all(index.find(record.id) is record for record in prepared)


def test_the_open_spans_of_a_finished_instance_are_forgotten_after_others(
    index: SpanIndex, forgotten: list[Forgotten]
) -> None:
    for number in range(300):
        instance = InstanceRecord(f"i{number}")
        for place in range(10):
            start(index, f"s{number}-{place}", instance)
        index.instance_finished(instance)
    assert index.find("s199-9") is None
    assert index.find("s200-0") is not None
    assert forgotten == ["run over"] * 2000
    assert not index._open
    assert not instance.open_spans


def test_no_call_forgets_many_spans(index: SpanIndex) -> None:
    """After an outage, the spans that it kept are settled together; the next call of the agent must not take long."""
    for record in [finish(index, number, CreateState.PENDING) for number in range(3000)]:
        record.create_state = CreateState.DELIVERED
    before = len(index._records)
    finish(index, 3000, CreateState.DELIVERED)
    assert before - 3 <= len(index._records) < before
