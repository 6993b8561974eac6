"""`prefactor-gen --check --wheel FILE`: what of the generated package a wheel does not hold."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.codegen.schemas import OBJECT, TEXT, properties
from tests.codegen.support import Project

WHEEL = "dist/agent-1.0-py3-none-any.whl"


@pytest.fixture
def inside(project: Project) -> Project:
    """A project whose package `spans` is inside of its package `agent`, in `src`."""
    project.span_types(one=properties(x=TEXT), two=OBJECT)
    project.write("src/agent/__init__.py", b"")
    project.configure(output="src/agent", package="spans")
    assert project.run().code == 0
    return project


def make_wheel(project: Project, prefix: str = "", *, without: str = "", **changed: str) -> None:
    """A wheel of `src`, with changed or added files of the generated package."""
    source = project.root / "src"
    files = {
        path.relative_to(source).as_posix(): path.read_text("utf-8") for path in source.rglob("*") if path.is_file()
    }
    files |= {f"agent/spans/{name}.py": text for name, text in changed.items()}
    (project.root / "dist").mkdir(exist_ok=True)
    with zipfile.ZipFile(project.root / WHEEL, "w") as archive:
        for name, text in files.items():
            if without not in name or not without:
                archive.writestr(prefix + name, text)


@pytest.mark.parametrize("prefix", ["", "agent-1.0.data/purelib/"])
def test_a_wheel_with_the_current_package(prefix: str, inside: Project) -> None:
    make_wheel(inside, prefix)
    for arguments in ((), ("--no-cache",)):
        result = inside.run("--check", "--wheel", WHEEL, *arguments)
        assert (result.code, result.err) == (0, "")
        assert result.out == f"{WHEEL} has the current agent.spans\n"


def test_the_folder_does_not_matter(inside: Project) -> None:
    """With the hook of hatch, the package is not committed."""
    make_wheel(inside)
    for path in (inside.root / "src/agent/spans").iterdir():
        path.unlink()
    assert inside.run("--check", "--wheel", WHEEL).code == 0
    assert inside.run("--check").code == 1


def test_what_differs_is_shown(inside: Project) -> None:
    make_wheel(inside, without="_one.py", _old=(inside.root / "src/agent/spans/_two.py").read_text(), mine="x = 1\n")
    inside.span_types(one=properties(x=TEXT), two=properties(y=TEXT))
    result = inside.run("--check", "--wheel", WHEEL)
    assert result.code == 1
    place, remedy = f"{WHEEL}/agent/spans", "run prefactor-gen, then build the wheel"
    assert result.err.splitlines() == [
        f"{place}/__definitions__.py is stale; {remedy}",
        f"{place}/__init__.py is stale; {remedy}",
        f"{place}/_old.py would be removed; {remedy}",
        f"{place}/_one.py is missing; {remedy}",
        f"{place}/_two.py is stale; {remedy}",
    ]
    assert f"--- {place}/_two.py (current)\n" in result.out


def test_a_wheel_of_a_former_package(inside: Project) -> None:
    make_wheel(inside)
    inside.span_types(one=properties(x=TEXT), two=properties(y=TEXT))
    assert inside.run().code == 0
    result = inside.run("--check", "--wheel", WHEEL)
    assert f"{WHEEL}/agent/spans/_two.py is stale; build the wheel from the current package\n" in result.err


def test_a_package_that_was_not_generated_yet(inside: Project) -> None:
    for path in (inside.root / "src/agent/spans").iterdir():
        path.unlink()
    make_wheel(inside)
    result = inside.run("--check", "--wheel", WHEEL)
    assert "has no package agent.spans; run prefactor-gen, and list it" in result.err


def test_a_wheel_without_the_package(inside: Project) -> None:
    make_wheel(inside, without="spans/")
    result = inside.run("--check", "--wheel", WHEEL)
    message = f"{WHEEL} has no package agent.spans; list it among those that the build includes\n"
    assert (result.code, result.out, result.err) == (1, "", message)


def test_the_marker_for_type_checkers_counts(inside: Project) -> None:
    make_wheel(inside, without="py.typed")
    result = inside.run("--check", "--wheel", WHEEL)
    assert result.code == 1
    assert "agent/spans/py.typed is missing" in result.err


def test_a_namespace_package(project: Project) -> None:
    """No file says that `acme` is a package."""
    project.span_types(one=OBJECT)
    project.configure(output="src/acme", package="records")
    assert project.run().code == 0
    make_wheel(project)
    assert project.run("--check", "--wheel", WHEEL).code == 0


def test_every_package_of_the_project(inside: Project) -> None:
    inside.write("api/thing.json", {"$defs": {"Thing": properties(x=TEXT)}})
    text = (inside.root / "pyproject.toml").read_text()
    wire = '[tool.prefactor-gen.wire]\nsources = ["api"]\noutput = "src/agent"\npackage = "api"\n'
    inside.write("pyproject.toml", f"{text}\n{wire}")
    make_wheel(inside)
    result = inside.run("--check", "--wheel", WHEEL)
    assert result.code == 1
    assert "has no package agent.api" in result.err


@pytest.mark.parametrize("content", [None, b"", b"no zip file"])
def test_a_file_that_is_no_wheel(content: bytes | None, inside: Project) -> None:
    if content is not None:
        inside.write(WHEEL, content)
    result = inside.run("--check", "--wheel", WHEEL)
    assert result.code == 2
    assert f"prefactor-gen: --wheel: cannot read {WHEEL}: " in result.err


def test_a_damaged_wheel(inside: Project) -> None:
    make_wheel(inside)
    path: Path = inside.root / WHEEL
    content = bytearray(path.read_bytes())
    content[200:2_000] = b"\0" * 1_800
    path.write_bytes(content)
    result = inside.run("--check", "--wheel", WHEEL)
    assert result.code == 2
    assert "cannot read" in result.err


def test_it_is_an_option_of_check(inside: Project) -> None:
    result = inside.run("--wheel", WHEEL)
    assert result.code == 2
    assert "--wheel needs --check" in result.err


def test_several_wheels(inside: Project) -> None:
    result = inside.run("--check", "--wheel", WHEEL, "old.whl")
    assert result.code == 2
    assert "--wheel takes one wheel, found several; remove the old ones, or name one" in result.err
