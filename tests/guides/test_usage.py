"""The guide to `prefactor-gen status`: codegen/prefactor_gen/usage/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.guides.blocks import block, section, table
from tests.guides.running import project, shell

from prefactor_gen.command.parsers import command_line
from prefactor_gen.diagnostics.usage_rules import USAGE_RULES

GUIDE = "codegen/prefactor_gen/usage/README.md"
DEFINITIONS = block(f"{GUIDE}#what-is-reported/yaml")
PROGRAM = block(f"{GUIDE}#what-is-reported/python")
COMMAND = block(f"{GUIDE}#what-is-reported/sh")
PRINTED = block(f"{GUIDE}#what-is-reported/text")
IGNORED = block(f"{GUIDE}#span-types-that-something-else-records/toml")
CI = block(f"{GUIDE}#in-ci/sh")
CONFIGURATION = '[tool.prefactor-gen]\nsources = ["schemas"]\noutput = "src"\npackage = "billing_spans"\n'


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    files = {"schemas/agent.yaml": DEFINITIONS, "src/agent.py": PROGRAM, "pyproject.toml": CONFIGURATION}
    return project(tmp_path, files)


def test_what_is_reported(agent: Path) -> None:
    done = shell(COMMAND, agent)
    assert (done.returncode, done.stdout, done.stderr) == (1, PRINTED, "")


def test_in_ci_with_an_ignored_name(agent: Path) -> None:
    project(
        agent, {"pyproject.toml": CONFIGURATION + IGNORED, "src/agent.py": PROGRAM.replace("agent:lm", "langchain:x")}
    )
    done = shell(CI, agent)
    assert [line.split("title=")[1][:5] for line in done.stdout.splitlines()] == ["PS001", "PS002", "PS004"]
    assert done.returncode == 0


def test_the_tables_are_complete() -> None:
    assert [row[0] for row in table(GUIDE, "what-is-reported")] == [*USAGE_RULES]
    given = {word for row in table(GUIDE, "what-is-reported", 1) for word in row[0].replace("`", "").split(", ")}
    subparsers = next(action for action in command_line()._actions if action.dest == "command")
    parser = dict(subparsers.choices or {})["status"]
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert options <= {word.split()[0] for word in given}
    assert "PS006" in section(GUIDE, "span-types-that-something-else-records")
