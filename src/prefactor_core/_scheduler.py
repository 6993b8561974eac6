"""The causal order of operations.

What waits for what, per agent instance:

    anything            the instance's registration, when that was queued
    create of a span    the instance's start; the create of its parent
    finish of a span    its create; an earlier finish of the same span
    quality record      the instance's start; earlier records of the same name
    instance's finish   everything handed over before it
    anything            an instance's finish that was handed over before it

When a registration fails, all that waits for it fails; when a create fails, the span's finish does.
What was never handed over holds nothing back, with one exception: a child that is handed over before its parent
waits for the parent's create, which is expected to follow. It is *parked*, and an instance's finish passes it by.
Operations that do not wait for each other are handed out oldest first.

A batch for the bulk endpoint, which runs its items in order, may hold an operation together with all that it waits for.

Pure: no I/O and no clock. Every method takes the lock, decides, and returns what follows from it.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prefactor_core._records import CreateState, InstanceRecord, SpanRecord
from prefactor_core.operations import Operation, OperationType

__all__ = ["SINGLE", "Batch", "Consequences", "Room", "Scheduler", "Ticket", "give_up"]

_IN_BULK = {OperationType.CREATE_SPAN, OperationType.FINISH_SPAN}  # the kinds that the bulk endpoint is known to take


@dataclass(slots=True, eq=False)
class Ticket:
    """An operation on its way.

    Attributes:
        rank: smaller goes first.
        retries: how many retries it used up.
        tries: how often it was sent in its present form.
        sent_in: the epoch of the outage monitor when it was last sent.
        blockers: how many operations it waits for.
        followers: the operations that wait for it.
        alone: it is sent in a request of its own.
        taken: it was handed out and not given back.
    """

    operation: Operation
    rank: int
    retries: int = 0
    tries: int = 0
    sent_in: int = 0
    blockers: int = 0
    followers: list[Ticket] = field(default_factory=list)
    settled: bool = False
    alone: bool = False
    taken: bool = False

    @property
    def in_bulk(self) -> bool:
        """It may share a request with others. What used up a retry goes alone: it may be what fails the others."""
        return self.operation.type in _IN_BULK and not (self.alone or self.retries)

    def __lt__(self, other: Ticket) -> bool:
        return self.rank < other.rank


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations for one request, in causal order."""

    tickets: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """What fits into one request.

    Attributes:
        operations: how many.
        size: how large their payloads may be together, in bytes.
        with_creates: a span's create may be followed by what refers to the span: the id that is minted here holds.
    """

    operations: int
    size: int = 0
    with_creates: bool = False


SINGLE = Room(operations=1)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows from a failure: operations that fail with it, and spans that are sent without their parent."""

    failed: list[Operation] = field(default_factory=list)
    orphaned: list[SpanRecord] = field(default_factory=list)


@dataclass(slots=True)
class _Lane:
    """The operations of one agent instance that are not settled, and those that others wait for."""

    open: dict[Ticket, None] = field(default_factory=dict)
    registration: Ticket | None = None
    start: Ticket | None = None
    finish: Ticket | None = None
    qualities: dict[str, Ticket] = field(default_factory=dict)


class Scheduler:
    """Hands out operations in causal order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ranks = itertools.count()
        self._lanes: dict[InstanceRecord | None, _Lane] = {}
        self._creates: dict[SpanRecord, Ticket] = {}
        self._finishes: dict[SpanRecord, Ticket] = {}
        self._parked: defaultdict[SpanRecord, list[Ticket]] = defaultdict(list)
        self._ready: list[Ticket] = []
        self._delayed: list[tuple[float, Ticket]] = []
        self._in_flight = 0
        self._open = 0

    def admit(self, operation: Operation) -> Consequences:
        """Take an operation that was handed over. Operations must come in the order of their calls."""
        with self._lock:
            if _comes_too_late(operation):
                return Consequences(failed=[operation])
            ticket = Ticket(operation, next(self._ranks))
            lane = self._lanes.setdefault(operation.instance, _Lane())
            for blocker in set(self._blockers(operation, lane)):
                blocker.followers.append(ticket)
                ticket.blockers += 1
            self._enter(ticket, lane)
            if not ticket.blockers:
                heapq.heappush(self._ready, ticket)
            return Consequences(orphaned=_spans([ticket]) if _lacks_parent(operation) else [])

    def next_batch(self, now: float, room: Room = SINGLE) -> Batch | None:
        """The operations for the next request, or None when nothing can be sent now. Each must be given back."""
        with self._lock:
            while self._delayed and self._delayed[0][0] <= now:
                heapq.heappush(self._ready, heapq.heappop(self._delayed)[1])
            if not self._ready:
                return None
            tickets = [heapq.heappop(self._ready)]
            if room.operations > 1 and tickets[0].in_bulk:
                self._fill(tickets, room)
            for ticket in tickets:
                ticket.taken = True
            self._in_flight += len(tickets)
            return Batch(tuple(tickets))

    def next_due(self) -> float | None:
        """When an operation can be sent: minus infinity for now, None for never by time alone."""
        with self._lock:
            if self._ready:
                return -math.inf
            return self._delayed[0][0] if self._delayed else None

    def send_again(self, ticket: Ticket, *, at: float | None = None, last: bool = False) -> None:
        """Give back an operation that must be sent again: not before `at`, and behind all others when `last`."""
        with self._lock:
            self._give_back(ticket)
            if ticket.settled or ticket.blockers:
                return  # over, or what it waits for was sent with it, and comes first again
            if last:
                ticket.rank = next(self._ranks)
            if at is None:
                heapq.heappush(self._ready, ticket)
            else:
                heapq.heappush(self._delayed, (at, ticket))

    def settle(self, ticket: Ticket, *, delivered: bool) -> Consequences:
        """Give back an operation that is over, and release what waits for it.

        Args:
            ticket: the operation.
            delivered: the API has it, or may have it: what depends on it is sent.
        """
        with self._lock:
            self._give_back(ticket)
            consequences = Consequences()
            self._leave(ticket, consequences, delivered=delivered)
            orphaned = [span for span in consequences.orphaned if span.create_state is not CreateState.FAILED]
            return Consequences(consequences.failed, orphaned)

    def release_parked(self, parent: SpanRecord | None = None) -> Consequences:
        """Let the children go whose parents will never be handed over: they are sent without a parent.

        Args:
            parent: only the children of this one.
        """
        with self._lock:
            parents = list(self._parked) if parent is None else [parent]
            parked = [ticket for each in parents for ticket in self._parked.pop(each, ()) if not ticket.settled]
            consequences = Consequences()
            for span in _spans(parked):
                span.parent = None
                consequences.orphaned.append(span)
            for ticket in parked:
                self._release(ticket)
            return consequences

    def abandon(self) -> None:
        """Nothing more is sent: what was not created yet never will be."""
        with self._lock:
            for lane in self._lanes.values():
                for ticket in lane.open:
                    give_up(ticket.operation)

    @property
    def has_parked(self) -> bool:
        """Children wait for parents that were not handed over."""
        return bool(self._parked)

    @property
    def at_rest(self) -> bool:
        """Nothing is in flight, can be sent, or will be able to by itself."""
        with self._lock:
            return not (self._ready or self._delayed or self._in_flight)

    @property
    def open_operations(self) -> int:
        """How many operations are not settled."""
        return self._open

    @property
    def waiting(self) -> int:
        """How many operations are not settled and not in flight."""
        return self._open - self._in_flight

    def _fill(self, tickets: list[Ticket], room: Room) -> None:
        """Add what can be sent after the first one, oldest first: what is ready, and what waits for this batch only."""
        size = tickets[0].operation.size
        freed: list[Ticket] = []
        met: Counter[Ticket] = Counter()
        passed_by: list[Ticket] = []
        _free_followers(tickets[0], freed, met, room)
        while len(tickets) < room.operations:
            source = freed if freed and (not self._ready or freed[0] < self._ready[0]) else self._ready
            if not source:
                break
            ticket = heapq.heappop(source)
            if ticket.in_bulk and (size := size + ticket.operation.size) <= room.size:
                tickets.append(ticket)
                _free_followers(ticket, freed, met, room)
            elif source is self._ready:
                passed_by.append(ticket)
            if size > room.size:
                break
        for ticket in passed_by:
            heapq.heappush(self._ready, ticket)

    def _give_back(self, ticket: Ticket) -> None:
        self._in_flight -= 1
        ticket.taken = False

    def _blockers(self, operation: Operation, lane: _Lane) -> Iterator[Ticket]:
        kind, span = operation.type, operation.span
        candidates: list[Ticket | None] = [lane.registration, lane.finish]
        if kind is OperationType.FINISH_AGENT_INSTANCE:
            held_back = self._held_back(lane)
            candidates += [ticket for ticket in lane.open if ticket not in held_back]
        elif kind is OperationType.FINISH_SPAN and span:
            candidates += [self._creates.get(span), self._finishes.get(span)]
        else:
            candidates.append(lane.start)
        if kind is OperationType.CREATE_SPAN and span and isinstance(span.parent, SpanRecord):
            candidates.append(self._creates.get(span.parent))
        if kind is OperationType.RECORD_QUALITY:
            candidates.append(lane.qualities.get(operation.payload["name"]))
        return (ticket for ticket in candidates if ticket is not None)

    def _enter(self, ticket: Ticket, lane: _Lane) -> None:
        operation, span = ticket.operation, ticket.operation.span
        lane.open[ticket] = None
        self._open += 1
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
            lane.registration = ticket
            operation.instance.registration = CreateState.PENDING
        elif operation.type is OperationType.START_AGENT_INSTANCE:
            lane.start = ticket
        elif operation.type is OperationType.FINISH_AGENT_INSTANCE:
            lane.finish = ticket
        elif operation.type is OperationType.RECORD_QUALITY:
            lane.qualities[operation.payload["name"]] = ticket
        elif operation.type is OperationType.FINISH_SPAN and span:
            self._finishes[span] = ticket
        elif operation.type is OperationType.CREATE_SPAN and span:
            self._enter_create(ticket, span)

    def _enter_create(self, ticket: Ticket, span: SpanRecord) -> None:
        span.create_state = CreateState.PENDING
        self._creates[span] = ticket
        ticket.followers += self._parked.pop(span, ())
        parent = span.parent
        if isinstance(parent, SpanRecord) and parent.create_state is CreateState.NOT_HANDED_OVER:
            self._park(ticket, parent)

    def _park(self, ticket: Ticket, parent: SpanRecord) -> None:
        self._parked[parent].append(ticket)
        ticket.blockers += 1
        # An agent's thread may have dropped the parent just now, and looked for parked children before this one came.
        if parent.create_state is CreateState.FAILED:
            self._unpark(ticket, parent)
            ticket.blockers -= 1

    def _unpark(self, ticket: Ticket, parent: SpanRecord) -> None:
        if parent in self._parked and ticket in self._parked[parent]:
            self._parked[parent].remove(ticket)
            if not self._parked[parent]:
                del self._parked[parent]

    def _held_back(self, lane: _Lane) -> set[Ticket]:
        """Parked operations of a lane, and what waits for them."""
        found: set[Ticket] = set()
        reached = [ticket for tickets in self._parked.values() for ticket in tickets if ticket in lane.open]
        while reached:
            ticket = reached.pop()
            if ticket not in found:
                found.add(ticket)
                reached += ticket.followers
        return found

    def _leave(self, ticket: Ticket, consequences: Consequences, *, delivered: bool) -> None:
        ticket.settled = True
        self._forget(ticket, delivered=delivered)
        for follower in ticket.followers:
            if follower.settled:
                continue
            if not delivered and _fails_with(follower.operation, ticket.operation):
                consequences.failed.append(follower.operation)
                self._leave(follower, consequences, delivered=False)
            else:
                if not delivered and _is_child(follower.operation, ticket.operation):
                    consequences.orphaned.extend(_spans([follower]))
                self._release(follower)

    def _release(self, ticket: Ticket) -> None:
        ticket.blockers -= 1
        if not ticket.blockers and not ticket.taken:
            heapq.heappush(self._ready, ticket)

    def _forget(self, ticket: Ticket, *, delivered: bool) -> None:
        operation, span = ticket.operation, ticket.operation.span
        lane = self._lanes[operation.instance]
        del lane.open[ticket]
        self._open -= 1
        if not lane.open:
            del self._lanes[operation.instance]
        lane.registration = None if lane.registration is ticket else lane.registration
        lane.start = None if lane.start is ticket else lane.start
        lane.finish = None if lane.finish is ticket else lane.finish
        if operation.type is OperationType.RECORD_QUALITY and lane.qualities[operation.payload["name"]] is ticket:
            del lane.qualities[operation.payload["name"]]
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
            operation.instance.registration = CreateState.DELIVERED if delivered else CreateState.FAILED
        if operation.type is OperationType.FINISH_AGENT_INSTANCE and operation.instance:
            operation.instance.finish_delivered |= delivered
        if span and operation.type is OperationType.CREATE_SPAN:
            del self._creates[span]
            span.create_state = CreateState.DELIVERED if delivered else CreateState.FAILED
            if not delivered:
                span.on_stack = False  # a span that never was cannot be a parent
            if isinstance(span.parent, SpanRecord):
                self._unpark(ticket, span.parent)
            span.parent = span.parent_id()  # a chain of records would keep every ancestor alive
        elif span:
            span.finish_delivered |= delivered
            if self._finishes[span] is ticket:
                del self._finishes[span]


def _free_followers(ticket: Ticket, freed: list[Ticket], met: Counter[Ticket], room: Room) -> None:
    """What waits for nothing but the operations of a batch, now that `ticket` is the last of them."""
    span = ticket.operation.span
    if ticket.operation.type is OperationType.CREATE_SPAN and not (room.with_creates and span and span.minted):
        return
    for follower in ticket.followers:
        met[follower] += 1
        if met[follower] == follower.blockers and not follower.settled:
            heapq.heappush(freed, follower)


def give_up(operation: Operation) -> None:
    """An operation is never sent: what needs it cannot be either, and a span that never was cannot be a parent."""
    if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
        operation.instance.registration = CreateState.FAILED
    elif operation.type is OperationType.CREATE_SPAN and operation.span:
        operation.span.create_state, operation.span.on_stack = CreateState.FAILED, False


def _comes_too_late(operation: Operation) -> bool:
    """What the operation needs has failed already."""
    if operation.instance and operation.instance.registration is CreateState.FAILED:
        return True
    span = operation.span
    return bool(span and operation.type is OperationType.FINISH_SPAN and span.create_state is CreateState.FAILED)


def _lacks_parent(operation: Operation) -> bool:
    """Its parent was lost before it came."""
    parent = operation.span.parent if operation.span and operation.type is OperationType.CREATE_SPAN else None
    return isinstance(parent, SpanRecord) and parent.create_state is CreateState.FAILED


def _fails_with(operation: Operation, failed: Operation) -> bool:
    if failed.type is OperationType.REGISTER_AGENT_INSTANCE:
        return operation.instance is failed.instance
    return failed.type is OperationType.CREATE_SPAN and operation.span is failed.span


def _is_child(operation: Operation, failed: Operation) -> bool:
    """Both are creates: one waits for another only as a child for its parent."""
    return operation.type is failed.type is OperationType.CREATE_SPAN


def _spans(tickets: Iterable[Ticket]) -> list[SpanRecord]:
    return [ticket.operation.span for ticket in tickets if ticket.operation.span]
