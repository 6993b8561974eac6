"""A LangChain agent with a made-up chat model, recorded in each way that prefactor-langchain offers.

Usage: langchain_agent.py <url> <token>
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from prefactor_langchain import PrefactorCallbackHandler, PrefactorMiddleware, register_langchain_schemas

from prefactor_core import PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig

QUESTION = {"messages": [HumanMessage("How is the weather?")]}


class ScriptedModel(GenericFakeChatModel):
    """Answers with its messages, one after the other."""

    def bind_tools(self, tools: Any, **options: Any) -> ScriptedModel:
        return self


@tool
def look(city: str) -> str:
    """Looks out of the window."""
    return f"rain in {city}"


@tool
async def ask(city: str) -> str:
    """Asks a friend."""
    await asyncio.sleep(0)
    return f"sun in {city}"


def agent(mode: str, **options: Any) -> Any:
    """The model calls two tools at once and then answers. Without an event loop both are the synchronous one."""
    names = ("look", "ask") if mode == "async" else ("look", "look")
    calls = [{"name": name, "args": {"city": "Oslo"}, "id": f"call-{number}"} for number, name in enumerate(names)]
    model = ScriptedModel(messages=iter([AIMessage("", tool_calls=calls), AIMessage("Mixed.")]))
    return create_agent(model, tools=[look, ask], **options)


async def invoke(agent: Any, mode: str, **config: Any) -> None:
    if mode == "async":
        await agent.ainvoke(QUESTION, config=config)
    else:
        await asyncio.to_thread(agent.invoke, QUESTION, config=config)


async def with_middleware(mode: str, url: str, token: str) -> None:
    middleware = PrefactorMiddleware.from_config(url, token, agent_id="agent", agent_name="Weather")
    instance = await middleware.ensure_initialized()
    async with instance.span("custom:outer") as outer:
        await outer.start({})
        middleware.set_parent_span(outer.id)
        await invoke(agent(mode, middleware=[middleware]), mode)
    await middleware.close()


async def with_callbacks(mode: str, url: str, token: str) -> None:
    registry = SchemaRegistry()
    tool_span_types = register_langchain_schemas(registry)
    config = PrefactorCoreConfig(http_config=HttpClientConfig(url, token), schema_registry=registry)
    client = PrefactorCallbackHandler.create_client(config)
    await client.initialize()
    instance = await client.create_agent_instance(agent_id="agent", agent_version={"name": "Weather"})
    await instance.start()
    handler = PrefactorCallbackHandler(instance=instance, tool_span_types=tool_span_types)
    await invoke(agent(mode), mode, callbacks=[handler])
    await instance.finish()
    await client.close()


async def main(url: str, token: str) -> None:
    for record in (with_middleware, with_callbacks):
        for mode in ("async", "sync"):
            await record(mode, url, token)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
