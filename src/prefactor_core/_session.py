"""What exists between `initialize()` and `close()`: connections, delivery, and the way to both."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from typing import Any, Protocol

from prefactor_core import _pfid
from prefactor_core._delivery import Delivery
from prefactor_core._index import SpanIndex
from prefactor_core._ledger import DeliveryReport, Ledger
from prefactor_core._records import InstanceRecord
from prefactor_core._sender import Sender
from prefactor_core.config import PrefactorCoreConfig
from prefactor_core.monitoring import TerminationMonitor
from prefactor_core.operations import Operation
from prefactor_core.queue import Queue
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.exceptions import is_transient_http_error
from prefactor_http.models.agent_instance import AgentInstance

__all__ = ["ApiSession", "DisabledSession", "Session"]

logger = logging.getLogger("prefactor_core")


class Session(Protocol):
    """What a client talks to."""

    async def open(self) -> None:
        """Begin."""
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

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Deliver what waits, and end."""
        ...


class ApiSession:
    """A session with the API."""

    def __init__(
        self,
        config: PrefactorCoreConfig,
        queue: Queue[Operation] | None,
        *,
        ledger: Ledger,
        spans: SpanIndex,
        monitor: TerminationMonitor,
        on_registered: Callable[[InstanceRecord, str], None],
        sdk_header: str,
    ) -> None:
        self._config = config
        self._monitor = monitor
        self._http = PrefactorHttpClient(config.http_config, sdk_header)
        self._sender = Sender(
            self._http.without_retries(),
            spans,
            on_registered=on_registered,
            on_control=lambda instance_id, reason: monitor.detect_termination(reason, instance_id),
        )
        self._delivery = Delivery(config.queue_config, self._sender, ledger, on_error=config.on_error, queue=queue)

    async def open(self) -> None:
        """Check the token, and begin to deliver.

        Raises:
            PrefactorHttpError: the API refuses the token, or does not answer while `require_api_at_start`.
        """
        self._delivery.start()
        try:
            await self._check_token()
        except BaseException:
            self._delivery.abort()
            raise
        self._delivery.begin(self._monitor.run)
        _drained_at_exit.add(self)

    async def _check_token(self) -> None:
        try:
            await self._delivery.call(self._http.validate_token())
        except Exception as error:
            if self._config.require_api_at_start or not is_transient_http_error(error):
                raise
            logger.warning("the API does not answer yet: %s", error)

    async def register(self, details: dict[str, Any], idempotency_key: str) -> str:
        """Register an agent instance; its id. Tried only once when the API is not required at the start."""
        http = self._http if self._config.require_api_at_start else self._sender.http
        register = http.agent_instances.register(**details, idempotency_key=idempotency_key)
        return (await self._delivery.call(register)).id

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
        self._http = PrefactorHttpClient(self._config.http_config, sdk_header)
        self._delivery.use_http(self._http.without_retries())

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Deliver what waits."""
        return await self._delivery.flush(timeout)

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Deliver what waits, and end."""
        _drained_at_exit.discard(self)
        return await self._delivery.close(timeout)

    def drain_at_exit(self) -> None:
        """Deliver what waits, without an event loop."""
        self._delivery.drain_at_exit()


class DisabledSession:
    """A session without the API: no thread, no network, nothing recorded."""

    async def open(self) -> None:
        """Begin."""

    async def register(self, details: dict[str, Any], idempotency_key: str) -> str:  # noqa: ARG002
        """An id for the instance."""
        return details["id"] or _pfid.generate(0)

    def hand_over(self, operation: Operation) -> None:
        """Forget an operation."""

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

    async def close(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        """Nothing waits."""
        return DeliveryReport()


_drained_at_exit: set[ApiSession] = set()


@atexit.register
def _drain_at_exit() -> None:
    for session in list(_drained_at_exit):
        session.drain_at_exit()
