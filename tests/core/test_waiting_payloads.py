"""What waits is JSON in bytes: few objects for garbage collection, and every value as it was."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.core.support import config_for, register

from prefactor_core import Operation, OperationType, PrefactorCoreClient
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

VALUES: dict[str, Any] = {
    "text": 'ä "quoted" \n \u2028',
    "a word of JSON's extensions": "NaN, Infinity",
    "numbers": [0, -0.0, 1.5, 1e22, 5e-324, 2**70, True, None],
    "nested": {"": [], "a": {"b": [{}, [[]]]}},
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("bulk", ["auto", "never"])
async def test_every_value_arrives_as_it_was(api: LocalApi, name: str, bulk: str) -> None:
    payload = {name: VALUES[name]}
    async with PrefactorCoreClient(config_for(api, queue={"bulk": bulk})) as client:
        instance = await register(client)
        with api.away():
            async with instance.span("step") as span:
                await span.start(payload)
                await span.complete(payload)
    (arrived,) = api.spans()
    assert json.dumps([arrived["payload"], arrived["result_payload"]]) == json.dumps([payload, payload])


async def test_what_waits_can_be_read(api: LocalApi) -> None:
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        with api.away():
            span_id = await instance.create_span("step", payload=VALUES)
            span = client._span_manager.get_span(span_id)
        assert span is not None
        assert span.payload == VALUES


@pytest.mark.parametrize("waiting", [False, True])
def test_an_operation_is_a_dataclass_whose_copies_have_its_payload(*, waiting: bool) -> None:
    payload = {"status": "complete", "result_payload": VALUES}
    operation = Operation(OperationType.FINISH_SPAN, payload, datetime.now(UTC), "key")
    if waiting:
        operation.compact()
    changed = dataclasses.replace(operation, idempotency_key="other")
    copies = [copy.copy(operation), copy.deepcopy(operation), pickle.loads(pickle.dumps(operation)), changed]
    assert [each.payload for each in copies] == [payload] * 4
    assert [field.name for field in dataclasses.fields(Operation) if field.name.startswith("_") or not field.init] == []
    assert dataclasses.asdict(operation)["payload"] == payload


async def test_what_waits_is_no_tree_of_objects(api: LocalApi) -> None:
    """A full collection looks at each object that holds others, and what waits may be much."""
    async with PrefactorCoreClient(config_for(api)) as client:
        instance = await register(client)
        with api.away():
            for _ in range(50):
                async with instance.span("step") as span:
                    await span.start({"messages": [{"waiting in this test": [1]}]})
                    await span.complete({"messages": [{"waiting in this test": [1]}]})
            gc.collect()
            dicts = [each for each in gc.get_objects() if type(each) is dict and "waiting in this test" in each]
            assert client.stats().pending >= 100
    assert dicts == []
