"""Only changed span types are generated again, and the files are the same as those of a full run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project

from prefactor_gen.models import model_generator
from prefactor_gen.models.model_reader import ModelSet
from prefactor_gen.pipeline import processes, span_types


@pytest.fixture
def generated_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The params classes that the model generator was called for."""
    real = model_generator.generate_models
    names: list[str] = []

    def generate(documents: Sequence[model_generator.Document], chosen: Any) -> ModelSet:
        names.extend(name for each in documents for name in each["$defs"] if name.endswith("Params"))
        return real(documents, chosen)

    monkeypatch.setattr(span_types, "generate_models", generate)
    return names


def write(project: Project, **descriptions: str) -> None:
    for name, description in descriptions.items():
        schema = {**properties(part={"$ref": "shared.yaml"}), "description": description}
        project.write(f"schemas/{name}.json", {"span_schemas": {name: schema}})


@pytest.fixture
def built(project: Project, generated_again: list[str]) -> Project:
    project.write("schemas/shared.yaml", "type: object\nproperties: {size: {type: integer}}\n")
    write(project, first="1", second="2", third="3")
    assert project.generate().code == 0
    generated_again.clear()
    return project


def full_run(project: Project) -> dict[str, str]:
    """Return the files that a run writes into an empty folder."""
    assert project.run("schemas", "--package", "made", "--output", "elsewhere").code == 0
    folder = project.root / "elsewhere" / "made"
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*")) if path.is_file()}


def test_a_changed_span_type(built: Project, generated_again: list[str]) -> None:
    write(built, second="other")
    assert "3 files changed" in built.generate().out
    assert generated_again == ["SecondParams"]
    assert built.files() == full_run(built)


def test_a_changed_file_that_all_span_types_refer_to(built: Project, generated_again: list[str]) -> None:
    built.write("schemas/shared.yaml", "type: object\nproperties: {size: {type: string}}\n")
    built.generate()
    assert generated_again == ["FirstParams", "SecondParams", "ThirdParams"]
    assert built.files() == full_run(built)


def test_an_added_and_a_removed_span_type(built: Project, generated_again: list[str]) -> None:
    (built.root / "schemas" / "first.json").unlink()
    write(built, fourth="4")
    built.generate()
    assert generated_again == ["FourthParams"]
    assert built.files() == full_run(built)


def test_a_removed_span_type(built: Project, generated_again: list[str]) -> None:
    (built.root / "schemas" / "first.json").unlink()
    built.generate()
    assert generated_again == []
    assert built.files() == full_run(built)


def test_an_edited_module(built: Project, generated_again: list[str]) -> None:
    path = built.package / "_third.py"
    path.write_text(path.read_text("utf-8") + "import os\n", "utf-8")
    assert "1 file changed" in built.generate().out
    assert generated_again == []
    assert built.files() == full_run(built)


def test_an_edited_catalog(built: Project, generated_again: list[str]) -> None:
    path = built.package / "__init__.py"
    path.write_text(path.read_text("utf-8") + "import os\n", "utf-8")
    assert "1 file changed" in built.generate().out
    assert generated_again == []
    assert built.files() == full_run(built)


def test_a_new_name_that_an_unchanged_module_already_has(built: Project, generated_again: list[str]) -> None:
    built.write("schemas/clash.json", {"span_schemas": {"first_params": {"type": "object"}}})
    assert built.generate().code == 0
    assert generated_again == ["FirstParamsParams"]
    assert built.load().First.Params.__name__ == "FirstParamsModel", "the new span type has the name"
    assert built.files() == full_run(built)


def test_a_chosen_name_that_an_unchanged_module_already_has(built: Project) -> None:
    before = built.files()
    built.write("schemas/clash.json", {"span_schemas": {"x": {"type": "object", "x-prefactor-class": "FirstParams"}}})
    result = built.generate()
    assert result.code == 1
    assert "PG005: this is the class FirstParams, as the definition at" in result.err
    assert built.files() == before


def test_a_warning_about_an_unchanged_span_type_is_repeated(built: Project, generated_again: list[str]) -> None:
    built.write("schemas/warned.json", {"span_schemas": {"warned": {"minlength": 1}}})
    assert "PG015" in built.generate().err
    generated_again.clear()
    write(built, second="other")
    assert "PG015" in built.generate().err
    assert generated_again == ["SecondParams"]


@pytest.mark.slow
def test_many_span_types_are_generated_in_processes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = properties(part=properties(size={"type": "integer"}))
    project.span_types(**{f"tool_{index}": schema for index in range(30)})
    assert project.generate().code == 0
    in_one_process = project.files()
    monkeypatch.setattr(processes, "_SHARE", 10)
    monkeypatch.setattr(processes, "_BATCH", 4)
    monkeypatch.setattr(processes, "_processors", lambda: 3)
    assert full_run(project) == in_one_process


def test_where_no_process_can_be_started(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.span_types(one=OBJECT, two=OBJECT)
    monkeypatch.setattr(processes, "_SHARE", 1)
    monkeypatch.setattr(processes, "_processors", lambda: 2)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert project.generate().code == 0


def test_names_clash_in_one_batch_as_in_two(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    nested = properties(params=properties(x={}))
    project.span_types(**{"a": nested, "a params": OBJECT, "a params params": OBJECT, "a params params params": OBJECT})
    assert project.generate().code == 0
    together = project.files()
    assert {"AParams", "AParamsParams", "AParamsParamsParams"} <= {*project.load().__all__}
    monkeypatch.setattr(processes, "_BATCH", 1)
    assert full_run(project) == together


@pytest.mark.slow
@pytest.mark.parametrize("schema", [{"pattern": "^(.{0,1000}){0,1000}$"}, {"type": "string", "const": 1}])
def test_warnings_of_a_module_that_is_reused_are_reported_again(project: Project, schema: dict[str, Any]) -> None:
    wrong = {"type": "object", "properties": {"x": schema}}
    project.span_types(a=wrong, b={"type": "object"})
    first = project.generate().findings
    project.span_types(a=wrong, b={"type": "object", "properties": {"y": {}}})
    again = project.generate().findings
    assert [(line.rule, line.pointer) for line in again] == [(line.rule, line.pointer) for line in first]
    assert again
