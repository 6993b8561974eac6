"""The option of the golden tests, and a project to run the command in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.codegen.support import Project, load_package


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is generated into the golden folders")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, capsys, monkeypatch)


@pytest.fixture
def made(project: Project) -> Iterator[Callable[..., ModuleType]]:
    """A function that compiles span types, given as `name=params_schema`, and imports the package."""

    def compile_and_import(**schemas: dict[str, Any]) -> ModuleType:
        project.span_types(**schemas)
        result = project.generate()
        assert result.code == 0, result.err
        return load_package(project.package.parent, "made")

    yield compile_and_import
    for module in [each for each in sys.modules if each == "made" or each.startswith("made.")]:
        del sys.modules[module]
