"""Fixtures for every test folder."""

from collections.abc import Iterator

import pytest

from prefactor_local import LocalApi


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def api() -> Iterator[LocalApi]:
    """A running embedded API."""
    with LocalApi() as api:
        yield api
