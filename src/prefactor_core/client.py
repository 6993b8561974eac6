"""The client that programs use. It puts the layers of this package together."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from inspect import signature
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, overload
from weakref import WeakMethod, WeakValueDictionary

from prefactor_core._call_site import at_call_site
from prefactor_core._delivery.ledger import ClientStats, DeliveryReport, Ledger
from prefactor_core._delivery.suspension import Suspension
from prefactor_core._handed import Done, Handed, awaitable_method
from prefactor_core._log_once import LogOnce
from prefactor_core._payloads.policy import PayloadPolicy
from prefactor_core._payloads.schemas import SpanTypes
from prefactor_core._payloads.snapshot import NO_PAYLOAD, Payload, PayloadObject, error_payload, snapshot_object
from prefactor_core._process.fork import abandon, renew_in_child
from prefactor_core._records.records import CreateState, InstanceRecord
from prefactor_core._records.span_index import MOST_OPEN, MOST_OPEN_BYTES, Forgotten, SpanIndex
from prefactor_core._session.disabled_session import DisabledSession
from prefactor_core._session.event_loops import check_runtime
from prefactor_core._session.life_cycle import LifeCycle, State
from prefactor_core._session.open_runs import OpenRuns
from prefactor_core._session.recording_session import RecordingSession, is_recording
from prefactor_core._session.registration import Registration
from prefactor_core._session.waiting import check_may_wait, run_and_wait
from prefactor_core._typed.validation import Validation
from prefactor_core.config import PrefactorCoreConfig
from prefactor_core.exceptions import ClientClosedError, ClientNotInitializedError
from prefactor_core.instance_scope import InstanceScope
from prefactor_core.managers import AgentInstanceHandle, AgentInstanceManager, SpanManager
from prefactor_core.monitoring import TerminationCallback, TerminationMonitor
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import Queue, QueueClosedError
from prefactor_core.runtime import (
    CORE_SDK_HEADER_ENTRY,
    build_core_header,
    build_runtime_environment,
    build_sdk_header,
)
from prefactor_core.span_context import SpanContext, SpanScope, status_after
from prefactor_core.typed import PayloadOf, SpanTypeOf
from prefactor_core.utils import generate_idempotency_key
from prefactor_http import _clock, _pfid
from prefactor_http._log import logger_of
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.config import is_disabled
from prefactor_http.models.types import FinishStatus, InstancePurpose

if TYPE_CHECKING:
    from prefactor_core._session.session import ApiSession, Session
    from prefactor_http.endpoints.instance_writes import InstanceReceipt

__all__ = ["CORE_SDK_HEADER_ENTRY", "PrefactorCoreClient", "SyncCalls"]

logger = logger_of("prefactor_core")

P = ParamSpec("P")
R = TypeVar("R")
ParamsT = TypeVar("ParamsT")
SpanT = TypeVar("SpanT")


def _with_arguments_of(
    method: Callable[Concatenate[Any, P], object],
) -> Callable[[Callable[..., R]], Callable[Concatenate[Any, P], R]]:
    """Give a method the arguments of another, for type checkers and for `inspect.signature()`."""

    def decorate(function: Callable[..., R]) -> Callable[Concatenate[Any, P], R]:
        shown: Any = function
        shown.__signature__ = signature(method).replace(return_annotation=signature(function).return_annotation)
        return function

    return decorate


class PrefactorCoreClient:
    """Records agent instances and spans. Use it with `with` or `async with`, or call `initialize()` and `close()`.

    A function calls `client.sync` where a coroutine awaits a method that waits: `client.sync.flush()`. All other calls
    are the same in both; `await` does nothing there.

    If an exception leaves the block of the client, runs and spans that are still open are finished as `failed`, or as
    `cancelled` after a cancellation.

    Calls hand an operation over and return; another thread delivers it. A failure of the API, of the network or
    of a payload does not raise in these calls: see `stats()`, `PrefactorCoreConfig.on_error`, and the reports of
    `flush()` and `close()`. Every call works from any thread and any event loop.

    When the program ends, operations that still wait are delivered, within `QueueConfig.close_timeout`. The log says
    how many are lost. The same happens when a client is garbage-collected that was not closed.

    An open client stays open in a forked child. With its first use in the child it gets a thread, connections and
    counts of its own. Operations that waited at the fork are delivered by the parent; call `flush()` before the fork to
    have them delivered before those of the child.

    Args:
        config: the configuration.
        queue: a queue of the program's own, in place of the client's. Its methods are called on the delivery thread;
            only an InMemoryQueue (not a subclass) is filled on the calling thread. Closing the client closes it. A
            forked child does not use it.
        sdk_header_entry: `package@version` of the integration that uses this client.
    """

    def __init__(
        self,
        config: PrefactorCoreConfig,
        queue: Queue[Operation] | None = None,
        sdk_header_entry: str | None = None,
    ) -> None:
        self._config = config
        self._queue = queue
        self._sdk_header_entry = sdk_header_entry
        self._life = LifeCycle()
        self._ledger = Ledger()
        self._log_once = LogOnce()
        self._partition: int | None = None  # of the ids of the account
        self._refused_ids = Suspension()
        self._span_index = SpanIndex(_weakly(self._span_forgotten))
        self._open_runs = OpenRuns()
        self._instances: WeakValueDictionary[str, InstanceRecord] = WeakValueDictionary()
        self._instances_lock = threading.RLock()  # reentrant: a signal handler may interrupt a call
        self._termination_monitor = TerminationMonitor(self._fetch_instance)
        self._validation = Validation(config.validation, self._count_mismatch)
        registry = config.schema_registry
        self._span_types: SpanTypes | None = getattr(registry, "_span_types", None)  # only a SchemaRegistry has them
        rules = {} if self._span_types is None else self._span_types.redaction_rules
        payloads = PayloadPolicy(config.max_payload_bytes, config.redact, rules)
        self._instance_manager = AgentInstanceManager(
            self._hand_over,
            self._instance_record,
            payloads,
            self._termination_monitor,
            on_finished=self._span_index.instance_finished,
            validation=self._validation,
            span_types=self._span_types_of,
        )
        self._span_manager = SpanManager(
            self._hand_over,
            self._instance_record,
            self._span_index,
            self._validation,
            payloads,
            span_types=self._span_types_of,
            mints_ids=self._mints_ids,
            answer_timeout=config.http_config.request_timeout,
        )
        renew_in_child(self)
        if not (is_disabled() or is_recording()):
            # Imported while the program starts, rather than on its event loop or in the agent's calls.
            _api_session()
            if self._span_types is not None and config.validation != "off":
                self._span_types.import_engine()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end_open_runs(exc)
        await self.close()

    def __enter__(self) -> Self:
        self.sync.initialize()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end_open_runs(exc)
        self.sync.close()

    @property
    def sync(self) -> SyncCalls:
        """The calls that wait, for functions."""
        return SyncCalls(self)

    @property
    def _initialized(self) -> bool:
        """Whether the client is initialised. Integrations read it."""
        return self._life.state is State.OPEN

    @property
    def instance_manager(self) -> AgentInstanceManager:
        """The manager that hands over the operations of agent instances.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
        """
        self._life.open_session()
        return self._instance_manager

    async def initialize(self) -> None:
        """Check the token and start delivery.

        Raises:
            ClientAlreadyInitializedError: the client is initialised, is being initialised, or is not closed yet.
            ClientClosedError: `close()` was called meanwhile.
            PrefactorCoreError: the thread for delivery cannot be started: there are too many open files or threads.
            UnsupportedRuntimeError: no event loop of asyncio is running, or gevent has replaced threads.
            QueueClosedError: the queue that the client was given is closed.
            PrefactorAuthError: the API refuses the token.
            PrefactorHttpError: the API does not answer. With `require_api_at_start=False` this is not raised: the API
                is asked once, for 5 seconds at most, and a warning is logged.
        """
        if not (is_disabled() or is_recording()):
            check_runtime(in_coroutine=True)
        await self._life.open(self._new_session)

    async def flush(self, timeout: float | None = None) -> DeliveryReport:
        """Wait until every operation that can be delivered now is delivered.

        A span whose parent has not been started waits for the parent; this call does not wait for such spans.

        Args:
            timeout: seconds to wait at most; `QueueConfig.close_timeout` by default, `math.inf` for no limit.

        Returns:
            What became of all operations so far. Operations that were not delivered do not raise.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
        """
        return await self._life.open_session().flush(timeout)

    async def close(self, timeout: float | None = None) -> DeliveryReport:
        """Deliver the operations that were handed over, and close the client.

        Closing goes on if the caller is cancelled; a further call waits for its end. Does nothing on a client that is
        not initialised.

        Args:
            timeout: seconds to wait at most; `QueueConfig.close_timeout` by default, `math.inf` for no limit. The
                first call decides how long delivery goes on.

        Returns:
            What became of all operations, the same for each call. Operations that were not delivered do not raise.
        """
        self._end_open_blocks()
        return await self._life.close(timeout)

    def stats(self) -> ClientStats:
        """The counts of all operations since `initialize()`: accepted = delivered + failed + dropped + pending."""
        return self._ledger.stats()

    async def create_agent_instance(  # noqa: PLR0917 - the documented signature
        self,
        agent_version: dict[str, Any],
        agent_schema_version: dict[str, Any] | None = None,
        agent_id: str | None = None,
        instance_id: str | None = None,
        external_schema_version_id: str | None = None,
        environment_id: str | None = None,
        purpose: InstancePurpose | None = None,
        external_identifier: str | None = None,
    ) -> AgentInstanceHandle:
        """Register an agent instance, which is one run of an agent. Waits for the API for one second at most.

        The call does not wait at all while delivery is paused. If the API does not answer in time, the registration is
        queued. From the second instance on, the client generates the id, if the API takes such ids, so the id is final
        at once. Otherwise the instance has a local id until the registration is delivered. Both ids are valid in every
        call of this client.

        Args:
            agent_version: a dict with `name`, `external_identifier`, `description`; `runtime_environment` is added.
            agent_schema_version: the span types, in place of those of `schema_registry`. One of the two is needed.
            agent_id: the agent. Leave it out with the token of a single deployment.
            instance_id: an id for the instance.
            external_schema_version_id: a name for the schema version; by default the hash of a generated registry, and
                otherwise `auto-…`.
            environment_id: the environment.
            purpose: what the run is for: "live", "smoke_test" or "eval". The API's default is "live".
            external_identifier: a name of the run that is unique within the agent.

        Returns:
            The handle of the instance, with the methods to start and finish it and to record its spans.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
            ValueError: there are no span types: neither `agent_schema_version` nor `schema_registry` was given.
            SpanValidationError: `agent_version` has an unknown key, with `validation="raise"`.
            PrefactorHttpError: the API refuses. A refusal that comes later is logged, and reported as a failure.
        """
        session = self._life.open_session()
        version = self._schema_version(agent_schema_version, external_schema_version_id, agent_id)
        own_types = agent_schema_version is not None or self._span_types is None
        details = {
            "agent_version": self._complete_version(agent_version),
            "agent_schema_version": version,
            "agent_id": agent_id,
            "environment_id": environment_id,
            "id": instance_id,
            "purpose": purpose,
            "external_identifier": external_identifier,
        }
        registration = self._new_registration(details)
        wanted = registration.details["id"]
        registered = await session.register(registration)
        if registered is None:
            handle = self._register_later(registration)
        else:
            self._learn_of_ids(registered, wanted)
            handle = AgentInstanceHandle(registered, self)
            handle._record.agent = _agent_name(details)
            self._watch(handle._record)
        if own_types:
            handle._record.span_types = SpanTypes.of_version(version)
        return handle

    @_with_arguments_of(create_agent_instance)
    def instance(self, *args: Any, **kwargs: Any) -> InstanceScope:
        """Record the block of a `with` or `async with` statement as a run: an agent instance that is started.

        The block gets the handle of the instance, which is the current instance inside. It is finished when the block
        is left: as `complete`, as `failed` after an exception, and as `cancelled` after a cancellation.

        Arguments and errors are those of `create_agent_instance`; the errors are raised when the block is entered.
        """
        self._life.open_session()
        return InstanceScope(partial(PrefactorCoreClient.create_agent_instance, self, *args, **kwargs))

    @overload
    def span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
    ) -> SpanScope[SpanContext]: ...

    @overload
    def span(
        self,
        instance_id: str,
        schema_name: SpanTypeOf[ParamsT, SpanT],
        parent_span_id: str | None = None,
        payload: PayloadOf[ParamsT] = None,
    ) -> SpanScope[SpanT]: ...

    def span(self, instance_id: str, schema_name: Any, parent_span_id: str | None = None, payload: Any = None) -> Any:
        """Record the block of a `with` or `async with` statement as a span.

        As a decorator of a function or coroutine function, the returned object records each call as a span.

        Args:
            instance_id: the agent instance.
            schema_name: the name of a span type: the block gets a `SpanContext`. Or a generated class: the block gets
                an instance of it.
            parent_span_id: the parent; by default the span of this instance that is current when the block is entered.
            payload: the params, for a span that is started without params or is not started explicitly.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
            TypeError: an argument has a wrong type.
        """
        self._life.open_session()
        wrap: Any = _unwrapped
        if not isinstance(schema_name, str):
            schema_name, payload, wrap = self._read_span_type(instance_id, schema_name, payload)
        open_span = partial(self._span_manager.open_span, instance_id, schema_name, parent_span_id, payload)
        return SpanScope(self._span_manager, open_span, wrap, self._warn_of_open_span)

    async def create_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        started_at: datetime | None = None,
    ) -> str:
        """Start a span without a context manager; it is the current span until `finish_span`.

        Args:
            instance_id: the agent instance.
            schema_name: the name of the span type.
            parent_span_id: the parent; by default the current span of this instance.
            payload: the params.
            started_at: when the span started; now by default.

        Returns:
            The span's id.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
            SpanValidationError: the params do not match their schema, or the span type is unknown, with
                `validation="raise"`.
            TypeError: an argument has a wrong type.
        """
        self._life.open_session()
        return await self._span_manager.create(instance_id, schema_name, parent_span_id, payload, started_at=started_at)

    @awaitable_method
    def finish_span(
        self, span_id: str, result_payload: PayloadObject | None = None, timestamp: datetime | None = None
    ) -> Handed:
        """Finish a span as `complete`.

        Args:
            span_id: the id that `create_span` returned.
            result_payload: the result.
            timestamp: when the span ended; now by default.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
            SpanNotFoundError: this client created no span with this id, or the span ended long ago. It is also a
                KeyError.
            SpanValidationError: the result does not match its schema, with `validation="raise"`.
        """
        self._life.open_session()
        return self._span_manager.finish(span_id, result_payload, timestamp=timestamp)

    @awaitable_method
    def record_quality(self, instance_id: str, name: str, payload: dict[str, Any] | None = None) -> Handed:
        """Record a named quality payload of an agent instance; None removes it.

        Raises:
            ClientNotInitializedError: before `initialize()`. Its subclass ClientClosedError: after `close()`.
            SpanValidationError: the payload does not match its quality schema, or no quality schema has this name, with
                `validation="raise"`.
        """
        return self.instance_manager.record_quality(instance_id, name, payload)

    def on_terminate(self, callback: TerminationCallback) -> Callable[[], None]:
        """Call a function when the platform terminates an agent instance of this client.

        To wait for the termination of one instance, use `AgentInstanceHandle.terminated`; to stop with an exception,
        `AgentInstanceHandle.raise_if_terminated()`.

        Args:
            callback: called with the instance's id and the reason, which is None if the platform gave none. It runs on
                a thread for such callbacks. Its exceptions are logged.

        Returns:
            A function that removes the callback.
        """
        return self._termination_monitor.on_terminate(callback)

    def _set_sdk_header_entry(self, entry: str | None) -> None:
        """Set the header entry of the integration that uses this client, for all requests from now on."""
        self._sdk_header_entry = entry
        if session := self._life.session:
            session.use_header(build_sdk_header(entry))

    def _build_http_sdk_header(self) -> str:
        """The header entries of this package and the integration. Tests of integrations read it."""
        return build_core_header(self._sdk_header_entry)

    def _new_session(self) -> Session:
        if self._life.state is not State.OPEN:  # open: a forked child, which has a new ledger already
            self._ledger = Ledger()
        if is_recording():
            return self._recording_session(None)
        if is_disabled():
            return DisabledSession()
        return _api_session()(
            self._config,
            # Looked up in this module: tests of integrations replace it here.
            PrefactorHttpClient(self._config.http_config, build_sdk_header(self._sdk_header_entry)),
            self._queue,
            ledger=self._ledger,
            spans=self._span_index,
            on_registered=_weakly(self._on_registered, otherwise=_rename),
            on_control=_weakly(self._on_terminated),
            background=self._termination_monitor.run,
            owner=self,
            fail_open_runs=WeakMethod(self._fail_open_runs),
        )

    def _recording_session(self, replaced: Session | None) -> RecordingSession:
        return RecordingSession(
            self._ledger,
            _weakly(self._on_terminated),
            needs_api_at_start=self._config.require_api_at_start,
            replaced=replaced,
        )

    @contextlib.contextmanager
    def _recorded(self) -> Iterator[None]:
        """In the block, the test that records gets what this client hands over, although the client is open."""
        if not self._initialized:  # it gets such a session when it is opened
            yield
            return
        before, partition = self._life.open_session(), self._partition
        recording = self._recording_session(before)
        self._life.replace_session(before, recording)
        try:
            yield
        finally:
            self._life.replace_session(recording, before)
            self._partition = partition  # not that of the ids that were made up

    def _renew_after_fork(self) -> None:
        """In a forked child: operations that wait are delivered by the parent, with its thread and connections."""
        if self._life.state in {State.OPENING, State.OPEN, State.CLOSING}:  # in other states the parent does not use it
            abandon(self._queue)
            self._queue = None
        self._ledger = Ledger()
        self._instances_lock = threading.RLock()
        self._span_index.renew_after_fork()
        self._open_runs = OpenRuns()
        self._span_manager.renew_after_fork()
        self._termination_monitor.renew_locks()
        self._life.renew_after_fork()

    def _hand_over(self, operation: Operation) -> None:
        try:
            self._life.open_session().hand_over(operation)
        except QueueClosedError as error:
            if self._initialized and self._queue is not None and self._queue.closed:
                raise QueueClosedError("the queue that the client was given is closed") from error
            raise ClientClosedError("the client is closed") from error  # meanwhile
        if operation.span is None:
            self._open_runs.follow(operation)

    def _fail_open_runs(self, reason: str) -> None:
        """Finish the spans and the runs that this process has started, since it is about to be ended."""
        result = snapshot_object({"error": {"type": "ProcessEnd", "message": reason}}, "result")
        with contextlib.suppress(ClientNotInitializedError, QueueClosedError):  # it is being closed
            self._life.open_session().refuse_other_threads()
            self._finish_everything("failed", result)

    def _end_open_runs(self, error: BaseException | None) -> None:
        """Finish the spans and the runs that are still open when an exception leaves the client's block."""
        if error is None or not self._initialized:
            return
        status = status_after(error)
        with contextlib.suppress(ClientNotInitializedError, QueueClosedError):  # it is being closed
            self._finish_everything(status, error_payload(error) if status == "failed" else NO_PAYLOAD)

    def _finish_everything(self, status: FinishStatus, result: Payload) -> None:
        for span in reversed(self._span_index.open_spans()):
            span.ended_with_process = True
            self._span_manager.end(span, status, result)
        for instance_id in self._open_runs.ids():
            self._instance_manager.finish(instance_id, status)

    def _warn_of_open_span(self) -> None:
        self._warn_of_open_block("a span is not finished, and its result is lost")

    def _warn_of_open_instance(self) -> None:
        self._warn_of_open_block("an agent instance is not finished")

    def _warn_of_open_block(self, what: str) -> None:
        if self._log_once(what):
            logger.warning(
                "%s: the client is closed inside its block. Leave the blocks of all spans and instances before you "
                "close the client (%sfurther ones are not logged)",
                what,
                at_call_site(),
            )

    def _end_open_blocks(self) -> None:
        """Finish the runs whose blocks are still open, since that cannot be done any more when they are left."""
        if not self._initialized:
            return
        self._termination_monitor.sync(None)
        for instance_id in self._open_runs.ids():
            instance = self._instances.get(instance_id)
            if instance is not None and instance.in_block:
                with contextlib.suppress(ClientNotInitializedError, QueueClosedError):  # it is being closed
                    self._instance_manager.finish(instance_id, "failed")
                    self._warn_of_open_block("an agent instance is finished as failed")

    def _span_forgotten(self, why: Forgotten) -> None:
        self._ledger.count_forgotten_span()
        if self._log_once(f"forgotten span: {why}"):
            logger.warning(
                "%s: the oldest cannot be finished by their ids any more. Finish every span, or it stays active at the "
                "platform (further ones are counted in stats().forgotten_spans)",
                "spans were left open when their agent instance was finished"
                if why == "run over"
                else f"more than {MOST_OPEN:,} spans are open, or have more than {MOST_OPEN_BYTES >> 20} MB of params",
            )

    def _span_types_of(self, instance: InstanceRecord) -> SpanTypes | None:
        return instance.span_types or self._span_types

    def _count_mismatch(self) -> None:
        self._ledger.count_mismatch()

    def _mints_ids(self) -> bool:
        session = self._life.session
        return session is not None and session.mints_ids()

    def _new_registration(self, details: dict[str, Any]) -> Registration:
        """A registration, with an id that this client makes if the program gives none and the API takes such ids."""
        key = generate_idempotency_key()
        takes_ids = self._mints_ids() and not self._refused_ids.active(_clock.monotonic())
        if details["id"] is not None or self._partition is None or not takes_ids:
            return Registration(details, key)
        return Registration({**details, "id": _pfid.generate(self._partition)}, key, minted=True)

    def _register_later(self, registration: Registration) -> AgentInstanceHandle:
        details = registration.details
        instance_id = details["id"] or generate_idempotency_key()
        record = InstanceRecord(
            instance_id, _pfid.partition_of(instance_id), CreateState.PENDING, client=weakref.ref(self)
        )
        record.minted, record.asked = registration.minted, registration.asked
        record.agent = _agent_name(details)
        record.registering = registration.running
        self._instances[record.id] = record
        self._hand_over(
            Operation(
                OperationType.REGISTER_AGENT_INSTANCE,
                details,
                _clock.now(),
                registration.idempotency_key,
                instance=record,
            )
        )
        return AgentInstanceHandle(record.id, self)

    def _on_registered(self, record: InstanceRecord, instance_id: str) -> None:
        """A queued registration was delivered: the instance has the id that the API gave it."""
        self._learn_of_ids(instance_id, record.id if record.minted else None)
        self._instances[instance_id] = record  # before it has the new id: another thread may read that and look it up
        self._open_runs.rename(record.id, instance_id)
        _rename(record, instance_id)
        self._watch(record)

    def _learn_of_ids(self, instance_id: str, wanted: str | None) -> None:
        """Learn the partition of the account's ids, and whether the API takes the ids that this client makes.

        Args:
            instance_id: the id that the API gave an instance.
            wanted: the id that this client asked for, if it did.
        """
        self._partition = _pfid.partition_of(instance_id)
        if wanted == instance_id:
            self._refused_ids.end()
        elif wanted is not None:
            self._refused_ids.begin(_clock.monotonic())

    def _instance_record(self, instance_id: str) -> InstanceRecord:
        """The record of an instance; a new one for an instance that this client did not register."""
        if not isinstance(instance_id, str):
            raise TypeError(f"instance_id must be a string, not {type(instance_id).__name__}")
        record = self._instances.get(instance_id)
        if record is None:
            with self._instances_lock:  # operations of two records of one instance would not be ordered
                record = self._instances.get(instance_id)
                if record is None:
                    record = InstanceRecord(instance_id, _pfid.partition_of(instance_id), client=weakref.ref(self))
                    self._instances[instance_id] = record
        return record

    def _watch(self, instance: InstanceRecord) -> None:
        if not instance.ended:
            self._termination_monitor.watch(instance)
            self._termination_monitor.sync(instance.id)

    def _on_terminated(self, instance_id: str, reason: str | None) -> None:
        self._open_runs.over(instance_id)
        if instance := self._instances.get(instance_id):
            self._termination_monitor.terminate(instance, reason)

    async def _fetch_instance(self, instance_id: str) -> InstanceReceipt:
        return await self._life.open_session().fetch(instance_id)

    def _read_span_type(self, instance_id: str, span_type: Any, payload: Any) -> tuple[str, Any, Any]:
        name = getattr(span_type, "schema_name", None)
        if not isinstance(name, str):
            raise TypeError(f"schema_name must be a string or a generated span type, not {span_type!r}")
        has_schema = getattr(self._config.schema_registry, "has_schema", None)
        if has_schema is not None and not has_schema(name) and not self._has_own_types(instance_id):
            self._validation.report_unknown_type(name, self._span_types)
        return name, span_type._default_params(payload), span_type

    def _has_own_types(self, instance_id: str) -> bool:
        instance = self._instances.get(instance_id)
        return self._span_types is not None and instance is not None and instance.span_types is not None

    def _complete_version(self, agent_version: dict[str, Any]) -> dict[str, Any]:
        version = snapshot_object(agent_version, "agent_version").value
        self._validation.check_agent_version(version)
        version.setdefault("runtime_environment", build_runtime_environment(self._sdk_header_entry))
        return version

    def _schema_version(
        self, given: dict[str, Any] | None, external_id: str | None, agent_id: str | None
    ) -> dict[str, Any]:
        if given is not None:
            return snapshot_object(given, "agent_schema_version").value
        registry = self._config.schema_registry
        if registry is None and is_disabled():
            return {}
        if registry is None:
            raise ValueError(
                "the agent has no span types: pass agent_schema_version, or set PrefactorCoreConfig.schema_registry"
            )
        content_hash = getattr(registry, "content_hash", None)
        version = registry.to_agent_schema_version(
            external_id or content_hash or f"auto-{agent_id or 'deployment'}-{_clock.unix_time()}"
        )
        return snapshot_object(version, "agent_schema_version").value


class SyncCalls:
    """The calls of a client that wait, for functions: `client.sync`.

    Each takes the arguments of the method of the client that has its name, waits, and returns what that returns. Ctrl-C
    ends the wait, and delivery goes on. Inside a running event loop, the loop stands still meanwhile.

    All raise RuntimeError on a thread of the client, as in its callbacks, where they would wait for themselves.
    """

    def __init__(self, client: PrefactorCoreClient) -> None:
        self._client = client

    def initialize(self) -> None:
        """As `PrefactorCoreClient.initialize`; it needs no event loop."""
        if not (is_disabled() or is_recording()):
            check_runtime(in_coroutine=False)
        self._client._life.open_and_wait(self._client._new_session)

    def close(self, timeout: float | None = None) -> DeliveryReport:
        """As `PrefactorCoreClient.close`."""
        check_may_wait()
        self._client._end_open_blocks()
        return self._client._life.close_and_wait(timeout)

    def flush(self, timeout: float | None = None) -> DeliveryReport:
        """As `PrefactorCoreClient.flush`."""
        return run_and_wait(PrefactorCoreClient.flush(self._client, timeout))

    @_with_arguments_of(PrefactorCoreClient.create_agent_instance)
    def create_agent_instance(self, *args: Any, **kwargs: Any) -> AgentInstanceHandle:
        """As `PrefactorCoreClient.create_agent_instance`."""
        return run_and_wait(PrefactorCoreClient.create_agent_instance(self._client, *args, **kwargs))

    def create_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: PayloadObject | None = None,
        started_at: datetime | None = None,
    ) -> str:
        """As `PrefactorCoreClient.create_span`."""
        self._client._life.open_session()
        manager = self._client._span_manager
        record, handed = manager.begin_current(instance_id, schema_name, parent_span_id, payload, started_at=started_at)
        if not isinstance(handed, Done):
            with manager.abandoned_on_error(record):
                run_and_wait(handed)
        return record.id


def _api_session() -> type[ApiSession]:
    # Delivery takes half of the time that importing this package takes, and a program that sends nothing does not
    # need it.
    from prefactor_core._session.session import ApiSession  # noqa: PLC0415

    return ApiSession


def _weakly(method: Callable[P, None], *, otherwise: Callable[P, None] | None = None) -> Callable[P, None]:
    """A method that delivery calls. Delivery must not keep its object alive: once that is garbage, call `otherwise`."""
    reference = WeakMethod(method)

    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        if (found := reference() or otherwise) is not None:
            found(*args, **kwargs)

    return call


def _rename(record: InstanceRecord, instance_id: str) -> None:
    record.partition = _pfid.partition_of(instance_id)
    if record.id != instance_id:
        record.local_id = record.local_id or record.id  # before the new id: see `_spool.encoding.first_id`
    record.id = instance_id


def _agent_name(details: dict[str, Any]) -> str:
    agent_version = details["agent_version"]
    return str(agent_version.get("name") or agent_version.get("external_identifier") or "")


def _unwrapped(context: SpanContext) -> SpanContext:
    return context
