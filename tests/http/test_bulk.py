"""Bulk requests."""

import pytest
from pydantic import ValidationError

from prefactor_http import AgentInstance, BulkItem, BulkRequest, PrefactorHttpClient
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


def item(kind: str, key: str, **fields: object) -> BulkItem:
    return BulkItem.model_validate({"_type": kind, "idempotency_key": key, **fields})


async def test_items_run_in_order_up_to_the_first_error(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    details = {
        "agent_instance_id": instance.id,
        "schema_name": "agent:llm",
        "status": "active",
        "payload": {"a": None},
    }
    request = BulkRequest(
        items=[
            item("agent_spans/create", "key-0001", details=details),
            item("agent_spans/finish", "key-0002", agent_span_id="nothing"),
            item("agent_spans/create", "key-0003", details=details),
        ]
    )
    response = await client.bulk.execute(request)

    assert response.status == "success"
    assert {key: output.status for key, output in response.outputs.items()} == {
        "key-0001": "success",
        "key-0002": "error",
    }
    assert response.outputs["key-0001"].model_extra is not None
    assert response.outputs["key-0001"].model_extra["details"]["schema_name"] == "agent:llm"
    assert response.outputs["key-0002"].model_extra is not None
    assert response.outputs["key-0002"].model_extra["code"] == "not_found"
    assert len(api.spans(instance.id)) == 1
    assert api.requests[-1].path == "/api/v1/bulk"
    assert api.requests[-1].body == {
        "items": [
            {"_type": "agent_spans/create", "idempotency_key": "key-0001", "details": details},
            {"_type": "agent_spans/finish", "idempotency_key": "key-0002", "agent_span_id": "nothing"},
            {"_type": "agent_spans/create", "idempotency_key": "key-0003", "details": details},
        ]
    }


def test_an_item_takes_its_type_under_either_name() -> None:
    by_name = BulkItem(type="agents/list", idempotency_key="key-0001", environment_id="e")  # type: ignore[call-arg]
    assert by_name == item("agents/list", "key-0001", environment_id="e")
    assert by_name.type == "agents/list"


def test_keys_are_unique_and_of_fit_length() -> None:
    with pytest.raises(ValidationError, match="unique"):
        BulkRequest(items=[item("agents/list", "key-0001"), item("agents/list", "key-0001")])
    with pytest.raises(ValidationError):
        BulkRequest(items=[])
    with pytest.raises(ValidationError):
        item("agents/list", "short")
    with pytest.raises(ValidationError):
        item("agents/list", "k" * 65)
