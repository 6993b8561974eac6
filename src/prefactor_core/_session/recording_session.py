"""The session of a client in a test that records what the client hands over (`prefactor_core.testing`).

`Recording` keeps what was handed over. Recordings form a stack, which belongs to the process: every recording session
records in the innermost one, also a session that was opened before, such as that of a client that all tests share.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from prefactor_core._delivery.ledger import DeliveryReport, Ledger
from prefactor_core._findings import Report, add_collector, remove_collector, report_finding
from prefactor_core._log_once import LogOnce
from prefactor_core._records.records import CreateState, SpanRecord
from prefactor_core._session.registration import Registration, may_start_without_api
from prefactor_core.operations import Operation, OperationType
from prefactor_http import _pfid
from prefactor_http._log import logger_of
from prefactor_http.config import without_api
from prefactor_http.exceptions import PrefactorHttpError, is_transient_http_error

if TYPE_CHECKING:
    from prefactor_core._session.session import Session
    from prefactor_http.endpoints.instance_writes import InstanceReceipt

__all__ = ["InstanceEntry", "Recording", "RecordingSession", "Refusable", "SpanEntry", "is_recording", "not_recording"]

logger = logger_of("prefactor_core")

Refusable: TypeAlias = Literal["initialize", "register"]

_PARTITION = 0  # of the ids that are made up here


@dataclass(eq=False)
class SpanEntry:
    """What was recorded of a span: its create and its finish. One that began before the recording has no create."""

    record: SpanRecord
    number: int
    create: Operation | None = None
    finish: Operation | None = None

    def place(self) -> tuple[float, int]:
        """Its place in the order of start."""
        return (self.record.started_at or self.record.entered_at).timestamp(), self.number


@dataclass(eq=False)
class InstanceEntry:
    """What was recorded of an agent instance."""

    id: str
    details: dict[str, Any] = field(default_factory=dict)
    status: str = "pending"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    qualities: dict[str, Any] = field(default_factory=dict)
    terminate: Callable[[str, str | None], None] | None = None


class _Order:
    """The spans in the order of start, and where each stands; none of it changes until something is recorded."""

    def __init__(self, entries: Iterable[SpanEntry]) -> None:
        self.spans = sorted(entries, key=SpanEntry.place)
        self.by_id = {entry.record.id: entry for entry in self.spans}
        self.of_type: dict[str, list[SpanEntry]] = defaultdict(list)
        self.below: dict[SpanEntry | None, list[SpanEntry]] = defaultdict(list)
        self.numbers: dict[SpanEntry, int] = {}
        by_record = {entry.record: entry for entry in self.spans}
        for entry in self.spans:
            record, parent = entry.record, entry.record.parent
            self.of_type[record.schema_name].append(entry)
            self.numbers[entry] = len(self.of_type[record.schema_name])
            above = by_record.get(parent) if isinstance(parent, SpanRecord) else self.by_id.get(parent or "")
            self.below[above].append(entry)


class Recording:
    """What the clients of this process hand over while it is the innermost one. Works from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: a signal handler may interrupt a call
        self._numbers = itertools.count()
        self._spans: dict[SpanRecord, SpanEntry] = {}
        self._order_so_far: _Order | None = None
        self._instances: dict[str, InstanceEntry] = {}
        self._reports: list[Report] = []
        self.refusals: dict[Refusable, PrefactorHttpError] = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Record in the block. No client that is opened in it needs an address or a token."""
        with _on_stack(self), without_api():
            add_collector(self._collect)
            try:
                yield
            finally:
                remove_collector(self._collect)

    def spans(self) -> list[SpanEntry]:
        """The spans, in the order of start."""
        with self._lock:
            return list(self._order().spans)

    def below(self) -> Mapping[SpanEntry | None, list[SpanEntry]]:
        """The spans right below each span, and below None those whose parent was not recorded; not to be changed."""
        with self._lock:
            return self._order().below

    def number(self, entry: SpanEntry) -> tuple[int, int]:
        """Which of the spans of its type a span is, from 1, and how many they are."""
        with self._lock:
            order = self._order()
            return order.numbers.get(entry, 1), len(order.of_type.get(entry.record.schema_name, ()))

    def instances(self) -> list[InstanceEntry]:
        """The agent instances, in the order of registration."""
        with self._lock:
            return list(self._instances.values())

    def reports(self) -> list[Report]:
        """The mistakes that were reported."""
        with self._lock:
            return list(self._reports)

    def find(self, span: object) -> SpanEntry | None:
        """The entry of a span, given its record or its id."""
        with self._lock:
            if isinstance(span, SpanRecord):
                return self._spans.get(span)
            return self._order().by_id.get(span) if isinstance(span, str) else None

    def clear(self) -> None:
        """Forget the spans, the instances and the mistakes."""
        with self._lock:
            self._spans.clear()
            self._order_so_far = None
            self._instances.clear()
            self._reports.clear()

    def register(self, instance_id: str, details: dict[str, Any], session: RecordingSession) -> None:
        """Record a registration."""
        with self._lock:
            self._instance(instance_id, session).details = details

    def add(self, operation: Operation, session: RecordingSession) -> None:
        """Record an operation."""
        with self._lock:
            self._order_so_far = None
            if operation.span is not None:
                self._add_to_span(operation, operation.span)
            elif operation.instance is not None:
                _add_to_instance(operation, self._instance(operation.instance.id, session))

    def _order(self) -> _Order:
        if self._order_so_far is None:
            self._order_so_far = _Order(self._spans.values())
        return self._order_so_far

    def _collect(self, report: Report) -> None:
        with self._lock:
            self._reports.append(report)

    def _instance(self, instance_id: str, session: RecordingSession) -> InstanceEntry:
        entry = self._instances.setdefault(instance_id, InstanceEntry(instance_id))
        entry.terminate = session.on_control
        return entry

    def _add_to_span(self, operation: Operation, record: SpanRecord) -> None:
        entry = self._spans.get(record)
        if entry is None:
            entry = self._spans[record] = SpanEntry(record, next(self._numbers))
        if operation.type is OperationType.CREATE_SPAN:
            entry.create = operation
        elif entry.finish is None:
            entry.finish = operation
        else:
            report_finding("too_late", "the span was finished a second time, which the API refuses", record)


def _add_to_instance(operation: Operation, entry: InstanceEntry) -> None:
    payload = operation.payload
    match operation.type:
        case OperationType.REGISTER_AGENT_INSTANCE:
            entry.details = payload
        case OperationType.START_AGENT_INSTANCE if entry.started_at is None:
            entry.started_at, entry.status = operation.timestamp, "active"
        case OperationType.FINISH_AGENT_INSTANCE if entry.finished_at is None:
            entry.finished_at = operation.timestamp
            if entry.status != "terminated":
                entry.status = payload["status"]
        case OperationType.RECORD_QUALITY if payload["payload"] is None:
            entry.qualities.pop(payload["name"], None)
        case OperationType.RECORD_QUALITY:
            entry.qualities[payload["name"]] = payload["payload"]
        case _:
            pass


_stack: list[Recording | None] = []


def _current() -> Recording | None:
    return _stack[-1] if _stack else None


def is_recording() -> bool:
    """Whether a client that is opened now gets a recording session."""
    return _current() is not None


@contextmanager
def not_recording() -> Iterator[None]:
    """Let clients that are opened in the block use the API, although a test records."""
    with _on_stack(None):
        yield


@contextmanager
def _on_stack(recording: Recording | None) -> Iterator[None]:
    _stack.append(recording)
    try:
        yield
    finally:
        # The last one that is equal: fixtures may end in another order than that of their begin.
        del _stack[len(_stack) - 1 - _stack[::-1].index(recording)]


class RecordingSession:
    """A session without a thread and without the API, as `Session` describes it. Operations are recorded.

    Args:
        ledger: counts the operations: each is delivered at once.
        on_control: called with the instance's id and the reason when a test terminates an instance.
        needs_api_at_start: `PrefactorCoreConfig.require_api_at_start`.
        replaced: the session that the client used until now. It is closed with the client.
    """

    def __init__(
        self,
        ledger: Ledger,
        on_control: Callable[[str, str | None], None],
        *,
        needs_api_at_start: bool,
        replaced: Session | None = None,
    ) -> None:
        self._ledger = ledger
        self.on_control = on_control
        self._needs_api_at_start = needs_api_at_start
        self._replaced = replaced
        self._log_once = LogOnce()

    def start(self) -> None:
        pass

    async def check(self) -> None:
        error = self._refusal("initialize")
        if error is not None and (self._needs_api_at_start or not may_start_without_api(error)):
            raise error

    def begin(self) -> None:
        pass

    def abort(self) -> None:
        pass

    async def register(self, registration: Registration) -> str | None:
        error = self._refusal("register")
        if error is not None:
            if is_transient_http_error(error):
                return None
            raise error
        instance_id: str = registration.details["id"] or _pfid.generate(_PARTITION)
        if (recording := _current()) is not None:
            recording.register(instance_id, registration.details, self)
        return instance_id

    def hand_over(self, operation: Operation) -> None:
        self._ledger.accept(operation)
        self._ledger.deliver(operation)
        recording = _current()
        if recording is not None:
            recording.add(operation, self)
        elif self._log_once("over"):
            logger.warning(
                "a client that was opened in a test that records is still used after that test: what it records now is "
                "discarded. Close it in the test, or open it before and give it to record()"
            )
        if operation.type is OperationType.REGISTER_AGENT_INSTANCE and operation.instance is not None:
            operation.instance.registration = CreateState.DELIVERED
        span = operation.span
        if span is not None and operation.type is OperationType.CREATE_SPAN:
            span.settle_create(CreateState.DELIVERED)
        if span is not None and span.answered and not span.answered.done():  # `start()` waits for an id from the API
            span.answered.set_result(None)

    def refuse_other_threads(self) -> None:
        pass

    def mints_ids(self) -> bool:
        return True

    async def fetch(self, instance_id: str) -> InstanceReceipt:
        raise LookupError(instance_id)  # a test terminates instances itself

    def use_header(self, sdk_header: str) -> None:
        pass

    async def flush(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        return self._ledger.report(())

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:
        if self._replaced is None:
            closed()
        else:
            self._replaced.begin_close(timeout, closed)

    async def close(self, timeout: float | None) -> DeliveryReport:
        return self._ledger.report(()) if self._replaced is None else await self._replaced.close(timeout)

    def after_close(self) -> None:
        if self._replaced is not None:
            self._replaced.after_close()

    @staticmethod
    def _refusal(operation: Refusable) -> PrefactorHttpError | None:
        recording = _current()
        error = None if recording is None else recording.refusals.get(operation)
        return None if error is None else error.with_traceback(None)
