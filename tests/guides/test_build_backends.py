"""A wheel by each build backend of codegen/README.md: by what pip calls, and with hatch by pip itself."""

from __future__ import annotations

import os
import tomllib
import zipfile
from pathlib import Path

import pytest
from tests.compat import environments
from tests.guides.blocks import block, guides
from tests.guides.running import project, shell
from tests.support.processes import run

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

GUIDE = "codegen/README.md"
DEFINITIONS = block(f"{GUIDE}#a-first-package/yaml")
LAYOUT = block(f"{GUIDE}#other-build-backends/text")
HATCH = block(f"{GUIDE}#hatch/toml")
EVERY = block(f"{GUIDE}#other-build-backends/toml")
OTHERS = {name: f"{EVERY}\n{block(f'{GUIDE}#{name}/toml')}" for name in ("setuptools", "uv_build", "poetry", "pdm")}
BACKENDS = environments.BUILD_BACKENDS
WHEEL = block(f"{GUIDE}#what-a-wheel-holds/sh")
INIT = block(f"{GUIDE}#set-up-a-project/sh")
AGENT = "billing_agent/__init__.py"


@pytest.fixture(scope="module")
def python(python_with_packages: Path) -> Path:
    """An environment with all of them."""
    return python_with_packages


def billing(folder: Path, configuration: str) -> Path:
    """The project that the guide builds."""
    files = {"pyproject.toml": configuration, "schemas/billing.yaml": DEFINITIONS, f"src/{AGENT}": ""}
    return project(folder, files)


def build(folder: Path, python: Path) -> set[str]:
    """The names of the files in the wheel that is built with what this environment has."""
    backend = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["build-system"]["build-backend"]
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])  # uv_build runs a command of its environment
    (folder / "dist").mkdir()
    code = f"import {backend} as backend; backend.build_wheel('dist')"
    built = run([str(python), "-P", "-c", code], folder, {"PATH": path})
    assert built.returncode == 0, built.stdout + built.stderr
    return files_in_wheel(folder)


def files_in_wheel(folder: Path) -> set[str]:
    (wheel,) = (folder / "dist").glob("billing_agent-1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("name", OTHERS)
def test_the_wheel_holds_the_generated_package(name: str, python: Path, tmp_path: Path) -> None:
    assert any(f'"{backend}"' in OTHERS[name] for backend in BACKENDS)
    assert shell("git init -q && prefactor-gen", billing(tmp_path, OTHERS[name])).returncode == 0
    assert all((tmp_path / line.split()[0]).is_file() for line in LAYOUT.splitlines())
    generated = {path.relative_to(tmp_path / "src").as_posix() for path in (tmp_path / "src/billing_spans").glob("*.*")}
    assert "billing_spans/py.typed" in generated
    assert generated | {AGENT} <= build(tmp_path, python)
    if name != "setuptools":  # what is stale is the same for all
        return
    project(tmp_path, {"schemas/billing.yaml": DEFINITIONS.replace("reason", "cause")})
    stale = shell(WHEEL, tmp_path)
    assert stale.returncode == 1
    assert "billing_spans/_billing_refund.py is stale; run prefactor-gen, then build the wheel" in stale.stderr


@pytest.mark.parametrize("requirement", BACKENDS)
def test_the_package_of_init_is_in_the_wheel(requirement: str, python: Path, tmp_path: Path) -> None:
    """With nothing said to the build backend."""
    backend = {"setuptools>=69": "setuptools.build_meta", "uv_build>=0.8": "uv_build", "hatchling": "hatchling.build"}
    others = {"poetry-core>=2.0": "poetry.core.masonry.api", "pdm-backend>=2.4": "pdm.backend"}
    name = (backend | others)[requirement]
    configuration = f"""[build-system]
requires = ["{requirement}"]
build-backend = "{name}"

[project]
name = "billing-agent"
version = "1.0"
"""
    project(tmp_path, {"pyproject.toml": configuration, f"src/{AGENT}": ""})
    done = shell(f"git init -q && {INIT}prefactor-gen", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "billing_agent/spans/__init__.py" in build(tmp_path, python)
    held = shell(WHEEL, tmp_path)
    assert (held.returncode, held.stderr) == (0, "")


def test_poetry_leaves_out_what_git_ignores(python: Path, tmp_path: Path) -> None:
    billing(tmp_path, OTHERS["poetry"])
    shell("git init -q && prefactor-gen && echo src/billing_spans/ > .gitignore", tmp_path)
    files = build(tmp_path, python)
    assert AGENT in files
    assert not any(name.startswith("billing_spans/") for name in files)
    missing = shell(WHEEL, tmp_path)
    assert missing.returncode == 1
    assert "has no package billing_spans; list it among those that the build includes" in missing.stderr


def test_hatch_with_the_wheel_of_this_project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In an environment of the build's own, as pip makes it: the wheel is found in the folder that pip is given."""
    command = "pip wheel --no-deps --find-links path/to/prefactor-sdk/dist ."
    assert f"`{command}`" in guides()[GUIDE]
    (tmp_path / "dist").symlink_to(environments.own_wheel(tmp_path_factory).parent)
    folder = billing(tmp_path / "billing", HATCH)
    done = shell(f"{command.replace('path/to/prefactor-sdk', '..')} --wheel-dir dist", folder)
    if "No matching distribution" in done.stderr:
        pytest.skip("pip cannot get what the build requires")
    assert done.returncode == 0, done.stderr
    assert {AGENT, "billing_spans/__init__.py", "billing_spans/py.typed"} <= files_in_wheel(folder)
