"""A wheel by each build backend of codegen/README.md, as a user would build it."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest
from tests.compat import environments
from tests.e2e.processes import run
from tests.guides.blocks import block
from tests.guides.running import project, shell

pytestmark = pytest.mark.integrations

GUIDE = "codegen/README.md"
DEFINITIONS = block(f"{GUIDE}#a-first-package/yaml")
LAYOUT = block(f"{GUIDE}#other-build-backends/text")
CONFIGURATIONS = {name: block(f"{GUIDE}#{name}/toml") for name in ("setuptools", "uv_build", "poetry", "pdm")}
BACKENDS = ("setuptools>=69", "uv_build>=0.8", "poetry-core>=2.0", "pdm-backend>=2.4")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with all of them."""
    return environments.create(tmp_path_factory.mktemp("backends"), *BACKENDS)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_wheel_holds_the_generated_package(name: str, python: Path, tmp_path: Path) -> None:
    configuration = CONFIGURATIONS[name]
    assert any(f'"{backend}"' in configuration for backend in BACKENDS)
    files = {
        "pyproject.toml": configuration,
        "schemas/billing.yaml": DEFINITIONS,
        "src/billing_agent/__init__.py": "",
    }
    assert shell("git init -q && prefactor-gen", project(tmp_path, files)).returncode == 0
    assert all((tmp_path / line.split()[0]).is_file() for line in LAYOUT.splitlines())
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    command = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])  # uv_build runs a command of its environment
    built = run(command, tmp_path, {"PATH": path})
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "dist").glob("billing_agent-1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    generated = {path.relative_to(tmp_path / "src").as_posix() for path in (tmp_path / "src/billing_spans").glob("*.*")}
    assert "billing_spans/py.typed" in generated
    assert generated | {"billing_agent/__init__.py"} <= names
