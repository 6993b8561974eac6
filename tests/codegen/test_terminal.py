"""Colours, tables and progress on a terminal, and plain text in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from tests.codegen.support import Project

from prefactor_gen.command import progress
from prefactor_gen.pipeline import processes

# Longer than a line of a terminal, and full of what rich would interpret.
NAME = "[red]a :smile: 'text' " + 30 * "long " + "[/red]"
POINTER = NAME.replace("/", "~1")
WRONG = f'span_schemas:\n  agent:\n    properties:\n      "{NAME}": {{type: strnig}}\n'
CHECKED = "span_schemas:\n  agent:\n    properties:\n      '[red]x': {type: [string], format: date}\n    not: {}\n"
RED = "\x1b[31merror PG006\x1b[0m"
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(settings: dict[str, str]) -> dict[str, str]:
    decisive = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS")
    return {**{key: value for key, value in os.environ.items() if key not in decisive}, **settings}


@contextmanager
def terminal() -> Iterator[tuple[TextIO, int]]:
    """A terminal for a program, and the other end of it, to read from."""
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream:
        yield stream, ours
    os.close(ours)


def read(ours: int) -> str:
    """What was written to a terminal that the program has closed."""
    printed = b""
    try:
        while part := os.read(ours, 10_000):
            printed += part
    except OSError:  # how Linux reports the end
        pass
    return printed.decode().replace("\r\n", "\n")


def on_terminal(folder: Path, *arguments: str, **settings: str) -> str:
    command = [sys.executable, "-m", "prefactor_gen", *arguments]
    with terminal() as (stream, ours):
        subprocess.run(command, cwd=folder, stdout=stream, env=environment({"TERM": "xterm"} | settings), check=False)
        stream.close()
        return read(ours)


def in_pipe(folder: Path, *arguments: str, **settings: str) -> str:
    command = [sys.executable, "-m", "prefactor_gen", *arguments]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, env=environment(settings), text=True, check=False
    )
    return done.stdout


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a definition that has a mistake."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "a.yaml").write_text(WRONG)
    return folder


@pytest.fixture(scope="module")
def plain(wrong: Path) -> str:
    """What `check` prints about the mistake into a pipe."""
    return in_pipe(wrong, "check", "a.yaml")


@pytest.mark.slow
def test_a_terminal_adds_only_colour_to_diagnostics(wrong: Path, plain: str) -> None:
    assert plain.startswith(f"a.yaml:4:190 /span_schemas/agent/properties/{POINTER}/type: error PG006: expected one of")
    coloured = on_terminal(wrong, "check", "a.yaml")
    assert coloured == plain.replace("error PG006", RED)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colours(settings: dict[str, str], wrong: Path, plain: str) -> None:
    assert on_terminal(wrong, "check", "a.yaml", **settings) == plain


@pytest.mark.slow
def test_colours_in_a_pipe_if_they_are_asked_for(wrong: Path, plain: str) -> None:
    assert in_pipe(wrong, "check", "a.yaml", FORCE_COLOR="1", TERM="xterm") == plain.replace("error PG006", RED)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "github"])
def test_formats_for_programs_have_no_colours(form: str, wrong: Path) -> None:
    arguments = ("check", "a.yaml", "--format", form)
    assert on_terminal(wrong, *arguments) == in_pipe(wrong, *arguments)


@pytest.mark.slow
def test_what_enforces_each_keyword_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CHECKED)
    lines = [
        CODES.sub("", line).rstrip() for line in on_terminal(tmp_path, "check", "a.yaml", "--explain").splitlines()
    ]
    assert lines == [
        "agent params: types enforce properties, type",
        "    /not                       checked against the schema itself",
        "    /properties/[red]x/format  not enforced",
    ]


@pytest.mark.slow
def test_a_pipe_needs_no_rich(project: Project) -> None:
    project.write("schemas/a.yaml", WRONG)
    code = (
        "import sys; from prefactor_gen.command.main import run\n"
        "assert run(['check', 'schemas', '--explain']) == 1\n"
        "assert run(['schemas', '--package', 'made']) == 1\n"
        "assert not {'rich', 'watchfiles'} & sys.modules.keys()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=project.root, capture_output=True, env=environment({}), text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_without_rich(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WRONG)
    code = "import sys; sys.modules['rich'] = None; from prefactor_gen.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "check", "a.yaml"]
    settings = environment({"FORCE_COLOR": "1"})
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=settings, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "prefactor-gen needs the extra 'gen' of prefactor-sdk (rich is not installed)\n"


def test_a_long_run_shows_its_progress(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.span_types(one={}, two={}, three={})
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(processes, "_BATCH", 2)
    monkeypatch.setenv("TERM", "xterm")
    with terminal() as (stream, ours):
        monkeypatch.setattr(sys, "stderr", stream)
        result = project.generate()
        stream.close()
        printed = read(ours)
    assert (result.code, result.out) == (0, "generated/made: 3 span types, 6 files changed\n")
    shown = re.findall(r"made: \d of \d span types", CODES.sub("", printed))
    assert list(dict.fromkeys(shown)) == ["made: 2 of 3 span types", "made: 3 of 3 span types"]
    assert printed.endswith("\r\x1b[1A\x1b[2K"), "the bar is removed, and the cursor is where it was"
