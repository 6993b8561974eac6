"""A run reads the definition folder, writes the package folder, and looks up no name."""

# ruff: noqa: E501  # tables

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project, only

pytestmark = pytest.mark.slow

REMOTE_FILE = "http://example.invalid/schema.json"


REMOTE: dict[str, dict[str, Any]] = {
    "ref": {"$ref": REMOTE_FILE},
    "ref-beside": {"$ref": f"{REMOTE_FILE}#/x", "minLength": 1},
    "dynamic-ref": {"$dynamicRef": f"{REMOTE_FILE}#node"},
    "dynamic-ref-with-default": {"$dynamicRef": f"{REMOTE_FILE}#node", "default": 1},
    "under-not": {"not": {"$ref": REMOTE_FILE}},
    "content": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": REMOTE_FILE}},
    "same-host-as-id": {"$id": REMOTE_FILE, "allOf": [{"$ref": "http://example.invalid/other.json"}]},
    "host": {"$ref": "//example.invalid/x.json"},
    "file": {"$ref": "file:///etc/hosts"},
    "data": {"$ref": "data:application/json,{}"},
    "urn": {"$ref": "urn:example:x"},
}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("case", sorted(REMOTE))
def test_a_remote_reference_is_refused_without_a_look_at_it(case: str, project: Project) -> None:
    write_both(project, properties(x=REMOTE[case]))
    result = project.generate()
    errors = {line.rule for line in result.findings if line.severity == "error"}
    assert (result.code, errors) == (1, {"PG008"}), result.err


@pytest.mark.usefixtures("no_network")
def test_a_remote_draft_within_a_schema_is_ignored(project: Project) -> None:
    write_both(project, properties(x={"$schema": REMOTE_FILE, "type": "string"}))
    result = project.generate()
    assert result.code == 0, result.err


def write_both(project: Project, schema: dict[str, Any]) -> None:
    """Write a span type and a quality schema."""
    project.span_types(agent=schema)
    project.write("schemas/quality.json", {"quality_schemas": [{"name": "q", "schema": schema}]})


@pytest.mark.usefixtures("no_network")
def test_an_id_with_a_host_is_only_a_name(project: Project) -> None:
    schema = {
        "$id": REMOTE_FILE,
        **properties(x={"$ref": f"{REMOTE_FILE}#/$defs/x", "default": 1}),
        "$defs": {"x": {"type": "integer"}},
    }
    project.span_types(agent=schema)
    assert project.generate().code == 0
    project.load().AgentParams.model_validate({"x": 1})


@pytest.mark.usefixtures("no_network")
def test_a_remote_metaschema_is_not_fetched(project: Project) -> None:
    project.span_types(agent={"$schema": REMOTE_FILE, **OBJECT})
    result = project.generate()
    assert result.code == 0
    assert "/$schema: warning PG015:" in result.err


OUTSIDE = [
    "../outside.json", "..%2foutside.json", "%2e%2e/outside.json", "./../outside.json", "sub/../../outside.json",
    "link.json", "folder/outside.json", "folder/../outside.json", "loop.json",
    "..\\outside.json", "C:\\outside.json", "c:/outside.json", "\\\\host\\outside.json", "%5c%5chost%5coutside.json",
    "a%00.json", "~/outside.json", "$HOME/outside.json", "pipe.json", "folder.json", "null.json", "a.json?x",
]  # fmt: skip


@pytest.fixture
def odd_files(project: Project) -> Project:
    """Links, pipes and folders below `schemas`, and a file outside of it."""
    project.write("outside.json", '{"x-outside": 1, "type": "string"}')
    schemas = project.root / "schemas"
    (schemas / "sub").mkdir(parents=True)
    (schemas / "folder.json").mkdir()
    (schemas / "link.json").symlink_to(project.root / "outside.json")
    (schemas / "folder").symlink_to(project.root)
    (schemas / "loop.json").symlink_to(schemas / "loop.json")
    (schemas / "null.json").symlink_to("/dev/zero")
    os.mkfifo(schemas / "pipe.json")
    return project


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
@pytest.mark.parametrize("reference", OUTSIDE)
def test_a_reference_that_leaves_the_folder_is_refused(reference: str, odd_files: Project) -> None:
    odd_files.write("schemas/a.json", {"span_schemas": {"agent": properties(x={"$ref": reference})}})
    result = odd_files.run("schemas/a.json", "--package", "made")
    assert result.code == 1
    line = only(result.findings)
    assert (line.pointer, line.rule) == ("/span_schemas/agent/properties/x/$ref", "PG008")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
def test_only_regular_files_are_read(project: Project) -> None:
    project.span_types(agent=OBJECT)
    schemas = project.root / "schemas"
    os.mkfifo(schemas / "pipe.json")
    (schemas / "zero.yaml").symlink_to("/dev/zero")
    (schemas / "loop.yaml").symlink_to(schemas / "loop.yaml")
    (schemas / "folder.json").mkdir()
    result = project.generate()
    assert {line.severity for line in result.findings} == {"error"}
    assert [line.position for line in result.findings] == [
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


@pytest.mark.parametrize("output", ["../outside", "link", "{absolute}"])
def test_an_output_folder_outside_of_the_project_is_named_on_the_command_line(project: Project, output: str) -> None:
    outside = project.root.parent / f"{project.root.name}-outside"
    (project.root / "link").symlink_to(outside)
    output = output.format(absolute=outside.as_posix())
    project.write("schemas/a.json", {"span_schemas": {"agent": OBJECT}})
    settings = f'sources = ["schemas"]\noutput = "{output}"\npackage = "made"\n'
    project.write("pyproject.toml", f"[tool.prefactor-gen]\n{settings}")
    result = project.run()
    assert result.code == 2
    assert result.err.startswith("prefactor-gen: the output folder ")
    assert "outside of the project; if that is meant, name it on the command line: --output " in result.err
    assert not (outside / "made").exists()
    assert project.run("--output", str(outside)).code == 0
    assert (outside / "made" / "_agent.py").is_file()


@pytest.mark.parametrize("name", ["yaml", "conftest", "sitecustomize", "pytest", "datamodel_code_generator"])
def test_a_package_that_would_hide_a_module_is_not_written(project: Project, name: str) -> None:
    project.span_types(agent=OBJECT)
    result = project.run("schemas", "--package", name)
    assert (result.code, result.err) == (
        2,
        f"prefactor-gen: PG013: a package {name!r} would hide the module of that name\n",
    )
    assert not (project.root / "generated").exists()


def test_a_folder_with_very_many_files_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefactor_gen.definitions.sources.MAX_FOLDER_ENTRIES", 10)
    project.span_types(agent=OBJECT)
    for number in range(11):
        project.write(f"more/{number}.txt", "")
    line = only(project.run(".", "--package", "made").findings)
    assert (line.position, line.rule) == (".", "PG029")


@pytest.mark.parametrize(
    "name", ["../x", "..", ".", "a/b", "a\\b", "/tmp/x", "a\0b", "a.b", "a\n", "con", "NUL", "aux", "os", "abc"]
)
def test_harmful_names_of_packages(name: str, project: Project) -> None:
    project.span_types(agent=OBJECT)
    before = sorted(project.root.parent.rglob("*"))
    result = project.run("schemas", "--package", name)
    assert result.code == 2, result.out
    assert result.err.startswith("prefactor-gen: ")
    assert sorted(project.root.parent.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
@pytest.mark.parametrize("name", ["_agent.py", "__init__.py", "py.typed", "_old.py"])
@pytest.mark.parametrize("file", ["pipe", "folder", "zero", "broken", "loop"])
def test_an_odd_file_in_the_place_of_a_module(name: str, file: str, project: Project) -> None:
    project.span_types(agent=OBJECT)
    assert project.generate().code == 0
    place = project.package / name
    place.unlink(missing_ok=True)
    make_odd(place, file)
    for arguments in ((), ("--check",)):
        result = project.generate(*arguments)
        assert result.code in {0, 1, 2}
        assert len(result.err.splitlines()) <= 2, result.err
        assert "Traceback" not in result.err


def make_odd(place: Path, file: str) -> None:
    match file:
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
    assert project.generate().code == 0
    assert {path.parent for path in project.root.rglob("*.py")} == {project.package}
    assert {"__init__.py", "_init.py", "_definitions.py", "_py_typed.py", "_con.py", "_x.py", "_etc_passwd.py"} <= set(
        project.files()
    )
    assert set(project.load().SPAN_TYPES) == set(names)


SAME_FILE = [("a:b", "A.B"), ("ab", "AB"), ("a_b", "a__b"), ("getWeather", "get_weather"), ("ﬁ", "fi"), ("x", "\uff58"), ("a\u200bb", "a b"), ("a\u202eb", "a-b")]  # fmt: skip


@pytest.mark.parametrize("pair", SAME_FILE)
def test_names_that_would_become_the_same_file(pair: tuple[str, str], project: Project) -> None:
    project.span_types(**dict.fromkeys(pair, OBJECT))
    result = project.generate()
    assert result.code == 0, result.err
    names = [name.casefold() for name in project.files()]
    assert len(set(names)) == len(names)
    assert set(project.load().SPAN_TYPES) == set(pair)


@pytest.mark.parametrize("name", ["", " ", "\t", "a" * 10_000])
def test_names_that_are_empty_or_too_long(name: str, project: Project) -> None:
    project.span_types(**{name: OBJECT})
    result = project.generate()
    assert result.code == 1
    assert "PG004" in result.err
    assert all(len(line) < 1300 and line.isprintable() for line in result.err.splitlines())


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("\0", "U0000"), ("\u202e", "RightToLeftOverride"), ("💥", "CollisionSymbol"), ("-", "Dash"), ("1", "Span1"),
        ("none", "NoneSpan"), ("any", "AnySpan"), ("schema_registry", "SchemaRegistrySpan"), ("..", "DotDot"),
    ],
)  # fmt: skip
def test_names_that_python_does_not_take(name: str, made: str, project: Project) -> None:
    project.span_types(**{name: OBJECT})
    result = project.run("check", "schemas")
    assert result.code == 0, result.err
    assert f"becomes the class {made}" in result.out + result.err
    assert project.generate().code == 0
    assert project.load().SPAN_TYPES[name].__name__ == made
