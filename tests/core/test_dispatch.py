"""Decisions of delivery: retries, rewritten operations, outages and the ledger, with invented answers and times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_core._delivery.dispatch import Dispatch
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.outcomes import Delivered, Failed, Outcome, Rewrite, TryAgain, judge
from prefactor_core._delivery.retry_policy import RetryPolicy
from prefactor_core._delivery.ticket import Ticket
from prefactor_core._records.records import InstanceRecord, SpanRecord
from prefactor_core.operations import Operation, OperationType
from prefactor_http.exceptions import (
    PrefactorApiError,
    PrefactorAuthError,
    PrefactorConnectionError,
    PrefactorHttpError,
    PrefactorNotFoundError,
    PrefactorResponseContractError,
    PrefactorValidationError,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INSTANCE = InstanceRecord("i")


def span(*, minted: bool = True, started: bool = True) -> SpanRecord:
    record = SpanRecord("s", INSTANCE, "agent:llm", None, minted=minted, entered_at=NOW)
    record.started_at = NOW if started else None
    return record


def operation(kind: OperationType, record: SpanRecord | None = None, status: str = "complete") -> Operation:
    return Operation(kind, {"status": status, "name": "q"}, NOW, "key", instance=INSTANCE, span=record)


def start() -> Operation:
    return operation(OperationType.START_AGENT_INSTANCE)


CREATE = operation(OperationType.CREATE_SPAN, span())
CREATE_UNMINTED = operation(OperationType.CREATE_SPAN, span(minted=False))
FINISH = operation(OperationType.FINISH_SPAN, span())
CANCEL = operation(OperationType.FINISH_SPAN, span(), "cancelled")
CANCEL_UNSTARTED = operation(OperationType.FINISH_SPAN, span(started=False), "cancelled")


def register(*, minted: bool = False, given: bool = False, asked: bool = False) -> Operation:
    instance = InstanceRecord("i", minted=minted, asked=asked)
    payload = {"id": "i" if minted or given else None}
    return Operation(OperationType.REGISTER_AGENT_INSTANCE, payload, NOW, "key", instance=instance)


REGISTER = register()
REGISTER_MINTED = register(minted=True)
END = operation(OperationType.FINISH_AGENT_INSTANCE)
CANCEL_INSTANCE = operation(OperationType.FINISH_AGENT_INSTANCE, status="cancelled")


def finished_before(kind: OperationType) -> Operation:
    record = span()
    record.finish_delivered = True
    instance = InstanceRecord("finished", finish_delivered=True)
    return Operation(kind, {"status": "complete"}, NOW, "key", instance=instance, span=record)


FINISH_AGAIN = finished_before(OperationType.FINISH_SPAN)
END_AGAIN = finished_before(OperationType.FINISH_AGENT_INSTANCE)

CONFLICT = PrefactorApiError("no", "invalid_action", 409)
CONFLICT_CODE = PrefactorApiError("Conflict", "conflict", 409)
FINISHED = PrefactorApiError("Agent span is already complete.", "conflict", 409)
TERMINATED = PrefactorApiError("no", "instance_terminated", 409)
PENDING = PrefactorApiError("Agent span is pending, it can only be cancelled.", "invalid_action", 409)
ONLY_PENDING = PrefactorApiError("Agent span is active, only a pending one can be cancelled.", "invalid_action", 409)
EMPTY = PrefactorResponseContractError("no JSON", status_code=200)
BAD_ID = PrefactorValidationError("no", "validation_errors", 422, {"id": ["is in another partition"]})
TAKEN_ID = PrefactorValidationError("no", "validation_errors", 422, {"details": {"id": ["has already been taken"]}})
BAD_PARTITION = PrefactorValidationError("wrong partition", "bad_request", 400, {})
BAD_REQUEST = PrefactorValidationError("agent_instance_id is invalid", "bad_request", 400, {})
BAD_PAYLOAD = PrefactorValidationError("no", "validation_errors", 422, {"payload": ["is invalid"]})


@pytest.mark.parametrize(
    ("error", "tried", "repeated", "expected"),
    [
        (CONFLICT, FINISH, False, Delivered()),
        (CONFLICT, END, False, Failed(CONFLICT, "http_409")),
        (CONFLICT, END, True, Delivered()),
        (CONFLICT_CODE, FINISH, False, Failed(CONFLICT_CODE, "http_409")),
        (CONFLICT_CODE, FINISH, True, Delivered()),
        (CONFLICT_CODE, FINISH_AGAIN, False, Delivered()),
        (CONFLICT_CODE, END, False, Failed(CONFLICT_CODE, "http_409")),
        (CONFLICT_CODE, END_AGAIN, False, Delivered()),
        (FINISHED, FINISH, False, Delivered()),
        (FINISHED, END, False, Delivered()),
        (TERMINATED, END, False, Delivered()),
        (TERMINATED, CANCEL_INSTANCE, False, Delivered()),
        (PENDING, FINISH, False, Failed(PENDING, "http_409")),
        (PENDING, FINISH, True, Failed(PENDING, "http_409")),
        (PENDING, END, False, Failed(PENDING, "http_409")),
        (ONLY_PENDING, CANCEL, False, Rewrite(refused_id=False)),
        (ONLY_PENDING, CANCEL_INSTANCE, False, Rewrite(refused_id=False)),
        (CONFLICT_CODE, CANCEL_INSTANCE, True, Delivered()),
        (CONFLICT, CANCEL, False, Rewrite(refused_id=False)),
        (CONFLICT, CANCEL_UNSTARTED, False, Delivered()),
        (CONFLICT, start(), False, Failed(CONFLICT, "http_409")),
        (CONFLICT, start(), True, Delivered()),
        (CONFLICT, REGISTER, True, Failed(CONFLICT, "http_409")),
        (CONFLICT_CODE, REGISTER_MINTED, True, Delivered()),
        (CONFLICT_CODE, register(minted=True, asked=True), False, Delivered()),
        (CONFLICT_CODE, register(given=True, asked=True), False, Delivered()),
        (CONFLICT_CODE, REGISTER_MINTED, False, Failed(CONFLICT_CODE, "http_409")),
        (BAD_ID, REGISTER_MINTED, False, Rewrite(refused_id=True)),
        (BAD_REQUEST, REGISTER_MINTED, False, Rewrite(refused_id=True)),
        (BAD_REQUEST, REGISTER, False, Failed(BAD_REQUEST, "http_400")),
        (BAD_ID, register(given=True), False, Failed(BAD_ID, "http_422")),
        (CONFLICT, CREATE, False, Failed(CONFLICT, "http_409")),
        (CONFLICT, CREATE, True, Delivered()),
        (BAD_ID, CREATE, False, Rewrite(refused_id=True)),
        (BAD_ID, CREATE, True, Rewrite(refused_id=True)),
        (BAD_ID, CREATE_UNMINTED, False, Failed(BAD_ID, "http_422")),
        (TAKEN_ID, CREATE, True, Delivered()),
        (TAKEN_ID, CREATE, False, Rewrite(refused_id=True)),
        (BAD_PARTITION, CREATE, False, Rewrite(refused_id=True)),
        (BAD_REQUEST, CREATE, False, Failed(BAD_REQUEST, "http_400")),
        (BAD_PAYLOAD, CREATE, False, Failed(BAD_PAYLOAD, "http_422")),
    ],
)
def test_what_an_answer_means(error: Exception, tried: Operation, repeated: bool, expected: Outcome) -> None:
    assert judge(error, tried, repeated=repeated) == expected


@pytest.mark.parametrize(
    "error",
    [PrefactorApiError("busy", "http_503", 503), PrefactorApiError("slow down", "http_429", 429)],
)
def test_answers_that_ask_to_try_again(error: PrefactorApiError) -> None:
    error.retry_after = 3.0
    assert judge(error, CREATE, repeated=False) == TryAgain(error, unreachable=False, retry_after=3.0)


def test_an_answer_that_cannot_be_read() -> None:
    assert judge(EMPTY, CREATE, repeated=False) == TryAgain(EMPTY, unreachable=False, unreadable=True)


def test_no_answer() -> None:
    error = PrefactorConnectionError("no answer")
    assert judge(error, CREATE, repeated=False) == TryAgain(error, unreachable=True)


@pytest.mark.parametrize(
    ("error", "reason", "answered"),
    [
        (PrefactorAuthError("no", "unauthorized", 401), "http_401", True),
        (PrefactorNotFoundError("no", "not_found", 404), "http_404", True),
        (PrefactorHttpError("odd"), "not_sent", False),
        (KeyError("bug"), "not_sent", False),
    ],
)
def test_permanent_errors(error: Exception, reason: str, answered: bool) -> None:
    assert judge(error, FINISH, repeated=False) == Failed(error, reason, answered=answered)


BUSY = TryAgain(PrefactorApiError("busy", "http_503", 503), unreachable=False)
GONE = TryAgain(PrefactorConnectionError("no answer"), unreachable=True)


class Bench:
    """A Dispatch, and the time."""

    def __init__(self, *, max_retries: int = 3) -> None:
        self.ledger = Ledger()
        self.dispatch = Dispatch(self.ledger, RetryPolicy(1.0, max_retries, jitter=lambda: 1.0))
        self.now = 0.0

    def admit(self, *operations: Operation) -> None:
        for each in operations:
            self.ledger.accept(each)
            self.dispatch.admit(each)

    def take(self) -> Ticket | None:
        """The next operation that can be sent now."""
        batch = self.dispatch.next_batch(self.now)
        return batch.tickets[0] if batch else None

    def wait(self) -> Ticket:
        """The next operation, when the time for it has come."""
        while (ticket := self.take()) is None:
            wake_at = self.dispatch.wake_at()
            assert wake_at is not None
            assert wake_at > self.now
            self.now = wake_at
        return ticket

    def succeed_with_another(self) -> None:
        """Another instance's operation is delivered."""
        other = Operation(OperationType.CREATE_SPAN, {}, NOW, instance=InstanceRecord("o"), span=span())
        self.admit(other)
        ticket = self.wait()
        assert ticket.operation is other
        self.settle(ticket, Delivered())

    def settle(self, ticket: Ticket, outcome: Outcome) -> list[str]:
        return [error.reason for error in self.dispatch.decide(ticket, outcome, self.now).errors]


def test_retries_at_doubling_delays_with_the_same_key_until_they_are_used_up() -> None:
    bench = Bench(max_retries=3)
    bench.admit(start())
    tries = []
    while not bench.ledger.report(()).failed:
        ticket = bench.wait()
        tries.append(bench.now)
        bench.succeed_with_another()
        bench.settle(ticket, BUSY)
    assert tries == [0.0, 1.0, 3.0, 7.0]
    assert ticket.operation.idempotency_key == "key"
    assert bench.ledger.report(()).failures == {(OperationType.START_AGENT_INSTANCE, "retries_exhausted"): 1}


def test_no_retries() -> None:
    bench = Bench(max_retries=0)
    bench.admit(start())
    ticket = bench.wait()
    bench.succeed_with_another()
    assert bench.settle(ticket, BUSY) == ["retries_exhausted"]


def test_a_failure_before_any_success_uses_up_no_retry() -> None:
    bench = Bench(max_retries=1)
    bench.admit(start(), operation(OperationType.CREATE_SPAN, span()))
    for _ in range(2):
        assert bench.settle(bench.wait(), BUSY) == []
        assert not bench.dispatch.paused
    while bench.now < 60:
        assert bench.settle(bench.wait(), BUSY) == []  # the create waits for the start
        assert bench.dispatch.paused
    bench.settle(bench.wait(), Delivered())
    bench.settle(bench.wait(), Delivered())
    assert bench.ledger.report(()).complete


def test_a_slow_agent_in_an_outage_between_two_operations() -> None:
    bench = Bench(max_retries=1)
    for _ in range(5):
        record = span()
        bench.admit(operation(OperationType.CREATE_SPAN, record), operation(OperationType.FINISH_SPAN, record))
        assert bench.settle(bench.wait(), BUSY) == []
    while bench.ledger.pending:
        bench.settle(bench.wait(), Delivered())
    assert bench.ledger.report(()).complete


UNREADABLE = TryAgain(EMPTY, unreachable=False, unreadable=True)


def test_a_create_whose_answers_cannot_be_read_may_be_there() -> None:
    bench = Bench(max_retries=1)
    parent, child = span(), span()
    child.parent = parent
    bench.admit(
        operation(OperationType.CREATE_SPAN, parent),
        operation(OperationType.FINISH_SPAN, parent),
        operation(OperationType.CREATE_SPAN, child),
    )
    assert bench.settle(bench.wait(), UNREADABLE) == []
    assert bench.settle(bench.wait(), UNREADABLE) == ["bad_answer"]
    bench.settle(bench.wait(), Delivered())
    bench.settle(bench.wait(), Delivered())
    assert child.parent_id() == parent.id
    report = bench.ledger.report(())
    assert (report.delivered, report.failed, report.pending) == (2, 1, 0)


def test_a_create_without_an_id_whose_answers_cannot_be_read_takes_its_finish_along() -> None:
    bench = Bench(max_retries=0)
    record = span(minted=False)
    bench.admit(operation(OperationType.CREATE_SPAN, record), operation(OperationType.FINISH_SPAN, record))
    assert bench.settle(bench.wait(), UNREADABLE) == ["bad_answer", "dependency"]


def test_answers_that_cannot_be_read_are_no_outage() -> None:
    bench = Bench(max_retries=3)
    bench.admit(start())
    for _ in range(3):
        assert bench.settle(bench.wait(), UNREADABLE) == []
        assert not bench.dispatch.paused
    assert bench.settle(bench.wait(), UNREADABLE) == ["bad_answer"]


def test_an_instance_remembers_that_its_finish_was_delivered() -> None:
    bench = Bench()
    instance = InstanceRecord("i")
    bench.admit(Operation(OperationType.FINISH_AGENT_INSTANCE, {"status": "complete"}, NOW, instance=instance))
    bench.settle(bench.wait(), Delivered())
    assert instance.finish_delivered


def test_a_refused_cancellation_of_an_instance_becomes_a_failed_finish() -> None:
    bench = Bench()
    cancel = operation(OperationType.FINISH_AGENT_INSTANCE, status="cancelled")
    bench.admit(cancel)
    bench.settle(bench.wait(), Rewrite(refused_id=False))
    assert cancel.payload["status"] == "failed"
    assert "result_payload" not in cancel.payload
    assert cancel.idempotency_key != "key"


def test_an_outage_of_an_hour_loses_nothing_and_rotates() -> None:
    bench = Bench(max_retries=0)
    operations = [operation(OperationType.CREATE_SPAN, span()) for _ in range(3)]
    bench.admit(*operations)
    probed = []
    while bench.now < 3600:
        ticket = bench.wait()
        probed.append(operations.index(ticket.operation))
        bench.settle(ticket, GONE)
    assert set(probed[-3:]) == {0, 1, 2}
    for _ in operations:
        bench.settle(bench.wait(), Delivered())
    assert bench.ledger.report(()).complete


def test_an_outage_is_reported_when_it_begins_and_when_it_ends() -> None:
    bench = Bench()
    bench.admit(start(), operation(OperationType.CREATE_SPAN, span()))
    reported = []
    for outcome in (BUSY, BUSY, BUSY, BUSY, Delivered(), GONE, Failed(BAD_PAYLOAD, "http_422")):
        effects = bench.dispatch.decide(bench.wait(), outcome, bench.now)
        reported.append((effects.paused, effects.resumed))
    nothing = (None, False)
    assert reported == [nothing, nothing, (BUSY.error, False), nothing, (None, True), (GONE.error, False), (None, True)]


def test_why_what_is_pending_was_not_delivered() -> None:
    bench = Bench()
    bench.admit(operation(OperationType.CREATE_SPAN, span()), operation(OperationType.CREATE_SPAN, span()))
    first, second = bench.wait(), bench.wait()
    assert bench.dispatch.last_error() is None
    bench.settle(first, BUSY)
    bench.settle(second, GONE)
    error = bench.dispatch.last_error()
    assert error is not None
    assert (error.__cause__, error.operation, error.reason) == (GONE.error, second.operation, "deadline")
    bench.settle(bench.wait(), Delivered())
    bench.settle(bench.wait(), Delivered())
    assert bench.dispatch.last_error() is None


def test_an_outage_in_which_nothing_waits_asks_for_no_wake_up() -> None:
    bench = Bench(max_retries=0)
    bench.admit(*(operation(OperationType.CREATE_SPAN, span()) for _ in range(3)))
    tickets = [ticket for _ in range(3) if (ticket := bench.take())]
    for ticket in tickets:
        bench.settle(ticket, BUSY)
    assert bench.dispatch.paused
    assert bench.dispatch.wake_at() is not None
    for _ in range(3):
        assert bench.settle(bench.wait(), Failed(KeyError(), "not_sent", answered=False)) == ["not_sent"]
    assert bench.dispatch.paused
    assert bench.dispatch.wake_at() is None


def test_what_waits_for_a_worker_asks_for_no_wake_up() -> None:
    bench = Bench()
    bench.admit(*(operation(OperationType.CREATE_SPAN, span()) for _ in range(2)))
    assert bench.take()
    assert bench.dispatch.wake_at() is None


def test_a_rewritten_operation_has_a_new_key_and_is_sent_at_once() -> None:
    bench = Bench()
    record = span()
    cancel = Operation(
        OperationType.FINISH_SPAN,
        {"status": "cancelled", "result_payload": {"a": 1}},
        NOW,
        "key",
        instance=INSTANCE,
        span=record,
    )
    bench.admit(cancel)
    bench.settle(bench.wait(), Rewrite(refused_id=False))
    assert bench.take() is not None
    assert cancel.payload == {"status": "failed", "result_payload": {"a": 1, "error": {"type": "cancelled"}}}
    assert cancel.idempotency_key != "key"
    assert cancel.timestamp == NOW


def test_a_refused_id_ends_minting_for_a_while() -> None:
    bench = Bench()
    bench.admit(operation(OperationType.CREATE_SPAN, span()))
    assert bench.dispatch.mints_ids(bench.now)
    bench.settle(bench.wait(), Rewrite(refused_id=True))
    assert not bench.dispatch.mints_ids(bench.now)
    ticket = bench.take()
    assert ticket is not None
    assert ticket.tries == 1
    assert not bench.dispatch.mints_ids(bench.now + 59)
    assert bench.dispatch.mints_ids(bench.now + 60)


outcomes = st.sampled_from([Delivered(), Delivered(), BUSY, GONE, Failed(BAD_PAYLOAD, "http_422")])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.lists(outcomes, max_size=80))
def test_the_ledger_balances_at_every_moment(spans: int, workers: int, answers: list[Outcome]) -> None:
    bench = Bench(max_retries=1)
    records = [span() for _ in range(spans)]
    for record in records:
        bench.admit(operation(OperationType.CREATE_SPAN, record), operation(OperationType.FINISH_SPAN, record))
    bench.admit(operation(OperationType.FINISH_AGENT_INSTANCE))
    in_flight: list[Ticket] = []

    def balanced() -> None:
        report = bench.ledger.report(())
        assert report.accepted == 2 * spans + 1
        assert report.accepted == report.delivered + report.failed + report.dropped + report.pending
        assert report.pending == bench.dispatch.open_operations

    for outcome in answers:
        while len(in_flight) < workers and (ticket := bench.take()):
            in_flight.append(ticket)
        if in_flight:
            bench.settle(in_flight.pop(0), outcome)
        else:
            bench.now += 1.0
        balanced()
    while in_flight or bench.ledger.pending:
        bench.settle(in_flight.pop() if in_flight else bench.wait(), Delivered())
        balanced()
    assert bench.dispatch.at_rest
