"""Starts an MCP server on a pipe, and calls its tools.

Usage: ask_mcp_server.py <program of the server>
"""

import asyncio
import os
import sys

from mcp import Client, StdioServerParameters


async def main(program: str) -> None:
    async with Client(StdioServerParameters(command=sys.executable, args=[program], env=dict(os.environ))) as client:
        for tool, arguments in {"get_weather": {"city": "Oslo", "days": 2}, "get_time": {"city": "Atlantis"}}.items():
            result = await client.call_tool(tool, arguments)
            print(tool, "failed" if result.is_error else result.structured_content)


asyncio.run(main(*sys.argv[1:]))
