"""The documented names and parameters of the package. tests/e2e/test_packages.py checks `__all__` and `py.typed`."""

from __future__ import annotations

import inspect
import pickle
from typing import get_type_hints

import pytest

import prefactor_core
from prefactor_core import ClientStats, PayloadField, typed

DOCUMENTED = [
    "AgentInstance",
    "AgentInstanceHandle",
    "ClientAlreadyInitializedError",
    "ClientNotInitializedError",
    "InMemoryQueue",
    "InstanceNotFoundError",
    "Operation",
    "OperationError",
    "OperationType",
    "PrefactorCoreClient",
    "PrefactorCoreConfig",
    "PrefactorCoreError",
    "PrefactorTelemetryFailureError",
    "PrefactorTerminatedError",
    "Queue",
    "QueueClosedError",
    "QueueConfig",
    "SchemaRegistry",
    "Span",
    "SpanContext",
    "SpanContextStack",
    "SpanNotFoundError",
    "TaskExecutor",
    "__version__",
    "build_runtime_environment",
    "generate_idempotency_key",
    "validate_idempotency_key",
    "warn_missing_adaptor_config",
]


def test_documented_names_are_exported() -> None:
    assert set(DOCUMENTED) <= set(prefactor_core.__all__)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        ("PrefactorCoreClient.__init__", "self config queue sdk_header_entry"),
        (
            "PrefactorCoreClient.create_agent_instance",
            "self agent_version agent_schema_version agent_id instance_id external_schema_version_id environment_id "
            "purpose external_identifier",
        ),
        ("PrefactorCoreClient.create_span", "self instance_id schema_name parent_span_id payload started_at"),
        ("PrefactorCoreClient.finish_span", "self span_id result_payload timestamp"),
        ("PrefactorCoreClient.record_quality", "self instance_id name payload"),
        ("PrefactorCoreClient.span", "self instance_id schema_name parent_span_id payload"),
        ("AgentInstanceHandle.__init__", "self instance_id client"),
        ("AgentInstanceHandle.create_span", "self schema_name parent_span_id payload started_at"),
        ("AgentInstanceHandle.finish", "self status timestamp"),
        ("AgentInstanceHandle.finish_span", "self span_id result_payload timestamp"),
        ("AgentInstanceHandle.record_quality", "self name payload"),
        ("AgentInstanceHandle.span", "self schema_name parent_span_id payload"),
        ("AgentInstanceHandle.start", "self timestamp"),
        ("SpanContext.__init__", "self temp_id span_manager default_payload"),
        ("SpanContext.start", "self payload started_at"),
        ("SpanContext.complete", "self result timestamp"),
        ("SpanContext.fail", "self result timestamp"),
        ("SpanContext.cancel", "self timestamp"),
        ("SpanContext.set_result", "self data"),
        ("TaskExecutor.__init__", "self queue handler num_workers max_retries is_retryable"),
        ("OperationError.__init__", "self message operation_type"),
        ("PrefactorTelemetryFailureError.__init__", "self message cause operation_type dropped_operations"),
        ("PrefactorTerminatedError.__init__", "self reason"),
        (
            "SchemaRegistry.register_type",
            "self name params_schema result_schema title description template data_risk",
        ),
        ("SchemaRegistry.register_quality_schema", "self name schema title description template data_risk"),
    ],
)
def test_documented_parameters_come_first_and_in_order(function: str, parameters: str) -> None:
    owner, _, method = function.partition(".")
    actual = inspect.signature(getattr(getattr(prefactor_core, owner), method)).parameters
    assert list(actual)[: len(parameters.split())] == parameters.split()


PUBLIC_CLASSES = [
    value
    for module in (prefactor_core, typed)
    for value in (getattr(module, name) for name in module.__all__)
    if inspect.isclass(value)
]


@pytest.mark.parametrize("public", PUBLIC_CLASSES)
def test_a_public_class_belongs_to_a_public_module(public: type) -> None:
    assert not any(part.startswith("_") for part in public.__module__.split("."))
    assert pickle.loads(pickle.dumps(public)) is public


@pytest.mark.parametrize("public", PUBLIC_CLASSES)
def test_the_annotations_of_a_public_class_can_be_evaluated(public: type) -> None:
    methods = [each for name, each in vars(public).items() if name == "__init__" or not name.startswith("_")]
    for each in (public, *filter(inspect.isfunction, methods)):
        get_type_hints(each)


@pytest.mark.parametrize(
    "value", [ClientStats(accepted=1, pending=1), PayloadField("agent:llm", "params", ("model",), 1)]
)
def test_what_the_client_hands_out_can_be_pickled(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_an_empty_result_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(typed.EmptyResult())) == typed.EmptyResult()
