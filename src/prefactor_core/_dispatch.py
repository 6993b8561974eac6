"""Decides what is sent when, and what becomes of it: scheduler, bulk, retries, outage and ledger together. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from prefactor_core._bulk_use import BulkUse
from prefactor_core._ledger import Ledger
from prefactor_core._outage import OutageMonitor, Verdict
from prefactor_core._outcomes import (
    BulkOutcome,
    Delivered,
    Failed,
    NoBulk,
    NotCarriedOut,
    NotInBulk,
    Outcome,
    SendAlone,
    SendOtherwise,
    TryAgain,
)
from prefactor_core._records import CreateState, SpanRecord
from prefactor_core._retry_policy import RetryPolicy
from prefactor_core._scheduler import SINGLE, Batch, Consequences, Scheduler, Ticket
from prefactor_core.exceptions import DeliveryError
from prefactor_core.operations import Operation, OperationType
from prefactor_core.utils import generate_idempotency_key

__all__ = ["Dispatch", "Losses"]

RETRIES_EXHAUSTED = "retries_exhausted"
BAD_ANSWER = "bad_answer"
DEPENDENCY = "dependency"
DEADLINE = "deadline"
_PLENTY = 2000
_ADMITTED = {CreateState.PENDING, CreateState.DELIVERED}


@dataclass(frozen=True, slots=True)
class Losses:
    """What a decision means for the agent's record.

    Attributes:
        errors: operations that are lost.
        orphaned: spans that lose their parent.
        paused: why delivery pauses from now on, when that has just begun.
        resumed: delivery goes on after a pause.
        no_bulk: why the bulk endpoint is not used from now on, when that has just been found.
    """

    errors: tuple[DeliveryError, ...] = ()
    orphaned: tuple[SpanRecord, ...] = ()
    paused: Exception | None = None
    resumed: bool = False
    no_bulk: Exception | None = None

    def and_also(self, other: Losses) -> Losses:
        """Both together."""
        return Losses(
            self.errors + other.errors,
            self.orphaned + other.orphaned,
            self.paused or other.paused,
            self.resumed or other.resumed,
            self.no_bulk or other.no_bulk,
        )


class Dispatch:
    """The state of delivery.

    Args:
        ledger: counts what is settled here.
        policy: retries and their delays.
        bulk: operations may share requests.
    """

    def __init__(self, ledger: Ledger, policy: RetryPolicy, *, bulk: bool = False) -> None:
        self._ledger = ledger
        self._policy = policy
        self._bulk = BulkUse(usable=bulk)
        self._scheduler = Scheduler()
        self._outage = OutageMonitor(policy)
        self._troubles: dict[Ticket, Exception] = {}  # the latest last
        self.mint_ids = True

    def admit(self, operations: Iterable[Operation]) -> Losses:
        """Take operations that were handed over, in the order of their calls."""
        consequences = [self._scheduler.admit(operation) for operation in operations if self._is_new(operation)]
        failed = [operation for consequence in consequences for operation in consequence.failed]
        orphaned = [span for consequence in consequences for span in consequence.orphaned]
        return Losses(tuple(self._lose_with_another(operation) for operation in failed), tuple(orphaned))

    def _is_new(self, operation: Operation) -> bool:
        """It did not come before: a queue may give out an operation twice, and a signal handler that raises in the
        middle of a hand-over lets the create of a span be handed over twice.
        """
        if operation.admitted:
            return False
        operation.admitted = True
        span = operation.span
        is_repeated = operation.type is OperationType.CREATE_SPAN and span and span.create_state in _ADMITTED
        if is_repeated:
            self._ledger.retract(operation)
        return not is_repeated

    def next_batch(self, now: float) -> Batch | None:
        """What to send now; it must come back through `settle`, or `settle_bulk` when it is more than one."""
        if not self._outage.may_send(now):
            return None
        room = SINGLE if self._outage.away else self._bulk.room(self._scheduler.waiting, mint_ids=self.mint_ids)
        batch = self._scheduler.next_batch(now, room)
        for ticket in batch.tickets if batch else ():
            self._sent(ticket)
        return batch

    def _sent(self, ticket: Ticket) -> None:
        ticket.tries += 1
        ticket.sent_in = self._outage.successes
        self._outage.sent(ticket)
        span = ticket.operation.span
        if span and not self.mint_ids and ticket.tries == 1 and ticket.operation.type is OperationType.CREATE_SPAN:
            span.minted = False  # what was sent before is repeated unchanged

    def wake_at(self) -> float | None:
        """When `next_batch` may have something by time alone; None when time does not matter."""
        due = self._scheduler.next_due()
        if due is not None and self._outage.away:
            probe = self._outage.next_probe()
            return None if probe is None else max(probe, due)
        return None if due == -math.inf else due  # what can be sent now waits for a worker, not for time

    def settle(self, ticket: Ticket, outcome: Outcome, now: float) -> Losses:
        """Record what became of a try."""
        was_away = self._outage.away
        self._troubles.pop(ticket, None)
        losses = self._settle(ticket, outcome, now)
        if isinstance(outcome, TryAgain) and self._outage.away and not was_away:
            return replace(losses, paused=outcome.error)
        return replace(losses, resumed=True) if was_away and not self._outage.away else losses

    def settle_bulk(self, batch: Batch, outcome: BulkOutcome, now: float) -> Losses:
        """Record what became of operations that shared a request."""
        first, *others = batch.tickets
        match outcome:
            case NoBulk(error, refused):
                found, self._bulk.usable = self._bulk.usable, False
                for ticket in batch.tickets:
                    self._send_alone(ticket, refused=refused)
                return Losses(no_bulk=error if found else None)
            case NotInBulk():
                return self._settle_refused_bulk(batch, outcome)
            case TryAgain():
                self._bulk.failed(len(batch.tickets))
                losses = self.settle(first, outcome, now)  # one request failed: it counts once
                again_at = None if self._outage.away else now + self._policy.delay(0, outcome.retry_after)
                for ticket in others:
                    self._scheduler.send_again(ticket, at=again_at)
                return losses
            case _:
                self._bulk.succeeded()
                losses = Losses()
                for ticket, result in zip(batch.tickets, outcome, strict=True):
                    losses = losses.and_also(self.settle(ticket, result, now))
                return losses

    def _settle_refused_bulk(self, batch: Batch, outcome: NotInBulk) -> Losses:
        was_usable = self._bulk.usable
        if outcome.too_large:
            self._bulk.too_large(len(batch.tickets))
        else:
            self._bulk.refused()
        for ticket in batch.tickets:
            ticket.tries -= outcome.refused
            ticket.alone |= not outcome.too_large
            self._scheduler.send_again(ticket)
        return Losses(no_bulk=outcome.error if was_usable and not self._bulk.usable else None)

    def last_trouble(self) -> DeliveryError | None:
        """Why an operation that is still to be delivered was not, as its loss, if one was tried. From any thread."""
        troubles = list(self._troubles.items())
        if not troubles:
            return None
        ticket, error = troubles[-1]
        return _lost(ticket.operation, DEADLINE, str(error), error)

    def _settle(self, ticket: Ticket, outcome: Outcome, now: float) -> Losses:
        match outcome:
            case Delivered():
                self._outage.succeeded(ticket)
                self._learn_of_ids(ticket)
                self._ledger.deliver(ticket.operation)
                return self._lost_with(self._scheduler.settle(ticket, delivered=True))
            case SendOtherwise(refused_id):
                self._outage.succeeded(ticket)
                self._rewrite(ticket, refused_id=refused_id)
                self._scheduler.send_again(ticket)
                return Losses()
            case TryAgain():
                return self._try_again(ticket, outcome, now)
            case NotCarriedOut():
                ticket.tries -= 1
                self._scheduler.send_again(ticket)
                return Losses()
            case SendAlone(refused):
                self._outage.succeeded(ticket)
                self._send_alone(ticket, refused=refused)
                return Losses()
            case Failed(error, reason, answered):
                (self._outage.succeeded if answered else self._outage.forget)(ticket)
                return self._fail(ticket, error, reason)

    def abandon(self) -> None:
        """Nothing more is sent. From any thread."""
        self._scheduler.abandon()

    def release_parked(self) -> Losses:
        """Send the children whose parents were never started, without a parent."""
        return self._lost_with(self._scheduler.release_parked())

    def release_children(self, parent: SpanRecord) -> Losses:
        """Send the children of a span that will never be handed over, without a parent."""
        return self._lost_with(self._scheduler.release_parked(parent))

    @property
    def has_parked(self) -> bool:
        """Children wait for parents that were not handed over."""
        return self._scheduler.has_parked

    @property
    def away(self) -> bool:
        """Delivery is paused: the API as a whole does not answer."""
        return self._outage.away

    @property
    def has_plenty(self) -> bool:
        """So many operations wait that more need not be admitted: some of them can be sent now."""
        return self._scheduler.waiting >= _PLENTY and self._scheduler.next_due() == -math.inf

    @property
    def open_operations(self) -> int:
        """How many operations were admitted and are not settled."""
        return self._scheduler.open_operations

    @property
    def at_rest(self) -> bool:
        """Nothing can be sent, now or by time alone."""
        return self._scheduler.at_rest

    def _send_alone(self, ticket: Ticket, *, refused: bool) -> None:
        ticket.alone = True
        ticket.tries -= refused
        self._scheduler.send_again(ticket)

    def _learn_of_ids(self, ticket: Ticket) -> None:
        span = ticket.operation.span
        if span and span.minted and ticket.operation.type is OperationType.CREATE_SPAN:
            self._bulk.ids_hold = not span.local_id  # the API did not give it another one

    def _try_again(self, ticket: Ticket, outcome: TryAgain, now: float) -> Losses:
        verdict = self._verdict(ticket, outcome, now)
        if verdict.burns_retry and ticket.retries >= self._policy.max_retries:
            self._outage.forget(ticket)
            if outcome.garbled:
                return self._fail(ticket, outcome.error, BAD_ANSWER, may_be_there=_has_known_id(ticket.operation))
            return self._fail(ticket, outcome.error, RETRIES_EXHAUSTED)
        self._troubles[ticket] = outcome.error
        if self._outage.away and not verdict.burns_retry:
            self._scheduler.send_again(ticket, last=True)
            return Losses()
        delay = self._policy.delay(ticket.retries + verdict.setbacks, outcome.retry_after)
        ticket.retries += verdict.burns_retry
        self._scheduler.send_again(ticket, at=now + delay)
        return Losses()

    def _verdict(self, ticket: Ticket, outcome: TryAgain, now: float) -> Verdict:
        if outcome.garbled or outcome.early:  # the API is there
            self._outage.succeeded(ticket)
            return Verdict(burns_retry=True)
        return self._outage.failed(
            ticket,
            now,
            sent_in=ticket.sent_in,
            unreachable=outcome.unreachable,
            retry_after=outcome.retry_after,
        )

    def _rewrite(self, ticket: Ticket, *, refused_id: bool) -> None:
        """Another body wants another key: what the API does with the same key and another body is not known."""
        operation = ticket.operation
        operation.idempotency_key = generate_idempotency_key()
        ticket.tries = 0
        if refused_id:
            self.mint_ids = False
            return
        operation.payload = {**operation.payload, "status": "failed"}
        if operation.span:
            result = {**operation.payload.get("result_payload", {}), "error": {"type": "cancelled"}}
            operation.payload["result_payload"] = result

    def _fail(self, ticket: Ticket, error: Exception, reason: str, *, may_be_there: bool = False) -> Losses:
        loss = self._lose(ticket.operation, reason, str(error), error)
        losses = self._lost_with(self._scheduler.settle(ticket, delivered=may_be_there))
        return Losses((loss, *losses.errors), losses.orphaned)

    def _lost_with(self, consequences: Consequences) -> Losses:
        errors = tuple(self._lose_with_another(operation) for operation in consequences.failed)
        return Losses(errors, tuple(consequences.orphaned))

    def _lose_with_another(self, operation: Operation) -> DeliveryError:
        unregistered = operation.instance and operation.instance.registration is CreateState.FAILED
        cause = "the registration of its instance failed" if unregistered else "the create of its span failed"
        return self._lose(operation, DEPENDENCY, cause, None)

    def _lose(self, operation: Operation, reason: str, message: str, cause: Exception | None) -> DeliveryError:
        self._ledger.lose(operation, "failed", reason)
        return _lost(operation, reason, message, cause)


def _lost(operation: Operation, reason: str, message: str, cause: Exception | None) -> DeliveryError:
    error = DeliveryError(f"{operation.type.name} failed: {message}", operation=operation, reason=reason)
    error.__cause__ = cause
    return error


def _has_known_id(operation: Operation) -> bool:
    """What depends on the operation can be sent without its answer."""
    if operation.type is OperationType.CREATE_SPAN:
        return operation.span is not None and operation.span.minted
    return operation.type is not OperationType.REGISTER_AGENT_INSTANCE
