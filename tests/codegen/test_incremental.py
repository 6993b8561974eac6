"""Only changed span types are made anew, and nobody can tell from the files."""

from __future__ import annotations

import os
import pty
import sys
from typing import Any, cast

import datamodel_code_generator
import pytest
from tests.codegen.support import Project

from prefactor_gen import model_generator, progress, workers


@pytest.fixture
def made_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The params classes that went through the model generator."""
    real: Any = datamodel_code_generator.generate
    names: list[str] = []

    def generate(document: dict[str, Any], **options: Any) -> object:
        names.extend(name for name in document["$defs"] if name.endswith("Params"))
        return cast("object", real(document, **options))

    monkeypatch.setattr(model_generator, "generate", generate)
    return names


def write(project: Project, **descriptions: str) -> None:
    for name, description in descriptions.items():
        schema = {"type": "object", "description": description, "properties": {"part": {"$ref": "shared.yaml"}}}
        project.write(f"schemas/{name}.json", {"span_schemas": {name: schema}})


@pytest.fixture
def built(project: Project, made_anew: list[str]) -> Project:
    project.write("schemas/shared.yaml", "type: object\nproperties: {size: {type: integer}}\n")
    write(project, first="1", second="2", third="3")
    assert project.generate().code == 0
    made_anew.clear()
    return project


def afresh(project: Project) -> dict[str, str]:
    """What a run without an earlier one makes."""
    assert project.run("schemas", "--package", "made", "--output", "elsewhere").code == 0
    folder = project.root / "elsewhere" / "made"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*")) if path.is_file()}


def test_what_changed_is_made_anew(built: Project, made_anew: list[str]) -> None:
    write(built, second="other")
    assert "3 files changed" in built.generate().out
    assert made_anew == ["SecondParams"]
    assert built.files() == afresh(built)


def test_what_a_reference_leads_to_changed(built: Project, made_anew: list[str]) -> None:
    built.write("schemas/shared.yaml", "type: object\nproperties: {size: {type: string}}\n")
    built.generate()
    assert made_anew == ["FirstParams", "SecondParams", "ThirdParams"]
    assert built.files() == afresh(built)


def test_added_and_removed(built: Project, made_anew: list[str]) -> None:
    (built.root / "schemas" / "first.json").unlink()
    write(built, fourth="4")
    built.generate()
    assert made_anew == ["FourthParams"]
    assert built.files() == afresh(built)


def test_only_removed(built: Project, made_anew: list[str]) -> None:
    (built.root / "schemas" / "first.json").unlink()
    built.generate()
    assert made_anew == []
    assert built.files() == afresh(built)


def test_an_edited_module_is_made_anew(built: Project, made_anew: list[str]) -> None:
    path = built.package / "_third.py"
    path.write_text(path.read_text("utf-8") + "import os\n", "utf-8")
    assert "1 file changed" in built.generate().out
    assert made_anew == ["ThirdParams"]
    assert built.files() == afresh(built)


def test_an_edited_catalog_vouches_for_nothing(built: Project, made_anew: list[str]) -> None:
    path = built.package / "__init__.py"
    path.write_text(path.read_text("utf-8").replace("span _third.py", "span _other.py"), "utf-8")
    built.generate()
    assert made_anew == ["FirstParams", "SecondParams", "ThirdParams"]
    assert built.files() == afresh(built)


def test_a_new_name_that_an_old_module_has(built: Project) -> None:
    before = built.files()
    built.write("schemas/clash.json", {"span_schemas": {"first_params": {"type": "object"}}})
    result = built.generate()
    assert result.code == 1
    assert "PG005: the generated name FirstParams is also one of the span type" in result.err
    assert built.files() == before


def test_a_warning_is_told_in_every_run(built: Project, made_anew: list[str]) -> None:
    built.write("schemas/warned.json", {"span_schemas": {"warned": {"minlength": 1}}})
    assert "PG015" in built.generate().err
    made_anew.clear()
    write(built, second="other")
    assert "PG015" in built.generate().err
    assert made_anew == ["SecondParams"]


def test_many_span_types_are_made_in_processes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"type": "object", "properties": {"part": {"type": "object", "properties": {"size": {"type": "integer"}}}}}
    project.span_types(**{f"tool_{index}": schema for index in range(30)})
    assert project.generate().code == 0
    alone = project.files()
    monkeypatch.setattr(workers, "_SHARE", 10)
    monkeypatch.setattr(workers, "_BATCH", 4)
    monkeypatch.setattr(workers, "_processors", lambda: 3)
    assert afresh(project) == alone


def test_where_no_process_can_be_started(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.span_types(one={"type": "object"}, two={"type": "object"})
    monkeypatch.setattr(workers, "_SHARE", 1)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert project.generate().code == 0


def test_names_clash_alike_in_one_batch_and_in_two(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    nested: dict[str, Any] = {"type": "object", "properties": {"params": {"type": "object", "properties": {"x": {}}}}}
    project.span_types(**{"a": nested, "a params": {"type": "object"}, "a params params": {"type": "object"}})
    together = project.generate()
    monkeypatch.setattr(workers, "_BATCH", 1)
    assert project.generate() == together
    assert together.code == 1
    assert "it would generate the class AParamsParams, as the definition at" in together.err


def test_a_long_run_tells_how_far_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(progress, "_PATIENCE", 0)
        monkeypatch.setattr(workers, "_BATCH", 2)
        project.span_types(one={}, two={}, three={})
        assert project.generate().code == 0
        clear = "\r\x1b[K"
        told = f"{clear}made: 2 of 3 span types{clear}made: 3 of 3 span types{clear}"
        found = b""
        while len(found) < len(told):  # a terminal gives what was written in parts
            found += os.read(ours, 1000)
        assert found.decode() == told
    os.close(ours)
