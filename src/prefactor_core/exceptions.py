"""Errors of prefactor_core.

    PrefactorCoreError
    ├── ClientNotInitializedError        a call before initialize()
    │   └── ClientClosedError            a call after close(); also QueueClosedError
    ├── ClientAlreadyInitializedError    a second initialize()
    ├── InstanceNotFoundError
    ├── SpanNotFoundError (also KeyError)
    ├── SpanValidationError              a payload breaks its span type, with validation="raise"
    ├── OperationError
    │   └── DeliveryError                an operation will not reach the API; given to on_error, never raised
    ├── PrefactorTelemetryFailureError   what DeliveryReport.raise_for_loss() raises
    └── PrefactorTerminatedError         for programs that stop when the platform terminates their instance

Only misuse raises in an agent's code. What the API, the network or a payload does reaches `on_error`,
`client.stats()` and the reports of `flush()` and `close()`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from prefactor_core.queue.base import QueueClosedError

if TYPE_CHECKING:
    from prefactor_core.operations import Operation

__all__ = [
    "ClientAlreadyInitializedError",
    "ClientClosedError",
    "ClientNotInitializedError",
    "DeliveryError",
    "ErrorCallback",
    "InstanceNotFoundError",
    "OperationError",
    "PrefactorCoreError",
    "PrefactorTelemetryFailureError",
    "PrefactorTerminatedError",
    "SpanNotFoundError",
    "SpanValidationError",
]


class PrefactorCoreError(Exception):
    """Base of all errors of this package."""


class ClientNotInitializedError(PrefactorCoreError):
    """The client was used before `initialize()` or after `close()`."""


class ClientClosedError(ClientNotInitializedError, QueueClosedError):
    """The client was used after `close()`."""


class ClientAlreadyInitializedError(PrefactorCoreError):
    """`initialize()` was called on a client that is initialised."""


class InstanceNotFoundError(PrefactorCoreError):
    """No such agent instance."""


class SpanNotFoundError(PrefactorCoreError, KeyError):
    """No span with this id was created by this client, or it was forgotten long after its finish."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show the repr of the message


class SpanValidationError(PrefactorCoreError):
    """A payload does not match its schema, or there is no such span type.

    Args:
        span_type: name of the span type, or of the quality payload.
        part: which payload is meant; "schema_name" where there is no such span type.
        problems: one line per mismatch, each beginning with the field's path.
    """

    def __init__(
        self, span_type: str, part: Literal["params", "result", "quality", "schema_name"], problems: Sequence[str]
    ) -> None:
        what = "" if part == "schema_name" else f"{part} of {span_type!r}: does not match its schema: "
        super().__init__(what + "; ".join(problems))
        self.span_type = span_type
        self.part = part
        self.problems = tuple(problems)


class OperationError(PrefactorCoreError):
    """An operation failed."""

    def __init__(self, message: str, operation_type: str | None = None) -> None:
        super().__init__(message)
        self.operation_type = operation_type


class DeliveryError(OperationError):
    """An operation that was accepted will not reach the API. `__cause__` is the API's or network's error, if any.

    Attributes:
        operation: what was to be sent.
        reason: the name under which `client.stats()` counts it.
    """

    def __init__(self, message: str, *, operation: Operation, reason: str) -> None:
        super().__init__(message, operation.type.name)
        self.operation = operation
        self.reason = reason


ErrorCallback: TypeAlias = Callable[[DeliveryError], None]
"""What `PrefactorCoreConfig.on_error` takes."""


class PrefactorTelemetryFailureError(PrefactorCoreError):
    """Operations were lost."""

    def __init__(
        self,
        message: str,
        *,
        cause: Exception,
        operation_type: str | None = None,
        dropped_operations: int = 0,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.operation_type = operation_type
        self.dropped_operations = dropped_operations


class PrefactorTerminatedError(PrefactorCoreError):
    """The platform terminated the agent instance."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__("the agent instance was terminated" + (f": {reason}" if reason else ""))
        self.reason = reason
