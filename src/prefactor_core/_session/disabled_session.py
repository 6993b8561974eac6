"""The session of a client that PREFACTOR_DISABLED=1 switches off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prefactor_core._delivery.ledger import DeliveryReport
from prefactor_core._records.records import CreateState
from prefactor_core._session.registration import Registration
from prefactor_core.operations import Operation, OperationType
from prefactor_http import _pfid

if TYPE_CHECKING:
    from prefactor_http.endpoints.instance_writes import InstanceReceipt

__all__ = ["DisabledSession"]


class DisabledSession:
    """A session without a thread and without the API, as `Session` describes it. Operations are discarded."""

    def start(self) -> None:
        pass

    async def check(self) -> None:
        pass

    def begin(self) -> None:
        pass

    def abort(self) -> None:
        pass

    async def register(self, registration: Registration) -> str:
        return registration.details["id"] or _pfid.generate(0)

    def hand_over(self, operation: Operation) -> None:
        span = operation.span
        if span and operation.type is OperationType.CREATE_SPAN:
            span.settle_create(CreateState.DELIVERED)  # otherwise the span would be kept until then
        if span and span.answered and not span.answered.done():  # `start()` waits for an id from the API
            span.answered.set_result(None)

    def refuse_other_threads(self) -> None:
        pass

    def mints_ids(self) -> bool:
        return True

    async def fetch(self, instance_id: str) -> InstanceReceipt:
        raise LookupError(instance_id)  # never called: without a delivery thread, nothing polls

    def use_header(self, sdk_header: str) -> None:
        pass

    async def flush(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        return DeliveryReport()

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:  # noqa: ARG002
        closed()

    async def close(self, timeout: float | None) -> DeliveryReport:  # noqa: ARG002
        return DeliveryReport()

    def after_close(self) -> None:
        pass
