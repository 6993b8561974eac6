"""Parses Python files and notebooks, and knows the place of each node."""

from __future__ import annotations

import ast
import json
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prefactor_gen.diagnostics.diagnostics import Place

__all__ = ["Parsed", "UnreadableError", "parse", "read_source"]

_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""The bytes of a file that are read. Notebooks hold pictures, too."""
_COMMAND: Final = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?{1,2}\s*)$")
"""A line of IPython that is no Python: a magic, a shell command, or a question."""


class UnreadableError(Exception):
    """A file is no Python that can be parsed here. The message says why; `line` is None if no line is at fault."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True)
class Parsed:
    """A parsed file.

    Attributes:
        shown: the path of the file in messages.
        tree: its module; in a notebook, that of all cells with code.
        cells: for a notebook, the line of the module before each cell's first line, and the number of the cell from 1.
    """

    shown: str
    tree: ast.Module
    cells: list[tuple[int, int]] = field(default_factory=list)

    def place(self, node: ast.AST) -> Place:
        """The place of a node. In a notebook, it has no line of the file, but the cell and the line in it."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
        if not self.cells:
            return Place(self.shown, line=line, column=column)
        before, number = self.cells[max(0, bisect_right([start for start, _ in self.cells], line - 1) - 1)]
        return Place(self.shown, about=f"cell {number}, line {line - before}")


def read_source(path: Path) -> bytes:
    """The bytes of a file, or so many that `parse` refuses them.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)


def parse(path: Path, shown: str, content: bytes) -> Parsed:
    """Parse a file.

    Raises:
        UnreadableError: it is no Python for this version, or too large.
    """
    if len(content) > _MAX_FILE_BYTES:
        raise UnreadableError(f"larger than {_MAX_FILE_BYTES // 1024**2} MiB")
    if path.suffix != ".ipynb":
        return Parsed(shown, _tree(content))
    cells, lines = [], list[str]()
    for number, source in _cells(content):
        cells.append((len(lines), number))
        lines.extend(source)
    return Parsed(shown, _tree("\n".join(lines).encode("utf-8", "surrogatepass")), cells or [(0, 1)])


def _tree(content: bytes) -> ast.Module:
    if len(content) > _MAX_BYTES:
        raise UnreadableError(f"more than {_MAX_BYTES // 1024**2} MiB of code")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in the agent's code
            return ast.parse(content)
    except SyntaxError as error:
        raise UnreadableError(error.msg, error.lineno or None, error.offset) from None
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deep
        raise UnreadableError(str(error) or "nested too deeply") from None


def _cells(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of the cells with Python code, each with the number of the cell."""
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not valid JSON: {error}") from None
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        if not isinstance(cell, Mapping) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        lines = text.splitlines()
        if not (lines and lines[0].lstrip().startswith("%%")):
            yield number, [_COMMAND.sub(r"\1pass", line) for line in lines]
