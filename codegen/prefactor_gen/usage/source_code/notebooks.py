"""Gives the Python code of the cells of a notebook, without what only IPython understands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["Cell", "code_cells", "without_commands"]

_OF_PYTHON: Final = frozenset({"capture", "prun", "time", "timeit"})
"""The magics that run Python code in the notebook itself."""
_OTHER_LANGUAGES: Final = frozenset(
    {
        "!", "HTML", "R", "SVG", "bash", "bigquery", "cmd", "html", "javascript", "js", "julia", "latex", "markdown",
        "perl", "ruby", "script", "sh", "sql", "svg", "sx", "system",
    }
)  # fmt: skip
_CELL_MAGIC: Final = re.compile(r"\s*%%(!|[\w.]+)(.*)")
_COMMAND: Final = re.compile(
    r"(?P<indent>\s*)(?:(?P<target>[^\s=!<>#][^=!<>#]*)=\s*)?(?:%{1,2}\s*(?P<magic>[A-Za-z]\w*)(?P<code>.*)|!(?!=).*)"
)
"""A magic or a shell command, perhaps assigned to a variable."""
_QUESTION: Final = re.compile(r"(\s*)(?:\?{1,2}\s*\S+|[^\s=#]+\?{1,2})\s*")
_OPTIONS: Final = re.compile(r"\s*(?:--?[A-Za-z][\w-]*(?:\s+\d+)?\s+)*")


@dataclass(frozen=True)
class Cell:
    """A cell with code.

    Attributes:
        number: from 1, counting the cells without code as well.
        lines: its lines. A magic for the whole cell is left out, but not its line.
        is_python: whether it is certainly meant as Python; with an unknown magic, it may be anything.
    """

    number: int
    lines: list[str]
    is_python: bool


def code_cells(notebook: object) -> Iterator[Cell]:
    """The cells of a notebook that may be Python."""
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        if not isinstance(cell, Mapping) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        lines = text.replace("\r\n", "\n").split("\n")  # other characters end no line of Python
        first = next((index for index, line in enumerate(lines) if line.strip()), 0)
        magic = _CELL_MAGIC.match(lines[first])
        if magic is None:
            yield Cell(number, lines, is_python=True)
        elif magic[1] not in _OTHER_LANGUAGES:
            lines[first] = _code_of_magic(magic[1], magic[2]) if magic[1] == "timeit" else ""
            yield Cell(number, lines, magic[1] in _OF_PYTHON)


def without_commands(lines: list[str]) -> list[str]:
    """The same lines, with Python in place of magics, shell commands and questions."""
    made, is_continued = [], False
    for line in lines:
        if is_continued:  # by a backslash at the end of a command
            is_continued = line.endswith("\\")
            made.append("")
        elif (command := _COMMAND.fullmatch(line)) is not None:
            is_continued = line.endswith("\\")
            made.append(_python_of(command))
        else:
            made.append(_QUESTION.sub(r"\1pass", line) if _QUESTION.fullmatch(line) else line)
    return made


def _python_of(command: re.Match[str]) -> str:
    """A statement for a command: nothing is known of its result, but `%time` and the like run Python."""
    code = _code_of_magic(command["magic"] or "", command["code"] or "")
    if command["target"] is None:
        return command["indent"] + (code or "pass")
    assigned = f"{command['target'].strip()} = get_ipython()"
    both = f"{code}; {assigned}"
    return command["indent"] + (both if code and _is_python(both) else assigned)


def _code_of_magic(magic: str, rest: str) -> str:
    """The Python code in the line of a magic; empty if there is none."""
    options = _OPTIONS.match(rest) if magic in _OF_PYTHON else None
    code = rest[options.end() :].strip() if options is not None else ""
    return code if _is_python(code) else ""


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
