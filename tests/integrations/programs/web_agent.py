"""One client for all requests of a web application. Each request is a run."""

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_spans import AgentLlm, AgentTool, registry

client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))
client.sync.initialize()

RUN = {"agent_id": "a", "agent_version": {"name": "Agent"}}


def answer(question: str) -> str:
    with client.instance(**RUN) as instance, instance.span(AgentLlm) as span:
        span.start(model="m", prompt=question)
        with instance.span(AgentTool) as tool:
            tool.start(name=question, arguments={})
            if question == "bad":
                raise ValueError(question)
            tool.complete(output="sun")
        span.complete(response="sun")
    return "sun"


async def answer_async(question: str) -> str:
    async with client.instance(**RUN) as instance, instance.span(AgentLlm) as span:
        await span.start(model="m", prompt=question)
        async with instance.span(AgentTool) as tool:
            await tool.start(name=question, arguments={})
            await tool.complete(output="sun")
        await span.complete(response="sun")
    return "sun"
