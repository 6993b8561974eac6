"""What exists between `initialize()` and `close()`: connections, delivery, and the way to both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from prefactor_core import _exit, _exit_signal
from prefactor_core._delivery import Delivery
from prefactor_core._index import SpanIndex
from prefactor_core._ledger import DeliveryReport, Ledger
from prefactor_core._records import InstanceRecord
from prefactor_core._sender import Sender
from prefactor_core.config import PrefactorCoreConfig
from prefactor_core.operations import Operation
from prefactor_core.queue import Queue, QueueClosedError
from prefactor_http import _pfid
from prefactor_http._log import logger_of
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.exceptions import PrefactorConnectionError, PrefactorHttpError, is_transient_http_error
from prefactor_http.models.agent_instance import AgentInstance

__all__ = ["ApiSession", "DisabledSession", "Session"]

T = TypeVar("T")

# How long the agent waits for an API that is not required: once for the token, once for a registration.
_START_SECONDS = 5.0

logger = logger_of("prefactor_core")


class Session(Protocol):
    """What a client talks to. `start`, `check`, `begin`, then either `begin_close` and `close`, or after a failed check
    `abort`.
    """

    def start(self) -> None:
        """Start what the rest needs."""
        ...

    async def check(self) -> None:
        """See that it works."""
        ...

    def begin(self) -> None:
        """Begin to deliver."""
        ...

    def abort(self) -> None:
        """End before it began."""
        ...

    async def register(self, details: dict[str, Any], idempotency_key: str) -> str:
        """Register an agent instance; its id."""
        ...

    def hand_over(self, operation: Operation) -> None:
        """Take an operation; never waits."""
        ...

    def mints_ids(self) -> bool:
        """Span ids are minted here at the moment."""
        ...

    async def fetch(self, instance_id: str) -> AgentInstance:
        """An agent instance as the API has it. Runs on the delivery thread."""
        ...

    def use_header(self, sdk_header: str) -> None:
        """Send another X-Prefactor-SDK header from now on."""
        ...

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Deliver what waits."""
        ...

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:
        """Take nothing more, deliver what waits, and end, which calls `closed`."""
        ...

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Wait for the end that `begin_close` began, at most so long."""
        ...


class ApiSession:
    """A session with the API.

    Args:
        config: the client's.
        http: its connections are closed with the session.
        queue: a queue of the program's own.
        ledger: the account.
        spans: the spans that can be found by id.
        on_registered: called with the record and the id of an instance whose registration was queued.
        on_control: called with the instance's id and the reason when an answer says that it was terminated.
        beside: runs on the delivery thread while the session is open.

    Raises:
        QueueClosedError: the program's queue is closed.
    """

    def __init__(
        self,
        config: PrefactorCoreConfig,
        http: PrefactorHttpClient,
        queue: Queue[Operation] | None,
        *,
        ledger: Ledger,
        spans: SpanIndex,
        on_registered: Callable[[InstanceRecord, str], None],
        on_control: Callable[[str, str | None], None],
        beside: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        if queue is not None and queue.closed:
            raise QueueClosedError("the queue that the client was given is closed")
        self._config = config
        self._beside = beside
        self._handles_sigterm = False
        self._http = http
        self._sender = Sender(http, spans, on_registered=on_registered, on_control=on_control)
        self._delivery = Delivery(config.queue_config, self._sender, ledger, on_error=config.on_error, queue=queue)

    def start(self) -> None:
        """Start the thread."""
        self._delivery.start()

    async def check(self) -> None:
        """Check the token.

        Raises:
            PrefactorHttpError: the API refuses the token, or does not answer while `require_api_at_start`.
            ClientClosedError: it was closed meanwhile.
        """
        try:
            await self._at_start(lambda http: http.validate_token())
        except PrefactorHttpError as error:
            if self._config.require_api_at_start or not is_transient_http_error(error):
                raise
            logger.warning("the API does not answer yet: %s", error)

    def begin(self) -> None:
        """Begin to deliver."""
        self._delivery.begin(self._beside)
        _exit.drain_at_exit(self._delivery)
        if self._config.drain_on_sigterm:
            _exit_signal.install()
            self._handles_sigterm = True

    def abort(self) -> None:
        """End the thread."""
        self._delivery.abort()

    async def register(self, details: dict[str, Any], idempotency_key: str) -> str:
        """Register an agent instance; its id."""
        answer = await self._at_start(
            lambda http: http.agent_instances.register(**details, idempotency_key=idempotency_key)
        )
        return answer.id

    async def _at_start(self, request: Callable[[PrefactorHttpClient], Coroutine[Any, Any, T]]) -> T:
        """Send a request that the agent waits for: with retries, or once and shortly when the API is not required."""
        if self._config.require_api_at_start:
            return await self._delivery.call(request(self._http))
        return await self._delivery.call(_shortly(request(self._sender.http)))

    async def fetch(self, instance_id: str) -> AgentInstance:
        """An agent instance as the API has it. Runs on the delivery thread."""
        return await self._sender.http.agent_instances.get(instance_id)

    def hand_over(self, operation: Operation) -> None:
        """Take an operation; never waits."""
        self._delivery.submit(operation)

    def mints_ids(self) -> bool:
        """Span ids are minted here at the moment."""
        return self._config.queue_config.span_ids == "auto" and self._delivery.mints_ids

    def use_header(self, sdk_header: str) -> None:
        """Send another X-Prefactor-SDK header from now on."""
        self._http.sdk_header = sdk_header

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Deliver what waits."""
        return await self._delivery.flush(timeout)

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:
        """Take nothing more, deliver what waits, and end, which calls `closed`."""
        done = self._delivery.begin_close(timeout)
        done.add_done_callback(lambda _: _exit.forget(self._delivery))
        done.add_done_callback(lambda _: closed())

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Wait for the end that `begin_close` began, at most so long."""
        report = await self._delivery.close(timeout)
        if self._handles_sigterm:
            self._handles_sigterm = False
            _exit_signal.uninstall()
        return report


class DisabledSession:
    """A session without the API: no thread, no network, nothing recorded."""

    def start(self) -> None:
        """Nothing runs."""

    async def check(self) -> None:
        """Nothing can fail."""

    def begin(self) -> None:
        """Nothing is delivered."""

    def abort(self) -> None:
        """Nothing runs."""

    async def register(self, details: dict[str, Any], idempotency_key: str) -> str:  # noqa: ARG002
        """An id for the instance."""
        return details["id"] or _pfid.generate(0)

    def hand_over(self, operation: Operation) -> None:
        """Forget an operation; its id is final."""
        if operation.span and operation.span.answered and not operation.span.answered.done():
            operation.span.answered.set_result(None)

    def mints_ids(self) -> bool:
        """Nobody else does."""
        return True

    async def fetch(self, instance_id: str) -> AgentInstance:
        """Never called: nothing polls.

        Raises:
            LookupError: always.
        """
        raise LookupError(instance_id)

    def use_header(self, sdk_header: str) -> None:
        """Nothing is sent."""

    async def flush(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        """Nothing waits."""
        return DeliveryReport()

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:  # noqa: ARG002
        """Nothing waits."""
        closed()

    async def close(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        """Nothing waits."""
        return DeliveryReport()


async def _shortly(request: Coroutine[Any, Any, T]) -> T:
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await request
    except TimeoutError as error:
        raise PrefactorConnectionError(f"no answer within {_START_SECONDS:g} s") from error
