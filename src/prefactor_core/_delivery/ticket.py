"""An operation on its way through delivery, and the batches in which operations are sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from prefactor_core.operations import Operation, OperationType

__all__ = ["SINGLE", "Batch", "BatchLimit", "Ticket", "TicketState"]

_BULK_TYPES = {OperationType.CREATE_SPAN, OperationType.FINISH_SPAN}  # the bulk endpoint is known to accept these


class TicketState(Enum):
    """The states of an operation on its way.

    BLOCKED     waits for other operations
    READY       can be sent now
    DELAYED     can be sent again at a later time
    IN_FLIGHT   is handed out, until its request has ended
    SETTLED     is delivered, or has failed for good
    """

    BLOCKED = auto()
    READY = auto()
    DELAYED = auto()
    IN_FLIGHT = auto()
    SETTLED = auto()


@dataclass(slots=True, eq=False, repr=False)
class Ticket:
    """An operation on its way. Its methods are the transitions of its state; the scheduler calls them.

    Attributes:
        operation: what is sent.
        rank: the ready operation with the smallest rank goes first.
        state: where it is.
        blockers: how many operations it waits for.
        followers: the operations that wait for it.
        tries: how often it was sent in its present form, and may have reached the API.
        retries: how many retries it has used up.
        successes_before: how many requests had succeeded when it was last sent; see OutageMonitor.
        separate: it is sent in a request of its own.
    """

    operation: Operation
    rank: int
    state: TicketState = TicketState.BLOCKED
    blockers: int = 0
    followers: list[Ticket] = field(default_factory=list)
    tries: int = 0
    retries: int = 0
    successes_before: int = 0
    separate: bool = False

    @property
    def fits_bulk(self) -> bool:
        """It may share a request. After a used-up retry it may not: it may be what makes the others fail."""
        return self.operation.type in _BULK_TYPES and not (self.separate or self.retries)

    @property
    def is_settled(self) -> bool:
        """It is delivered, or has failed for good."""
        return self.state is TicketState.SETTLED

    def wait_for(self, blocker: Ticket) -> None:
        """Wait until another operation is settled."""
        blocker.followers.append(self)
        self.blockers += 1

    def unblock(self) -> bool:
        """Stop waiting for one blocker. Return whether the ticket became ready."""
        self.blockers -= 1
        if self.blockers or self.state is not TicketState.BLOCKED:
            return False
        self.state = TicketState.READY
        return True

    def make_ready(self) -> None:
        """It can be sent now: it waits for nothing, or its delay is over."""
        self.state = TicketState.READY

    def hand_out(self) -> None:
        """Its request is about to be sent. In a bulk request, it may still wait for operations before it."""
        self.state = TicketState.IN_FLIGHT

    def give_back(self, *, delayed: bool) -> bool:
        """Its request has ended, and it is to be sent again. Return whether the scheduler must queue it.

        1. It has already failed, with an operation that it depends on: it stays settled.
        2. It waits for an operation of the same request, which is sent again first: it is blocked.
        3. Otherwise it is delayed, or ready at once, and must be queued.
        """
        if self.is_settled:
            return False
        if self.blockers:
            self.state = TicketState.BLOCKED
            return False
        self.state = TicketState.DELAYED if delayed else TicketState.READY
        return True

    def settle(self) -> None:
        """It is delivered, or has failed for good."""
        self.state = TicketState.SETTLED

    def count_try(self, successes: int) -> None:
        """Count a request that is about to be sent, after so many successful ones."""
        self.tries += 1
        self.successes_before = successes

    def count_repetition(self) -> None:
        """Count a further try of the request that is running."""
        self.tries += 1

    def uncount_try(self) -> None:
        """The API did not execute the operation, so the last request does not count."""
        self.tries -= 1

    def forget_tries(self) -> None:
        """The operation has been rewritten, and was never sent in its new form."""
        self.tries = 0

    def use_retry(self) -> None:
        """Use up a retry."""
        self.retries += 1

    def send_separately(self) -> None:
        """Send it in a request of its own from now on."""
        self.separate = True

    def __lt__(self, other: Ticket) -> bool:
        return self.rank < other.rank

    def __repr__(self) -> str:
        span = self.operation.span
        name = f" {span.schema_name!r}" if span else ""
        state = self.state.name.lower().replace("_", " ")
        details = [f"{state} by {self.blockers}" if self.state is TicketState.BLOCKED else state]
        if self.retries:
            details.append(f"{self.retries} {'retry' if self.retries == 1 else 'retries'} used")
        return f"<Ticket {self.operation.type.name}{name} [{', '.join(details)}]>"


class Batch(NamedTuple):
    """Operations for one request, in causal order."""

    tickets: tuple[Ticket, ...]


class BatchLimit(NamedTuple):
    """What fits into one request.

    Attributes:
        operations: the maximum number of operations.
        size: the maximum size of their payloads together, in bytes.
        ids_known: the create of a span may be followed by operations that refer to the span, because the id that this
            client made is the one that the API will use.
    """

    operations: int
    size: int = 0
    ids_known: bool = False


SINGLE = BatchLimit(operations=1)
