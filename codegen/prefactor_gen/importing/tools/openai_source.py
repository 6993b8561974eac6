"""The source `openai`: the tools of a request to OpenAI."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prefactor_gen.importing.sources import name_of_file

if TYPE_CHECKING:
    from prefactor_gen.importing.span_types import Imported


__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY: Final = "the tools of a request to OpenAI"
EXAMPLE: Final = "openai tools.json --name shop"
PATHS: Final = ("file",)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments: the file, and how to read it."""
    parser.add_argument("file", nargs="?", metavar="TOOLS.json", help="a list of tools, or a request with one")
    parser.add_argument("--unstrict", action="store_true", help="required parameters that may be null become optional")


def default_name(options: Namespace) -> str | None:
    """That of the file."""
    return name_of_file(options.file)


def read(options: Namespace, base: Path) -> Imported:  # noqa: ARG001  # other sources need it
    """Read the tools in the file.

    Raises:
        SourceError: it is no list of tools.
    """
    from prefactor_gen.importing.tools.tool_lists import openai_tool, read_tool_list

    return read_tool_list(options.file, partial(openai_tool, unstrict=options.unstrict))
