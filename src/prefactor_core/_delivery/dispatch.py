"""Decides which operation is sent when, and what the outcome of a request means. No I/O, no clock.

Dispatch combines the parts: the scheduler (order), bulk use (how many operations share a request), the retry policy,
the outage monitor (when delivery pauses), and the ledger (what became of every operation).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from prefactor_core._delivery.bulk_use import BulkUse
from prefactor_core._delivery.ledger import Ledger
from prefactor_core._delivery.outage import OutageMonitor, Verdict
from prefactor_core._delivery.outcomes import (
    BulkFailed,
    BulkOutcome,
    BulkUnavailable,
    Delivered,
    Failed,
    NotExecuted,
    Outcome,
    Rewrite,
    SendSeparately,
    TryAgain,
)
from prefactor_core._delivery.retry_policy import RetryPolicy
from prefactor_core._delivery.scheduler import Consequences, Scheduler
from prefactor_core._delivery.suspension import Suspension
from prefactor_core._delivery.ticket import SINGLE, Batch, Ticket, TicketState
from prefactor_core._records.records import CreateState, SpanRecord
from prefactor_core.exceptions import DeliveryError
from prefactor_core.operations import Operation, OperationType
from prefactor_http._text import error_text
from prefactor_http.exceptions import PrefactorApiError

__all__ = ["DEADLINE", "DEPENDENCY", "INTERNAL_ERROR", "NO_EFFECTS", "Dispatch", "Effects", "without_full_stop"]

RETRIES_EXHAUSTED = "retries_exhausted"
BAD_ANSWER = "bad_answer"
DEPENDENCY = "dependency"
DEADLINE = "deadline"
INTERNAL_ERROR = "internal_error"
_PLENTY = 2000
_REWRITTEN = uuid.UUID("6f6c2f0e-9d0c-4c53-8f0f-7f1d3c1b5a57")
_ADMITTED = {CreateState.PENDING, CreateState.DELIVERED}


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a decision that are reported: in the log, to `on_error`, and in reports.

    Attributes:
        errors: operations that failed.
        orphaned: spans that are sent without their parent.
        paused: the error for which delivery has just paused.
        resumed: delivery has just resumed.
        bulk_unavailable: the error for which the bulk endpoint is not used for a while.
    """

    errors: tuple[DeliveryError, ...] = ()
    orphaned: tuple[SpanRecord, ...] = ()
    paused: Exception | None = None
    resumed: bool = False
    bulk_unavailable: Exception | None = None

    def __add__(self, other: Effects) -> Effects:
        if other is NO_EFFECTS:
            return self
        return Effects(
            self.errors + other.errors,
            self.orphaned + other.orphaned,
            self.paused or other.paused,
            self.resumed or other.resumed,
            self.bulk_unavailable or other.bulk_unavailable,
        )


NO_EFFECTS = Effects()


class Dispatch:
    """The state of delivery.

    Args:
        ledger: counts the operations that are delivered or fail here.
        policy: the number of retries, and their delays.
        bulk: operations may share requests.
        pause: called between the operations of a batch.

    Attributes:
        refused: the API's host refused the last connection.
    """

    def __init__(
        self,
        ledger: Ledger,
        policy: RetryPolicy,
        *,
        bulk: bool = False,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._bulk = BulkUse(allowed=bulk)
        self._scheduler = Scheduler()
        self._outage = OutageMonitor(policy)
        self._last_errors: dict[Ticket, Exception] = {}  # of operations that are tried again; the latest is last
        self._refused_ids = Suspension()
        self._pause = pause
        self.refused = False

    def admit(self, operation: Operation) -> Effects:
        """Take an operation that was handed over. Operations must come in the order of the agent's calls."""
        if not self._is_new(operation):
            return NO_EFFECTS
        return self._effects_of(self._scheduler.admit(operation))

    def next_batch(self, now: float) -> Batch | None:
        """The operations to send now; None if there are none.

        1. During an outage: one operation, when the next probe is due; otherwise none.
        2. Bulk requests cannot be used: the oldest ready operation.
        3. Otherwise as many operations as a bulk request may hold, of those that are ready.

        The outcome of a batch with one operation goes to `decide()`, of a larger one to `decide_bulk()`.
        """
        if not self._outage.may_send(now):
            return None
        scheduler = self._scheduler
        mints_ids = self.mints_ids(now)
        limit = SINGLE
        if not self._outage.active:
            limit = self._bulk.batch_limit(now, mints_ids=mints_ids)
        batch = scheduler.next_batch(now, limit)
        for ticket in batch.tickets if batch else ():
            self._sent(ticket, mints_ids=mints_ids)
            self._pause()
        return batch

    def shares_requests(self, now: float) -> bool:
        """Operations that are ready at the same time share a request."""
        return self._bulk.usable(now)

    def mints_ids(self, now: float) -> bool:
        """The API is not known to refuse span ids that this client makes. From any thread."""
        return not self._refused_ids.active(now)

    def watch(self) -> AbstractContextManager[Callable[[], bool]]:
        """Watch the operations that are open now; see `Scheduler.watch()`."""
        return self._scheduler.watch()

    def hurry(self, until: float, now: float) -> None:
        """Delivery ends soon: no operation waits longer than a third of the time that is left until then.

        Args:
            until: when it ends; infinity if it does not.
            now: the time.
        """
        self._policy.hurry(until)
        self._scheduler.hurry(now + self._policy.longest(now))
        self._outage.hurry(now)

    def repeated(self, batch: Batch) -> None:
        """Record that a request which is running is sent once more."""
        for ticket in batch.tickets:
            ticket.count_repetition()

    def overdue(self, batch: Batch, error: Exception, now: float) -> Effects:
        """Record that the answer to a request is long overdue; that may be the beginning of an outage.

        Args:
            batch: what was sent.
            error: says so.
            now: the time.
        """
        was_paused, ticket = self._outage.active, batch.tickets[0]
        self._outage.overdue(ticket, now, successes_before=ticket.successes_before)
        self._last_errors[ticket] = error
        return Effects(paused=error) if self._outage.active and not was_paused else NO_EFFECTS

    def probe_is_due(self, now: float) -> bool:
        """Delivery is paused, and a probe may be sent."""
        return self._outage.active and self._outage.may_send(now)

    def next_probe(self) -> float | None:
        """When the next probe may be sent; None if delivery is not paused, or a probe is in flight."""
        return self._outage.next_probe()

    def probe_repeated(self, now: float, at_least: float) -> None:
        """Record that a request without an answer was sent once more, as a probe; see `OutageMonitor`."""
        self._outage.probe_repeated(now, at_least)

    def wake_at(self) -> float | None:
        """The time for which to set a timer: the next try, or the next probe of an outage. None if neither is due."""
        due = self._scheduler.next_due()
        if due is not None and self._outage.active:
            probe = self._outage.next_probe()
            return None if probe is None else max(probe, due)
        return None if due == -math.inf else due  # a ready operation waits for a worker: no timer is needed

    def decide(self, ticket: Ticket, outcome: Outcome, now: float) -> Effects:
        """Decide what follows from an outcome: the operation is settled, or goes back to the scheduler.

        1. `Delivered` or `Failed`: it is settled.
        2. `Rewrite`: it is sent again at once, in another form and under another key.
        3. `TryAgain`: it is sent again later, or fails; see `_try_again()`.
        4. `NotExecuted` or `SendSeparately`: it is sent again at once, the latter in a request of its own.

        Most outcomes also show the outage monitor whether the API is available. The effects contain the beginning or
        the end of an outage.
        """
        if isinstance(outcome, Delivered):
            self._bulk.grow(now)
        return self._decide_one(ticket, outcome, now)

    def _decide_one(self, ticket: Ticket, outcome: Outcome, now: float) -> Effects:
        was_paused = self._outage.active
        self.refused = isinstance(outcome, TryAgain) and outcome.refused
        self._last_errors.pop(ticket, None)
        try:
            effects = self._decide(ticket, outcome, now)
        except Exception as error:
            effects = self.give_up(ticket, error)
        if isinstance(outcome, TryAgain) and self._outage.active and not was_paused:
            return replace(effects, paused=outcome.error)
        return replace(effects, resumed=True) if was_paused and not self._outage.active else effects

    def decide_bulk(self, batch: Batch, outcome: BulkOutcome, now: float) -> Effects:
        """Decide about operations that shared a request.

        1. The endpoint is missing: it is not used for a while, and each operation is sent separately.
        2. The request as a whole was refused: see `_send_refused_bulk_again()`.
        3. The request failed temporarily: that is one failure, of the first operation. The others are sent again.
        4. The request was processed: each operation has an outcome of its own.
        """
        for ticket in batch.tickets:
            self._last_errors.pop(ticket, None)
        match outcome:
            case BulkUnavailable(error):
                is_news = self._bulk.missing(now)
                for ticket in batch.tickets:
                    self._send_separately(ticket, refused=True)
                return Effects(bulk_unavailable=error if is_news else None)
            case BulkFailed():
                return self._send_refused_bulk_again(batch, outcome, now)
            case TryAgain():
                return self._try_bulk_again(batch, outcome, now)
            case _:
                self._bulk.succeeded(now)
                effects = NO_EFFECTS
                for ticket, result in zip(batch.tickets, outcome, strict=True):
                    decided = self._decide_one(ticket, result, now)
                    if decided is not NO_EFFECTS:
                        effects += decided
                    self._pause()
                return effects

    def probe_now(self) -> None:
        """Send the next probe of an outage at once, whatever the last connection has shown."""
        self.refused = False
        self._outage.probe_now()

    def give_up(self, ticket: Ticket, error: Exception) -> Effects:
        """Settle an operation as failed because of an error of delivery itself, unless it was settled or given back."""
        if ticket.state is not TicketState.IN_FLIGHT:
            return NO_EFFECTS
        self._outage.forget(ticket)
        return self._fail(ticket, error, INTERNAL_ERROR)

    def last_error(self) -> DeliveryError | None:
        """The latest error of an operation that is still pending, as the error of its loss. From any thread."""
        errors = list(self._last_errors.items())
        if not errors:
            return None
        ticket, error = errors[-1]
        return _delivery_error(ticket.operation, DEADLINE, without_full_stop(error), error)

    def abandon(self) -> None:
        """Record that nothing more is sent. From any thread."""
        self._scheduler.abandon()

    def release_parked(self) -> Effects:
        """Send the children whose parents were never handed over, without a parent."""
        return self._effects_of(self._scheduler.release_parked())

    def release_children(self, parent: SpanRecord) -> Effects:
        """Send the children of a span that will never be handed over, without a parent."""
        return self._effects_of(self._scheduler.release_parked(parent))

    @property
    def has_parked(self) -> bool:
        """Children wait for parents that were not handed over."""
        return self._scheduler.has_parked

    @property
    def paused(self) -> bool:
        """Delivery is paused during an outage of the API."""
        return self._outage.active

    @property
    def successes(self) -> int:
        """How many requests have succeeded. From any thread."""
        return self._outage.successes

    @property
    def has_plenty(self) -> bool:
        """So many operations wait that more need not be admitted, and some of them can be sent now."""
        return self._scheduler.unsent >= _PLENTY and self._scheduler.next_due() == -math.inf

    @property
    def open_operations(self) -> int:
        """How many operations were admitted and are not settled."""
        return self._scheduler.open_operations

    @property
    def at_rest(self) -> bool:
        """Nothing is ready, in flight, or waiting for its next try."""
        return self._scheduler.at_rest

    def _is_new(self, operation: Operation) -> bool:
        """Whether the operation comes for the first time.

        A queue may return an operation twice. A signal handler that raises in the middle of a hand-over lets the create
        of a span be handed over twice.
        """
        if operation.admitted:
            return False
        operation.admitted = True
        span = operation.span
        is_repeated = operation.type is OperationType.CREATE_SPAN and span and span.create_state in _ADMITTED
        if is_repeated:
            self._ledger.retract(operation)
        return not is_repeated

    def _sent(self, ticket: Ticket, *, mints_ids: bool) -> None:
        """Record that an operation is about to be sent."""
        ticket.count_try(self._outage.successes)
        self._outage.sent(ticket)
        span = ticket.operation.span
        if span and not mints_ids and ticket.tries == 1 and ticket.operation.type is OperationType.CREATE_SPAN:
            span.minted = False  # not after the first try: an operation is repeated unchanged

    def _send_refused_bulk_again(self, batch: Batch, outcome: BulkFailed, now: float) -> Effects:
        """Send the operations again: in a smaller request if this one was too large, separately otherwise."""
        is_news = False
        if outcome.too_large:
            self._bulk.too_large(len(batch.tickets), now)
        else:
            is_news = self._bulk.refused(now)
        for ticket in batch.tickets:
            if outcome.refused:
                ticket.uncount_try()
            if not outcome.too_large:
                ticket.send_separately()
            self._scheduler.send_again(ticket)
        return Effects(bulk_unavailable=outcome.error if is_news else None)

    def _try_bulk_again(self, batch: Batch, outcome: TryAgain, now: float) -> Effects:
        """Send the operations again. One request failed, so one operation at most uses up a retry: the first."""
        self._bulk.failed(len(batch.tickets))
        first, *others = batch.tickets
        effects = self._decide_one(first, outcome, now)
        again_at = None if self._outage.active else now + self._policy.delay(0, outcome.retry_after, now=now)
        for ticket in others:
            self._scheduler.send_again(ticket, at=again_at)
        return effects

    def _decide(self, ticket: Ticket, outcome: Outcome, now: float) -> Effects:
        match outcome:
            case Delivered():
                self._outage.succeeded(ticket)
                self._learn_of_ids(ticket)
                self._ledger.deliver(ticket.operation)
                return self._effects_of(self._scheduler.settle(ticket, delivered=True))
            case Rewrite(refused_id):
                self._outage.succeeded(ticket)
                self._rewrite(ticket, now, refused_id=refused_id)
                self._scheduler.send_again(ticket)
                return NO_EFFECTS
            case TryAgain():
                return self._try_again(ticket, outcome, now)
            case NotExecuted():
                ticket.uncount_try()
                self._scheduler.send_again(ticket)
                return NO_EFFECTS
            case SendSeparately(refused):
                self._outage.succeeded(ticket)
                self._send_separately(ticket, refused=refused)
                return NO_EFFECTS
            case Failed(error, reason, answered):
                if answered:
                    self._outage.succeeded(ticket)
                else:
                    self._outage.forget(ticket)
                return self._fail(ticket, error, reason)

    def _send_separately(self, ticket: Ticket, *, refused: bool) -> None:
        ticket.send_separately()
        if refused:
            ticket.uncount_try()
        self._scheduler.send_again(ticket)

    def _learn_of_ids(self, ticket: Ticket) -> None:
        """Record whether the API used the span id that this client made."""
        span = ticket.operation.span
        if span and span.minted and ticket.operation.type is OperationType.CREATE_SPAN:
            self._bulk.ids_confirmed = not span.local_id  # there is one if the API gave the span another id
            if self._bulk.ids_confirmed:
                self._refused_ids.end()

    def _try_again(self, ticket: Ticket, outcome: TryAgain, now: float) -> Effects:
        """Decide about an operation that failed temporarily.

        1. The operation itself is the problem, and its retries are used up: it fails. Operations that depend on it are
           sent if the API may have it nevertheless.
        2. Delivery is paused, and the failure uses up no retry: the operation is sent again behind all others.
        3. Otherwise it is sent again after a delay.
        """
        verdict = self._verdict(ticket, outcome, now)
        if verdict.uses_retry and ticket.retries >= self._policy.max_retries:
            self._outage.forget(ticket)
            if outcome.unreadable:
                return self._fail(ticket, outcome.error, BAD_ANSWER, may_be_delivered=_has_known_id(ticket.operation))
            return self._fail(ticket, outcome.error, RETRIES_EXHAUSTED)
        self._last_errors[ticket] = outcome.error
        if self._outage.active and not verdict.uses_retry:
            self._scheduler.send_again(ticket, last=True)
            return NO_EFFECTS
        delay = self._policy.delay(ticket.retries + verdict.recent_failures, outcome.retry_after, now=now)
        if verdict.uses_retry:
            ticket.use_retry()
        self._scheduler.send_again(ticket, at=now + delay)
        return NO_EFFECTS

    def _verdict(self, ticket: Ticket, outcome: TryAgain, now: float) -> Verdict:
        """Whether a temporary failure uses up a retry.

        1. The answer shows that the API is available: it does.
        2. Otherwise the outage monitor decides.
        """
        if outcome.unreadable or outcome.too_early:
            self._outage.succeeded(ticket)
            return Verdict(uses_retry=True)
        return self._outage.failed(
            ticket,
            now,
            successes_before=ticket.successes_before,
            unreachable=outcome.unreachable,
            retry_after=outcome.retry_after,
        )

    def _rewrite(self, ticket: Ticket, now: float, *, refused_id: bool) -> None:
        """Give the operation another body, and so another key.

        It is not documented what the API does with a known key and another body. The new key follows from the old one,
        so that a process which finds the operation in a spool, in its first form, rewrites it under the same key.
        """
        operation = ticket.operation
        operation.idempotency_key = str(uuid.uuid5(_REWRITTEN, operation.idempotency_key or ""))
        ticket.forget_tries()
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE:
            operation.payload = {**operation.payload, "id": None}
            return
        if refused_id:
            self._refused_ids.begin(now)
            return
        operation.payload = {**operation.payload, "status": "failed"}
        if operation.span:
            result = {**(operation.payload.get("result_payload") or {}), "error": {"type": "cancelled"}}
            operation.payload["result_payload"] = result

    def _fail(self, ticket: Ticket, error: Exception, reason: str, *, may_be_delivered: bool = False) -> Effects:
        consequences = self._scheduler.settle(ticket, delivered=may_be_delivered)
        failure = self._failure(ticket.operation, reason, without_full_stop(error), error)
        return Effects(errors=(failure,)) + self._effects_of(consequences)

    def _effects_of(self, consequences: Consequences) -> Effects:
        if not (consequences.failed or consequences.orphaned):
            return NO_EFFECTS
        errors = tuple(self._dependent_failure(operation) for operation in consequences.failed)
        return Effects(errors, consequences.orphaned)

    def _dependent_failure(self, operation: Operation) -> DeliveryError:
        unregistered = operation.instance and operation.instance.registration is CreateState.FAILED
        cause = "its agent instance could not be registered" if unregistered else "its span could not be created"
        return self._failure(operation, DEPENDENCY, cause, None)

    def _failure(self, operation: Operation, reason: str, message: str, cause: Exception | None) -> DeliveryError:
        self._ledger.fail(operation, reason)
        return _delivery_error(operation, reason, message, cause)


def _delivery_error(operation: Operation, reason: str, message: str, cause: Exception | None) -> DeliveryError:
    shows_status = message.startswith("HTTP ")  # an answer without a message of its own
    status = f" (HTTP {cause.status_code})" if isinstance(cause, PrefactorApiError) and not shows_status else ""
    text = f"{operation.type.name}{_of_name(operation)} failed{status}: {message}"
    error = DeliveryError(text, operation=operation, reason=reason)
    error.__cause__ = cause
    return error


def _of_name(operation: Operation) -> str:
    """The span type or the quality name, where the operation has one."""
    if operation.span:
        return f" of {operation.span.schema_name!r}"
    return f" of {operation.payload['name']!r}" if operation.type is OperationType.RECORD_QUALITY else ""


def without_full_stop(error: Exception) -> str:
    """The message of an error, to which other text is added."""
    return error_text(error).removesuffix(".")


def _has_known_id(operation: Operation) -> bool:
    """Whether operations that depend on this one can be sent without its answer."""
    if operation.type is OperationType.CREATE_SPAN:
        return operation.span is not None and operation.span.minted
    return operation.type is not OperationType.REGISTER_AGENT_INSTANCE
