"""An agent with a client that lives as long as the process."""

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, AgentRun, registry

_client = None


async def client():
    global _client  # noqa: PLW0603
    if _client is None:
        _client = PrefactorCoreClient(PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=registry))
        await _client.initialize()
    return _client


async def ask(question):
    instance = await (await client()).create_agent_instance(agent_id="a", agent_version={"name": "Travel agent"})
    await instance.start()
    async with instance.span(AgentRun) as run:
        await run.start(input=question)
        async with instance.span(AgentLlm) as llm:
            await llm.start(model="gpt-4", prompt=question)
            await llm.complete(response="A jacket")
        await run.complete(output="A jacket")
    await instance.finish()
    return "A jacket"
