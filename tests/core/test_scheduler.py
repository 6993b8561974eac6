"""The scheduler: what waits for what, and that no order of calls and answers breaks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_core._records import CreateState, InstanceRecord, SpanRecord
from prefactor_core._scheduler import Scheduler
from prefactor_core._ticket import SINGLE, BatchLimit, Ticket
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


class Bench:
    """A scheduler and what it handed out."""

    def __init__(self, *operations: Operation) -> None:
        self.scheduler = Scheduler()
        self.out: dict[Operation, Ticket] = {}
        for each in operations:
            self.scheduler.admit(each)

    def take(self, now: float = 0.0) -> list[Operation]:
        taken = []
        while batch := self.scheduler.next_batch(now):
            for ticket in batch.tickets:
                self.out[ticket.operation] = ticket
                taken.append(ticket.operation)
        return taken

    def settle(self, operation: Operation, *, delivered: bool = True) -> list[Operation]:
        """The operations that fail with it."""
        return self.scheduler.settle(self.out.pop(operation), delivered=delivered).failed


def test_start_before_creates_before_finishes_before_the_end() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance)
    child = span_of(instance, parent)
    operations = [start(instance), create(parent), create(child), finish(child), finish(parent), end(instance)]
    bench = Bench(*operations)
    for rounds in ([0], [1], [2, 4], [3], [5]):
        taken = bench.take()
        assert taken == [operations[index] for index in rounds]
        for each in taken:
            bench.settle(each)
    assert bench.scheduler.at_rest
    assert bench.scheduler.open_operations == 0


def test_independent_spans_do_not_wait_for_each_other() -> None:
    instance = InstanceRecord("i")
    operations = [create(span_of(instance)) for _ in range(5)]
    assert Bench(*operations).take() == operations


def test_spans_do_not_wait_for_a_start_that_never_comes() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance)
    assert len(Bench(create(span)).take()) == 1


def test_everything_waits_for_a_registration() -> None:
    instance = InstanceRecord("i")
    registration = operation(OperationType.REGISTER_AGENT_INSTANCE, instance)
    begin, step = start(instance), create(span_of(instance))
    bench = Bench(registration, begin, step)
    assert bench.take() == [registration]
    bench.settle(registration)
    assert instance.registration is CreateState.DELIVERED
    assert bench.take() == [begin]


def test_a_failed_registration_takes_everything_along() -> None:
    instance, other = InstanceRecord("i"), InstanceRecord("other")
    parent, unstarted = span_of(instance), span_of(instance)
    operations = [
        operation(OperationType.REGISTER_AGENT_INSTANCE, instance),
        start(instance),
        create(parent),
        create(span_of(instance, parent)),
        create(span_of(instance, unstarted)),
        operation(OperationType.RECORD_QUALITY, instance),
        finish(parent),
        end(instance),
    ]
    elsewhere = create(span_of(other, parent))
    bench = Bench(*operations, elsewhere)
    assert bench.take() == operations[:1]
    consequences = bench.scheduler.settle(bench.out[operations[0]], delivered=False)
    assert set(consequences.failed) == set(operations[1:])
    assert consequences.orphaned == [elsewhere.span]
    assert bench.scheduler.admit(late := create(unstarted)).failed == [late]
    assert bench.scheduler.release_parked().orphaned == []
    assert bench.take() == [elsewhere]
    bench.settle(elsewhere)
    assert bench.scheduler.at_rest
    assert bench.scheduler.open_operations == 0


def test_instances_do_not_wait_for_each_other() -> None:
    first, second = InstanceRecord("a"), InstanceRecord("b")
    operations = [start(first), start(second), create(span_of(second))]
    bench = Bench(*operations)
    assert bench.take() == operations[:2]
    bench.settle(operations[1])
    assert bench.take() == operations[2:]


def test_a_child_waits_for_a_parent_that_is_started_later() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance)
    child, other = span_of(instance, parent), span_of(instance)
    early, late, between = create(child), create(parent), create(other)
    bench = Bench(early)
    assert bench.take() == []
    assert bench.scheduler.at_rest
    bench.scheduler.admit(late)
    bench.scheduler.admit(between)
    assert bench.take() == [late, between]
    bench.settle(late)
    assert bench.take() == [early]


def test_the_end_passes_by_what_waits_for_a_span_that_is_not_started() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance)
    child = span_of(instance, parent)
    ending, late = end(instance), create(parent)
    bench = Bench(create(child), finish(child), ending)
    assert bench.take() == [ending]
    bench.scheduler.admit(late)
    assert bench.take() == []
    bench.settle(ending)
    assert bench.take() == [late]
    bench.settle(late)
    assert len(bench.take()) == 1


def test_children_of_a_span_that_is_never_started_can_be_released() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance)
    child = span_of(instance, parent)
    bench = Bench(create(child))
    assert bench.scheduler.release_parked().orphaned == [child]
    assert len(bench.take()) == 1
    assert child.parent_id() is None


def test_a_failed_create_takes_its_finish_along_and_orphans_its_children() -> None:
    instance = InstanceRecord("i")
    parent = span_of(instance)
    child = span_of(instance, parent)
    operations = [create(parent), create(child), finish(child), finish(parent), end(instance)]
    bench = Bench(*operations)
    bench.take()
    assert bench.settle(operations[0], delivered=False) == [operations[3]]
    assert parent.create_state is CreateState.FAILED
    assert bench.take() == [operations[1]]
    assert child.parent_id() is None
    assert bench.scheduler.admit(late := finish(parent)).failed == [late]
    bench.settle(operations[1])
    assert bench.take() == [operations[2]]
    bench.settle(operations[2], delivered=False)
    assert bench.take() == [operations[4]]


def test_what_comes_after_the_end_is_sent_after_it() -> None:
    instance = InstanceRecord("i")
    late = create(span_of(instance))
    ending = end(instance)
    bench = Bench(ending, late)
    assert bench.take() == [ending]
    bench.settle(ending, delivered=False)
    assert bench.take() == [late]


def test_quality_records_of_one_name_keep_their_order() -> None:
    instance = InstanceRecord("i")
    first, other, second = (operation(OperationType.RECORD_QUALITY, instance, name=name) for name in ("a", "b", "a"))
    bench = Bench(first, other, second)
    assert bench.take() == [first, other]
    bench.settle(first)
    assert bench.take() == [second]


def test_a_delayed_operation_waits_for_its_time_and_keeps_its_rank() -> None:
    instance = InstanceRecord("i")
    first, second = create(span_of(instance)), create(span_of(instance))
    bench = Bench(first, second)
    ticket = bench.scheduler.next_batch(0.0)
    assert ticket is not None
    bench.scheduler.send_again(ticket.tickets[0], at=5.0)
    assert bench.take(now=4.9) == [second]
    assert bench.scheduler.next_due() == 5.0
    assert bench.take(now=5.0) == [first]


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
        admit(operation(OperationType.REGISTER_AGENT_INSTANCE, instances[0]))
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


def test_a_batch_holds_what_is_ready_and_what_waits_for_the_batch_alone() -> None:
    instance = InstanceRecord("i")
    parent, child, stranger = span_of(instance), span_of(instance), span_of(instance)
    child.parent = parent
    operations = [create(parent), create(child), finish(child), finish(parent), create(stranger), end(instance)]
    bench = Bench(*operations)
    batch = bench.scheduler.next_batch(0.0, BatchLimit(10, 100, ids_known=True))
    assert batch is not None
    assert [ticket.operation for ticket in batch.tickets] == operations[:5]
    assert bench.take() == []
    for ticket in batch.tickets:
        bench.scheduler.settle(ticket, delivered=True)
    assert bench.take() == operations[5:]


def test_a_batch_does_not_overtake_the_end_of_the_instance() -> None:
    instance = InstanceRecord("i")
    span = span_of(instance)
    operations = [create(span), end(instance), finish(span)]
    bench = Bench(*operations)
    batch = bench.scheduler.next_batch(0.0, BatchLimit(10, 100, ids_known=True))
    assert batch is not None
    assert [ticket.operation for ticket in batch.tickets] == operations[:1]


def test_what_refers_to_a_span_waits_until_its_id_is_known() -> None:
    instance = InstanceRecord("i")
    first, unminted = span_of(instance), span_of(instance)
    unminted.minted = False
    bench = Bench(create(first), finish(first), create(unminted), finish(unminted))
    for ids_known, expected in ((False, 2), (True, 3)):
        batch = bench.scheduler.next_batch(0.0, BatchLimit(10, 100, ids_known=ids_known))
        assert batch is not None
        assert len(batch.tickets) == expected
        for ticket in batch.tickets:
            bench.scheduler.send_again(ticket)


def test_a_batch_has_a_size_and_an_operation_that_is_larger_goes_alone() -> None:
    instance = InstanceRecord("i")
    operations = [create(span_of(instance)) for _ in range(5)]
    for each, size in zip(operations, (200, 40, 40, 40, 40), strict=True):
        each.size = size
    limit = BatchLimit(10, 100)
    bench = Bench(*operations)
    sizes = []
    while batch := bench.scheduler.next_batch(0.0, limit):
        sizes.append(len(batch.tickets))
    assert sizes == [1, 2, 2]


def test_instances_and_what_failed_before_go_alone() -> None:
    instance, other = InstanceRecord("i"), InstanceRecord("o")
    begin, quality = start(instance), operation(OperationType.RECORD_QUALITY, other, name="q")
    operations = [create(span_of(other)) for _ in range(3)]
    bench = Bench(begin, quality, *operations)
    limit = BatchLimit(10, 100)
    batches = []
    while batch := bench.scheduler.next_batch(0.0, limit):
        batches.append([ticket.operation for ticket in batch.tickets])
    assert batches == [[begin], [quality], operations]


def test_a_ready_operation_that_cannot_share_is_not_passed_over_for_good() -> None:
    instance = InstanceRecord("i")
    first, second = create(span_of(instance)), create(span_of(instance))
    quality = operation(OperationType.RECORD_QUALITY, instance)
    bench = Bench(first, quality, second)
    batch = bench.scheduler.next_batch(0.0, BatchLimit(10, 100))
    assert batch is not None
    assert [ticket.operation for ticket in batch.tickets] == [first, second]
    assert bench.take() == [quality]
