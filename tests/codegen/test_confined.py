"""A run reads the definition folder, writes the package folder, and looks up no name."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.codegen.hostile import object_of
from tests.codegen.support import Project, load_package

OBJECT: dict[str, Any] = {"type": "object"}
AWAY = "http://example.invalid/schema.json"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


REMOTE: dict[str, dict[str, Any]] = {
    "ref": {"$ref": AWAY},
    "ref-beside": {"$ref": f"{AWAY}#/x", "minLength": 1},
    "dynamic-ref": {"$dynamicRef": f"{AWAY}#node"},
    "dynamic-ref-with-default": {"$dynamicRef": f"{AWAY}#node", "default": 1},
    "under-not": {"not": {"$ref": AWAY}},
    "content": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": AWAY}},
    "schema": {"$schema": AWAY, "type": "string"},
    "same-host-as-id": {"$id": AWAY, "allOf": [{"$ref": "http://example.invalid/other.json"}]},
    "host": {"$ref": "//example.invalid/x.json"},
    "file": {"$ref": "file:///etc/hosts"},
    "data": {"$ref": "data:application/json,{}"},
    "urn": {"$ref": "urn:example:x"},
}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("case", sorted(REMOTE))
def test_what_is_elsewhere_is_refused_unseen(case: str, project: Project) -> None:
    project.span_types(agent=object_of(("x", REMOTE[case])))
    project.write(
        "schemas/quality.json", {"quality_schemas": [{"name": "q", "schema": object_of(("x", REMOTE[case]))}]}
    )
    result = project.generate()
    told = {line.split(": error ")[1][:5] for line in result.findings if ": error " in line}
    if case == "schema":  # within a schema it says nothing
        assert result.code == 0, result.err
    else:
        assert (result.code, told) == (1, {"PG008"}), result.err


@pytest.mark.usefixtures("no_network")
def test_names_of_hosts_are_names_only(project: Project) -> None:
    schema = {
        "$id": AWAY,
        **object_of(("x", {"$ref": f"{AWAY}#/$defs/x", "default": 1})),
        "$defs": {"x": {"type": "integer"}},
    }
    project.span_types(agent=schema)
    assert project.generate().code == 0
    load_package(project.package.parent, "made").AgentParams.model_validate({"x": 1})
    project.span_types(agent={"$schema": AWAY, **schema})
    assert "/$schema: error PG006: expected one of" in project.generate().err


OUTSIDE = [
    "../outside.json", "..%2foutside.json", "%2e%2e/outside.json", "./../outside.json", "sub/../../outside.json",
    "link.json", "folder/outside.json", "folder/../outside.json", "loop.json",
    "..\\outside.json", "C:\\outside.json", "c:/outside.json", "\\\\host\\outside.json", "%5c%5chost%5coutside.json",
    "a%00.json", "~/outside.json", "$HOME/outside.json", "pipe.json", "folder.json", "null.json", "a.json?x",
]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
def test_references_stay_in_the_folder(project: Project) -> None:
    project.write("outside.json", '{"x-outside": 1, "type": "string"}')
    schemas = project.root / "schemas"
    (schemas / "sub").mkdir(parents=True)
    (schemas / "folder.json").mkdir()
    (schemas / "link.json").symlink_to(project.root / "outside.json")
    (schemas / "folder").symlink_to(project.root)
    (schemas / "loop.json").symlink_to(schemas / "loop.json")
    (schemas / "null.json").symlink_to("/dev/zero")
    os.mkfifo(schemas / "pipe.json")
    members = [(f"p{index}", {"$ref": reference}) for index, reference in enumerate(OUTSIDE)]
    project.write("schemas/a.json", {"span_schemas": {"agent": object_of(*members)}})
    result = project.run("schemas/a.json", "--package", "made")
    assert result.code == 1
    for index, reference in enumerate(OUTSIDE):
        found = [line for line in result.findings if f"/properties/p{index}/$ref: error PG008: " in line]
        assert len(found) == 1, (reference, result.err)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
def test_what_is_no_file_is_not_read(project: Project) -> None:
    project.span_types(agent=OBJECT)
    schemas = project.root / "schemas"
    os.mkfifo(schemas / "pipe.json")
    (schemas / "zero.yaml").symlink_to("/dev/zero")
    (schemas / "loop.yaml").symlink_to(schemas / "loop.yaml")
    (schemas / "folder.json").mkdir()
    result = project.generate()
    assert [line.split(": error ")[0] for line in result.findings] == [
        f"schemas/{name}" for name in ("loop.yaml", "pipe.json", "zero.yaml")
    ]
    for source in ("schemas/pipe.json", "/dev/zero", "schemas/loop.yaml"):
        assert project.run(source, "--package", "made").code == 1


def test_a_package_folder_that_leads_elsewhere_is_not_written(project: Project) -> None:
    project.span_types(agent=OBJECT)
    elsewhere = project.root / "elsewhere"
    elsewhere.mkdir()
    (project.root / "generated").mkdir()
    project.package.symlink_to(elsewhere)
    result = project.generate()
    assert result.code == 2
    assert result.err == (
        "prefactor-gen: generated/made is a link to elsewhere, outside the output folder; remove the "
        "link, or choose another --output\n"
    )
    assert list(elsewhere.iterdir()) == []


def test_an_output_folder_may_be_a_link(project: Project) -> None:
    project.span_types(agent=OBJECT)
    (project.root / "elsewhere").mkdir()
    (project.root / "generated").symlink_to(project.root / "elsewhere")
    assert project.generate().code == 0
    assert (project.root / "elsewhere" / "made" / "_agent.py").is_file()


@pytest.mark.parametrize(
    "name", ["../x", "..", ".", "a/b", "a\\b", "/tmp/x", "a\0b", "a.b", "a\n", "con", "NUL", "aux", "os", "abc"]
)
def test_names_of_packages_that_would_do_harm(name: str, project: Project) -> None:
    project.span_types(agent=OBJECT)
    before = sorted(project.root.parent.rglob("*"))
    result = project.run("schemas", "--package", name)
    assert result.code == 2, result.out
    assert result.err.startswith("prefactor-gen: ")
    assert sorted(project.root.parent.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
@pytest.mark.parametrize("name", ["_agent.py", "__init__.py", "py.typed", "_old.py"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "zero", "broken", "loop"])
def test_what_stands_in_the_place_of_a_module(name: str, kind: str, project: Project) -> None:
    project.span_types(agent=OBJECT)
    assert project.generate().code == 0
    place = project.package / name
    place.unlink(missing_ok=True)
    make_odd(place, kind)
    for arguments in ((), ("--check",)):
        result = project.generate(*arguments)
        assert result.code in {0, 1, 2}
        assert len(result.err.splitlines()) <= 2, result.err
        assert "Traceback" not in result.err


def make_odd(place: Path, kind: str) -> None:
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "zero":
            place.symlink_to("/dev/zero")
        case "broken":
            place.symlink_to("nowhere")
        case "loop":
            place.symlink_to(place)


def test_names_that_files_and_devices_have(project: Project) -> None:
    names = [
        "__init__",
        "__definitions__",
        "py.typed",
        "con",
        "nul",
        "aux",
        "__pycache__",
        "..",
        "../../x",
        "a/../../b",
        "/etc/passwd",
    ]
    project.span_types(**dict.fromkeys(names, OBJECT))
    told = project.generate()
    assert [line.split("/span_schemas/")[1].split(": ")[0] for line in told.findings] == [".."], (
        "no letter to make a name of"
    )
    names.remove("..")
    project.span_types(**dict.fromkeys(names, OBJECT))
    assert project.generate().code == 0
    assert {path.parent for path in project.root.rglob("*.py")} == {project.package}
    assert {"__init__.py", "_init.py", "_definitions.py", "_py_typed.py", "_con.py", "_x.py", "_etc_passwd.py"} <= set(
        project.files()
    )
    assert set(load_package(project.package.parent, "made").SPAN_TYPES) == set(names)


SAME_FILE = [("a:b", "A.B"), ("ab", "AB"), ("a_b", "a__b"), ("getWeather", "get_weather"), ("ﬁ", "fi"), ("x", "\uff58"), ("a\u200bb", "a b"), ("a\u202eb", "a-b")]  # fmt: skip


@pytest.mark.parametrize("pair", SAME_FILE)
def test_names_that_one_file_would_have(pair: tuple[str, str], project: Project) -> None:
    project.span_types(**dict.fromkeys(pair, OBJECT))
    result = project.generate()
    assert result.code == 1
    assert all("error PG005" in line or "error PG004" in line for line in result.findings if ": error" in line), (
        result.err
    )


@pytest.mark.parametrize("name", ["", " ", "\t", "\0", "\u202e", "\u200b", "💥", "-", "1", "a" * 10_000])
def test_names_that_are_none(name: str, project: Project) -> None:
    project.span_types(**{name: OBJECT})
    result = project.generate()
    assert result.code == 1
    assert all(len(line) < 1300 and line.isprintable() for line in result.err.splitlines())
