"""Spans: turns calls into operations."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Final, Literal, TypeVarTuple

from prefactor_core._delivery.loop_thread import wait_for
from prefactor_core._handed import DONE, Answer, Handed, awaitable_method
from prefactor_core._payloads.policy import PayloadPolicy
from prefactor_core._payloads.schemas import SpanTypes
from prefactor_core._payloads.snapshot import NO_PAYLOAD, Payload, PayloadObject, snapshot_object
from prefactor_core._records.records import FINISHED, PREPARED, STARTED, CreateState, InstanceRecord, SpanRecord
from prefactor_core._records.span_index import SpanIndex
from prefactor_core._typed.untyped_span import Part
from prefactor_core._typed.validation import Validation
from prefactor_core.context_stack import current_parent, push_entry, remove_entry
from prefactor_core.exceptions import ClientClosedError, SpanNotFoundError
from prefactor_core.models import Span
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import QueueClosedError
from prefactor_core.span_context import SpanContext
from prefactor_core.utils import generate_idempotency_key
from prefactor_http import _pfid
from prefactor_http.models.types import FinishStatus

__all__ = ["SpanManager"]

ArgumentsT = TypeVarTuple("ArgumentsT")

_CREATE_SPAN: Final = OperationType.CREATE_SPAN
_FINISH_SPAN: Final = OperationType.FINISH_SPAN


class SpanManager:
    """Makes spans, and hands over their operations.

    Only `start` and `create` may wait, when they are awaited and the API generates the id. Every method works from any
    thread: a span that two threads start or finish is started and finished once.

    Args:
        hand_over: hands an operation over to delivery; never waits.
        instance_record: returns the record of an agent instance.
        spans: the spans that can be found by id.
        validation: the client's policy for payloads that do not match their schema.
        span_types: returns the span types of an instance, if they are known.
        payloads: the client's policy for redaction and size.
        mints_ids: whether this client generates span ids at the moment; otherwise the API does.
        answer_timeout: seconds that `start` waits at most for an id that the API generates.
    """

    def __init__(
        self,
        hand_over: Callable[[Operation], None],
        instance_record: Callable[[str], InstanceRecord],
        spans: SpanIndex,
        validation: Validation,
        payloads: PayloadPolicy,
        *,
        span_types: Callable[[InstanceRecord], SpanTypes | None],
        mints_ids: Callable[[], bool],
        answer_timeout: float,
    ) -> None:
        self.validation = validation
        self.payloads = payloads
        self._hand_over = hand_over
        self._instance_record = instance_record
        self._spans = spans
        self._span_types = span_types
        self._mints_ids = mints_ids
        self._answer_timeout = answer_timeout
        self._transitions = _Transitions()

    def renew_after_fork(self) -> None:
        """In a forked child: a transition that another thread had begun does not go on there."""
        self._transitions = _Transitions()

    def prepare(self, instance_id: str, schema_name: str, parent_span_id: str | None = None) -> str:
        """Make a span that is not sent yet, as `open_span` does. Returns its id."""
        return self.open_span(instance_id, schema_name, parent_span_id).id

    def open_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
    ) -> SpanRecord:
        """Make a span that is not sent yet.

        Args:
            instance_id: the agent instance.
            schema_name: the span type.
            parent_span_id: the parent; by default the current span of the instance.
            payload: the params, unless `start` is given others.

        Raises:
            TypeError: an argument has a wrong type.
            SpanValidationError: the span type is unknown, with `validation="raise"`.
        """
        _check_text("schema_name", schema_name)
        instance = self._instance_record(instance_id)
        schemas = self.validation.find(self._span_types(instance), schema_name)
        minted = instance.partition is not None and self._mints_ids()
        record = SpanRecord(  # in order: keywords would take twice as long
            _pfid.generate(instance.partition) if instance.partition is not None and minted else _local_id(),
            instance,
            schema_name,
            current_parent(instance) if parent_span_id is None else self._find_parent(parent_span_id),
            minted,
        )
        record.schemas = schemas
        if payload is not None:
            record.default_payload = snapshot_object(payload, "payload")
        self._spans.add(record)
        return record

    def discard(self, record: SpanRecord) -> None:
        """Forget a span that was prepared and is not needed."""
        self._spans.discard(record)

    def record(self, span_id: str) -> SpanRecord:
        """The record of a span.

        Raises:
            SpanNotFoundError: this client created no span with this id, or the span ended long ago.
        """
        record = self._spans.find(span_id)
        if record is None:
            raise SpanNotFoundError(f"span {span_id!r} is unknown: this client did not create it, or it ended long ago")
        return record

    def get_span(self, span_id: str) -> Span | None:
        """The current state of a span, or None if this client did not create it or it ended long ago."""
        record = self._spans.find(span_id)
        if record is None:
            return None
        return Span(
            id=record.id,
            instance_id=record.instance.id,
            schema_name=record.schema_name,
            parent_span_id=record.parent_id(),
            status=record.status,
            payload=record.params(),
            created_at=record.entered_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )

    async def start(
        self, temp_id: str, payload: PayloadObject | None = None, started_at: datetime | None = None
    ) -> str:
        """Start a prepared span, unless it is started already. Returns its final id."""
        record = self.record(temp_id)
        params = None if payload is None else snapshot_object(payload, "payload")
        if record.phase is PREPARED:
            self.check(record, "params", params or record.default_payload or Payload({}))
        await self.start_span(record, params, started_at)
        return record.id

    def start_span(
        self, record: SpanRecord, params: Payload | None = None, started_at: datetime | None = None
    ) -> Handed:
        """As `begin`. If the API generates the span's id, awaiting waits for its answer, or for the first failure."""
        if record.phase is not PREPARED:
            return DONE
        waits = not record.minted and record.instance.registration is not CreateState.PENDING
        if waits:
            self._begin_ancestors(record)  # in delivery, a create waits for that of its parent
        self.begin(record, params, started_at, answered=Future() if waits else None)
        return DONE if record.answered is None else Answer(partial(self._wait_for_answer, record.answered))

    async def create(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        *,
        started_at: datetime | None = None,
    ) -> str:
        """Make and start a span, which is the current span until it is finished. Returns its id."""
        record, handed = self.begin_current(instance_id, schema_name, parent_span_id, payload, started_at=started_at)
        with self.abandoned_on_error(record):  # a cancellation
            await handed
        return record.id

    def begin_current(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        *,
        started_at: datetime | None = None,
    ) -> tuple[SpanRecord, Handed]:
        """As `create`, without waiting for the span's id."""
        if started_at is not None:
            _check_time("started_at", started_at)
        record = self.open_span(instance_id, schema_name, parent_span_id, payload)
        push_entry(record)
        with self.abandoned_on_error(record):  # a closed client
            self.check(record, "params", record.default_payload or Payload({}))
            return record, self.start_span(record, None, started_at)

    @awaitable_method
    def finish(
        self,
        span_id: str,
        result_payload: PayloadObject | None = None,
        status: FinishStatus = "complete",
        *,
        timestamp: datetime | None = None,
    ) -> Handed:
        """Finish a span. A second finish is sent too, and the API decides about it.

        Raises:
            SpanNotFoundError: this client created no span with this id, or the span ended long ago.
        """
        result = snapshot_object(result_payload, "result_payload")
        record = self.record(span_id)
        if isinstance(record.context, SpanContext):  # what was given to `current_span()`
            result = record.context._with_collected(result)
        if status == "complete":
            self.check(record, "result", result)
        self.end(record, status, result, timestamp, even_if_finished=True)
        return DONE

    def check(self, record: SpanRecord, part: Part, payload: Payload) -> None:
        """Check a payload of a span against its schema.

        Raises:
            SpanValidationError: the payload does not match, with `validation="raise"`.
        """
        self.validation.check(record.schemas, record.schema_name, part, payload, span=record)

    @awaitable_method
    def cancel_unstarted(self, temp_id: str, timestamp: datetime | None = None) -> Handed:
        """Record a prepared span as cancelled."""
        self.end(self.record(temp_id), "cancelled", NO_PAYLOAD, timestamp, even_if_finished=True)
        return DONE

    def begin(
        self,
        record: SpanRecord,
        params: Payload | None = None,
        started_at: datetime | None = None,
        answered: Future[None] | None = None,
    ) -> None:
        """Hand over the create of an active span, unless the span is started already.

        Args:
            record: the span.
            params: its params, owned by the span from now on; by default those that it was opened with.
            started_at: when it started; now by default.
            answered: done as soon as the API has answered.
        """
        if started_at is not None:
            _check_time("started_at", started_at)
        if record.phase is not PREPARED:
            return
        self._begin(record, params, started_at or record.now(), answered)

    def _begin(
        self, record: SpanRecord, params: Payload | None, at: datetime, answered: Future[None] | None = None
    ) -> None:
        params = record.default_payload or Payload({}) if params is None else params
        recorded = self._apply_policy(record, "params", params)  # calls the program's code: not inside a transition
        self._transitions.run(self._create, record, "active", recorded, at, answered)

    def end(
        self,
        record: SpanRecord,
        status: FinishStatus,
        result: Payload,
        timestamp: datetime | None = None,
        *,
        even_if_finished: bool = False,
    ) -> None:
        """Hand over a finish, and before it the create if there was none. The span leaves the context stack.

        A span that is cancelled before its start is created as `pending`, without params and times: the API's state
        machine has no other cancellation.

        Args:
            record: the span.
            status: how it ends.
            result: the result, owned by the span from now on.
            timestamp: when it ended; now by default.
            even_if_finished: hand over a finish although the span is finished already.
        """
        if timestamp is not None:
            _check_time("timestamp", timestamp)
        now = record.now()
        if record.phase is FINISHED and not even_if_finished:
            return
        if record.phase is PREPARED:
            self._create_before_end(record, status, now)
        started = status != "cancelled" or record.started_at is not None
        recorded = self._apply_policy(record, "result", result) if started else NO_PAYLOAD
        self._transitions.run(self._finish, record, status, recorded, timestamp, now, even_if_finished)
        remove_entry(record)

    async def _wait_for_answer(self, answered: Future[None]) -> None:
        await wait_for(answered, self._answer_timeout)

    @contextlib.contextmanager
    def abandoned_on_error(self, record: SpanRecord) -> Iterator[None]:
        """End a span if its id is not returned to the program, which therefore cannot finish it."""
        try:
            yield
        except BaseException:
            self._abandon(record)
            raise

    def _abandon(self, record: SpanRecord) -> None:
        remove_entry(record)
        if record.phase is STARTED:
            with contextlib.suppress(ClientClosedError, QueueClosedError):
                self.end(record, "cancelled", NO_PAYLOAD)
        else:
            self._spans.discard(record)

    def _begin_ancestors(self, record: SpanRecord) -> None:
        prepared: list[SpanRecord] = []
        while isinstance(parent := record.parent, SpanRecord) and parent.phase is PREPARED:
            prepared.append(parent)
            record = parent
        for ancestor in reversed(prepared):
            self.begin(ancestor, started_at=ancestor.entered_at)

    def _create_before_end(self, record: SpanRecord, status: FinishStatus, now: datetime) -> None:
        if status == "cancelled":
            self._transitions.run(self._create, record, "pending", Payload({}), now, None)
        else:
            self._begin(record, None, record.entered_at)

    def _create(
        self,
        record: SpanRecord,
        status: Literal["active", "pending"],
        params: Payload,
        at: datetime,
        answered: Future[None] | None,
    ) -> None:
        """A transition: from prepared to started."""
        if record.phase is not PREPARED:
            return
        active = status == "active"
        record.started_at, record.answered = at if active else None, answered
        record.payload = params.value  # before the hand-over: when the API has them, they are not kept
        self._hand_over(
            Operation(  # in order: keywords would take twice as long
                _CREATE_SPAN,
                {"status": status, "payload": params.value},
                at,
                generate_idempotency_key(),
                {},
                record.instance,
                record,
                active,
                params.size,
            )
        )
        record.phase, record.status, record.default_payload = STARTED, status, None
        self._spans.started(record)

    def _apply_policy(self, record: SpanRecord, part: Part, payload: Payload) -> Payload:
        rules = record.redaction_rules
        return self.payloads.apply(payload, record.schema_name, part, rules.get(part) if rules else None)

    def _finish(  # noqa: PLR0917 - called as a transition
        self,
        record: SpanRecord,
        status: FinishStatus,
        result: Payload,
        timestamp: datetime | None,
        now: datetime,
        even_if_finished: bool,
    ) -> None:
        """A transition: to finished, from any state; from finished only if `even_if_finished`."""
        first = record.phase is not FINISHED
        if not first and not even_if_finished:
            return
        at = timestamp or now
        self._hand_over(
            Operation(
                _FINISH_SPAN,
                {"status": status, "result_payload": result.value if result.given else None},
                at,
                generate_idempotency_key(),
                {},
                record.instance,
                record,
                record.started_at is not None or timestamp is not None,
                result.size,
            )
        )
        record.phase, record.status, record.finished_at = FINISHED, status, at
        record.context = None
        if first:
            self._spans.finished(record)

    def _find_parent(self, span_id: str) -> SpanRecord | str:
        _check_text("parent_span_id", span_id)
        return self._spans.find(span_id) or span_id


class _Transitions:
    """Runs the state transitions of spans one at a time, each together with its hand-over.

    Otherwise a finish could overtake its create. A signal handler or a finaliser may record a span while its own thread
    is inside a transition: its transition is deferred, and runs right after that one.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._running = False
        self._deferred: deque[Callable[[], None]] = deque()

    def run(self, transition: Callable[[*ArgumentsT], None], *arguments: *ArgumentsT) -> None:
        """Run a transition, now or right after the one that this thread is inside.

        Its exceptions are raised here, unless it is deferred.
        """
        with self._lock:
            if self._running:
                self._deferred.append(partial(transition, *arguments))
                return
            try:
                self._running = True
                transition(*arguments)
            finally:
                self._running = False
                if self._deferred:
                    self._run_deferred()

    def _run_deferred(self) -> None:
        while self._deferred:
            try:
                self._running = True
                if self._deferred:  # otherwise a signal handler has just run them
                    with contextlib.suppress(ClientClosedError, QueueClosedError):
                        self._deferred.popleft()()
            finally:  # a signal handler may raise, too
                self._running = False


def _local_id() -> str:
    return generate_idempotency_key()


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} must not be empty")


def _check_time(name: str, value: object) -> None:
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
