"""Virtual environments for tests, made with pip from the package index of this machine.

As a program it makes the environment that the tests of a run share, in a folder: see `prepare`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.processes import ROOT, run

__all__ = ["BUILD_BACKENDS", "INTEGRATIONS", "create", "own_wheel", "pip", "prepare", "with_packages"]

BUILD_BACKENDS = ("setuptools>=69", "uv_build>=0.8", "poetry-core>=2.0", "pdm-backend>=2.4", "hatchling")
INTEGRATIONS = ("prefactor-langchain==0.3.0", "prefactor-livekit==0.1.5")
"""They need prefactor-core, which ours replaces. The second needs livekit-agents (310 MB) for type checkers only."""
_PACKAGES = (
    # Servers, workers and frameworks.
    "awslambdaric==4.2.2",
    "celery==5.7.0",
    "django==5.2.19",
    "fastapi==0.165.0",
    "flask==3.1.3",
    "gunicorn==27.0.1",
    "ipykernel==7.4.0",
    "langchain==1.4.7",
    "mcp==2.3.0",
    "mcp-server-fetch==2026.10.24",
    "mcp-server-git==2026.10.19",
    "mcp-server-time==2026.10.19",
    "nbclient==0.11.0",
    "openai-agents==0.24.0",
    "openai==3.57.0",
    "pyuwsgi==2.0.30.post1",
    "trio==0.35.0",
    "uvicorn-worker==0.4.0",
    "uvicorn==0.54.0",
    # Tools: tests, mocks, clocks, tracing, another event loop.
    "freezegun",
    "gevent",
    "inline-snapshot",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-instrumentation-threading",
    "opentelemetry-sdk",
    "pytest-asyncio>=1.2,<2",
    "pytest-cov",
    "pytest-httpx",
    "pytest-randomly",
    "pytest>=9,<10",
    "respx",
    "time-machine>=3",
    # Values in payloads.
    "multidict",
    "numpy",
    "pandas",
    "requests",
    "starlette",
    "urllib3",
)


def create(folder: Path, *requirements: str) -> Path:
    """Create an environment with these packages; return its interpreter. Skips the test if pip cannot get them."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip(python, "install", "--no-compile", "--only-binary", ":all:", *requirements)
    return python


def with_packages(factory: pytest.TempPathFactory) -> Path:
    """The environment with our distribution and the published packages that tests use; return its interpreter.

    All processes of a test run share it, because most of the time for an environment is pip's. What cannot be in it,
    such as the documented client, which ours replaces, has one of its own.
    """
    return _with_packages(_shared_folder(factory))


def own_wheel(factory: pytest.TempPathFactory) -> Path:
    """The wheel of our distribution, which is built from the tree once in a test run."""
    return _own_wheel(_shared_folder(factory))


def prepare(factory: pytest.TempPathFactory) -> subprocess.Popen[bytes]:
    """Begin to make the environment of `with_packages` beside the tests that do not need it.

    Returns the process, which leads a process group.
    """
    command = [sys.executable, "-m", "tests.compat.environments", str(_shared_folder(factory))]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def pip(python: Path, command: str, *arguments: str) -> None:
    """Run pip for an environment. Skips the test if pip cannot get the packages."""
    done = _pip("--python", str(python), command, "--quiet", *arguments)
    if done.returncode != 0:
        pytest.skip(f"pip cannot get {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a test run share."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def _with_packages(shared: Path) -> Path:
    folder = shared / "packages"
    with _made_once(shared / "packages.lock") as is_made:
        if not is_made:
            create(folder, *_PACKAGES, *BUILD_BACKENDS, str(_own_wheel(shared)))
            pip(folder / "bin" / "python", "install", "--no-compile", "--no-deps", *INTEGRATIONS)
    return folder / "bin" / "python"


def _own_wheel(shared: Path) -> Path:
    folder = shared / "wheel"
    with _made_once(shared / "wheel.lock") as is_made:
        if not is_made:
            done = _pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
            assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("prefactor_sdk-*.whl")
    return wheel


@contextmanager
def _made_once(path: Path) -> Iterator[bool]:
    """A lock for what one process makes while the others wait; whether it is made. If it fails, the next one tries."""
    with path.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        is_made = lock.read() == "made"
        yield is_made
        if not is_made:
            lock.write("made")


def _pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], ROOT, timeout=600)


if __name__ == "__main__":
    _with_packages(Path(sys.argv[1]))
