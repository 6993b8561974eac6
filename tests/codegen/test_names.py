"""Names never stop a build: names that clash in Python get others, by a rule, and the wire keeps its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pytest
from tests.codegen.support import Project

from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_gen.models.field_names import field_names
from prefactor_gen.models.model_generator import plain_field_name

NAMES = ["id", "_id", "@id", "+1", "-1", "user-id", "user.id", "class", "class_", "copy", "ﬁ", "fi", "x-y", "", " "]
EXPECTED = {
    "id": "id", "_id": "underscore_id", "@id": "at_id", "+1": "plus_1", "-1": "minus_1", "user-id": "user_dash_id",
    "user.id": "user_dot_id", "class_": "class_", "copy": "copy_", "fi": "fi", "x-y": "x_y",
}  # fmt: skip


def names_of(names: Iterable[str], **chosen: str) -> dict[str, str]:
    return field_names(names, plain_field_name, chosen)


def test_properties_that_become_the_same_name_compile_and_keep_their_wire_names(project: Project) -> None:
    project.span_types(agent={"type": "object", "required": ["id"], "properties": {name: {} for name in NAMES}})
    result = project.generate()
    assert result.code == 0, result.err
    assert not [line for line in result.findings if line.severity == "error"]
    model = project.load().AgentParams
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    assert names.items() >= EXPECTED.items()
    assert len(set(names.values())) == len(NAMES)
    payload = {name: index for index, name in enumerate(NAMES)}
    assert model.model_validate(payload).model_dump(by_alias=True) == payload


@pytest.mark.parametrize("name", NAMES)
def test_names_do_not_depend_on_the_order_of_properties(name: str) -> None:
    assert names_of([*reversed(NAMES)]) == names_of(NAMES)
    others = [each for each in NAMES if each != name]
    before, after = names_of(others), names_of(NAMES)
    changed = {each for each in others if before[each] != after[each]}
    assert all(plain_field_name(each) == plain_field_name(name) for each in changed - {"ﬁ", "fi"}), changed


def test_names_that_are_still_the_same_when_they_are_spelled() -> None:
    names = names_of(["a.b", "a-b", "a_dot_b", "a..b", "a. b", "a .b"])
    assert names["a_dot_b"] == "a_dot_b"
    assert len(set(names.values())) == len(names)
    assert all(name.isidentifier() for name in names.values())


def chosen(name: object) -> dict[str, Any]:
    return {"type": "object", "properties": {"id": {}, "@id": {"type": "string", "x-prefactor-name": name}}}


def test_a_schema_chooses_the_name_of_a_property(project: Project) -> None:
    project.span_types(agent=chosen("node_id"))
    result = project.generate()
    assert result.code == 0, result.err
    package = project.load()
    assert "node_id" in inspect.signature(package.Agent.start).parameters
    assert package.AgentParams(node_id="n").model_dump(by_alias=True) == {"@id": "n"}
    assert "PG005" not in project.run("check", "schemas").out


@pytest.mark.parametrize("name", ["class", "a b", "_x", "", 1, None, "model_dump"])
def test_a_chosen_name_that_no_keyword_can_have(name: object, project: Project) -> None:
    project.span_types(agent=chosen(name))
    result = project.generate()
    assert result.code == 1
    assert (
        f"@id/x-prefactor-name: error PG004: expected a name that a keyword of a Python call can have, found {name!r}"
        in result.err
    )


def test_two_properties_that_choose_the_same_name(project: Project) -> None:
    each = {"x-prefactor-name": "c"}
    project.span_types(agent={"type": "object", "properties": {"a": each, "b": each}})
    assert "error PG005: the properties 'a' and 'b' both choose the name 'c'" in project.generate().err


def test_a_note_prints_the_line_to_paste(project: Project) -> None:
    schema = {"type": "object", "properties": {"_id": {}, "@id": {}}}
    project.span_types(agent=schema)
    assert project.generate().code == 0
    expected = (
        "note PG005: the property '@id' is 'at_id' in Python, because another property has or wants its plain name; "
        "to choose a name, add x-prefactor-name: at_id"
    )
    assert expected in project.run("check", "schemas").out
    assert expected in project.run("check", "schemas").out, "also when the module is in the cache"


def test_a_name_that_no_property_gets(project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"a": {"items": {"x-prefactor-name": "b"}}}})
    assert "items/x-prefactor-name: error PG015: x-prefactor-name belongs to the schema of a property" in (
        project.generate().err
    )


def test_span_types_in_any_script_that_python_takes(project: Project) -> None:
    names = {"été:naïve": "ÉtéNaïve", "工具:搜索": "工具搜索", "A²": "A2", "ﬁle": "File", "ºG": "OG"}
    project.span_types(**{name: {"type": "object", "properties": {"größe": {}, "关键词": {}}} for name in names})
    result = project.generate()
    assert result.code == 0, result.err
    assert all(name.isascii() for name in project.files())
    package = project.load()
    for made in names.values():
        keywords = inspect.signature(getattr(package, made).start).parameters
        assert {"größe", "关键词"} <= keywords.keys()


def test_names_that_are_keywords_only_as_python_reads_them(project: Project) -> None:
    names = {"\U0001d41class": "class_", "\uff44ef": "def_", "\U0001d41copy": "copy_"}
    project.span_types(agent={"type": "object", "properties": {name: {} for name in names}})
    assert project.generate().code == 0
    package = project.load()
    payload = dict.fromkeys(names, 1)
    assert package.AgentParams(**dict.fromkeys(names.values(), 1)).model_dump(by_alias=True) == payload
    assert list(inspect.signature(package.Agent.start).parameters)[1:] == list(names.values())


@pytest.mark.parametrize("char", ["\u034f", "\u115f", "\u2800", "\u3164", "\ufe0f", "\uffa0"])
def test_generated_source_has_no_character_that_nobody_sees(project: Project, char: str) -> None:
    names = ["ab", f"a{char}b", f"{char}c", f"d{char}"]
    members = {name: {"type": "object", "properties": {f"e{char}f": {"const": f"v{char}"}}} for name in names}
    schema = {"type": "object", "description": f"Text{char}", "properties": members}
    project.span_types(**{f"agent{char}llm": schema})
    result = project.generate()
    assert result.code == 0, result.err
    assert not INVISIBLE.search("".join(project.files().values()))
    assert not INVISIBLE.search("".join(result.findings))
    package = project.load()
    model = package.AgentLlm.Params
    payload: dict[str, Any] = {name: {f"e{char}f": f"v{char}"} for name in names}
    assert model.model_validate(payload).model_dump(by_alias=True) == payload
