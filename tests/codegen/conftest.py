"""The option of the golden tests, the packages that several tests read, and a project to run the command in."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from tests.codegen.hostile import schemas_of_names
from tests.codegen.support import CASES, GOLDEN, TOPICS, Made, Project, forget

from prefactor_gen.command.main import run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is generated into the golden folders")


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of the cases."""
    folder = tmp_path_factory.mktemp("packages")
    schemas = {f"t:{name}": case["schema"] for name, case in CASES.items()}
    compile_schemas_into(folder, schemas, "cases_package")
    return folder


@pytest.fixture(scope="session")
def packages(cases: Path) -> Path:
    """The same folder, also with the packages of the golden topics and of the odd names.

    `golden_<topic>.warnings` holds what the command printed while it made `golden_<topic>`.
    """
    compile_schemas_into(cases, schemas_of_names(), "names_package")
    for topic in TOPICS:
        compile_into(cases, GOLDEN / topic, "definitions", f"golden_{topic}")
    return cases


def compile_schemas_into(folder: Path, schemas: dict[str, Any], package: str) -> None:
    source = folder / f"{package}_source.json"
    source.write_text(json.dumps({"span_schemas": schemas}))
    compile_into(folder, folder, source.name, package)


def compile_into(folder: Path, base: Path, source: str, package: str) -> None:
    errors = io.StringIO()
    with contextlib.chdir(base), contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        code = run([source, "--output", str(folder), "--package", package])
    assert code == 0, errors.getvalue()
    (folder / f"{package}.warnings").write_text(errors.getvalue(), "utf-8")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test that opens a connection or looks up a host."""

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, capsys, monkeypatch)


@pytest.fixture
def made(project: Project) -> Iterator[Made]:
    """A function that compiles span types, given as `name=params_schema`, and imports the package."""

    def compile_and_import(**schemas: dict[str, Any]) -> ModuleType:
        project.span_types(**schemas)
        result = project.generate()
        assert result.code == 0, result.err
        return project.load()

    yield compile_and_import
    forget("made")
