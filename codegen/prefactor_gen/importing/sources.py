"""What a source of `prefactor-gen import` is: a module with arguments, and a function that reads it."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prefactor_gen.importing.span_types import Imported

__all__ = ["MAX_NAME", "Source", "SourceError", "name_of_file", "name_of_import"]

MAX_NAME = 63
"""The longest name of an import, which is also a file name."""


class SourceError(Exception):
    """A source cannot be read. The message says which one, why, and what to do, on one line.

    What is wrong with one tool, operation or type alone is a `Found` with severity error instead.
    """


def name_of_file(file: str | None) -> str | None:
    """The name of an import of a file; None if no file is given, or its name has no letter or digit."""
    return name_of_import(Path(file).stem) if file else None


def name_of_import(text: str) -> str | None:
    """A text as the name of an import; None if it has no letter or digit."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:MAX_NAME].strip("-_") or None


class Source(Protocol):
    """A source of span types: a module in `importing`.

    The command adds `--name`, `--force`, `--format`, `--strict` and `-C`, and keeps the values of the other options in
    `prefactor-imports.lock`, so that `import --check` reads the source again. They are texts, lists of texts, truth
    values or numbers, never credentials: an option names the variable of the environment that holds one. None of them
    is required for argparse: without any of them, those of the lock are used. `read` says which one is missing.

    Attributes:
        SUMMARY: a line for `import --help`.
        EXAMPLE: the end of a command line: `mcp --name git -- uvx mcp-server-git`.
        PATHS: the names of the options that are paths. The lock has them relative to the project.
    """

    SUMMARY: str
    EXAMPLE: str
    PATHS: Sequence[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments of the source. It takes no time: heavy modules are imported by `read`."""

    def default_name(self, options: Namespace) -> str | None:
        """The name of an import without `--name`, such as that of the file; None if it has to be given."""

    def read(self, options: Namespace, base: Path) -> Imported:
        """Read the source.

        Args:
            options: its arguments, and `name`, the name of the import.
            base: the folder of the project, which is the working folder meanwhile.

        Raises:
            SourceError: it cannot be read.
            RemoteError: it cannot be read over the network.
        """
