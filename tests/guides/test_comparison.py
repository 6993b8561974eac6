"""The guide to `prefactor-gen diff`: codegen/prefactor_gen/comparison/README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.codegen.contract.repository import Repository, git
from tests.codegen.support import run_silently
from tests.guides.blocks import block, guides, table
from tests.guides.running import project, shell
from tests.support.processes import ROOT

from prefactor_gen.command.config import project_config
from prefactor_gen.command.diff import command as diff
from prefactor_gen.command.diff.settings import DIFF_KEYS, DiffSettings, read_diff_settings
from prefactor_gen.diagnostics.change_rules import CHANGE_RULES

GUIDE = "codegen/prefactor_gen/comparison/README.md"
OLD = block(f"{GUIDE}#a-first-comparison/yaml")
NEW = block(f"{GUIDE}#a-first-comparison/yaml/2")
COMMAND = block(f"{GUIDE}#a-first-comparison/sh")
PRINTED = block(f"{GUIDE}#a-first-comparison/text")
SETTINGS = block(f"{GUIDE}#configuration/toml")
ALLOWED = block(f"{GUIDE}#to-allow-a-change/text")
WORKFLOW = block(f"{GUIDE}#in-a-pull-request/yaml")
HOOK = block(f"{GUIDE}#before-a-commit/yaml")
CONFIGURATION = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "billing_spans"\n'
GH = """#!/usr/bin/env python3
import pathlib, sys
pathlib.Path("gh.log").open("a").write(" ".join(sys.argv[1:]) + "\\n")
if "--jq" in sys.argv and pathlib.Path("commented").exists():
    print(17)
"""
"""In place of GitHub's command: it remembers its arguments, and there may be a comment with the number 17."""


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """The project of the guide, in a branch."""
    repository = Repository(tmp_path)
    project(tmp_path, {"schemas/billing.yaml": OLD, "pyproject.toml": CONFIGURATION})
    repository.commit()
    git(tmp_path, "switch", "-q", "-c", "topic")
    project(tmp_path, {"schemas/billing.yaml": NEW})
    return tmp_path


def without_commits(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{7}\b", "3f2a1c9", text)


def printed(folder: Path, *arguments: str) -> str:
    with contextlib.chdir(folder):
        return run_silently(*arguments)[1]


@pytest.mark.slow
def test_a_first_comparison(branch: Path) -> None:
    done = shell(f"{COMMAND}\n", branch)
    assert (done.returncode, without_commits(done.stdout), done.stderr) == (1, PRINTED, "")


def test_an_allowed_change(branch: Path) -> None:
    project(branch, {"pyproject.toml": f"{CONFIGURATION}{SETTINGS}"})
    assert ALLOWED in printed(branch, "diff", "main")


def test_the_configuration_is_that_of_the_guide() -> None:
    settings = read_diff_settings(project_config(tomllib.loads(CONFIGURATION + SETTINGS), Path()))
    assert settings.allow
    assert settings.span_types
    defaults = DiffSettings("origin/main", allow=settings.allow, span_types=settings.span_types)
    assert settings == defaults
    assert [row[0] for row in table(GUIDE, "configuration")] == [f"`{key}`" for key in DIFF_KEYS]


def test_the_table_of_rules_is_the_list_of_the_program() -> None:
    assert table(GUIDE, "rules") == [
        (rule.code, rule.name, rule.writers or "–", rule.readers or "–", rule.summary) for rule in CHANGE_RULES.values()
    ]


def test_the_keys_of_json(branch: Path) -> None:
    report = json.loads(printed(branch, "diff", "main", "--format", "json"))
    listed, of_changes = (
        [name for row in table(GUIDE, "output-for-programs", number) for name in re.findall(r"`(\w+)`", row[0])]
        for number in (0, 1)
    )
    assert sorted(listed) == sorted(report)
    assert sorted(of_changes) == sorted(report["changes"][0])


def test_every_option_is_in_the_guide() -> None:
    parser = argparse.ArgumentParser()
    diff.add_options(parser)
    options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in guides()[GUIDE]] == ["--help"]


@pytest.mark.slow
class TestInAPullRequest:
    STEPS: list[dict[str, Any]] = yaml.safe_load(WORKFLOW)["jobs"]["diff"]["steps"]

    def run(self, branch: Path) -> list[int]:
        """Run the steps with the values that GitHub would put in; return their exit codes."""
        (branch / "bin").mkdir(exist_ok=True)
        (branch / "bin/gh").write_text(GH)
        (branch / "bin/gh").chmod(0o755)
        said = {"${{ github.base_ref }}": "main", "${{ github.event.number }}": "5", "${{ github.repository }}": "o/r"}
        codes = []
        for step in self.STEPS:
            if "env" in step:
                environment = {key: _replaced(value, said) for key, value in step["env"].items()}
                environment |= {"GITHUB_STEP_SUMMARY": str(branch / "summary"), "BASE": "main"}
                commands = f"PATH={branch / 'bin'}{os.pathsep}$PATH\n{step['run']}"
                codes.append(shell(commands, branch, **environment).returncode)
        return codes

    def test_a_comment_is_written_once_and_then_updated(self, branch: Path) -> None:
        assert self.run(branch) == [1, 0]
        log = (branch / "gh.log").read_text().splitlines()
        assert log[1] == "api --silent --method POST repos/o/r/issues/5/comments -F body=@diff.md"
        assert (branch / "summary").read_text() == (branch / "diff.md").read_text()
        (branch / "commented").touch()
        self.run(branch)
        log = (branch / "gh.log").read_text().splitlines()
        assert log[3] == "api --silent --method PATCH repos/o/r/issues/comments/17 -F body=@diff.md"

    def test_no_comment_where_nothing_has_changed(self, branch: Path) -> None:
        project(branch, {"schemas/billing.yaml": OLD})
        assert self.run(branch) == [0, 0]
        assert len((branch / "gh.log").read_text().splitlines()) == 1

    def test_the_wheel_is_of_this_version(self) -> None:
        (install,) = (step["run"] for step in self.STEPS if "pip install" in step.get("run", ""))
        assert install == f"pip install 'wheels/prefactor_sdk-{version('prefactor-sdk')}-py3-none-any.whl[gen]'"


def _replaced(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def test_the_hook_is_the_one_that_this_repository_offers() -> None:
    (repository,) = yaml.safe_load(HOOK)["repos"]
    (hook,) = repository["hooks"]
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (same,) = (each for each in offered if each["id"] == hook["id"])
    for key in ("id", "entry", "files", "pass_filenames"):
        assert hook[key] == same[key]
