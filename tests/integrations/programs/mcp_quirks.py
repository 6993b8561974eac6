"""A server of the `mcp` package whose tools have what such tools have in practice."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("quirks", version="1.2")


class Tree(BaseModel):
    label: str
    children: list[Tree] = []


class Money(BaseModel):
    amount: Decimal
    currency: Literal["EUR", "USD"] = "EUR"


@server.tool()
def untyped(query, limit=None, deep="x"):
    """Look for something."""


@server.tool(title="Grow a tree", annotations=ToolAnnotations(readOnlyHint=True))
def grow(tree: Tree, depth: Annotated[int, Field(ge=1)] = 3) -> Tree:
    return tree


@server.tool()
async def pay(money: Money, tags: dict[str, list[int]], context: Context, note: str | None = None) -> list[Money]:
    """Pay."""
    return [money]


@server.tool()
def none() -> None:
    """Nothing."""


@server.tool()
def anything(**options: Any) -> Any:
    """Anything."""


if __name__ == "__main__":
    server.run(*sys.argv[1:])
