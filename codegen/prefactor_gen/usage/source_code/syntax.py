"""Parses Python files and notebooks, and knows the place of each node."""

from __future__ import annotations

import ast
import json
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Final

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.usage.source_code.notebooks import Cell, code_cells, without_commands

__all__ = ["Parsed", "UnreadableError", "parse", "read_source"]

_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""The bytes of a file that are read. Notebooks hold pictures, too."""


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
        unread: the cells of a notebook that are no Python, with the places.
    """

    shown: str
    tree: ast.Module
    cells: list[tuple[int, int]] = field(default_factory=list)
    unread: list[tuple[Place, UnreadableError]] = field(default_factory=list)

    def place(self, node: ast.AST) -> Place:
        """The place of a node. In a notebook, it has no line of the file, but the cell and the line in it."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
        if not self.cells:
            return Place(self.shown, line=line, column=column)
        before, number = self.cells[max(0, bisect_right(self.cells, line - 1, key=itemgetter(0)) - 1)]
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
    return Parsed(shown, _tree(content)) if path.suffix != ".ipynb" else _notebook(shown, content)


def _notebook(shown: str, content: bytes) -> Parsed:
    """Parse a notebook cell by cell, because IPython runs the others if one is wrong."""
    try:
        cells = list(code_cells(json.loads(content)))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not valid JSON: {error}") from None
    _check_size(sum(len(line) + 1 for cell in cells for line in cell.lines))
    parsed = Parsed(shown, ast.Module([], []), [(0, 1)])
    before = 0
    for cell in cells:
        parsed.cells.append((before, cell.number))
        try:
            tree = _tree_of_cell(cell)
        except UnreadableError as error:
            if cell.is_python:
                about = f"cell {cell.number}" + (f", line {error.line}" if error.line else "")
                parsed.unread.append((Place(shown, about=about), error))
        else:
            parsed.tree.body.extend(ast.increment_lineno(tree, before).body)
        before += len(cell.lines)
    return parsed


def _tree_of_cell(cell: Cell) -> ast.Module:
    try:
        return _tree(_encoded(cell.lines))
    except UnreadableError:  # only then, because lines of Python can look like commands
        return _tree(_encoded(without_commands(cell.lines)))


def _encoded(lines: list[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _check_size(size: int) -> None:
    if size > _MAX_BYTES:
        raise UnreadableError(f"more than {_MAX_BYTES // 1024**2} MiB of code")


def _tree(content: bytes) -> ast.Module:
    _check_size(len(content))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in the agent's code
            return ast.parse(content)
    except SyntaxError as error:
        raise UnreadableError(error.msg, error.lineno or None, error.offset) from None
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; nested too deep
        raise UnreadableError(str(error) or "nested too deeply") from None
