"""Fixtures for every test folder."""

import os
from collections.abc import Iterator

import pytest

from prefactor_local import LocalApi

os.environ.pop("FORCE_COLOR", None)  # tests compare what commands print to a pipe
os.environ.pop("CI", None)  # prefactor-gen uses no cache there


@pytest.fixture(scope="session", autouse=True)
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for all runs of mypy: each package is read once."""
    os.environ["MYPY_CACHE_DIR"] = str(tmp_path_factory.mktemp("mypy_cache"))


@pytest.fixture(scope="session", autouse=True)
def generator_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not the cache of the user."""
    os.environ["PREFACTOR_GEN_CACHE"] = str(tmp_path_factory.mktemp("generator_cache"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def api() -> Iterator[LocalApi]:
    """A running embedded API."""
    with LocalApi() as api:
        yield api
