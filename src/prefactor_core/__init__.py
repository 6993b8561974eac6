"""Queue/worker client of the Prefactor API: records agent instances and spans without ever blocking the agent."""

from prefactor_core._delivery.ledger import ClientStats, DeliveryReport, OperationCounts
from prefactor_core._handed import Handed
from prefactor_core._payloads.redaction import PayloadField, RedactCallback
from prefactor_core._records.termination_event import TerminationEvent
from prefactor_core.client import PrefactorCoreClient, SyncCalls
from prefactor_core.config import PrefactorCoreConfig, QueueConfig, SchemaSource
from prefactor_core.context_stack import SpanContextStack
from prefactor_core.current import carry, current_instance, current_span, set_default_instance
from prefactor_core.exceptions import (
    ClientAlreadyInitializedError,
    ClientClosedError,
    ClientNotInitializedError,
    DeliveryError,
    InstanceNotFoundError,
    OperationError,
    PrefactorCoreError,
    PrefactorTelemetryFailureError,
    PrefactorTerminatedError,
    SpanNotFoundError,
    SpanValidationError,
    UnsupportedRuntimeError,
)
from prefactor_core.instance_scope import InstanceScope
from prefactor_core.managers import AgentInstanceHandle
from prefactor_core.models import AgentInstance, Span
from prefactor_core.operations import Operation, OperationType
from prefactor_core.queue import InMemoryQueue, Queue, QueueClosedError, TaskExecutor
from prefactor_core.runtime import __version__, build_runtime_environment
from prefactor_core.schema_registry import SchemaRegistry
from prefactor_core.span_context import SpanContext
from prefactor_core.traced import traced
from prefactor_core.utils import generate_idempotency_key, validate_idempotency_key, warn_missing_adaptor_config
from prefactor_http._distributions import warn_if_installed

__all__ = [
    "AgentInstance",
    "AgentInstanceHandle",
    "ClientAlreadyInitializedError",
    "ClientClosedError",
    "ClientNotInitializedError",
    "ClientStats",
    "DeliveryError",
    "DeliveryReport",
    "Handed",
    "InMemoryQueue",
    "InstanceNotFoundError",
    "InstanceScope",
    "Operation",
    "OperationCounts",
    "OperationError",
    "OperationType",
    "PayloadField",
    "PrefactorCoreClient",
    "PrefactorCoreConfig",
    "PrefactorCoreError",
    "PrefactorTelemetryFailureError",
    "PrefactorTerminatedError",
    "Queue",
    "QueueClosedError",
    "QueueConfig",
    "RedactCallback",
    "SchemaRegistry",
    "SchemaSource",
    "Span",
    "SpanContext",
    "SpanContextStack",
    "SpanNotFoundError",
    "SpanValidationError",
    "SyncCalls",
    "TaskExecutor",
    "TerminationEvent",
    "UnsupportedRuntimeError",
    "__version__",
    "build_runtime_environment",
    "carry",
    "current_instance",
    "current_span",
    "generate_idempotency_key",
    "set_default_instance",
    "traced",
    "validate_idempotency_key",
    "warn_missing_adaptor_config",
]

# A repr, a pickle and documentation show where a program imports a class from, not the private module that defines it.
_CLASSES: tuple[type, ...] = (ClientStats, DeliveryReport, OperationCounts, PayloadField, TerminationEvent)
for _class in _CLASSES:
    _class.__module__ = __name__

warn_if_installed("prefactor-core")
