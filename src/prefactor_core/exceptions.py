"""Errors of prefactor_core.

    PrefactorCoreError
    ├── ClientNotInitializedError        a call before initialize()
    │   └── ClientClosedError            a call after close(); also QueueClosedError
    ├── ClientAlreadyInitializedError    a second initialize()
    ├── UnsupportedRuntimeError          initialize() without asyncio, or under gevent
    ├── InstanceNotFoundError
    ├── SpanNotFoundError (also KeyError)
    ├── SpanValidationError              a payload does not match its schema, or the like, with validation="raise"
    ├── OperationError
    │   └── DeliveryError                an operation is not delivered; passed to on_error, never raised
    ├── PrefactorTelemetryFailureError   raised by DeliveryReport.raise_for_loss()
    └── PrefactorTerminatedError         raised by AgentInstanceHandle.raise_if_terminated()

Only wrong use raises in an agent's code. Failures of the API, of the network or of a payload are reported to
`on_error`, in `client.stats()`, and in the reports of `flush()` and `close()`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from prefactor_core._payloads.redaction import mismatch_of
from prefactor_core.operations import Operation
from prefactor_core.queue.base import QueueClosedError
from prefactor_http._text import MESSAGE_CHARS, one_line

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
    "UnsupportedRuntimeError",
]


ValidatedPart: TypeAlias = Literal["params", "result", "quality", "schema_name", "agent_version"]


class PrefactorCoreError(Exception):
    """The base class of all errors of this package."""


class ClientNotInitializedError(PrefactorCoreError):
    """The client was used before `initialize()` or after `close()`."""


class ClientClosedError(ClientNotInitializedError, QueueClosedError):
    """The client was used after `close()`."""


class ClientAlreadyInitializedError(PrefactorCoreError):
    """`initialize()` was called on a client that is initialised, being initialised, or not closed yet."""


class UnsupportedRuntimeError(PrefactorCoreError, RuntimeError):
    """`initialize()` was called without an event loop of asyncio, or where gevent has replaced threads."""


class InstanceNotFoundError(PrefactorCoreError):
    """No agent instance has this id."""


class SpanNotFoundError(PrefactorCoreError, KeyError):
    """This client created no span with this id, or the span ended long ago."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError would show the repr of the message


class SpanValidationError(PrefactorCoreError):
    """Something that is recorded is wrong, with `validation="raise"`.

    A payload does not match its schema, a method of a generated class is called with a wrong keyword or a positional
    argument, a span type is unknown, a span is started or completed a second time, or `agent_version` has an unknown
    key.

    Args:
        span_type: the name of the span type, or of the quality payload; empty for `agent_version`.
        part: which of its payloads, also for a call that gives this payload too late; "schema_name" if the span type is
            unknown; "agent_version".
        problems: one line per mismatch, which begins with the path of the field.
    """

    def __init__(self, span_type: str, part: ValidatedPart, problems: Sequence[str]) -> None:
        match part:
            case "schema_name" | "agent_version":
                what = ""
            case _:
                what = f"{mismatch_of(part, span_type)}: "
        super().__init__(what + "; ".join(problems))
        self.span_type = span_type
        self.part = part
        self.problems = tuple(problems)


class OperationError(PrefactorCoreError):
    """An operation failed.

    Attributes:
        operation_type: the name of its `OperationType`, if it is known.
    """

    def __init__(self, message: str, operation_type: str | None = None) -> None:
        super().__init__(message)
        self.operation_type = operation_type


class DeliveryError(OperationError):
    """An operation that was accepted is not delivered. `__cause__` is the error of the API or the network, if any.

    Attributes:
        operation: the operation.
        reason: the name under which `client.stats()` counts it.
    """

    def __init__(self, message: str, *, operation: Operation, reason: str) -> None:
        super().__init__(message, operation.type.name)
        self.operation = operation
        self.reason = reason


ErrorCallback: TypeAlias = Callable[[DeliveryError], None]
"""What `PrefactorCoreConfig.on_error` takes."""


class PrefactorTelemetryFailureError(PrefactorCoreError):
    """Operations were lost.

    Attributes:
        cause: the first error, or a TimeoutError if the client closed before everything was delivered.
        operation_type: the type of the operation that `cause` belongs to, if it belongs to one.
        dropped_operations: how many operations failed or were dropped.
    """

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
    """The platform terminated the agent instance. `reason` is None if the platform gave none."""

    def __init__(self, reason: str | None = None) -> None:
        why = f": {one_line(reason, MESSAGE_CHARS)}" if reason else ""
        super().__init__(f"the agent instance was terminated{why}")
        self.reason = reason
