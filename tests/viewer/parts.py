"""What the tests of the viewer need beside the project: Chromium, playwright, and packages of Node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["missing", "node_package"]

_NODE = Path(__file__).parent / "node_modules"


def missing(what: str) -> NoReturn:
    """Skips the test; in CI it fails."""
    reason = f"{what} is missing: see “The viewer in a browser” in tests/README.md"
    if os.environ.get("TESTS_RUN_IN_CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def node_package(file: str) -> Path:
    """A file of a package of Node, as `axe-core/axe.min.js`."""
    if not (_NODE / file).exists():
        missing(file.partition("/")[0])
    return _NODE / file
