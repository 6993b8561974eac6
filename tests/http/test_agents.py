"""Agents."""

import pytest

from prefactor_http import PrefactorHttpClient, PrefactorNotFoundError
from prefactor_http.models import AgentForCreate, AgentForUpdate
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def test_create_get_and_show(api: LocalApi, client: PrefactorHttpClient) -> None:
    created = await client.agents.create(AgentForCreate(name="A", external_identifier="a-1"), "create-key")
    assert api.requests[-1].body == {
        "details": {"name": "A", "external_identifier": "a-1"},
        "idempotency_key": "create-key",
    }
    assert (created.name, created.status) == ("A", "pending")

    assert (await client.agents.get(created.id)).id == created.id
    assert (await client.agents.show(agent_id=created.id)).id == created.id

    shown = await client.agents.show(
        external_identifier="a-1", environment_id="e", include_counts=True, include_risk_rollup=True
    )
    assert shown.id == created.id
    assert shown.available_actions is not None
    assert shown.available_actions.retire
    assert api.requests[-1].path == "/api/v1/agent/show"
    assert api.requests[-1].query == {
        "external_identifier": "a-1",
        "environment_id": "e",
        "include_counts": "true",
        "include_risk_rollup": "true",
    }


async def test_show_wants_exactly_one_name(client: PrefactorHttpClient) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        await client.agents.show()
    with pytest.raises(ValueError, match="exactly one"):
        await client.agents.show(agent_id="a", external_identifier="b")


async def test_update_keeps_what_is_not_set_and_clears_what_is_none(api: LocalApi, client: PrefactorHttpClient) -> None:
    agent = await client.agents.create(AgentForCreate(name="A", description="old", team_id="t"))
    updated = await client.agents.update(agent.id, AgentForUpdate(name="B", description=None))

    assert (updated.name, updated.description, updated.team_id) == ("B", None, "t")
    assert api.requests[-1].method == "PUT"
    assert api.requests[-1].body == {"details": {"name": "B", "description": None}}


async def test_retire_reinstate_delete(api: LocalApi, client: PrefactorHttpClient) -> None:
    agent = await client.agents.create(AgentForCreate(name="A"))

    assert (await client.agents.retire(agent.id)).status == "retired"
    assert (api.requests[-1].path, api.requests[-1].body) == (f"/api/v1/agent/{agent.id}/retire", None)
    assert (await client.agents.reinstate(agent.id, "reinstate-key")).status == "pending"
    assert api.requests[-1].body == {"idempotency_key": "reinstate-key"}
    assert (await client.agents.delete(agent.id)).id == agent.id
    assert (api.requests[-1].method, api.requests[-1].body) == ("DELETE", None)

    with pytest.raises(PrefactorNotFoundError):
        await client.agents.get(agent.id)


async def test_delete_sends_its_key(api: LocalApi, client: PrefactorHttpClient) -> None:
    agent = await client.agents.create(AgentForCreate(name="A"))
    await client.agents.delete(agent.id, "delete-key")
    assert api.requests[-1].body == {"idempotency_key": "delete-key"}


async def test_list_pages_and_sorting(api: LocalApi, client: PrefactorHttpClient) -> None:
    for name in ("B", "A", "C"):
        await client.agents.create(AgentForCreate(name=name, team_id="t"))

    assert [agent.name for agent in await client.agents.list_agents()] == ["B", "A", "C"]
    assert api.requests[-1].query == {}

    page = await client.agents.list_agents(team_id="t", sorting="-name", offset=0, page_size=2)
    assert [agent.name for agent in page] == ["C", "B"]
    assert api.requests[-1].query == {
        "team_id": "t",
        "sorting[field]": "name",
        "sorting[direction]": "desc",
        "pagination[offset]": "0",
        "pagination[page_size]": "2",
    }

    ascending = await client.agents.list_agents(sorting="name")
    assert [agent.name for agent in ascending] == ["A", "B", "C"]
