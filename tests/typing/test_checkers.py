"""mypy and pyright check accept*.py and reject*.py; each line must be reported or not, according to its comment.

A comment at the end of a line of reject*.py names the checkers that must report it, and a text of mypy's message, or
one of each: `# E: "text"`, `# E: "text" | "text of pyright's"`, `# E(mypy): "text"`, `# E(pyright)`. A line without
such a comment must not be reported, in any file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

pytestmark = pytest.mark.slow

CHECKERS = ("mypy", "pyright")
PROGRAMS = ("accept.py", "reject.py", "accept_shipped.py", "reject_shipped.py")
_MARK = re.compile(r'# E(\((?P<only>mypy|pyright)\))?(: "(?P<mypy>.+?)"( \| "(?P<pyright>.+)")?)?$')


class Line(NamedTuple):
    """A line of a program."""

    file: str
    number: int


# The messages of each checker, by line.
Reports: TypeAlias = dict[str, dict[Line, str]]


@pytest.fixture(scope="module")
def reported(project: Path) -> Reports:
    """The reports of both checkers, which run at the same time."""
    settings = ["--strict", "--config-file=", "--python-version=3.11", "--output=json"]
    commands = {
        "mypy": ["mypy", *settings, "."],
        "pyright": ["pyright", "--outputjson", "--pythonpath", sys.executable, "--project", "."],
    }
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    running = {
        checker: subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for checker, command in commands.items()
    }
    printed = {checker: process.communicate(timeout=100) for checker, process in running.items()}
    for checker, process in running.items():
        assert process.returncode in {0, 1}, "".join(printed[checker])
    return {"mypy": _by_line(_of_mypy(printed["mypy"][0])), "pyright": _by_line(_of_pyright(printed["pyright"][0]))}


def _of_mypy(output: str) -> Iterator[tuple[Line, str]]:
    for report in map(json.loads, output.splitlines()):
        if report["severity"] == "error":
            yield Line(Path(report["file"]).as_posix(), report["line"]), report["message"]


def _of_pyright(output: str) -> Iterator[tuple[Line, str]]:
    for report in json.loads(output)["generalDiagnostics"]:
        # Pyright's JSON counts lines from 0, mypy from 1.
        line = report["range"]["start"]["line"] + 1
        yield Line(Path(report["file"]).name, line), report["message"]


def _by_line(reports: Iterator[tuple[Line, str]]) -> dict[Line, str]:
    found: dict[Line, str] = {}
    for line, message in reports:
        found[line] = f"{found[line]}\n{message}" if line in found else message
    return found


def _marks(project: Path, program: str) -> dict[Line, re.Match[str]]:
    """Return the marked lines of a program."""
    with tokenize.open(project / program) as lines:
        tokens = list(tokenize.generate_tokens(lines.readline))
    comments = (token for token in tokens if token.type == tokenize.COMMENT and not token.line.lstrip().startswith("#"))
    marks = {Line(program, token.start[0]): (token.string, _MARK.match(token.string)) for token in comments}
    wrong = {line: text for line, (text, mark) in marks.items() if mark is None}
    assert not wrong, f"marks that cannot be read: {wrong}"
    return {line: mark for line, (_, mark) in marks.items() if mark is not None}


def _is_reported(mark: re.Match[str], checker: str) -> bool:
    """Return whether the checker must report the line."""
    return mark["only"] in {None, checker}


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_reports_every_mistake_and_nothing_else(project: Path, reported: Reports, checker: str, program: str) -> None:
    marks = _marks(project, program)
    expected = {line for line, mark in marks.items() if _is_reported(mark, checker)}
    found = {line: message for line, message in reported[checker].items() if line.file == program}
    assert {line: found[line] for line in found.keys() - expected} == {}
    assert expected - found.keys() == set()


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_messages_have_the_expected_texts(project: Path, reported: Reports, checker: str, program: str) -> None:
    marks = _marks(project, program).items()
    found = reported[checker]
    texts = {line: mark[checker] for line, mark in marks if mark[checker] and line in found}
    assert {line: found[line] for line, text in texts.items() if text not in found[line]} == {}


@pytest.mark.parametrize("program", PROGRAMS)
def test_only_the_reject_programs_have_marks(project: Path, program: str) -> None:
    assert bool(_marks(project, program)) is program.startswith("reject")


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_reports_nothing_in_the_generated_package(reported: Reports, project: Path, checker: str) -> None:
    programs = {path.name for path in project.glob("*.py")}
    assert {line: text for line, text in reported[checker].items() if line.file not in programs} == {}
