"""Fixtures for every test folder."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compat import environments

from prefactor_local import LocalApi

os.environ.pop("FORCE_COLOR", None)  # tests compare what commands print to a pipe
if os.environ.pop("CI", "") == "true":  # prefactor-gen uses no cache there
    os.environ["TESTS_RUN_IN_CI"] = "true"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the programs of tests would compile what they import each time


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that none of them is left when the other processes are done.

    Those that need the environment with published packages follow the others, because it takes a while to make.
    """
    ranks: dict[str, int] = {}
    for item in items:
        rank = 1 if item.get_closest_marker("integrations") else 0 if item.get_closest_marker("slow") else 2
        path = item.nodeid.partition("::")[0]
        ranks[path] = min(rank, ranks.get(path, rank))
        if rank == 1:
            item.add_marker(pytest.mark.timeout(func_only=True))  # its fixtures wait for pip
    items.sort(key=lambda item: ranks[item.nodeid.partition("::")[0]])


@pytest.fixture(scope="session")
def python_with_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the environment with our distribution and the published packages that tests use."""
    return environments.with_packages(tmp_path_factory)


@pytest.fixture(scope="session", autouse=True)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The first process begins to make that environment before a test asks for it."""
    is_first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if not is_first or not any("python_with_packages" in _fixtures(item) for item in request.session.items):
        yield
        return
    process = environments.prepare(tmp_path_factory)
    yield
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


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
