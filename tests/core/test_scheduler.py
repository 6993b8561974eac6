"""The scheduler: what waits for what, and that no order of calls and answers breaks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_core._delivery.scheduler import Scheduler
from prefactor_core._delivery.ticket import SINGLE, BatchLimit, Ticket
from prefactor_core._records.records import CreateState, InstanceRecord, SpanRecord
from prefactor_core.operations import Operation, OperationType

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def span_of(instance: InstanceRecord, parent: SpanRecord | None = None, name: str = "span") -> SpanRecord:
    return SpanRecord(name, instance, name, parent, minted=True, entered_at=NOW)


def operation(
    kind: OperationType, instance: InstanceRecord, span: SpanRecord | None = None, name: str = ""
) -> Operation:
    return Operation(kind, {"name": name}, NOW, instance=instance, span=span)


def start(instance: InstanceRecord) -> Operation:
    return operation(OperationType.START_AGENT_INSTANCE, instance)


def end(instance: InstanceRecord) -> Operation:
    return operation(OperationType.FINISH_AGENT_INSTANCE, instance)


def create(span: SpanRecord) -> Operation:
    return operation(OperationType.CREATE_SPAN, span.instance, span)


def finish(span: SpanRecord) -> Operation:
    return operation(OperationType.FINISH_SPAN, span.instance, span)


def register(instance: InstanceRecord) -> Operation:
    return operation(OperationType.REGISTER_AGENT_INSTANCE, instance)


def quality(instance: InstanceRecord, name: str) -> Operation:
    return operation(OperationType.RECORD_QUALITY, instance, name=name)


VERBS = {
    OperationType.REGISTER_AGENT_INSTANCE: "register",
    OperationType.START_AGENT_INSTANCE: "start",
    OperationType.FINISH_AGENT_INSTANCE: "end",
    OperationType.RECORD_QUALITY: "quality",
    OperationType.CREATE_SPAN: "create",
    OperationType.FINISH_SPAN: "finish",
}


def name_of(operation: Operation) -> str:
    """`start i`, `create parent`, `quality score` …"""
    assert operation.instance is not None
    name = operation.span.schema_name if operation.span else operation.payload["name"] or operation.instance.id
    return f"{VERBS[operation.type]} {name}"


def names_of(operations: Iterable[Operation]) -> list[str]:
    return [name_of(each) for each in operations]


class Bench:
    """A scheduler, and the operations that it handed out, by name."""

    def __init__(self, *operations: Operation) -> None:
        self.scheduler = Scheduler()
        self.in_flight: dict[str, Ticket] = {}
        self.admit(*operations)

    def admit(self, *operations: Operation) -> list[str]:
        """Returns the names of those that fail at once."""
        return [name_of(failed) for each in operations for failed in self.scheduler.admit(each).failed]

    def take_batch(self, limit: BatchLimit = SINGLE, now: float = 0.0) -> list[str]:
        batch = self.scheduler.next_batch(now, limit)
        tickets = {name_of(ticket.operation): ticket for ticket in batch.tickets} if batch else {}
        self.in_flight |= tickets
        return list(tickets)

    def take(self, now: float = 0.0) -> list[str]:
        """All that can be sent now, one operation at a time."""
        taken = []
        while names := self.take_batch(now=now):
            taken += names
        return taken

    def settle(self, name: str, *, delivered: bool = True) -> list[str]:
        """Returns the names of those that fail with it."""
        return names_of(self.scheduler.settle(self.in_flight.pop(name), delivered=delivered).failed)

    def send_again(self, name: str, at: float | None = None) -> None:
        self.scheduler.send_again(self.in_flight.pop(name), at=at)

    @property
    def state(self) -> str:
        return repr(self.scheduler)


EMPTY = "<Scheduler [0 ready, 0 in flight, 0 waiting]>"


def test_two_watches_of_the_same_operations_end_separately() -> None:
    bench = Bench(start(InstanceRecord("i")))
    with bench.scheduler.watch() as at_rest:
        with bench.scheduler.watch() as also_at_rest:
            assert (at_rest(), also_at_rest()) == (False, False)
        bench.take()
        bench.settle("start i")
        assert at_rest()


def test_start_before_creates_before_finishes_before_the_end() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance, name="parent")
    child = span_of(instance, parent, "child")
    bench = Bench(start(instance), create(parent), create(child), finish(child), finish(parent), end(instance))
    for taken in (
        ["start i"],
        ["create parent"],
        ["create child", "finish parent"],
        ["finish child"],
        ["end i"],
    ):
        assert bench.take() == taken
        for name in taken:
            bench.settle(name)
    assert bench.scheduler.at_rest
    assert bench.state == EMPTY


def test_independent_spans_do_not_wait_for_each_other() -> None:
    instance = InstanceRecord("i")
    bench = Bench(*(create(span_of(instance, name=name)) for name in "abc"))
    assert bench.take() == ["create a", "create b", "create c"]


def test_spans_do_not_wait_for_a_start_that_never_comes() -> None:
    assert Bench(create(span_of(InstanceRecord("i"), name="a"))).take() == ["create a"]


def test_everything_waits_for_a_registration() -> None:
    instance = InstanceRecord("i")
    bench = Bench(register(instance), start(instance), create(span_of(instance)))
    assert bench.take() == ["register i"]
    assert bench.state == "<Scheduler [0 ready, 1 in flight, 2 waiting]>"
    bench.settle("register i")
    assert instance.registration is CreateState.DELIVERED
    assert bench.take() == ["start i"]


def test_a_failed_registration_takes_everything_along() -> None:
    instance, other = InstanceRecord("i"), InstanceRecord("other")
    parent, unstarted = span_of(instance, name="parent"), span_of(instance, name="unstarted")
    dependents = [
        start(instance),
        create(parent),
        create(span_of(instance, parent, "child")),
        create(span_of(instance, unstarted, "parked")),
        quality(instance, "q"),
        finish(parent),
        end(instance),
    ]
    elsewhere = create(span_of(other, parent, "elsewhere"))
    bench = Bench(register(instance), *dependents, elsewhere)
    assert bench.take() == ["register i"]
    consequences = bench.scheduler.settle(bench.in_flight["register i"], delivered=False)
    assert set(consequences.failed) == set(dependents)
    assert consequences.orphaned == (elsewhere.span,)
    assert bench.admit(create(unstarted)) == ["create unstarted"]
    assert bench.scheduler.release_parked().orphaned == ()
    assert bench.take() == ["create elsewhere"]
    bench.settle("create elsewhere")
    assert bench.scheduler.at_rest
    assert bench.state == EMPTY


def test_instances_do_not_wait_for_each_other() -> None:
    first, second = InstanceRecord("first"), InstanceRecord("second")
    bench = Bench(start(first), start(second), create(span_of(second, name="a")))
    assert bench.take() == ["start first", "start second"]
    bench.settle("start second")
    assert bench.take() == ["create a"]


def test_a_child_waits_for_a_parent_that_is_started_later() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance, name="parent")
    bench = Bench(create(span_of(instance, parent, "child")))
    assert bench.take() == []
    assert bench.scheduler.at_rest
    bench.admit(create(parent), create(span_of(instance, name="other")))
    assert bench.take() == ["create parent", "create other"]
    bench.settle("create parent")
    assert bench.take() == ["create child"]


def test_the_end_passes_by_what_waits_for_a_span_that_is_not_started() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance, name="parent")
    child = span_of(instance, parent, "child")
    bench = Bench(create(child), finish(child), end(instance))
    assert bench.take() == ["end i"]
    bench.admit(create(parent))
    assert bench.take() == []
    bench.settle("end i")
    assert bench.take() == ["create parent"]
    bench.settle("create parent")
    assert bench.take() == ["create child"]


def test_children_of_a_span_that_is_never_started_can_be_released() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance, name="parent")
    child = span_of(instance, parent, "child")
    bench = Bench(create(child))
    assert bench.state == "<Scheduler [0 ready, 0 in flight, 1 waiting]>"
    assert bench.scheduler.release_parked().orphaned == (child,)
    assert bench.state == "<Scheduler [1 ready, 0 in flight, 0 waiting]>"
    assert bench.take() == ["create child"]
    assert child.parent_id() is None


def test_a_failed_create_takes_its_finish_along_and_orphans_its_children() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance, name="parent")
    child = span_of(instance, parent, "child")
    bench = Bench(create(parent), create(child), finish(child), finish(parent), end(instance))
    bench.take()
    assert bench.settle("create parent", delivered=False) == ["finish parent"]
    assert parent.create_state is CreateState.FAILED
    assert bench.take() == ["create child"]
    assert child.parent_id() is None
    assert bench.admit(finish(parent)) == ["finish parent"]
    bench.settle("create child")
    assert bench.take() == ["finish child"]
    bench.settle("finish child", delivered=False)
    assert bench.take() == ["end i"]


def test_two_finishes_of_a_span_may_be_settled_in_any_order() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance, name="a")
    bench = Bench(finish(span), finish(span), end(instance))
    batch = bench.scheduler.next_batch(0.0, BatchLimit(operations=10))
    assert batch is not None
    first, second = batch.tickets
    bench.scheduler.settle(second, delivered=True)
    bench.scheduler.send_again(first)
    assert bench.take() == ["finish a"]
    bench.settle("finish a")
    assert bench.take() == ["end i"]


def test_what_comes_after_the_end_is_sent_after_it() -> None:
    instance = InstanceRecord("i")
    bench = Bench(end(instance), create(span_of(instance, name="late")))
    assert bench.take() == ["end i"]
    bench.settle("end i", delivered=False)
    assert bench.take() == ["create late"]


def test_quality_records_of_one_name_keep_their_order() -> None:
    instance = InstanceRecord("i")
    first, second = quality(instance, "a"), quality(instance, "a")
    bench = Bench(first, quality(instance, "b"), second)
    assert bench.take() == ["quality a", "quality b"]
    assert bench.in_flight["quality a"].operation is first
    bench.settle("quality a")
    assert bench.take() == ["quality a"]
    assert bench.in_flight["quality a"].operation is second


def test_a_delayed_operation_waits_for_its_time_and_keeps_its_rank() -> None:
    instance = InstanceRecord("i")
    bench = Bench(create(span_of(instance, name="first")), create(span_of(instance, name="second")))
    bench.take_batch()
    bench.send_again("create first", at=5.0)
    assert bench.state == "<Scheduler [1 ready, 0 in flight, 1 waiting]>"
    assert bench.take(now=4.9) == ["create second"]
    assert bench.scheduler.next_due() == 5.0
    assert bench.take(now=5.0) == ["create first"]


def test_a_ticket_shows_its_state_and_no_payload() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance, name="llm")
    created = create(span)
    created.payload["payload"] = {"prompt": "secret"}
    bench = Bench(created, finish(span))
    bench.take()
    ticket = bench.in_flight["create llm"]
    (follower,) = ticket.followers
    assert (repr(ticket), repr(follower)) == (
        "<Ticket CREATE_SPAN 'llm' [in flight]>",
        "<Ticket FINISH_SPAN 'llm' [blocked by 1]>",
    )
    ticket.use_retry()
    bench.send_again("create llm", at=5.0)
    assert repr(ticket) == "<Ticket CREATE_SPAN 'llm' [delayed, 1 retry used]>"
    ticket.use_retry()
    bench.take(now=5.0)
    bench.settle("create llm", delivered=False)
    assert repr(ticket) == "<Ticket CREATE_SPAN 'llm' [settled, 2 retries used]>"
    assert repr(follower) == "<Ticket FINISH_SPAN 'llm' [settled]>"


@dataclass
class Model:
    """What the API would see, and a check of every request against it."""

    started: set[InstanceRecord] = field(default_factory=set)
    settled: set[Operation] = field(default_factory=set)
    handed_over: list[Operation] = field(default_factory=list)

    def check(self, batch: list[Operation]) -> None:
        """The API carries out the operations of a batch in turn."""
        for number, request in enumerate(batch):
            self._check(request, {*self.settled, *batch[:number]})

    def _check(self, request: Operation, done: set[Operation]) -> None:
        for earlier in self.handed_over[: self.handed_over.index(request)]:
            if earlier.instance is request.instance and self._must_wait(earlier, request):
                assert earlier in done, (earlier, request)
        parent = request.span.parent if request.span and request.type is OperationType.CREATE_SPAN else None
        if isinstance(parent, SpanRecord):
            created = [each for each in done if each.span is parent and each.type is OperationType.CREATE_SPAN]
            assert created or parent.create_state is CreateState.FAILED

    def _must_wait(self, earlier: Operation, later: Operation) -> bool:
        if earlier.type is OperationType.FINISH_AGENT_INSTANCE:
            return True
        if earlier.type is OperationType.REGISTER_AGENT_INSTANCE:
            return True
        if later.type is OperationType.FINISH_SPAN:
            return earlier.span is later.span
        if later.type is OperationType.CREATE_SPAN:
            return earlier.type is OperationType.START_AGENT_INSTANCE
        return False


Step = tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["open", "create", "create", "finish", "start", "end", "send", "send", "ok", "ok", "ok", "fail", "again"]
        ),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=60,
)


limits = st.one_of(st.just(SINGLE), st.builds(BatchLimit, st.integers(2, 9), st.just(100), st.booleans()))


@settings(max_examples=300, deadline=None)
@given(steps, st.booleans(), limits)
def test_no_program_and_no_answers_break_causality(
    program: list[Step], registered_late: bool, limit: BatchLimit
) -> None:
    scheduler, model = Scheduler(), Model()
    instances = [InstanceRecord("a"), InstanceRecord("b")]
    spans: list[SpanRecord] = []
    in_flight: list[tuple[Ticket, ...]] = []
    admitted = 0

    def admit(each: Operation) -> None:
        nonlocal admitted
        admitted += 1
        model.handed_over.append(each)
        model.settled.update(scheduler.admit(each).failed)

    def settle(*tickets: Ticket, delivered: bool) -> None:
        for ticket in tickets:
            model.settled.add(ticket.operation)
            model.settled.update(scheduler.settle(ticket, delivered=delivered).failed)

    def send() -> None:
        if batch := scheduler.next_batch(0.0, limit):
            assert len(batch.tickets) <= limit.operations
            model.check([ticket.operation for ticket in batch.tickets])
            in_flight.append(batch.tickets)

    def stop_at(tickets: tuple[Ticket, ...], number: int) -> None:
        """The API carries out so many of them, and refuses the next one."""
        settle(*tickets[:number], delivered=True)
        tickets[number].send_separately()
        for ticket in tickets[number:]:
            scheduler.send_again(ticket)

    if registered_late:
        admit(register(instances[0]))
    for action, a, b in program:
        instance = instances[a % 2]
        span = spans[a % len(spans)] if spans else None
        if action == "open":
            parents: list[SpanRecord | None] = [None, *(each for each in spans if each.instance is instance)]
            spans.append(span_of(instance, parents[b % len(parents)]))
        elif action == "start":
            admit(start(instance))
        elif action == "end":
            admit(end(instance))
        elif action == "create" and span and span.create_state is CreateState.NOT_HANDED_OVER:
            admit(create(span))
        elif action == "finish" and span and span.create_state is not CreateState.NOT_HANDED_OVER:
            admit(finish(span))
        elif action == "send":
            send()
        elif in_flight and action in {"again", "ok", "fail"}:
            tickets = in_flight.pop(a % len(in_flight))
            if action == "again":
                for ticket in tickets:
                    scheduler.send_again(ticket, last=bool(b % 2))
            elif action == "fail" and len(tickets) > 1:
                stop_at(tickets, b % len(tickets))
            else:
                settle(*tickets, delivered=action == "ok")
        assert scheduler.open_operations == admitted - len(model.settled)

    for _ in range(2):  # with what is parked, then without
        while not scheduler.at_rest:
            send()
            settle(*in_flight.pop(), delivered=True)
        scheduler.release_parked()
    assert scheduler.open_operations == scheduler.unsent == 0
    assert len(model.settled) == admitted


TEN = BatchLimit(operations=10, size=100)
TEN_WITH_KNOWN_IDS = BatchLimit(operations=10, size=100, ids_known=True)


def test_a_batch_holds_what_is_ready_and_what_waits_only_for_the_batch() -> None:
    instance = InstanceRecord("i")
    parent, stranger = span_of(instance, name="parent"), span_of(instance, name="stranger")
    child = span_of(instance, parent, "child")
    bench = Bench(create(parent), create(child), finish(child), finish(parent), create(stranger), end(instance))
    batch = ["create parent", "create child", "finish child", "finish parent", "create stranger"]
    assert bench.take_batch(TEN_WITH_KNOWN_IDS) == batch
    assert bench.take() == []
    assert bench.state == "<Scheduler [0 ready, 5 in flight, 1 waiting]>"
    for name in batch:
        bench.settle(name)
    assert bench.take() == ["end i"]


def test_what_waited_for_its_batch_is_blocked_when_the_batch_is_sent_again() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance, name="a")
    bench = Bench(create(span), finish(span))
    assert bench.take_batch(TEN_WITH_KNOWN_IDS) == ["create a", "finish a"]
    bench.send_again("create a")
    bench.send_again("finish a")
    assert bench.state == "<Scheduler [1 ready, 0 in flight, 1 waiting]>"
    assert bench.take() == ["create a"]


def test_what_failed_with_its_batch_is_not_sent_again() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance, name="a")
    bench = Bench(create(span), finish(span))
    bench.take_batch(TEN_WITH_KNOWN_IDS)
    assert bench.settle("create a", delivered=False) == ["finish a"]
    bench.send_again("finish a")
    assert bench.scheduler.at_rest
    assert bench.state == EMPTY


def test_a_batch_does_not_overtake_the_end_of_the_instance() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance, name="a")
    bench = Bench(create(span), end(instance), finish(span))
    assert bench.take_batch(TEN_WITH_KNOWN_IDS) == ["create a"]


def test_what_refers_to_a_span_waits_until_its_id_is_known() -> None:
    instance = InstanceRecord("i")
    minted, unminted = span_of(instance, name="minted"), span_of(instance, name="unminted")
    unminted.minted = False
    bench = Bench(create(minted), finish(minted), create(unminted), finish(unminted))
    for limit, batch in (
        (TEN, ["create minted", "create unminted"]),
        (TEN_WITH_KNOWN_IDS, ["create minted", "finish minted", "create unminted"]),
    ):
        assert bench.take_batch(limit) == batch
        for name in batch:
            bench.send_again(name)


def test_a_batch_has_a_size_and_an_operation_that_is_larger_is_sent_separately() -> None:
    instance = InstanceRecord("i")
    operations = [create(span_of(instance, name=name)) for name in "abcde"]
    for each, size in zip(operations, (200, 40, 40, 40, 40), strict=True):
        each.size = size
    bench = Bench(*operations)
    assert bench.take_batch(TEN) == ["create a"]
    assert bench.take_batch(TEN) == ["create b", "create c"]
    assert bench.take_batch(TEN) == ["create d", "create e"]


def test_what_the_bulk_endpoint_does_not_take_is_sent_separately() -> None:
    instance, other = InstanceRecord("i"), InstanceRecord("o")
    spans = [span_of(other, name=name) for name in "abc"]
    bench = Bench(start(instance), quality(other, "q"), *(create(span) for span in spans))
    assert bench.take_batch(TEN) == ["start i"]
    assert bench.take_batch(TEN) == ["quality q"]
    assert bench.take_batch(TEN) == ["create a", "create b", "create c"]


def test_what_used_up_a_retry_is_sent_separately() -> None:
    instance = InstanceRecord("i")
    bench = Bench(*(create(span_of(instance, name=name)) for name in "abc"))
    bench.take_batch()
    bench.in_flight["create a"].use_retry()
    bench.send_again("create a")
    assert bench.take_batch(TEN) == ["create a"]
    assert bench.take_batch(TEN) == ["create b", "create c"]


def test_a_ready_operation_that_cannot_share_is_not_passed_over_for_good() -> None:
    instance = InstanceRecord("i")
    first, second = span_of(instance, name="first"), span_of(instance, name="second")
    bench = Bench(create(first), quality(instance, "q"), create(second))
    assert bench.take_batch(TEN) == ["create first", "create second"]
    assert bench.take() == ["quality q"]
