"""Virtual environments for tests, made with pip from the package index of this machine."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.processes import ROOT, run

__all__ = ["create", "own_wheel", "pip", "shared"]


def create(folder: Path, *requirements: str) -> Path:
    """Create an environment with these packages; return its interpreter. Skips the test if pip cannot get them."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip(python, "install", "--no-compile", "--only-binary", ":all:", *requirements)
    return python


def shared(factory: pytest.TempPathFactory, name: str, *requirements: str, alone: Sequence[str] = ()) -> Path:
    """Create an environment with our distribution once for all processes of a test run; return its interpreter.

    Args:
        factory: knows the folder of the test run.
        name: the name of the environment.
        requirements: the packages.
        alone: packages that are installed without what they require, since our distribution replaces that.
    """
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    python = folder / name / "bin" / "python"
    with (folder / f"{name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != "complete":
            wheel = own_wheel(folder / f"{name}-wheel")
            create(folder / name, *requirements, str(wheel))
            if alone:
                pip(python, "install", "--no-compile", "--no-deps", *alone)
            lock.write("complete")
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
