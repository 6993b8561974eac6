"""A client, and a span, for the programs beside this file."""

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, registry


def new_client() -> PrefactorCoreClient:
    return PrefactorCoreClient(PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=registry))


async def started(client: PrefactorCoreClient) -> AgentInstanceHandle:
    instance = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
    await instance.start()
    return instance


async def record(instance: AgentInstanceHandle) -> None:
    async with instance.span(AgentLlm) as span:
        await span.start(model="m", prompt="p")
        await span.complete(response="r")
