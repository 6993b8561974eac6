"""Virtual environments for tests, made with pip from the package index of this machine."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests.support.processes import ROOT, run

__all__ = ["INTEGRATIONS", "create", "own_wheel", "pip", "with_frameworks"]

_FRAMEWORKS = (
    "awslambdaric==4.2.2",
    "celery==5.7.0",
    "django==5.2.19",
    "fastapi==0.165.0",
    "flask==3.1.3",
    "gunicorn==27.0.1",
    "ipykernel==7.4.0",
    "langchain==1.4.7",
    "mcp==2.3.0",
    "nbclient==0.11.0",
    "openai-agents==0.24.0",
    "openai==3.57.0",
    "pytest-asyncio>=1.2,<2",
    "pytest>=9,<10",
    "pyuwsgi==2.0.30.post1",
    "trio==0.35.0",
    "uvicorn-worker==0.4.0",
    "uvicorn==0.54.0",
)
INTEGRATIONS = ("prefactor-langchain==0.3.0", "prefactor-livekit==0.1.5")
"""They need prefactor-core, which ours replaces. The second needs livekit-agents (310 MB) for type checkers only."""


def create(folder: Path, *requirements: str) -> Path:
    """Create an environment with these packages; return its interpreter. Skips the test if pip cannot get them."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip(python, "install", "--no-compile", "--only-binary", ":all:", *requirements)
    return python


def with_frameworks(factory: pytest.TempPathFactory) -> Path:
    """An environment with our distribution, servers, frameworks and published integrations; return its interpreter.

    All processes of a test run share it.
    """
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    python = folder / "frameworks" / "bin" / "python"
    with (folder / "frameworks.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != "complete":
            create(folder / "frameworks", *_FRAMEWORKS, str(own_wheel(folder / "frameworks-wheel")))
            pip(python, "install", "--no-compile", "--no-deps", *INTEGRATIONS)
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
