"""The documented names and signatures, and the private names that published integrations read."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pydantic
import pytest
from tests.compat import surface

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig
from prefactor_core.client import CORE_SDK_HEADER_ENTRY
from prefactor_http import BulkItem, BulkRequest, HttpClientConfig

ITEM = {"_type": "agents/show", "idempotency_key": "k" * 8}


def test_everything_documented_is_there() -> None:
    assert list(surface.deviations(surface.load())) == []


@pytest.mark.parametrize(
    ("section", "name", "promise", "deviation"),
    [
        ("functions", "prefactor_core.utils.validate_idempotency_key", "def (idempotency_key)", "by name"),
        ("functions", "prefactor_core.utils.validate_idempotency_key", "async def (key)", "is async"),
        ("functions", "prefactor_core.utils.validate_idempotency_key", "def ()", "needs key"),
        ("functions", "prefactor_core.runtime.build_runtime_environment", "def (sdk_header_entry='')", "by name"),
        ("functions", "prefactor_core.utils.no_such_function", "def ()", "missing"),
        ("exports", "prefactor_core", ["NoSuchName"], "not exported"),
        ("choices", "prefactor_http.models.types.FinishStatus", ["complete"], "found"),
        ("classes", "prefactor_core.models.Span", {"base": "", "fields": ["status='active'"]}, "fields"),
        ("classes", "prefactor_core.models.Span", {"base": "", "fields_in_order": ["instance_id"]}, "by position"),
        ("classes", "prefactor_core.exceptions.SpanNotFoundError", {"base": "OperationError"}, "no OperationError"),
        ("classes", "prefactor_core.span_context.SpanContext", {"base": "", "properties": ["start"]}, "no property"),
    ],
)
def test_the_comparison_finds_a_deviation(section: str, name: str, promise: Any, deviation: str) -> None:
    other = copy.deepcopy(surface.load())
    other[section][name] = promise
    assert deviation in "\n".join(surface.deviations(other))


@pytest.mark.parametrize(
    "refused",
    [{"num_workers": 0}, {"num_workers": 21}, {"max_retries": -1}, {"retry_delay_base": 0}],
)
def test_documented_limits_of_the_queue(refused: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        QueueConfig(**refused)


def test_documented_limits_of_bulk_requests() -> None:
    assert BulkItem(**ITEM).idempotency_key == "k" * 8
    for key in ("k" * 7, "k" * 65):
        with pytest.raises(pydantic.ValidationError):
            BulkItem(**{**ITEM, "idempotency_key": key})
    for items in ([], [BulkItem(**ITEM), BulkItem(**ITEM)]):
        with pytest.raises(pydantic.ValidationError):
            BulkRequest(items=items)


def test_private_names_that_integrations_read() -> None:
    config = PrefactorCoreConfig(http_config=HttpClientConfig(api_url="http://127.0.0.1:1", api_token="t"))
    client = PrefactorCoreClient(config, sdk_header_entry="adapter@1")
    assert client._config is config
    assert client._initialized is False
    assert client._sdk_header_entry == "adapter@1"
    client._set_sdk_header_entry("adapter@2")
    assert client._sdk_header_entry == "adapter@2"
    assert client._build_http_sdk_header() == f"adapter@2 {CORE_SDK_HEADER_ENTRY}"
    assert isinstance(client._termination_monitor.get_termination_event(), asyncio.Event)
    assert AgentInstanceHandle("instance", client)._client is client
