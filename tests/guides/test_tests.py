"""The guide to the tests: tests/README.md."""

from __future__ import annotations

import json
import re
import shlex
import sys

import pytest
from tests.benchmarks.speed.__main__ import parser
from tests.benchmarks.speed.rows import GROUPS
from tests.guides.blocks import block, section, table
from tests.support.processes import ROOT, run

GUIDE = "tests/README.md"
RUN = [block(f"{GUIDE}#running-the-tests/{name}") for name in ("sh", "sh/2", "sh/3", "sh/4")] + [
    block(f"{GUIDE}#golden-files/sh"),
    block(f"{GUIDE}#fuzzing/sh"),
    block(f"{GUIDE}#the-viewer-in-a-browser/sh/2"),
]
LINES = [line for lines in RUN for line in lines.splitlines()]


SMALL = {
    "tests/core": "tests/core/test_span_index.py",
    "tests/codegen": "tests/codegen/test_allow.py",
    "tests/viewer": "tests/viewer/test_keys.py",
}
COLLECT = """
import json, pytest, sys
for arguments in json.loads(sys.argv[1]):
    print("exit code", int(pytest.main([*arguments, "--collect-only", "-q", "-p", "no:cacheprovider"])))
"""


@pytest.mark.slow
def test_pytest_knows_the_options_and_finds_the_tests() -> None:
    """The tests are not run once more: one file of them is collected, with the options of each line."""
    lines = [arguments_of(line) for line in LINES]
    done = run([sys.executable, "-c", COLLECT, json.dumps(lines)], ROOT)
    assert done.returncode == 0, done.stderr
    *printed, rest = done.stdout.split("exit code 0\n")
    assert (len(printed), rest) == (len(lines), ""), done.stdout
    assert all(re.search(r"test_\w+\.py", collected) for collected in printed)


def arguments_of(line: str) -> list[str]:
    words = [word for word in shlex.split(line) if "=" not in word]
    assert words[0] == "pytest"
    paths = [word for word in words[1:] if word.startswith("tests/")]
    assert all((ROOT / path).exists() for path in paths)
    return [SMALL.get(word, word) for word in words[1:]] + ([] if paths else ["tests/core/test_span_index.py"])


def test_the_variable_of_the_fuzzer_is_read() -> None:
    (name,) = re.findall(r"^(\w+)=5000 pytest (tests/\S+)$", block(f"{GUIDE}#fuzzing/sh"), re.MULTILINE)
    assert f'os.environ.get("{name[0]}")' in (ROOT / name[1]).read_text("utf-8")


def test_every_folder_is_listed() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    assert {row[0].partition("]")[0].strip("[") for row in table(GUIDE, "layout")} == folders


def test_every_benchmark_is_listed() -> None:
    folder = ROOT / "tests" / "benchmarks"
    programs = {path.stem: path.read_text("utf-8") for path in folder.glob("*.py")}
    programs |= {path.parent.name: path.read_text("utf-8") for path in folder.glob("*/__main__.py")}
    runnable = {name for name, text in programs.items() if f"`python -m tests.benchmarks.{name}" in text}
    commands = [row[0].strip("`") for row in table(GUIDE, "benchmarks")]
    assert {command.rpartition("tests.benchmarks.")[2].partition(" ")[0] for command in commands} == runnable
    assert all(any(command in text for text in programs.values()) for command in commands)


def test_the_table_of_speed_has_the_rows_and_targets_of_the_benchmark() -> None:
    rows = [row for group in GROUPS.values() for row in group(1)]
    printed = [(cells[0], cells[3]) for cells in table(GUIDE, "speed")]
    assert printed == [(row.title, row.target.text) for row in rows]
    options = parser().format_help()
    assert all(option in options for option in re.findall(r"`(--[a-z-]+)", section(GUIDE, "speed")))


def test_the_parts_of_the_long_benchmark_are_listed() -> None:
    text = (ROOT / "tests" / "benchmarks" / "reliability.py").read_text("utf-8")
    (parts,) = re.findall(r"The parts are ([^.]*)\.", section(GUIDE, "benchmarks"))
    assert all(f'"{part}": ' in text for part in re.findall(r"`(\w+)`", parts))


@pytest.mark.parametrize("marker", ["integrations", "slow"])
def test_the_marker_is_declared(marker: str, pytestconfig: pytest.Config) -> None:
    assert any(line.startswith(f"{marker}: ") for line in pytestconfig.getini("markers"))
