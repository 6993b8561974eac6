"""The tools of agents as span types: those of MCP servers, of OpenAI and of Anthropic."""

__all__: list[str] = []
