"""Queue/worker client of the Prefactor API: records agent instances and spans without ever blocking the agent."""

from typing import TYPE_CHECKING

# Imported now: at the end of the process, it runs after what the program registers with atexit from here on.
from prefactor_core._process import sigterm as _sigterm  # noqa: F401
from prefactor_http._distributions import warn_if_installed

if TYPE_CHECKING:
    from prefactor_core._delivery.ledger import ClientStats, DeliveryReport, OperationCounts
    from prefactor_core._handed import Handed
    from prefactor_core._payloads.redaction import PayloadField, RedactCallback
    from prefactor_core._records.termination_event import TerminationEvent
    from prefactor_core._traced.decorator import traced
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
    from prefactor_core.utils import generate_idempotency_key, validate_idempotency_key, warn_missing_adaptor_config
else:
    from prefactor_http._lazy_names import lazy_names

    # The same names: tests/core/test_package.py compares them.
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "prefactor_core._delivery.ledger": ("ClientStats", "DeliveryReport", "OperationCounts"),
            "prefactor_core._handed": ("Handed",),
            "prefactor_core._payloads.redaction": ("PayloadField", "RedactCallback"),
            "prefactor_core._records.termination_event": ("TerminationEvent",),
            "prefactor_core._traced.decorator": ("traced",),
            "prefactor_core.client": ("PrefactorCoreClient", "SyncCalls"),
            "prefactor_core.config": ("PrefactorCoreConfig", "QueueConfig", "SchemaSource"),
            "prefactor_core.context_stack": ("SpanContextStack",),
            "prefactor_core.current": ("carry", "current_instance", "current_span", "set_default_instance"),
            "prefactor_core.exceptions": (
                "ClientAlreadyInitializedError",
                "ClientClosedError",
                "ClientNotInitializedError",
                "DeliveryError",
                "InstanceNotFoundError",
                "OperationError",
                "PrefactorCoreError",
                "PrefactorTelemetryFailureError",
                "PrefactorTerminatedError",
                "SpanNotFoundError",
                "SpanValidationError",
                "UnsupportedRuntimeError",
            ),
            "prefactor_core.instance_scope": ("InstanceScope",),
            "prefactor_core.managers": ("AgentInstanceHandle",),
            "prefactor_core.models": ("AgentInstance", "Span"),
            "prefactor_core.operations": ("Operation", "OperationType"),
            "prefactor_core.queue": ("InMemoryQueue", "Queue", "QueueClosedError", "TaskExecutor"),
            "prefactor_core.runtime": ("__version__", "build_runtime_environment"),
            "prefactor_core.schema_registry": ("SchemaRegistry",),
            "prefactor_core.span_context": ("SpanContext",),
            "prefactor_core.utils": (
                "generate_idempotency_key",
                "validate_idempotency_key",
                "warn_missing_adaptor_config",
            ),
        },
    )

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

warn_if_installed("prefactor-core")
