"""The environment with servers and frameworks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.compat import environments


@pytest.fixture(scope="session")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the servers, the frameworks and our distribution."""
    return environments.with_frameworks(tmp_path_factory).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the programs."""
    return Path(shutil.copytree(Path(__file__).with_name("programs"), tmp_path / "programs"))
