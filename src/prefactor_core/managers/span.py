"""Spans: from calls to operations."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, Literal

from prefactor_core._index import SpanIndex
from prefactor_core._loop_thread import wait_for
from prefactor_core._payloads import PayloadPolicy
from prefactor_core._records import CreateState, InstanceRecord, Phase, SpanRecord
from prefactor_core._snapshot import Payload, snapshot_object
from prefactor_core._span_schemas import SpanTypes
from prefactor_core._validation import Validation
from prefactor_core.context_stack import current_parent, push_entry, remove_entry
from prefactor_core.exceptions import ClientClosedError, SpanNotFoundError
from prefactor_core.models import Span
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import QueueClosedError
from prefactor_core.utils import generate_idempotency_key
from prefactor_http import _pfid
from prefactor_http.models.types import FinishStatus

__all__ = ["SpanManager"]


class SpanManager:
    """Makes spans, and hands over their operations. No method but `start` and `create` ever waits, and those only when
    the API generates the id. Safe from any thread: what two threads start or finish is started and finished once.

    Args:
        hand_over: takes an operation; never waits.
        instance: finds the record of an agent instance.
        spans: the spans that can be found by id.
        validation: the client's policy for what does not match its schema.
        span_types: the span types that an instance may have, if they are known.
        payloads: the client's policy for what is recorded.
        mints_ids: whether ids are minted here at the moment.
        answer_timeout: seconds that `start` waits at most for an id that the API generates.
    """

    def __init__(
        self,
        hand_over: Callable[[Operation], None],
        instance: Callable[[str], InstanceRecord],
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
        self._instance = instance
        self._spans = spans
        self._span_types = span_types
        self._mints_ids = mints_ids
        self._answer_timeout = answer_timeout
        self._steps = _Steps()

    def renew_after_fork(self) -> None:
        """In a forked child: nobody is in the middle of a step."""
        self._steps = _Steps()

    def prepare(self, instance_id: str, schema_name: str, parent_span_id: str | None = None) -> str:
        """A new span that is not sent yet, as `open_span` makes it; its id."""
        return self.open_span(instance_id, schema_name, parent_span_id).id

    def open_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> SpanRecord:
        """A new span that is not sent yet.

        Args:
            instance_id: the agent instance.
            schema_name: the span type.
            parent_span_id: the parent; by default the current span of the instance.
            payload: the params, unless `start` gives others.

        Raises:
            TypeError: an argument has a wrong type.
            SpanValidationError: there is no such span type, with `validation="raise"`.
        """
        _check_text("schema_name", schema_name)
        instance = self._instance(instance_id)
        schemas = self.validation.find(self._span_types(instance), schema_name)
        minted = instance.partition is not None and self._mints_ids()
        record = SpanRecord(
            id=_pfid.generate(instance.partition) if instance.partition is not None and minted else _local_id(),
            instance=instance,
            schema_name=schema_name,
            parent=current_parent(instance) if parent_span_id is None else self._known(parent_span_id),
            minted=minted,
            entered_at=datetime.now(UTC),
            default_payload=None if payload is None else snapshot_object(payload, "payload"),
            schemas=schemas,
        )
        self._spans.add(record)
        return record

    def record(self, span_id: str) -> SpanRecord:
        """The record of a span.

        Raises:
            SpanNotFoundError: no such span.
        """
        record = self._spans.find(span_id)
        if record is None:
            raise SpanNotFoundError(f"no span {span_id!r} was created by this client, or it ended long ago")
        return record

    def get_span(self, span_id: str) -> Span | None:
        """What is known of a span, or None when no such span was created here or it ended long ago."""
        record = self._spans.find(span_id)
        if record is None:
            return None
        return Span(
            id=record.id,
            instance_id=record.instance.id,
            schema_name=record.schema_name,
            parent_span_id=record.parent_id(),
            status=record.status,
            payload=record.payload,
            created_at=record.entered_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )

    async def start(
        self, temp_id: str, payload: dict[str, Any] | None = None, started_at: datetime | None = None
    ) -> str:
        """Start a prepared span; its final id. Does nothing when it is started."""
        record = self.record(temp_id)
        params = None if payload is None else snapshot_object(payload, "payload")
        if record.phase is Phase.PREPARED:
            self.check(record, "params", params or record.default_payload or Payload({}))
        await self.start_span(record, params, started_at)
        return record.id

    async def start_span(
        self, record: SpanRecord, params: Payload | None = None, started_at: datetime | None = None
    ) -> None:
        """As `begin`; when the API generates the span's id, wait for its first answer."""
        if record.phase is not Phase.PREPARED:
            return
        waits = not record.minted and record.instance.registration is not CreateState.PENDING
        if waits:
            self._begin_ancestors(record)  # or this one would wait for a parent that is started after it
        self.begin(record, params, started_at, answered=Future() if waits else None)
        if record.answered is not None:
            await wait_for(record.answered, self._answer_timeout)

    async def create(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: dict[str, Any] | None = None,
        *,
        started_at: datetime | None = None,
    ) -> str:
        """Make and start a span; it is the current span until it is finished. Its id."""
        _check_time("started_at", started_at)
        record = self.open_span(instance_id, schema_name, parent_span_id, payload)
        push_entry(record)
        try:
            self.check(record, "params", record.default_payload or Payload({}))
            await self.start_span(record, None, started_at)
        except BaseException:  # a cancellation, or a closed client
            self._abandon(record)
            raise
        return record.id

    async def finish(
        self,
        span_id: str,
        result_payload: dict[str, Any] | None = None,
        status: FinishStatus = "complete",
        *,
        timestamp: datetime | None = None,
    ) -> None:
        """Finish a span. Finishing one again is sent again: the API decides.

        Raises:
            SpanNotFoundError: no such span.
        """
        result = snapshot_object(result_payload, "result_payload")
        record = self.record(span_id)
        if status == "complete":
            self.check(record, "result", result)
        self.end(record, status, result, timestamp, again=True)

    def check(self, record: SpanRecord, part: Literal["params", "result"], payload: Payload) -> None:
        """Check a payload of a span against its schema.

        Raises:
            SpanValidationError: it does not match, with `validation="raise"`.
        """
        self.validation.check(record.schemas, record.schema_name, part, payload)

    async def cancel_unstarted(self, temp_id: str, timestamp: datetime | None = None) -> None:
        """Record a prepared span as cancelled."""
        self.end(self.record(temp_id), "cancelled", Payload({}), timestamp, again=True)

    def begin(
        self,
        record: SpanRecord,
        params: Payload | None = None,
        started_at: datetime | None = None,
        answered: Future[None] | None = None,
    ) -> None:
        """Hand over the create of an active span. Does nothing when it is started.

        Args:
            record: the span.
            params: its params, owned by the span from now on; those it was opened with by default.
            started_at: now by default.
            answered: done as soon as the API has answered.
        """
        _check_time("started_at", started_at)
        if record.phase is not Phase.PREPARED:
            return
        at = started_at or datetime.now(UTC)
        params = record.default_payload or Payload({}) if params is None else params
        sealed = self._seal(record, "params", params)  # calls code of the program's: not in the step

        def step() -> None:
            if record.phase is Phase.PREPARED:
                self._create(record, "active", sealed, at, answered)

        self._steps.take(step)

    def end(
        self,
        record: SpanRecord,
        status: FinishStatus,
        result: Payload,
        timestamp: datetime | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Hand over a finish, and before it the create when there was none. The span leaves the context stack.

        A span that is cancelled before its start is created as `pending`, without params and times: the only
        cancellation that the API's state machine knows.

        Args:
            record: the span.
            status: how it ends.
            result: the result, owned by the span from now on.
            timestamp: now by default.
            again: also when the span is finished.
        """
        _check_time("timestamp", timestamp)
        now = datetime.now(UTC)
        if record.phase is Phase.FINISHED and not again:
            return
        self._create_if_prepared(record, status, now)
        started = status != "cancelled" or record.started_at is not None
        sealed = self._seal(record, "result", result) if started else Payload({})

        def step() -> None:
            first = record.phase is not Phase.FINISHED
            if not first and not again:
                return
            self._finish(record, status, sealed, timestamp, now)
            record.phase, record.status, record.finished_at = Phase.FINISHED, status, timestamp or now
            record.payload, record.default_payload = {}, None
            if first:
                self._spans.finished(record)

        self._steps.take(step)
        remove_entry(record)

    def _abandon(self, record: SpanRecord) -> None:
        """A span whose id nobody was given: nobody else can finish it."""
        remove_entry(record)
        if record.phase is Phase.STARTED:
            with contextlib.suppress(ClientClosedError, QueueClosedError):
                self.end(record, "cancelled", Payload({}))
        else:
            self._spans.discard(record)

    def _begin_ancestors(self, record: SpanRecord) -> None:
        prepared: list[SpanRecord] = []
        while isinstance(parent := record.parent, SpanRecord) and parent.phase is Phase.PREPARED:
            prepared.append(parent)
            record = parent
        for ancestor in reversed(prepared):
            self.begin(ancestor, started_at=ancestor.entered_at)

    def _create_if_prepared(self, record: SpanRecord, status: FinishStatus, now: datetime) -> None:
        if status != "cancelled":
            self.begin(record, started_at=record.entered_at)
            return

        def step() -> None:
            if record.phase is Phase.PREPARED:
                self._create(record, "pending", Payload({}), now)

        self._steps.take(step)

    def _create(
        self,
        record: SpanRecord,
        status: Literal["active", "pending"],
        params: Payload,
        at: datetime,
        answered: Future[None] | None = None,
    ) -> None:
        active = status == "active"
        record.started_at, record.answered = at if active else None, answered
        payload = {"status": status, "payload": params.value}
        self._submit(record, OperationType.CREATE_SPAN, payload, at, params.size, send_timestamp=active)
        record.phase, record.status, record.payload = Phase.STARTED, status, params.value

    def _seal(self, record: SpanRecord, part: Literal["params", "result"], payload: Payload) -> Payload:
        return self.payloads.seal(payload, record.schema_name, part, record.marks.get(part))

    def _finish(
        self, record: SpanRecord, status: FinishStatus, result: Payload, timestamp: datetime | None, now: datetime
    ) -> None:
        self._submit(
            record,
            OperationType.FINISH_SPAN,
            {"status": status, "result_payload": result.value},
            timestamp or now,
            result.size,
            send_timestamp=record.started_at is not None or timestamp is not None,
        )

    def _submit(
        self,
        record: SpanRecord,
        kind: OperationType,
        payload: dict[str, Any],
        at: datetime,
        size: int,
        *,
        send_timestamp: bool,
    ) -> None:
        self._hand_over(
            Operation(
                kind,
                payload,
                at,
                generate_idempotency_key(),
                instance=record.instance,
                span=record,
                send_timestamp=send_timestamp,
                size=size,
            )
        )

    def _known(self, span_id: str) -> SpanRecord | str:
        _check_text("parent_span_id", span_id)
        return self._spans.find(span_id) or span_id


class _Steps:
    """Takes steps of spans one at a time: a step and its hand-over are one, or a finish could overtake its create.

    A signal handler, or a finaliser, may record a span while its thread is in a step: its own step comes after it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stepping = False
        self._later: deque[Callable[[], None]] = deque()

    def take(self, step: Callable[[], None]) -> None:
        """Take a step; raises what it raises, unless it is put off: its caller has gone on."""
        with self._lock:
            if self._stepping:
                self._later.append(step)
                return
            try:
                self._stepping = True
                step()
            finally:
                try:
                    self._take_those_put_off()
                finally:  # a signal handler may raise, too
                    self._stepping = False

    def _take_those_put_off(self) -> None:
        while self._stepping:
            while self._later:
                with contextlib.suppress(ClientClosedError, QueueClosedError):
                    self._later.popleft()()
            self._stepping = False
            self._stepping = bool(self._later)  # one was put off just before


def _local_id() -> str:
    return generate_idempotency_key()


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} must not be empty")


def _check_time(name: str, value: object) -> None:
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
