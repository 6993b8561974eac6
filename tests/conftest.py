"""Fixtures for every test folder."""

import os

import pytest

os.environ.pop("FORCE_COLOR", None)  # tests compare what commands print to a pipe


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
