"""The option of the golden tests, and a project to run the command in."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.codegen.hostile import schemas_of_names
from tests.codegen.support import CASES, GOLDEN, TOPICS, Project, load_package

from prefactor_gen.cli import run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is generated into the golden folders")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of the golden topics, of the cases and of the odd names, for all tests that read them.

    What is printed while `golden_<topic>` is made is in `golden_<topic>.warnings`.
    """
    sources, folder = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("packages")
    schemas = {f"t:{name}": case["schema"] for name, case in CASES.items()}
    (sources / "cases.json").write_text(json.dumps({"span_schemas": schemas}))
    (sources / "names.json").write_text(json.dumps({"span_schemas": schemas_of_names()}))
    compile_into(folder, sources, "cases.json", "cases_package")
    compile_into(folder, sources, "names.json", "names_package")
    for topic in TOPICS:
        compile_into(folder, GOLDEN / topic, "definitions", f"golden_{topic}")
    return folder


def compile_into(folder: Path, base: Path, source: str, package: str) -> None:
    told = io.StringIO()
    with contextlib.chdir(base), contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        code = run([source, "--output", str(folder), "--package", package])
    assert code == 0, told.getvalue()
    (folder / f"{package}.warnings").write_text(told.getvalue(), "utf-8")


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
