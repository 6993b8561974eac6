"""Agent instances: turns calls into operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, get_args, overload

from prefactor_core._handed import DONE, Handed, awaitable_method
from prefactor_core._payloads.policy import PayloadPolicy
from prefactor_core._payloads.schemas import SpanTypes
from prefactor_core._payloads.snapshot import PayloadObject, snapshot_object
from prefactor_core._records.instance_stack import enter_instance, leave_instance, run_finished, run_started
from prefactor_core._records.records import InstanceRecord
from prefactor_core._records.termination_event import TerminationEvent
from prefactor_core._typed.span import PayloadOf, SpanTypeOf
from prefactor_core._typed.validation import Validation
from prefactor_core.exceptions import ClientNotInitializedError, PrefactorTerminatedError
from prefactor_core.monitoring import TerminationMonitor
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import QueueClosedError
from prefactor_core.span_context import SpanContext, SpanScope, status_after
from prefactor_core.utils import generate_idempotency_key
from prefactor_http.models.types import FinishStatus

__all__ = ["AgentInstanceHandle", "AgentInstanceManager", "InstanceClient"]

ParamsT = TypeVar("ParamsT")
SpanT = TypeVar("SpanT")


class AgentInstanceManager:
    """Hands over the operations of agent instances; never waits.

    Args:
        hand_over: hands an operation over to delivery.
        instance_record: returns the record of an agent instance.
        payloads: the client's policy for redaction and size.
        monitor: detects that the platform terminates an instance.
        on_finished: called when the finish of an instance was handed over.
        validation: the client's policy for payloads that do not match their schema.
        span_types: returns the span types and quality schemas of an instance, if they are known.
    """

    def __init__(
        self,
        hand_over: Callable[[Operation], None],
        instance_record: Callable[[str], InstanceRecord],
        payloads: PayloadPolicy,
        monitor: TerminationMonitor,
        *,
        on_finished: Callable[[InstanceRecord], None],
        validation: Validation,
        span_types: Callable[[InstanceRecord], SpanTypes | None],
    ) -> None:
        self._hand_over = hand_over
        self._instance_record = instance_record
        self._payloads = payloads
        self._validation = validation
        self._span_types = span_types
        self._monitor = monitor
        self._on_finished = on_finished

    @awaitable_method
    def start(self, instance_id: str, timestamp: datetime | None = None) -> Handed:
        """Start an instance, now by default."""
        return self.start_with_idempotency_key(instance_id, generate_idempotency_key(), timestamp)

    @awaitable_method
    def start_with_idempotency_key(
        self, instance_id: str, idempotency_key: str, timestamp: datetime | None = None
    ) -> Handed:
        """Start an instance, with an idempotency key that the caller chose."""
        self._submit(instance_id, OperationType.START_AGENT_INSTANCE, {}, timestamp, idempotency_key)
        self._monitor.watch(self._instance_record(instance_id))
        return DONE

    @awaitable_method
    def finish(self, instance_id: str, status: FinishStatus = "complete", timestamp: datetime | None = None) -> Handed:
        """Finish an instance, now by default."""
        return self.finish_with_idempotency_key(instance_id, generate_idempotency_key(), status, timestamp)

    @awaitable_method
    def finish_with_idempotency_key(
        self,
        instance_id: str,
        idempotency_key: str,
        status: FinishStatus = "complete",
        timestamp: datetime | None = None,
    ) -> Handed:
        """Finish an instance, with an idempotency key that the caller chose.

        Raises:
            ValueError: `status` is not a status that an instance can finish with.
        """
        if status not in get_args(FinishStatus):
            raise ValueError(f"status must be one of {', '.join(get_args(FinishStatus))}, not {status!r}")
        self._submit(instance_id, OperationType.FINISH_AGENT_INSTANCE, {"status": status}, timestamp, idempotency_key)
        instance = self._instance_record(instance_id)
        self._monitor.finished(instance)
        self._on_finished(instance)
        return DONE

    @awaitable_method
    def record_quality(self, instance_id: str, name: str, payload: Mapping[str, Any] | None = None) -> Handed:
        """Record a named quality payload; None removes it.

        Raises:
            SpanValidationError: the payload does not match its quality schema, or no quality schema has this name, with
                `validation="raise"`.
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be a string, not {type(name).__name__}")
        recorded = None
        if payload is not None:
            copied = snapshot_object(payload, "payload")
            schemas = self._validation.find_quality(self._span_types(self._instance_record(instance_id)), name)
            self._validation.check(schemas, name, "quality", copied)
            recorded = self._payloads.apply(copied, name, "quality")
        self._submit(
            instance_id,
            OperationType.RECORD_QUALITY,
            {"name": name, "payload": recorded and recorded.value},
            None,
            generate_idempotency_key(),
            size=recorded.size if recorded else 0,
        )
        return DONE

    def _submit(
        self,
        instance_id: str,
        operation_type: OperationType,
        payload: dict[str, Any],
        timestamp: datetime | None,
        idempotency_key: str,
        *,
        size: int = 0,
    ) -> None:
        if timestamp is not None and not isinstance(timestamp, datetime):
            raise TypeError(f"timestamp must be a datetime, not {type(timestamp).__name__}")
        instance = self._instance_record(instance_id)
        at = timestamp or instance.now()
        self._hand_over(Operation(operation_type, payload, at, idempotency_key, instance=instance, size=size))


class InstanceClient(Protocol):
    """What an `AgentInstanceHandle` needs of its client, which is a `PrefactorCoreClient`."""

    @property
    def instance_manager(self) -> AgentInstanceManager: ...

    def span(
        self, instance_id: str, schema_name: Any, parent_span_id: str | None = None, payload: Any = None
    ) -> Any: ...

    async def create_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        started_at: datetime | None = None,
    ) -> str: ...

    def finish_span(
        self, span_id: str, result_payload: PayloadObject | None = None, timestamp: datetime | None = None
    ) -> Handed: ...

    def record_quality(self, instance_id: str, name: str, payload: dict[str, Any] | None = None) -> Handed: ...

    def _instance_record(self, instance_id: str) -> InstanceRecord: ...

    def _warn_of_open_instance(self) -> None: ...


class AgentInstanceHandle:
    """One agent instance, as `create_agent_instance` returns it.

    Its methods hand operations over to delivery and do not wait for the API. Only the start of a span whose id the API
    generates waits for its answer, if it is awaited (`QueueConfig.span_ids`).

    As a context manager, with `with` or `async with`, it starts the instance unless it is started already, makes it the
    current instance of the block, and finishes it unless it is finished already: as `complete`, as `failed` after an
    exception, and as `cancelled` after a cancellation.

    Args:
        instance_id: the instance's id.
        client: the client that delivers.
    """

    def __init__(self, instance_id: str, client: InstanceClient) -> None:
        self._client = client  # integrations read it
        self._record = client._instance_record(instance_id)
        self._start_key = generate_idempotency_key()
        self._finish_key = generate_idempotency_key()
        self._started = False

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def __enter__(self) -> Self:
        enter_instance(self, self._record)
        if not self._started:
            try:
                self.start()
            except BaseException:
                leave_instance(self._record)
                raise
        self._record.in_block = True
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        leave_instance(self._record)
        self._record.in_block = False
        if self._record.ended:
            return
        try:
            self.finish(status_after(exc))
        except (ClientNotInitializedError, QueueClosedError):  # must not replace an exception of the body
            self._client._warn_of_open_instance()

    @property
    def id(self) -> str:
        """The instance's id."""
        return self._record.id

    @property
    def terminated(self) -> TerminationEvent:
        """Set when the platform terminates this instance before the program finishes it.

        Use `await instance.terminated.wait()` in any event loop, and `instance.terminated.is_set()` anywhere. The
        client learns of a termination from the answer to the next span, and by asking within 30 seconds. It does not
        stop the program, and delivers what the program still records.
        """
        return self._record.terminated

    @property
    def termination_reason(self) -> str | None:
        """Why the platform terminated the instance; None if it did not, or gave no reason."""
        return self._record.terminated.reason

    def raise_if_terminated(self) -> None:
        """Raise if the platform has terminated the instance.

        Raises:
            PrefactorTerminatedError: the instance is terminated.
        """
        if self._record.terminated.is_set():
            raise PrefactorTerminatedError(self._record.terminated.reason)

    @awaitable_method
    def start(self, timestamp: datetime | None = None) -> Handed:
        """Start the instance. It is the current instance of this task or thread until it is finished.

        Args:
            timestamp: when the run started; now by default.
        """
        handed = self._client.instance_manager.start_with_idempotency_key(self.id, self._start_key, timestamp)
        self._started = True
        run_started(self, self._record)
        return handed

    @awaitable_method
    def finish(self, status: FinishStatus = "complete", timestamp: datetime | None = None) -> Handed:
        """Finish the instance. The finish is sent after everything that was handed over before it.

        Args:
            status: "complete", "failed" or "cancelled".
            timestamp: when the run ended; now by default.

        Raises:
            ValueError: `status` has another value.
        """
        manager = self._client.instance_manager
        handed = manager.finish_with_idempotency_key(self.id, self._finish_key, status, timestamp)
        run_finished(self._record)
        return handed

    @awaitable_method
    def record_quality(self, name: str, payload: dict[str, Any] | None = None) -> Handed:
        """Record a named quality payload of this instance, as `PrefactorCoreClient.record_quality`."""
        return self._client.record_quality(self.id, name, payload)

    @overload
    def span(
        self, schema_name: str, parent_span_id: str | None = None, payload: PayloadObject | None = None
    ) -> SpanScope[SpanContext]: ...

    @overload
    def span(
        self,
        schema_name: SpanTypeOf[ParamsT, SpanT],
        parent_span_id: str | None = None,
        payload: PayloadOf[ParamsT] = None,
    ) -> SpanScope[SpanT]: ...

    def span(self, schema_name: Any, parent_span_id: str | None = None, payload: Any = None) -> Any:
        """Record a block as a span of this instance. Arguments and errors are those of `PrefactorCoreClient.span`."""
        return self._client.span(self.id, schema_name, parent_span_id, payload)

    async def create_span(
        self,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        started_at: datetime | None = None,
    ) -> str:
        """Start a span of this instance without a context manager, as `PrefactorCoreClient.create_span`."""
        return await self._client.create_span(self.id, schema_name, parent_span_id, payload, started_at)

    @awaitable_method
    def finish_span(
        self, span_id: str, result_payload: PayloadObject | None = None, timestamp: datetime | None = None
    ) -> Handed:
        """Finish a span as `complete`, as `PrefactorCoreClient.finish_span`."""
        return self._client.finish_span(span_id, result_payload, timestamp)
