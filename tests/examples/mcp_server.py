"""An MCP server whose tools are span types: params and result have the schemas that the tools are published with.

Usage: python mcp_server.py  (it speaks MCP on stdin and stdout)
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN. One run is one session with a client.
"""

import asyncio
from typing import Any

from mcp.server import MCPServer

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry

server = MCPServer("weather")


@server.tool()
def get_weather(city: str, days: int = 1) -> list[str]:
    """Look out of the window."""
    return [f"rain in {city}"] * days


@server.tool()
async def get_time(city: str) -> str:
    """Ask the clock."""
    if city == "Atlantis":
        raise ValueError("no such city")
    return f"noon in {city}"


def recorder(instance: AgentInstanceHandle) -> Any:
    """A middleware that records each call of a tool, whatever the tool is."""

    async def record(context: Any, call_next: Any) -> Any:
        if context.method != "tools/call":
            return await call_next(context)
        with instance.span(f"mcp:{context.params['name']}") as span:
            span.start(context.params.get("arguments", {}))
            answer = await call_next(context)
            finish = span.fail if answer.get("isError") else span.complete
            finish(answer.get("structuredContent"))
        return answer

    return record


async def main() -> None:
    registry = SchemaRegistry()
    for tool in await server.list_tools():
        registry.register_type(f"mcp:{tool.name}", tool.input_schema, tool.output_schema, description=tool.description)
    async with (
        PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry)) as client,
        client.instance(agent_id="weather-server", agent_version={"name": "Weather server"}) as instance,
    ):
        server.middleware.append(recorder(instance))
        await server.run_stdio_async()


asyncio.run(main())
