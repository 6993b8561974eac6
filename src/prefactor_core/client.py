"""The client: what a program uses, and where the layers are put together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, overload
from weakref import WeakValueDictionary

from prefactor_core import _fork
from prefactor_core._incidents import FirstTime
from prefactor_core._index import SpanIndex
from prefactor_core._ledger import ClientStats, DeliveryReport, Ledger
from prefactor_core._life_cycle import LifeCycle, State
from prefactor_core._payloads import PayloadPolicy
from prefactor_core._records import CreateState, InstanceRecord
from prefactor_core._session import ApiSession, DisabledSession, Session
from prefactor_core._snapshot import snapshot_object
from prefactor_core._span_schemas import SpanTypes
from prefactor_core._validation import Validation
from prefactor_core.config import PrefactorCoreConfig
from prefactor_core.exceptions import ClientClosedError
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
from prefactor_core.span_context import SpanContext, SpanScope
from prefactor_core.typed import PayloadOf, SpanTypeOf
from prefactor_core.utils import generate_idempotency_key
from prefactor_http import _pfid
from prefactor_http._log import logger_of
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.config import is_disabled
from prefactor_http.exceptions import PrefactorHttpError, is_transient_http_error
from prefactor_http.models.agent_instance import AgentInstance
from prefactor_http.models.types import InstancePurpose

__all__ = ["CORE_SDK_HEADER_ENTRY", "PrefactorCoreClient"]

logger = logger_of("prefactor_core")

ParamsT = TypeVar("ParamsT")
SpanT = TypeVar("SpanT")


class PrefactorCoreClient:
    """Records agent instances and spans. `async with`, or `initialize()` and `close()`.

    Calls hand over and return: a thread of the client's own delivers. What the API, the network or a payload does never
    raises here; see `stats()`, `PrefactorCoreConfig.on_error`, and the reports of `flush()` and `close()`. Every call
    works from any thread and any event loop.

    What waits when the program ends is delivered then, for `QueueConfig.close_timeout` at most, or the loss is logged.
    An open client that a forked child inherits goes on there, with an account, a thread and connections of its own,
    made with the first use; what waited at the fork is the parent's to deliver, and `flush()` before the fork keeps
    the order of what both record.

    Args:
        config: the configuration.
        queue: a queue of the program's own; its methods are called on the delivery thread, unless it is an
            InMemoryQueue itself, which takes operations from any thread. Closing the client closes it.
            A forked child leaves it to its parent.
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
        self._first_time = FirstTime()
        self._span_index = SpanIndex()
        self._instances: WeakValueDictionary[str, InstanceRecord] = WeakValueDictionary()
        self._instances_lock = threading.RLock()  # a signal handler may come in here while its own thread is
        self._termination_monitor = TerminationMonitor(self._fetch_instance)
        payloads = PayloadPolicy(config.max_payload_bytes, config.redact)
        self._validation = Validation(config.validation, self._count_mismatch)
        registry = config.schema_registry
        self._span_types: SpanTypes | None = getattr(registry, "_span_types", None)  # of a SchemaRegistry
        self._instance_manager = AgentInstanceManager(
            self._hand_over,
            self._instance,
            payloads,
            self._termination_monitor,
            validation=self._validation,
            span_types=self._types_of,
        )
        self._span_manager = SpanManager(
            self._hand_over,
            self._instance,
            self._span_index,
            self._validation,
            payloads,
            span_types=self._types_of,
            mints_ids=self._mints_ids,
            answer_timeout=config.http_config.request_timeout,
        )
        _fork.renew_in_child(self)

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def _initialized(self) -> bool:
        """Integrations read it."""
        return self._life.state is State.OPEN

    @property
    def instance_manager(self) -> AgentInstanceManager:
        """Hands over the operations of agent instances.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
        """
        self._life.open_session()
        return self._instance_manager

    async def initialize(self) -> None:
        """Check the token and begin to deliver.

        Raises:
            ClientAlreadyInitializedError: the client is initialised, or about to be, or not yet closed.
            ClientClosedError: `close()` was called meanwhile.
            QueueClosedError: the queue that the client was given is closed.
            PrefactorAuthError: the API refuses the token.
            PrefactorHttpError: the API does not answer (with `require_api_at_start=False` it is asked once, for 5
                seconds at most, and a warning is logged).
        """
        await self._life.open(self._new_session)

    async def flush(self, timeout: float | None = None) -> DeliveryReport:
        """Wait until everything that can be delivered now is delivered.

        A span whose parent was never started waits for it, and is not waited for here.

        Args:
            timeout: seconds to wait at most; `QueueConfig.close_timeout` by default, `math.inf` for ever.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
        """
        return await self._life.open_session().flush(timeout)

    async def close(self, timeout: float | None = None) -> DeliveryReport:
        """Deliver what was handed over, and end. Never raises for what could not be delivered: the report says it.

        It goes on when the caller is cancelled; who closes again waits for the same end and gets the same report. Does
        nothing on a client that is not initialised.

        Args:
            timeout: seconds to wait at most; `QueueConfig.close_timeout` by default, `math.inf` for ever. The first
                call's is the time that delivery has.
        """
        if self._initialized:
            self._termination_monitor.sync(None)
        return await self._life.close(timeout)

    def stats(self) -> ClientStats:
        """The account of all operations since `initialize()`: accepted = delivered + failed + dropped + pending."""
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
        """Register an agent instance. Waits for the API, as `initialize()` does.

        With `require_api_at_start=False`, an API that does not answer within 5 seconds does not stop the agent: the
        registration is queued, and the instance has a local id until it is delivered.

        Args:
            agent_version: `name`, `external_identifier`, `description`; `runtime_environment` is added.
            agent_schema_version: the span types, in place of those of `schema_registry`; one of both is needed.
            agent_id: the agent; left out with a token of one deployment.
            instance_id: an id for the instance.
            external_schema_version_id: a name for the schema version; by default the hash of a generated registry, and
                `auto-…` otherwise.
            environment_id: the environment.
            purpose: why the run happens; live by default.
            external_identifier: a name of the run that is unique for the agent.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
            ValueError: no span types: neither `agent_schema_version` nor a `schema_registry` in the configuration.
            PrefactorHttpError: the API refuses, or does not answer.
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
        key = generate_idempotency_key()
        try:
            registered = await session.register(details, key)
        except PrefactorHttpError as error:
            if self._config.require_api_at_start or not is_transient_http_error(error):
                raise
            handle = self._register_later(details, key)
        else:
            handle = AgentInstanceHandle(registered, self)
            self._watch(handle._record)
        if own_types:
            handle._record.span_types = SpanTypes.of_version(version)
        return handle

    @overload
    def span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: dict[str, Any] | None = None,
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
        """A span, as an async context manager; as a decorator of a coroutine function, one for each of its calls.

        Args:
            instance_id: the agent instance.
            schema_name: name of the span type, which gives a `SpanContext`; or a generated span type, which gives that.
            parent_span_id: the parent; by default the span of this instance that is current when it is entered.
            payload: params, for a span that is never started explicitly or is started without any.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
            TypeError: an argument has a wrong type.
        """
        self._life.open_session()
        wrap: Any = _itself
        if not isinstance(schema_name, str):
            schema_name, payload, wrap = self._read_type(schema_name, payload)
        open_span = partial(self._span_manager.open_span, instance_id, schema_name, parent_span_id, payload)
        return SpanScope(self._span_manager, open_span, wrap, self._warn_of_open_span)

    async def create_span(
        self,
        instance_id: str,
        schema_name: str,
        parent_span_id: str | None = None,
        payload: dict[str, Any] | None = None,
        started_at: datetime | None = None,
    ) -> str:
        """Start a span without a context manager; it is the current span until `finish_span`.

        Returns:
            The span's id.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
        """
        self._life.open_session()
        return await self._span_manager.create(instance_id, schema_name, parent_span_id, payload, started_at=started_at)

    async def finish_span(
        self, span_id: str, result_payload: dict[str, Any] | None = None, timestamp: datetime | None = None
    ) -> None:
        """Finish a span as `complete`.

        Raises:
            ClientNotInitializedError: before `initialize()`; ClientClosedError, which is one, after `close()`.
            SpanNotFoundError: this client made no such span. It is a KeyError too.
        """
        self._life.open_session()
        await self._span_manager.finish(span_id, result_payload, timestamp=timestamp)

    async def record_quality(self, instance_id: str, name: str, payload: dict[str, Any] | None = None) -> None:
        """Record a named quality payload of an agent instance; None removes it."""
        await self.instance_manager.record_quality(instance_id, name, payload)

    def on_terminate(self, callback: TerminationCallback) -> Callable[[], None]:
        """Call a function when the platform terminates an agent instance of this client.

        One instance has `AgentInstanceHandle.terminated`, to wait for, and `raise_if_terminated()`.

        Args:
            callback: gets the instance's id and the reason, if the platform said one. It runs on the delivery thread,
                so it should only hand on; what it raises is logged.

        Returns:
            A function that ends it.
        """
        return self._termination_monitor.on_terminate(callback)

    def _set_sdk_header_entry(self, entry: str | None) -> None:
        """Name the integration that uses this client, from the next request on."""
        self._sdk_header_entry = entry
        if session := self._life.session:
            session.use_header(build_sdk_header(entry))

    def _build_http_sdk_header(self) -> str:
        """Tests of integrations read it."""
        return build_core_header(self._sdk_header_entry)

    def _new_session(self) -> Session:
        if self._life.state is not State.OPEN:  # a forked child has a new one already
            self._ledger = Ledger()
        if is_disabled():
            return DisabledSession()
        return ApiSession(
            self._config,
            # By the name in this module: tests of integrations put a stub in its place.
            PrefactorHttpClient(self._config.http_config, build_sdk_header(self._sdk_header_entry)),
            self._queue,
            ledger=self._ledger,
            spans=self._span_index,
            on_registered=self._registered,
            on_control=self._terminated,
            beside=self._termination_monitor.run,
        )

    def _renew_after_fork(self) -> None:
        """In a forked child: what waits is delivered by the parent, which goes on with its thread and connections."""
        if self._life.state in {State.OPENING, State.OPEN, State.CLOSING}:  # otherwise the parent does not use it
            _fork.abandon(self._queue)
            self._queue = None
        self._ledger = Ledger()
        self._instances_lock = threading.RLock()
        self._span_index.renew_after_fork()
        self._span_manager.renew_after_fork()
        self._termination_monitor.renew_locks()
        self._life.renew_after_fork()

    def _hand_over(self, operation: Operation) -> None:
        try:
            self._life.open_session().hand_over(operation)
        except QueueClosedError as error:
            if self._initialized and self._queue is not None and self._queue.closed:
                raise QueueClosedError("the queue that the client was given is closed") from error
            raise ClientClosedError("the client is closed") from error  # meanwhile, or by the end of the program

    def _warn_of_open_span(self) -> None:
        if self._first_time("open span"):
            logger.warning(
                "a span was left open: the client was closed inside its `async with` block; further ones are not logged"
            )

    def _types_of(self, instance: InstanceRecord) -> SpanTypes | None:
        return instance.span_types or self._span_types

    def _count_mismatch(self) -> None:
        self._ledger.count_mismatch()

    def _mints_ids(self) -> bool:
        session = self._life.session
        return session is not None and session.mints_ids()

    def _register_later(self, details: dict[str, Any], idempotency_key: str) -> AgentInstanceHandle:
        instance_id = details["id"] or generate_idempotency_key()
        record = InstanceRecord(instance_id, _pfid.partition_of(instance_id), CreateState.PENDING)
        self._instances[record.id] = record
        self._hand_over(
            Operation(
                OperationType.REGISTER_AGENT_INSTANCE, details, datetime.now(UTC), idempotency_key, instance=record
            )
        )
        return AgentInstanceHandle(record.id, self)

    def _registered(self, record: InstanceRecord, instance_id: str) -> None:
        """A queued registration was delivered. The record is found by its new id before it has it."""
        self._instances[instance_id] = record
        record.partition = _pfid.partition_of(instance_id)
        record.id = instance_id
        self._watch(record)

    def _instance(self, instance_id: str) -> InstanceRecord:
        """The record of an instance, also of one that was registered elsewhere."""
        if not isinstance(instance_id, str):
            raise TypeError(f"instance_id must be a string, not {type(instance_id).__name__}")
        record = self._instances.get(instance_id)
        if record is None:
            with self._instances_lock:  # two records of one instance would be two orders
                record = self._instances.get(instance_id)
                if record is None:
                    record = InstanceRecord(instance_id, _pfid.partition_of(instance_id))
                    self._instances[instance_id] = record
        return record

    def _watch(self, instance: InstanceRecord) -> None:
        if not instance.ended:
            self._termination_monitor.watch(instance)
            self._termination_monitor.sync(instance.id)

    def _terminated(self, instance_id: str, reason: str | None) -> None:
        if instance := self._instances.get(instance_id):
            self._termination_monitor.terminate(instance, reason)

    async def _fetch_instance(self, instance_id: str) -> AgentInstance:
        return await self._life.open_session().fetch(instance_id)

    def _read_type(self, span_type: Any, payload: Any) -> tuple[str, Any, Any]:
        name = getattr(span_type, "schema_name", None)
        if not isinstance(name, str):
            raise TypeError(f"schema_name must be a string or a generated span type, not {span_type!r}")
        has_schema = getattr(self._config.schema_registry, "has_schema", None)
        if has_schema is not None and not has_schema(name):
            self._validation.unknown_type(name, self._span_types.names if self._span_types else [])
        return name, span_type._default_params(payload), span_type

    def _complete_version(self, agent_version: dict[str, Any]) -> dict[str, Any]:
        version = snapshot_object(agent_version, "agent_version").value
        version.setdefault("runtime_environment", build_runtime_environment(self._sdk_header_entry))
        return version

    def _schema_version(
        self, given: dict[str, Any] | None, external_id: str | None, agent_id: str | None
    ) -> dict[str, Any]:
        if given is not None:
            return snapshot_object(given, "agent_schema_version").value
        registry = self._config.schema_registry
        if registry is None:
            raise ValueError("the span types are missing: give agent_schema_version, or configure a schema_registry")
        content_hash = getattr(registry, "content_hash", None)
        version = registry.to_agent_schema_version(
            external_id or content_hash or f"auto-{agent_id or 'deployment'}-{time.time()}"
        )
        return snapshot_object(version, "agent_schema_version").value


def _itself(context: SpanContext) -> SpanContext:
    return context
