"""The guide to `prefactor-gen risk`: codegen/prefactor_gen/risk/README.md."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import pytest
import yaml
from tests.codegen.support import run_silently
from tests.guides.blocks import block, table
from tests.guides.running import project

from prefactor_gen.command.risk.settings import RISK_KEYS
from prefactor_gen.diagnostics.risk_rules import RISK_RULES

GUIDE = "codegen/prefactor_gen/risk/README.md"
DEFINITION = block(f"{GUIDE}#what-is-declared/yaml")
COMMAND, PRINTED = block(f"{GUIDE}#what-is-declared/sh"), block(f"{GUIDE}#what-is-declared/text")
PROFILE, SCORED = block(f"{GUIDE}#scores/yaml"), block(f"{GUIDE}#scores/sh")
LIMITS, ALLOWED = block(f"{GUIDE}#what-a-project-allows/toml"), block(f"{GUIDE}#what-a-project-allows/text")
IN_CI = block(f"{GUIDE}#in-ci/sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path, {"schemas/billing.yaml": DEFINITION, "risk-profile.yaml": PROFILE})


def run(command: str, folder: Path) -> tuple[int, str]:
    with contextlib.chdir(folder):
        return run_silently(*shlex.split(command)[1:])


def test_what_is_declared(folder: Path) -> None:
    assert run(COMMAND, folder) == (0, PRINTED)
    code, printed = run(SCORED, folder)
    heading, row = printed.splitlines()[:2]
    assert (code, heading.split()[-1], row.split()[-1]) == (0, "score", "12")


def test_what_a_project_allows(folder: Path) -> None:
    configuration = f'[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n\n{LIMITS}'
    project(folder, {"pyproject.toml": configuration})
    code, printed = run("prefactor-gen risk", folder)
    assert code == 1
    assert printed.endswith(ALLOWED)
    assert "warning PR003: unknown in data_risk of 'billing:refund'" in printed
    assert ": warning PR005: 'PR001 crm:delete_contact destroy_data' in " in printed
    project(folder, {"pyproject.toml": configuration + ALLOWED.removeprefix("to allow: ").replace("why", "once")})
    assert run("prefactor-gen risk", folder)[0] == 0
    code, printed = run(IN_CI, folder)
    assert code == 1
    assert all(line.startswith(("::warning file=", "::notice file=")) for line in printed.splitlines())


def test_the_tables_have_every_key_and_every_rule() -> None:
    assert [row[0].strip("`") for row in table(GUIDE, "what-a-project-allows")] == list(RISK_KEYS)
    assert [row[0] for row in table(GUIDE, "what-a-project-allows", 1)] == list(RISK_RULES)


def test_the_profile_of_the_guide_has_the_numbers_of_the_text() -> None:
    weights = yaml.safe_load(PROFILE)["categories"].values()
    assert list(weights) == [4, 8]
