"""The command `prefactor-gen import`."""

from __future__ import annotations

import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "SUMMARY", "add_options", "run"]

SUMMARY = "write definitions from schemas of tools, APIs and programs"
DESCRIPTION = (
    "Write definitions from schemas that exist already: those of MCP servers, of OpenAI and Anthropic "
    "tools, of OpenAPI operations, of Python objects, and of recorded spans."
)
EXAMPLES = "  prefactor-gen import mcp --name git -- uvx mcp-server-git\n  prefactor-gen import --check\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, beside `-C`."""


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    raise NotImplementedError
