"""The sources of `prefactor-gen import`, by the word that chooses them."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from prefactor_gen.importing.sources import Source

__all__ = ["SOURCES", "source_named"]

SOURCES: Final[dict[str, str]] = {
    "mcp": "mcp_source",
}
"""The module in `prefactor_gen.importing` of each source, in the order of the help."""


def source_named(kind: str) -> Source:
    """The module of a source."""
    return cast("Source", import_module(f"prefactor_gen.importing.{SOURCES[kind]}"))
