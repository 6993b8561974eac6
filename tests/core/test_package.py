"""The documented names and parameters of the package. tests/e2e/test_packages.py checks `__all__` and `py.typed`."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from typing import get_type_hints

import pytest
from tests.support.lazy_packages import names_at_run_time, names_for_type_checkers

import prefactor_core
from prefactor_core import ClientStats, PayloadField, typed
from prefactor_local import LocalApi

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


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_type_checkers_and_programs_find_the_same_names() -> None:
    assert names_at_run_time(prefactor_core) == names_for_type_checkers(prefactor_core)
    found = [name for names in names_at_run_time(prefactor_core).values() for name in names]
    assert sorted(found) == sorted(prefactor_core.__all__)


def test_importing_the_package_imports_neither_pydantic_nor_delivery() -> None:
    code = "import sys, prefactor_core; print(*sys.modules)"
    imported = run_python(code).split()
    assert "prefactor_core" in imported
    assert not {"pydantic", "httpx", "sqlite3", "jsonschema_rs", "prefactor_core.client"} & set(imported)


@pytest.mark.parametrize("code", ["from prefactor_core import *", "import prefactor_spans; prefactor_spans.AgentLlm"])
def test_what_delivery_needs_is_not_imported_without_a_client(code: str) -> None:
    imported = run_python(f"import sys\n{code}\nprint(*sys.modules)").split()
    assert "prefactor_core.typed" in imported
    assert not {"httpx", "sqlite3", "jsonschema_rs", "prefactor_core._delivery.delivery", "prefactor_api"} & set(
        imported
    )


def test_a_client_has_imported_what_delivers_before_it_is_initialised() -> None:
    """No import delays an event loop, or runs on the delivery thread or in a signal handler."""
    code = """
import sys
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
http = HttpClientConfig(api_url="http://127.0.0.1:1", api_token="t")
PrefactorCoreClient(PrefactorCoreConfig(http_config=http))
print(*sys.modules)
"""
    delivering = {"_delivery.delivery", "_delivery.sender", "_session.session", "_process.sigterm", "_process.exit"}
    assert {f"prefactor_core.{name}" for name in delivering} <= set(run_python(code).split())


@pytest.mark.parametrize(
    ("imports", "span_type"),
    [
        ("from prefactor_core import SchemaRegistry; registry = SchemaRegistry()", "'agent:step'"),
        ("from prefactor_spans import AgentLlm, registry", "AgentLlm"),
    ],
)
def test_an_agent_imports_nothing_while_it_runs(api: LocalApi, imports: str, span_type: str) -> None:
    """All that it needs was imported with the client, so a fork never leaves a child with an import that is half done.

    The models of the API, httpx and what a spool needs are not imported at all.
    """
    code = f"""
import sys
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
{imports}
client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))
before = set(sys.modules)
with client:
    run = client.sync.create_agent_instance({{"name": "Agent"}}, agent_id="a")
    run.start()
    for _ in range(30):
        with run.span({span_type}) as span:
            span.start({{"a": 1}})
            span.complete({{"b": 2}})
    run.record_quality("accuracy", {{"value": 1}})
    run.finish()
print(*set(sys.modules) - before)
print(*before)
"""
    environment = {**os.environ, "PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token}
    environment.pop("PREFACTOR_SPOOL", None)
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    later, before = run.stdout.splitlines()
    assert later == ""
    assert not {"prefactor_api", "httpx", "httpcore", "sqlite3"} & set(before.split())


def test_public_modules_are_attributes_of_the_package() -> None:
    code = "import prefactor_core; print(prefactor_core.exceptions.SpanNotFoundError, prefactor_core.traced.__name__)"
    assert run_python(code) == "<class 'prefactor_core.exceptions.SpanNotFoundError'> traced\n"
    with pytest.raises(AttributeError, match="module 'prefactor_core' has no attribute 'nothing'"):
        _ = prefactor_core.nothing  # type: ignore[attr-defined]


def test_the_names_are_listed_before_they_are_used() -> None:
    code = "import prefactor_core; print(set(prefactor_core.__all__) - set(dir(prefactor_core)))"
    assert run_python(code) == "set()\n"


def test_what_the_program_runs_at_its_end_runs_before_the_clients_are_drained(api: LocalApi) -> None:
    """Also what it registers before it imports the client: the run is not finished as failed before."""
    code = """
import atexit, prefactor_core
runs = []
atexit.register(lambda: runs[0].finish())
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=SchemaRegistry()))
client.sync.initialize()
runs.append(client.sync.create_agent_instance({"name": "Agent"}, agent_id="a"))
runs[0].start()
"""
    environment = {**os.environ, "PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert api.instances()[0]["status"] == "complete"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there, a mark for coroutine functions is asyncio's")
def test_span_types_need_no_asyncio() -> None:
    assert (
        run_python("import sys, prefactor_spans; prefactor_spans.AgentLlm; print('asyncio' in sys.modules)")
        == "False\n"
    )
