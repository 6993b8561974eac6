"""Virtual environments for tests, made with pip from the package index of this machine."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests.support.processes import ROOT, run

__all__ = ["create", "own_wheel", "pip"]


def create(folder: Path, *requirements: str) -> Path:
    """Create an environment with these packages; return its interpreter. Skips the test if pip cannot get them."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip(python, "install", "--no-compile", "--only-binary", ":all:", *requirements)
    return python


def pip(python: Path, command: str, *arguments: str) -> None:
    """Run pip for an environment. Skips the test if pip cannot get the packages."""
    done = _pip("--python", str(python), command, "--quiet", *arguments)
    if done.returncode != 0:
        pytest.skip(f"pip cannot get {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")


def own_wheel(folder: Path) -> Path:
    """Build our distribution from the tree; return the wheel."""
    done = _pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    assert done.returncode == 0, done.stderr
    return next(folder.glob("prefactor_sdk-*.whl"))


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], ROOT)
