"""Fixtures for every test folder."""

import os
from collections.abc import Iterator

import pytest

from prefactor_local import LocalApi

os.environ.pop("FORCE_COLOR", None)  # tests compare what commands print to a pipe


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def api() -> Iterator[LocalApi]:
    """A running embedded API."""
    with LocalApi() as api:
        yield api
