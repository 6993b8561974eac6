"""The environment with published packages, and the programs that run in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def python(python_with_packages: Path) -> Path:
    return python_with_packages


@pytest.fixture(scope="session")
def bin_folder(python: Path) -> Path:
    """The commands of the environment with published packages and our distribution."""
    return python.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the programs."""
    return Path(shutil.copytree(Path(__file__).with_name("programs"), tmp_path / "programs"))
