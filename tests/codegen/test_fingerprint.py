"""What makes a package stale: an edit of the code that generates it, in any of its folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import prefactor_gen
import prefactor_schema
import prefactor_templates

pytestmark = pytest.mark.slow


class Checkout:
    """A project, and copies of the generator's packages to edit and to run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = root / "code"
        for package in (prefactor_gen, prefactor_schema, prefactor_templates):
            folder = Path(package.__path__[0])
            shutil.copytree(folder, self.code / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "spans.yaml").write_text("span_schemas: {agent: {}}")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "prefactor_gen", "spans.yaml", "--package", "made", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(self.code)}
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def edit(self, name: str) -> None:
        path = self.code / name
        path.write_text(path.read_text() + "\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path)
    (checkout.code / "prefactor_gen" / "nested" / "deeper").mkdir(parents=True)
    (checkout.code / "prefactor_gen" / "nested" / "deeper" / "module.py").touch()
    assert checkout.run().returncode == 0
    return checkout


@pytest.mark.parametrize(
    "edited",
    [
        "prefactor_gen/pipeline/stages.py",
        "prefactor_gen/nested/deeper/module.py",
        "prefactor_gen/package/templates/span_type.py.jinja",
        "prefactor_schema/json_schema.py",
        "prefactor_templates/parsing.py",
    ],
)
def test_an_edit_of_what_generates_makes_packages_stale(edited: str, checkout: Checkout) -> None:
    checkout.edit(edited)
    result = checkout.run("--check")
    assert result.returncode == 1
    assert "generated/made/__init__.py is stale; run prefactor-gen\n" in result.stderr


def test_an_edit_of_what_only_runs_the_command_does_not(checkout: Checkout) -> None:
    checkout.edit("prefactor_gen/command/main.py")
    assert checkout.run("--check").returncode == 0
