"""What changes for code that imports the generated package, which `types = "error"` makes an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

PERSON = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
TEXT = {"type": "string"}
CONFIGURATION = (
    '[tool.prefactor-gen]\nsources = ["new"]\npackage = "made"\n[tool.prefactor-gen.diff]\ntypes = "error"\n'
)


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def definitions(params: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"span_type_schemas": [{"name": "billing:refund", "params_schema": params, **more}]}


@pytest.fixture
def changes(project: Project) -> Any:
    """A function that compares two params schemas and returns the changes of types: rule, part, path and message."""

    def compare(
        old: dict[str, Any], new: dict[str, Any], configuration: str = CONFIGURATION
    ) -> list[tuple[str, str | None, str, str]]:
        project.write("pyproject.toml", configuration)
        project.write("old/spans.json", definitions(old))
        project.write("new/spans.json", definitions(new))
        done = project.run("diff", "old", "--format", "json")
        assert done.err == ""
        found = json.loads(done.out)["changes"]
        assert {each["level"] for each in found if each["id"].startswith("PD4")} <= {"error"}
        return [
            (each["id"], each["part"], each["path"], each["message"]) for each in found if each["id"].startswith("PD4")
        ]

    return compare


def test_an_object_that_moves_has_another_class(changes: Any, project: Project) -> None:
    """The schemas are equivalent. The old name can be kept, as the hint says."""
    old = schema(customer=PERSON)
    new = {**schema(customer={"$ref": "#/$defs/Person"}), "$defs": {"Person": PERSON}}
    assert changes(old, new) == [("PD401", None, "BillingRefundParamsCustomer", "no longer exported")]
    done = project.run("diff", "old")
    assert (done.code, "breaks types" in done.out) == (1, True)
    line = 'BillingRefundParamsCustomer = "BillingRefundParamsPerson"'
    assert f"\n      kept by former-names: {line}\n" in done.out
    assert changes(old, new, f"{CONFIGURATION}[tool.prefactor-gen.former-names]\n{line}\n") == []
    named = {**new, "$defs": {"Person": {**PERSON, "x-prefactor-class": "BillingRefundParamsCustomer"}}}
    assert changes(old, named) == []


def test_keywords(changes: Any) -> None:
    old = schema("a", a=TEXT, b={"type": ["string", "null"]}, c={"type": "number"}, gone=TEXT)
    new = schema("a", "b", "fresh", a=TEXT, b=TEXT, c={"type": "integer"}, fresh=TEXT)
    assert sorted(each for each in changes(old, new) if each[2].startswith("start(")) == [
        ("PD402", "params", "start(gone)", "gone"),
        ("PD403", "params", "start(b)", "required now"),
        ("PD403", "params", "start(fresh)", "required now"),
        ("PD404", "params", "start(b)", "takes str, took str | None"),
        ("PD404", "params", "start(c)", "takes int, took float"),
    ]


def test_a_keyword_of_another_name(changes: Any) -> None:
    """The payload is the same: only the type checkers of callers find it."""
    renamed = {**TEXT, "x-prefactor-name": "label"}
    assert changes(schema(a=TEXT), schema(a=renamed))[0] == ("PD402", "params", "start(a)", "gone")
    assert changes(schema(a=renamed), schema(a={**renamed, "title": "A"})) == []


def test_keys_and_attributes_of_nested_objects(changes: Any) -> None:
    old = schema(customer=schema("id", "kind", id=TEXT, kind={"enum": ["a", "b"]}, gone=TEXT))
    new = schema(customer=schema("id", id=TEXT, kind={"enum": ["a", "b", "c"]}))
    assert changes(old, new) == [
        ("PD402", None, "BillingRefundParamsCustomerDict[gone]", "gone"),
        (
            "PD405",
            None,
            "BillingRefundParamsCustomer.kind",
            "may be Literal['a', 'b', 'c'] or absent, was Literal['a', 'b']",
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"enum": ["a"]}, TEXT, id="enum-to-text"),
        pytest.param({"type": "integer"}, {"type": "number"}, id="integer-to-number"),
        pytest.param(TEXT, {"type": ["string", "null"]}, id="null-added"),
        pytest.param(
            {"type": "array", "items": {"enum": [1]}}, {"type": "array", "items": {"type": "integer"}}, id="items"
        ),
        pytest.param({"type": "string", "minLength": 1}, {"type": "string", "minLength": 2}, id="bound"),
        pytest.param(TEXT, True, id="anything"),
    ],
)
def test_a_keyword_that_takes_more_breaks_no_caller(changes: Any, old: Any, new: Any) -> None:
    found = [each for each in changes(schema(a=old), schema(a=new)) if each[0] != "PD405"]
    assert found == []


def test_a_signature_becomes_overloads(changes: Any) -> None:
    one = schema("kind", "x", kind={"const": "one"}, x=TEXT)
    two = schema("kind", "y", kind={"const": "two"}, y=TEXT)
    assert ("PD406", "params", "start()", "became overloads") in changes(one, {"type": "object", "anyOf": [one, two]})


def test_a_note_that_repeats_a_change_of_the_schema_is_left_out(project: Project) -> None:
    project.write("pyproject.toml", CONFIGURATION.replace('"error"', '"note"'))
    project.write("old/spans.json", definitions(schema(a=TEXT)))
    project.write("new/spans.json", definitions(schema("a", a=TEXT)))
    done = project.run("diff", "old")
    assert "PD4" not in done.out


def test_a_changed_package_that_is_compared_with_its_definitions(project: Project) -> None:
    """The old package is read as it is."""
    project.write("pyproject.toml", CONFIGURATION)
    project.write("new/spans.json", definitions(schema(a=TEXT)))
    assert project.run().code == 0
    project.write("new/spans.json", definitions(schema("a", a=TEXT)))
    assert "error PD403 start(a): required now (types)" in project.run("diff", "generated/made").out
    project.write("generated/made/_billing_refund.py", "def (")
    done = project.run("diff", "generated/made")
    assert done.err.endswith("_billing_refund.py of the generated package is not valid Python; generate it again\n")
