"""The causal order of operations.

What an operation waits for:

    every operation       the registration of its agent instance, if that was queued
    create of a span      the start of the instance; the create of the parent span
    finish of a span      the create of the span; an earlier finish of the span
    quality record        the start of the instance; earlier records with the same name
    finish of an instance every operation of the instance that was handed over before it
    every operation       a finish of its instance that was handed over before it

When a registration fails, every operation that waits for it fails too. When the create of a span fails, the finish of
that span fails too, and its children are sent without their parent.

An operation that was never handed over blocks nothing, with one exception: a child that is handed over before its
parent waits for the parent's create, which is expected to follow. Such a child is *parked*. The finish of an instance
does not wait for parked operations.

Operations that do not wait for each other are sent oldest first. The bulk endpoint executes a request in order, so a
batch for it may hold an operation together with everything that the operation waits for.

No I/O, no clock. Every method takes the lock, decides, and returns the consequences.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from prefactor_core._delivery.ticket import SINGLE, Batch, BatchLimit, Ticket
from prefactor_core._records.records import CreateState, InstanceRecord, SpanRecord
from prefactor_core.operations import Operation, OperationType

__all__ = ["Consequences", "Scheduler", "mark_never_created"]


class Consequences(NamedTuple):
    """What follows from the failure of an operation, for other operations. Dispatch reports it as `Effects`.

    Attributes:
        failed: operations that fail with it.
        orphaned: spans that are sent without their parent.
    """

    failed: tuple[Operation, ...] = ()
    orphaned: tuple[SpanRecord, ...] = ()


_NO_CONSEQUENCES = Consequences()


@dataclass(slots=True)
class _Lane:
    """The operations of one agent instance that are not settled, and those that later ones wait for."""

    open: dict[Ticket, None] = field(default_factory=dict)
    registration: Ticket | None = None
    start: Ticket | None = None
    finish: Ticket | None = None
    qualities: dict[str, Ticket] = field(default_factory=dict)

    def add(self, ticket: Ticket) -> None:
        operation = ticket.operation
        self.open[ticket] = None
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
            self.registration = ticket
        elif operation.type is OperationType.START_AGENT_INSTANCE:
            self.start = ticket
        elif operation.type is OperationType.FINISH_AGENT_INSTANCE:
            self.finish = ticket
        elif operation.type is OperationType.RECORD_QUALITY:
            self.qualities[operation.payload["name"]] = ticket

    def remove(self, ticket: Ticket) -> None:
        operation = ticket.operation
        del self.open[ticket]
        if ticket is self.registration:
            self.registration = None
        elif ticket is self.start:
            self.start = None
        elif ticket is self.finish:
            self.finish = None
        elif operation.type is OperationType.RECORD_QUALITY and self.qualities[operation.payload["name"]] is ticket:
            del self.qualities[operation.payload["name"]]


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
        self._watched: dict[int, set[Ticket]] = {}  # by identity: two of them can be equal

    def admit(self, operation: Operation) -> Consequences:
        """Take an operation that was handed over. Operations must come in the order of the agent's calls."""
        with self._lock:
            if _needs_what_failed(operation):
                return Consequences(failed=(operation,))
            ticket = Ticket(operation, next(self._ranks), tries=int(operation.tried))
            lane = self._lanes.get(operation.instance)
            if lane is None:
                lane = self._lanes[operation.instance] = _Lane()
            for blocker in self._blockers(operation, lane):
                ticket.wait_for(blocker)
            self._enter(ticket, lane)
            if not ticket.blockers:
                ticket.make_ready()
                heapq.heappush(self._ready, ticket)
            return Consequences(orphaned=tuple(_spans([ticket]))) if _lost_its_parent(operation) else _NO_CONSEQUENCES

    def next_batch(self, now: float, limit: BatchLimit = SINGLE) -> Batch | None:
        """The operations for the next request; None if nothing can be sent now.

        Each operation must come back through `send_again()` or `settle()`.
        """
        with self._lock:
            while self._delayed and self._delayed[0][0] <= now:
                _, ticket = heapq.heappop(self._delayed)
                ticket.make_ready()
                heapq.heappush(self._ready, ticket)
            if not self._ready:
                return None
            tickets = [heapq.heappop(self._ready)]
            if limit.operations > 1 and tickets[0].fits_bulk:
                self._fill(tickets, limit)
            for ticket in tickets:
                ticket.hand_out()
            self._in_flight += len(tickets)
            return Batch(tuple(tickets))

    def next_due(self) -> float | None:
        """When an operation can be sent: minus infinity for now, None if none is ready or waits for its next try."""
        with self._lock:
            if self._ready:
                return -math.inf
            return self._delayed[0][0] if self._delayed else None

    @contextlib.contextmanager
    def watch(self) -> Iterator[Callable[[], bool]]:
        """Watch the operations that are open now.

        The function says whether none of them is ready, in flight, or waiting for its next try any more: each is
        settled, or waits for the create of a parent span that was not handed over.
        """
        with self._lock:
            watched = {ticket for lane in self._lanes.values() for ticket in lane.open}
            self._watched[id(watched)] = watched
        try:
            yield lambda: not watched or watched <= self._all_parked()
        finally:
            with self._lock:
                del self._watched[id(watched)]

    def hurry(self, latest: float) -> None:
        """Send what is delayed at that time, if not before."""
        with self._lock:
            self._delayed = [(min(at, latest), ticket) for at, ticket in self._delayed]
            heapq.heapify(self._delayed)

    def send_again(self, ticket: Ticket, *, at: float | None = None, last: bool = False) -> None:
        """Give back an operation that must be sent again.

        Args:
            ticket: the operation.
            at: when it may be sent; at once by default.
            last: put it behind all others.
        """
        with self._lock:
            self._in_flight -= 1
            if not ticket.give_back(delayed=at is not None):
                return
            if last:
                ticket.rank = next(self._ranks)
            if at is None:
                heapq.heappush(self._ready, ticket)
            else:
                heapq.heappush(self._delayed, (at, ticket))

    def settle(self, ticket: Ticket, *, delivered: bool) -> Consequences:
        """Give back an operation that was delivered or has failed, and unblock what waits for it.

        Args:
            ticket: the operation.
            delivered: the API has the operation, or may have it, so operations that depend on it are sent.
        """
        with self._lock:
            self._in_flight -= 1
            failed: list[Operation] = []
            orphaned: list[SpanRecord] = []
            self._settle(ticket, failed, orphaned, delivered=delivered)
            if not (failed or orphaned):
                return _NO_CONSEQUENCES
            sent = (span for span in orphaned if span.create_state is not CreateState.FAILED)
            return Consequences(tuple(failed), tuple(sent))

    def release_parked(self, parent: SpanRecord | None = None) -> Consequences:
        """Send parked children without a parent, because their parents will never be handed over.

        Args:
            parent: release only the children of this span.
        """
        with self._lock:
            parents = list(self._parked) if parent is None else [parent]
            parked = [ticket for each in parents for ticket in self._parked.pop(each, ()) if not ticket.is_settled]
            orphaned = _spans(parked)
            for span in orphaned:
                span.parent = None
            for ticket in parked:
                self._unblock(ticket)
            return Consequences(orphaned=tuple(orphaned))

    def abandon(self) -> None:
        """Record that nothing more is sent: what was not created yet never will be."""
        with self._lock:
            for lane in self._lanes.values():
                for ticket in lane.open:
                    mark_never_created(ticket.operation)

    @property
    def has_parked(self) -> bool:
        """Children wait for parents that were not handed over."""
        return bool(self._parked)

    @property
    def at_rest(self) -> bool:
        """Nothing is ready, in flight, or waiting for its next try."""
        with self._lock:
            return not (self._ready or self._delayed or self._in_flight)

    @property
    def open_operations(self) -> int:
        """How many operations are not settled."""
        return self._open

    @property
    def unsent(self) -> int:
        """How many operations are not settled and not in flight."""
        return self._open - self._in_flight

    def __repr__(self) -> str:
        # Without the lock: a debugger may ask while its own thread holds it.
        ready, in_flight = len(self._ready), self._in_flight
        return f"<Scheduler [{ready} ready, {in_flight} in flight, {self._open - ready - in_flight} waiting]>"

    def _fill(self, tickets: list[Ticket], limit: BatchLimit) -> None:
        """Add operations to the first one, oldest first: ready ones, and those that wait only for this batch."""
        size = tickets[0].operation.size
        unblocked: list[Ticket] = []
        blockers_in_batch: Counter[Ticket] = Counter()
        left_out: list[Ticket] = []
        _unblock_in_batch(tickets[0], unblocked, blockers_in_batch, limit)
        while len(tickets) < limit.operations:
            source = unblocked if unblocked and (not self._ready or unblocked[0] < self._ready[0]) else self._ready
            if not source:
                break
            ticket = heapq.heappop(source)
            if ticket.fits_bulk and (size := size + ticket.operation.size) <= limit.size:
                tickets.append(ticket)
                _unblock_in_batch(ticket, unblocked, blockers_in_batch, limit)
            elif source is self._ready:
                left_out.append(ticket)
            if size > limit.size:
                break
        for ticket in left_out:
            heapq.heappush(self._ready, ticket)

    def _blockers(self, operation: Operation, lane: _Lane) -> list[Ticket]:
        """What the operation waits for; a ticket may be in the list twice, and is then waited for twice."""
        operation_type, span = operation.type, operation.span
        candidates = [lane.registration, lane.finish]
        if operation_type is OperationType.FINISH_AGENT_INSTANCE:
            parked = self._parked_in(lane)
            candidates += [ticket for ticket in lane.open if ticket not in parked]
        elif operation_type is OperationType.FINISH_SPAN and span:
            candidates += [self._creates.get(span), self._finishes.get(span)]
        else:
            candidates.append(lane.start)
        if operation_type is OperationType.CREATE_SPAN and span and isinstance(span.parent, SpanRecord):
            candidates.append(self._creates.get(span.parent))
        if operation_type is OperationType.RECORD_QUALITY:
            candidates.append(lane.qualities.get(operation.payload["name"]))
        return [ticket for ticket in candidates if ticket is not None]

    def _enter(self, ticket: Ticket, lane: _Lane) -> None:
        operation, span = ticket.operation, ticket.operation.span
        lane.add(ticket)
        self._open += 1
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
            operation.instance.registration = CreateState.PENDING
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

    def _all_parked(self) -> set[Ticket]:
        with self._lock:
            lanes = list(self._lanes.values()) if self._parked else []
            return set().union(*map(self._parked_in, lanes))

    def _parked_in(self, lane: _Lane) -> set[Ticket]:
        """The parked operations of a lane, and what waits for them."""
        found: set[Ticket] = set()
        reached = [ticket for tickets in self._parked.values() for ticket in tickets if ticket in lane.open]
        while reached:
            ticket = reached.pop()
            if ticket not in found:
                found.add(ticket)
                reached += ticket.followers
        return found

    def _settle(self, ticket: Ticket, failed: list[Operation], orphaned: list[SpanRecord], *, delivered: bool) -> None:
        """Settle an operation, and decide about each operation that waits for it; add to `failed` and `orphaned`.

        1. It is settled already: nothing changes.
        2. It cannot succeed without the failed one: it fails too.
        3. Otherwise it stops waiting; the child of a failed create loses its parent.
        """
        ticket.settle()
        self._remove(ticket, delivered=delivered)
        for follower in ticket.followers:
            if follower.is_settled:
                continue
            if not delivered and _fails_with(follower.operation, ticket.operation):
                failed.append(follower.operation)
                self._settle(follower, failed, orphaned, delivered=False)
            else:
                if not delivered and _is_child(follower.operation, ticket.operation):
                    orphaned.extend(_spans([follower]))
                self._unblock(follower)

    def _unblock(self, ticket: Ticket) -> None:
        if ticket.unblock():
            heapq.heappush(self._ready, ticket)

    def _remove(self, ticket: Ticket, *, delivered: bool) -> None:
        operation, span, instance = ticket.operation, ticket.operation.span, ticket.operation.instance
        lane = self._lanes[instance]
        lane.remove(ticket)
        self._open -= 1
        for watched in self._watched.values():
            watched.discard(ticket)
        if not lane.open:
            del self._lanes[instance]
        if span and operation.type is OperationType.CREATE_SPAN:
            self._remove_create(ticket, span, delivered=delivered)
        elif span:
            span.finish_delivered |= delivered
            if self._finishes.get(span) is ticket:  # a later finish in the same batch may be settled first
                del self._finishes[span]
        elif instance and operation.type is OperationType.REGISTER_AGENT_INSTANCE:
            instance.registration = CreateState.DELIVERED if delivered else CreateState.FAILED
        elif instance and operation.type is OperationType.FINISH_AGENT_INSTANCE:
            instance.finish_delivered |= delivered

    def _remove_create(self, ticket: Ticket, span: SpanRecord, *, delivered: bool) -> None:
        del self._creates[span]
        if delivered:
            span.settle_create(CreateState.DELIVERED)
        else:
            mark_never_created(ticket.operation)
        if isinstance(span.parent, SpanRecord):
            self._unpark(ticket, span.parent)
        span.parent = span.parent_id()  # a chain of records would keep every ancestor in memory


def _unblock_in_batch(
    ticket: Ticket, unblocked: list[Ticket], blockers_in_batch: Counter[Ticket], limit: BatchLimit
) -> None:
    """Add to `unblocked` what waits only for operations of a batch, after `ticket` was added to the batch."""
    span = ticket.operation.span
    if ticket.operation.type is OperationType.CREATE_SPAN and not (limit.ids_known and span and span.minted):
        return
    for follower in ticket.followers:
        blockers_in_batch[follower] += 1
        if blockers_in_batch[follower] == follower.blockers and not follower.is_settled:
            heapq.heappush(unblocked, follower)


def mark_never_created(operation: Operation) -> None:
    """Record that what an operation creates will never exist: it was dropped, or its request failed for good.

    Operations that need the span or registration cannot be sent, and the span gets no more children. Does nothing for
    operations of other types.
    """
    if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance:
        operation.instance.registration = CreateState.FAILED
    elif operation.type is OperationType.CREATE_SPAN and operation.span:
        operation.span.settle_create(CreateState.FAILED)
        operation.span.on_stack = False


def _needs_what_failed(operation: Operation) -> bool:
    """The registration or create that the operation needs has failed already."""
    if operation.instance and operation.instance.registration is CreateState.FAILED:
        return True
    span = operation.span
    return bool(span and operation.type is OperationType.FINISH_SPAN and span.create_state is CreateState.FAILED)


def _lost_its_parent(operation: Operation) -> bool:
    """The create of the parent failed before this operation was handed over."""
    parent = operation.span.parent if operation.span and operation.type is OperationType.CREATE_SPAN else None
    return isinstance(parent, SpanRecord) and parent.create_state is CreateState.FAILED


def _fails_with(operation: Operation, failed: Operation) -> bool:
    if failed.type is OperationType.REGISTER_AGENT_INSTANCE:
        return operation.instance is failed.instance
    return failed.type is OperationType.CREATE_SPAN and operation.span is failed.span


def _is_child(operation: Operation, failed: Operation) -> bool:
    """Both are creates: a create waits for another one only as a child for its parent."""
    return operation.type is failed.type is OperationType.CREATE_SPAN


def _spans(tickets: Iterable[Ticket]) -> list[SpanRecord]:
    return [ticket.operation.span for ticket in tickets if ticket.operation.span]
