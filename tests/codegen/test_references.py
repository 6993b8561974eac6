"""References as people have them: by the `$id` of another file, through anchors, and in every draft."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from tests.codegen.schemas import DRAFT_07
from tests.codegen.support import Made, Project, Result, is_valid, only

MONEY: dict[str, Any] = {
    "$id": "https://bank.example/types/money%20type.json",
    "type": "object",
    "required": ["cents"],
    "properties": {"cents": {"$ref": "#cents"}, "rest": {"$ref": "#"}, "unit": {"$ref": "unit.json#/$defs/a%25b~1c"}},
    "$defs": {
        "cents": {"$anchor": "cents", "type": "integer"},
        "unit": {"$id": "unit.json", "$defs": {"a%b/c": {"$ref": "#/$defs/text"}, "text": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    "reference",
    [
        "https://bank.example/types/money%20type.json",
        "https://bank.example/types/money type.json#",
        "money.json",
        "order.json#/properties/total",
        "order.json#total",
    ],
)
def test_a_file_is_meant_by_its_id(reference: str, project: Project) -> None:
    project.write("schemas/money.json", MONEY)
    total = {"$anchor": "total", "$ref": "money type.json"}
    order = {"$id": "https://bank.example/types/order.json", "properties": {"total": total}}
    project.write("schemas/order.json", order)
    extra = {"$ref": "order.json"}
    project.span_types(agent={"type": "object", "properties": {"x": {"$ref": reference}, "extra": extra}})
    result = project.generate()
    assert (result.code, result.findings) == (0, [])
    model = project.load().AgentParams
    assert is_valid(model, {"x": {"cents": 1, "rest": {"cents": 2}, "unit": "EUR"}, "extra": {"total": {"cents": 3}}})
    for wrong in ({"cents": "1"}, {"cents": 1, "rest": {}}, {"cents": 1, "unit": 5}):
        assert not is_valid(model, {"x": wrong})


def test_two_files_with_one_id(project: Project) -> None:
    project.write("schemas/a.json", MONEY)
    project.write("schemas/b.json", MONEY)
    project.span_types(agent={"type": "object", "properties": {"a": {"$ref": "a.json"}, "b": {"$ref": "b.json"}}})
    found = only(project.generate().findings)
    assert found.startswith("schemas/b.json:1:")
    assert found.endswith("which is also the $id of schemas/a.json")
    assert (found.pointer, found.rule) == ("/$id", "PG036")


def test_a_misspelled_id(project: Project) -> None:
    project.write("schemas/money.json", MONEY | {"$id": "https://bank.example/money.json"})
    used = {"$ref": "money.json"}
    x = {"$ref": "https://bank.example/mony.json"}
    project.span_types(agent={"type": "object", "properties": {"x": x, "used": used}})
    assert only(project.generate().findings).endswith("did you mean 'https://bank.example/money.json'?")


@pytest.mark.parametrize("identifier", ["https://bank.example/spec.md#status", "#status", "spec.md#status"])
def test_an_id_with_a_fragment(identifier: str, made: Made) -> None:
    data = {"type": "object", "properties": {"tags": {"uniqueItems": True}, "again": {"$ref": "#status"}}}
    schema = {
        "$schema": DRAFT_07,
        "$id": identifier,
        "type": "object",
        "required": ["data"],
        "properties": {"data": data},
    }
    model = made(agent=schema).AgentParams
    assert is_valid(model, {"data": {"tags": [1, 2], "again": {"data": {}}}})
    assert not is_valid(model, {"data": {"tags": [1, 1]}})
    assert not is_valid(model, {"data": {"again": {}}})


D04, D06 = "http://json-schema.org/draft-04/schema#", "https://json-schema.org/draft-06/schema"
D19, D20 = "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/draft/2020-12/schema#"
TUPLE = {"items": [{"type": "string"}], "additionalItems": False}
ITEMS = {"items": [{"type": "string"}]}
DRAFTS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "https-07": ({"$schema": "https://json-schema.org/draft-07/schema", **TUPLE}, [["a"]], [[1], ["a", "b"]]),
    "http-2020-12": ({"$schema": D20, "prefixItems": [{"type": "string"}]}, [["a", 1]], [[1]]),
    "exclusive-04": ({"$schema": D04, "type": "integer", "minimum": 0, "exclusiveMinimum": True}, [1], [0]),
    "inclusive-04": ({"$schema": D04, "maximum": 5, "exclusiveMaximum": False, "const": 9}, [5, 1], [6]),
    "id-04": (
        {
            "$schema": D04,
            "id": "http://a.example/y",
            "$ref": "other#/definitions/n",
            "definitions": {"o": {"id": "other", "definitions": {"n": {"type": "integer"}}}},
        },
        [1],
        ["a"],
    ),
    "const-06": ({"$schema": D06, "const": 1, "if": {}, "then": False, "exclusiveMinimum": 0}, [1], [2]),
    "tuple-2019": ({"$schema": D19 + "#", **TUPLE, "prefixItems": [False]}, [["a"]], [[1], ["a", "b"]]),
    "tuple-pointer-2019": (
        {"$schema": D19, "items": [{"type": "object", "properties": {"a": {"$ref": "#/properties/x/items/0"}}}]},
        [[{"a": {}}]],
        [[{"a": 1}]],
    ),
    "unevaluated-2019": (
        {"$schema": D19, "items": [{"type": "string"}], "unevaluatedItems": False},
        [["a"]],
        [["a", 1]],
    ),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_each_draft_means_itself(name: str, made: Made) -> None:
    schema, valid, invalid = DRAFTS[name]
    part = {key: value for key, value in schema.items() if key not in {"$schema", "id", "definitions"}}
    root = {key: value for key, value in schema.items() if key in {"$schema", "id", "definitions"}}
    model = made(agent={**root, "type": "object", "properties": {"x": part}}).AgentParams
    assert [value for value in valid if not is_valid(model, {"x": value})] == []
    assert [value for value in invalid if is_valid(model, {"x": value})] == []


@pytest.mark.parametrize("anchor", [True, False])
def test_recursion_in_2019_09(anchor: bool, made: Made) -> None:
    again = {"$recursiveRef": "#"}
    schema = {
        "$schema": D19,
        "$recursiveAnchor": anchor,
        "type": "object",
        "properties": {"x": again, "n": {"const": 1}},
    }
    model = made(agent=schema).AgentParams
    assert is_valid(model, {"x": {"x": {"n": 1}}})
    assert not is_valid(model, {"x": {"x": {"n": 2}}})
    assert not is_valid(model, {"x": 1})


@pytest.mark.parametrize("name", [name for name in DRAFTS if "pointer" not in name])
def test_files_of_different_drafts(name: str, project: Project) -> None:
    schema, valid, invalid = DRAFTS[name]
    project.write("schemas/part.json", schema)
    project.span_types(agent={"type": "object", "properties": {"x": {"$ref": "part.json"}}})
    assert project.generate().code == 0
    model = project.load().AgentParams
    assert [value for value in valid if not is_valid(model, {"x": value})] == []
    assert [value for value in invalid if is_valid(model, {"x": value})] == []


def test_a_misspelled_draft(project: Project) -> None:
    project.span_types(agent={"$schema": "https://json-schema.org/draft/2020-21/schema", "type": "object"})
    assert only(project.generate().findings).endswith("did you mean 'https://json-schema.org/draft/2020-12/schema'?")


CENTS: dict[str, Any] = {"type": "object", "required": ["cents"], "properties": {"cents": {"type": "integer"}}}


def refer_to(reference: str, project: Project) -> Result:
    """Generate a span type with the property `x` that refers to something."""
    project.span_types(agent={"type": "object", "properties": {"x": {"$ref": reference}}})
    return project.run()


def takes_cents(project: Project) -> bool:
    model = project.load().AgentParams
    return is_valid(model, {"x": {"cents": 1}}) and not is_valid(model, {"x": {"cents": "1"}})


@pytest.mark.parametrize(
    ("entry", "target", "reference"),
    [
        ("https://bank.example/money.json", "vendor/money.json", "https://bank.example/money.json"),
        ("https://bank.example/money#", "vendor/money.json", "https://bank.example/money#"),
        ("https://bank.example/", "vendor/", "https://bank.example/money.json#"),
        ("https://bank.example", "vendor", "https://bank.example/money"),
        ("https://bank.example/", "vendor/", "https://bank.example/sub/order.json#/properties/total"),
        ("https://bank.example/", "vendor", "https://bank.example/sub/order.json#total"),
        ("https://bank.example/", "vendor", "https://bank.example/v1/money/2020-12"),
        ("https://bank.example/", "vendor", "https://bank.example/v1.2"),
        ("urn:bank:money", "vendor/money.json", "urn:bank:money"),
    ],
)
def test_a_configured_copy_stands_for_a_url(entry: str, target: str, reference: str, project: Project) -> None:
    project.write("vendor/money.json", CENTS)
    project.write("vendor/v1.2.json", CENTS)
    project.write("vendor/v1/money/2020-12", json.dumps(CENTS, indent="\t"))  # not YAML
    project.write("vendor/v1.2", {"type": "string"})
    project.write("vendor/sub/order.json", {"properties": {"total": {"$anchor": "total", "$ref": "../money"}}})
    project.configure(refs={"https://": "schemas", entry: target})
    result = refer_to(reference, project)
    assert (result.code, result.findings) == (0, [])
    assert takes_cents(project)


@pytest.mark.parametrize(
    ("reference", "name"),
    [("http://bank.example/types/money", "money.json"), ("urn:bank.example", "bank.example.json")],
)
def test_a_reference_that_is_not_fetched_prints_the_line_to_add(reference: str, name: str, project: Project) -> None:
    project.configure()
    line = f'"{reference}" = "vendor/{name}"'
    found = only(refer_to(reference, project).findings)
    assert (found.rule, found.endswith(f"add to [tool.prefactor-gen.refs]: {line}")) == ("PG008", True), found
    configuration = project.write(f"vendor/{name}", CENTS).parent.parent / "pyproject.toml"
    configuration.write_text(f"{configuration.read_text()}[tool.prefactor-gen.refs]\n{line}\n")
    assert project.run().code == 0
    assert takes_cents(project)


@pytest.mark.parametrize(
    ("reference", "argument"),
    [
        ("https://bank.example/money#/$defs/a", "https://bank.example/money"),
        ("https://a.b/?q=a&b", "'https://a.b/?q=a&b'"),
    ],
)
def test_a_remote_reference_prints_the_command_to_run(reference: str, argument: str, project: Project) -> None:
    project.configure()
    found = only(refer_to(reference, project).findings)
    assert (found.rule, found.endswith(f"run prefactor-gen refs add {argument}")) == ("PG008", True), found


@pytest.mark.skipif(sys.platform == "win32", reason="links")
@pytest.mark.parametrize("rest", ["../outside.json", "%2e%2e/outside.json", "/outside.json", "link.json", "a%00"])
def test_a_url_does_not_lead_out_of_the_folder_of_its_entry(rest: str, project: Project) -> None:
    project.write("outside.json", CENTS)
    project.write("vendor/money.json", CENTS)
    (project.root / "vendor" / "link.json").symlink_to(project.root / "outside.json")
    project.configure(refs={"https://bank.example/": "vendor"})
    assert only(refer_to(f"https://bank.example/{rest}", project).findings).rule == "PG008"


@pytest.mark.parametrize("name", ["\ud800", "a\0", 5000 * "a", "%ff"])
@pytest.mark.parametrize("base", ["", "https://bank.example/", "https://other.example/"])
def test_a_name_that_no_file_can_have(base: str, name: str, project: Project) -> None:
    project.write("vendor/money.json", CENTS)
    project.configure(sources=["schemas/spans.json"], refs={"https://bank.example/": "vendor"})
    schema = {"properties": {"x": {"$ref": f"{base}{name}"}}}
    project.write("schemas/spans.json", json.dumps({"span_schemas": {"agent": schema}}))
    assert only(project.run().findings).rule == ("PG001" if name == "\ud800" else "PG008")


@pytest.mark.skipif(sys.platform == "win32", reason="links")
@pytest.mark.parametrize("reference", ["../../common/money.json", "link.json", "folder/money.json", MONEY["$id"]])
def test_a_folder_beside_the_project(reference: str, project: Project) -> None:
    project.root /= "project"
    common = project.write("../common/money.json", MONEY).parent
    (project.root / "schemas").mkdir(parents=True)
    (project.root / "schemas" / "folder").symlink_to(common)
    if reference == "link.json":
        (project.root / "schemas" / "link.json").symlink_to(common / "money.json")
    project.configure()
    found = refer_to(reference, project).findings
    if reference != MONEY["$id"]:
        assert all(each.endswith(': reference-folders = ["../common"]') for each in found)
    assert {each.rule for each in found} <= {"PG001", "PG008"}
    project.configure(**{"reference-folders": ["../common"]})
    result = project.run()
    assert (result.code, result.findings) == (0, [])
    assert takes_cents(project)
    assert project.run().out == "generated/made is up to date\n"


def test_one_id_in_the_project_and_beside_it(project: Project) -> None:
    project.root /= "project"
    project.write("../common/money.json", MONEY)
    project.configure(**{"reference-folders": ["../common"]})
    assert refer_to(MONEY["$id"], project).code == 0
    project.write("schemas/copy.json", MONEY)
    found = only(project.run().findings)
    assert found.rule == "PG036"
    assert f"expected one file with the $id {MONEY['$id']!r}, found schemas/copy.json and ../common/money.json" in found


def test_a_file_given_alone_knows_the_ids_beside_it(project: Project) -> None:
    project.write("schemas/money.json", MONEY)
    project.write("schemas/broken.json", "{")
    project.configure(sources=["schemas/spans.json"])
    result = refer_to(MONEY["$id"], project)
    assert (result.code, result.findings) == (0, [])
    assert takes_cents(project)
    project.write("schemas/again.json", MONEY)
    found = only(project.run().findings)
    assert found.endswith("found schemas/again.json and schemas/money.json"), found


def test_relative_ids_mean_the_files_that_have_them(project: Project) -> None:
    project.write("schemas/common/money.json", CENTS | {"$id": "common/money.schema.json"})
    project.write("schemas/order/order.json", {"$id": "order", "$ref": "common/money.schema.json"})
    project.configure()
    assert refer_to("order/order.json", project).code == 0
    assert takes_cents(project)


@pytest.mark.parametrize("identifier", ["https://a.example/part", "part"])
@pytest.mark.parametrize("root", [{}, {"$id": "https://a.example/root"}, {"$schema": DRAFT_07}])
def test_a_part_with_an_id_may_refer_to_files(identifier: str, root: dict[str, Any], project: Project) -> None:
    project.write("vendor/money.json", CENTS)
    project.configure(refs={"https://a.example/": "vendor"})
    base = "" if "a.example" in identifier or "$id" in root else "https://a.example/"
    part = {"$id": f"{base}{identifier}", "type": "object", "properties": {"x": {"$ref": "money"}}}
    project.span_types(agent={**root, "type": "object", "properties": {"part": part, "y": {"$ref": part["$id"]}}})
    result = project.run()
    assert (result.code, result.findings) == (0, [])
    model = project.load().AgentParams
    assert is_valid(model, {"part": {"x": {"cents": 1}}, "y": {"x": {"cents": 1}}})
    assert not is_valid(model, {"part": {"x": {"cents": "1"}}})
    assert not is_valid(model, {"y": {"x": {"cents": "1"}}})


def test_a_dynamic_reference_in_another_file(project: Project) -> None:
    definitions = {"a": {"$dynamicRef": "#money"}, "b": {"$dynamicAnchor": "money", **CENTS}}
    project.write("schemas/a.json", {"$defs": definitions})
    project.configure()
    assert refer_to("a.json#/$defs/a", project).code == 0
    assert takes_cents(project)


@pytest.mark.parametrize("name", ["List<(number[]|null)>", "a^b`{c}", 'x"\\'])
def test_a_reference_to_a_definition_of_any_name(name: str, made: Made) -> None:
    pointer = name.replace("<", "%3C").replace(">", "%3E")  # and nothing else, as generators of schemas write it
    schema = {"type": "object", "properties": {"x": {"$ref": f"#/definitions/{pointer}"}}, "definitions": {name: CENTS}}
    assert not is_valid(made(agent=schema).AgentParams, {"x": {}})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"refs": []}, 'expected "URL" = "path" in [tool.prefactor-gen.refs], found []'),
        ({"refs": {"a": 1}}, 'expected "URL" = "path" in [tool.prefactor-gen.refs], found {\'a\': 1}'),
        ({"refs": {"a": "none"}}, "expected a file or a folder in [tool.prefactor-gen.refs], found no 'none'"),
        (
            {"refs": {"https://a.b/c": "none"}},
            "expected a file or a folder in [tool.prefactor-gen.refs], found no 'none'; prefactor-gen refs add "
            "https://a.b/c fetches it",
        ),
        ({"reference-folders": "a"}, "expected reference-folders = [\"…\"] in [tool.prefactor-gen], found 'a'"),
        ({"reference-folders": ["a.json"]}, "expected folders in reference-folders of [tool.prefactor-gen], found"),
    ],
)
def test_wrong_settings_of_references(settings: dict[str, Any], message: str, project: Project) -> None:
    project.write("a.json", CENTS)
    project.configure(**settings)
    result = refer_to("#", project)
    assert (result.code, f"pyproject.toml: {message}" in result.err) == (2, True), result.err


@pytest.mark.parametrize("where", ["vendor", "common", "schemas"])
def test_a_change_of_what_is_referred_to_is_seen(where: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PREFACTOR_GEN_CACHE", str(project.root / "cache"))
    project.write(f"{where}/money.json", MONEY)
    settings: dict[str, dict[str, Any]] = {
        "vendor": {"refs": {MONEY["$id"]: "vendor/money.json"}},
        "common": {"reference-folders": ["common"]},
        "schemas": {},
    }
    project.configure(sources=["schemas/spans.json"], **settings[where])
    assert refer_to(MONEY["$id"], project).code == 0
    assert project.run("--check").out == "generated/made is up to date\n"
    project.write(f"{where}/money.json", {"$id": MONEY["$id"], "type": "string"})
    assert project.run("--check").code == 1


def test_another_copy_of_a_url_is_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PREFACTOR_GEN_CACHE", str(project.root / "cache"))
    project.write("vendor/a.json", CENTS)
    project.write("vendor/b.json", {"type": "string"})
    project.configure(refs={"urn:a": "vendor/a.json", "urn:b": "vendor/b.json"})
    assert refer_to("urn:a", project).code == 0
    project.configure(refs={"urn:b": "vendor/a.json", "urn:a": "vendor/b.json"})
    assert project.run("--check").code == 1


OLD_ROOT: dict[str, Any] = {
    "$schema": DRAFT_07,
    "type": "object",
    "properties": {
        "pair": {"items": [{"type": "integer"}, {"$ref": "#text"}], "additionalItems": False},
        "first": {"$ref": "#/properties/pair/items/0"},
        "text": {"$ref": "#/definitions/text", "maxLength": 0},
        "free": {
            "$id": "https://a.example/free#it",
            "type": "array",
            "prefixItems": [False],
            "items": {"$ref": "#it"},
        },
    },
    "dependencies": {"first": ["pair"], "text": {"required": ["first"]}},
    "definitions": {"text": {"$id": "#text", "type": "string"}},
}
NEW_FILES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "tuple": ({"$schema": D20, "prefixItems": [{"type": "string"}], "items": False}, ["a"], ["a", "b"]),
    "beside": ({"$schema": D20, "$ref": "#/$defs/a", "maxLength": 1, "$defs": {"a": {"type": "string"}}}, "a", "ab"),
    "closed": ({"$schema": D19, "properties": {"a": {}}, "unevaluatedProperties": False}, {"a": 1}, {"b": 1}),
}


@pytest.mark.parametrize("name", NEW_FILES)
def test_a_later_draft_in_a_schema_of_draft_07(name: str, project: Project) -> None:
    """The whole is compiled in 2020-12, and means what each file says in its own draft."""
    part, valid, invalid = NEW_FILES[name]
    project.write("schemas/part.json", part)
    new = {"$ref": "part.json"}
    project.span_types(agent={**OLD_ROOT, "properties": {**OLD_ROOT["properties"], "new": new}})
    result = project.generate()
    assert (result.code, result.findings) == (0, [])
    model = project.load().AgentParams
    taken = [{"new": valid}, {"pair": [1, "a"], "first": 2, "text": "long"}, {"free": [[[]]]}]
    refused = [{"new": invalid}, {"pair": [1, 2]}, {"pair": [1, "a", 3]}, {"pair": [1], "first": "a"}]
    refused += [{"first": 1}, {"text": "a"}, {"text": 1, "first": 1, "pair": []}, {"free": [1]}]
    assert [each for each in taken if not is_valid(model, each)] == []
    assert [each for each in refused if is_valid(model, each)] == []


def test_a_metaschema_of_somebody_else_is_no_reason_to_refuse(project: Project) -> None:
    schema = {"$schema": "https://meta.example/", "type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}
    project.span_types(agent={**schema, "$defs": {"A": {"prefixItems": [{"type": "integer"}]}}})
    result = project.generate()
    assert result.code == 0, result.err
    assert (
        "/$schema: warning PG015: 'https://meta.example/' is no draft of JSON Schema; the schema is read as one of "
        in (only(result.findings))
    )
    model = project.load().AgentParams
    assert is_valid(model, {"a": [1, "x"]})
    assert not is_valid(model, {"a": ["x"]})


@pytest.mark.parametrize("reference", ["#/$defs/Card", "#/definitions/Card", "#/$defs/Crad"])
def test_a_reference_that_is_meant_from_the_file(reference: str, project: Project) -> None:
    """`#` is the schema that the reference is in."""
    entry = {"name": "a:b", "params_schema": {"type": "object", "properties": {"card": {"$ref": reference}}}}
    project.write("schemas/sub/a.json", {"$defs": {"Card": {"type": "object"}}, "span_type_schemas": [entry]})
    assert "found none" in (out := project.run("check", "schemas").out)
    assert "did you mean 'a.json#/$defs/Card'?" in out
    entry["params_schema"]["properties"]["card"]["$ref"] = "a.json#/$defs/Card"  # type: ignore[index]
    project.write("schemas/sub/a.json", {"$defs": {"Card": {"type": "object"}}, "span_type_schemas": [entry]})
    assert "PG008" not in project.run("check", "schemas").out
