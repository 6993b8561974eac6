"""Classes get names by a rule that depends on the definitions alone, and no name stops a build."""

from __future__ import annotations

import inspect
import unicodedata
from typing import Any

import pytest
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

EACH_OWN = properties(n={"type": "integer"})
CLASHES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "definition-and-property": (
        {
            **properties(
                address={"allOf": [{"$ref": "#/$defs/address"}, EACH_OWN]}, billing={"$ref": "#/$defs/address"}
            ),
            "$defs": {"address": properties(street={})},
        },
        {"AParamsAddress", "AParamsAddressProperty"},
    ),
    "case": (
        {
            **properties(x={"$ref": "#/$defs/Item"}, y={"$ref": "#/$defs/item"}),
            "$defs": {"item": properties(code={}), "Item": properties(sku={})},
        },
        {"AParamsItem", "AParamsItemDefinition"},
    ),
    "items-and-property": (
        properties(line={"items": EACH_OWN, "type": "array"}, lineItem=properties(x={})),
        {"AParamsLineItem", "AParamsLineElement"},
    ),
    "dict": (properties(foo=EACH_OWN, fooDict=properties(x={})), {"AParamsFoo", "AParamsFooDictProperty"}),
    "input": (
        properties(foo={"type": "array", "items": {"$ref": "#/$defs/t"}}, tInput=EACH_OWN)
        | {"$defs": {"t": {"type": "array", "items": EACH_OWN}}},
        {"AParamsT", "AParamsTInputProperty"},
    ),
    "option": (
        properties(u={"anyOf": [properties("a", a={}), properties("b", b={})]}, uOption1=EACH_OWN),
        {"AParamsUChoice1", "AParamsUOption2", "AParamsUOption1"},
    ),
    "no-letters": (
        properties(**{"→": EACH_OWN, "←": properties(x={}), "💥": properties(y={})}),
        {"AParamsRightwardsArrow", "AParamsLeftwardsArrow", "AParamsCollisionSymbol"},
    ),
    "property-and-class": (properties(AParamsX={"type": "string"}, x=EACH_OWN), {"AParamsXProperty"}),
    "dict-of-the-payload": (properties(dict=EACH_OWN), {"AParamsDictProperty"}),
    "inside-one-that-is-renamed": (
        properties(foo=EACH_OWN, fooDict=properties(part=EACH_OWN)),
        {"AParamsFooDictProperty", "AParamsFooDictPropertyPart"},
    ),
}


@pytest.mark.parametrize("case", sorted(CLASHES))
def test_each_has_a_class_of_its_own(case: str, project: Project) -> None:
    schema, expected = CLASHES[case]
    project.span_types(a=schema)
    result = project.run("check", "schemas")
    assert result.code == 0, result.err
    assert "note PG005: this is the class" in result.out or case in {"option", "no-letters"}
    assert project.generate().code == 0
    names = {*project.load().__all__}
    assert names >= expected


@pytest.mark.parametrize("case", sorted(CLASHES))
def test_the_order_of_a_schema_changes_no_name(case: str, project: Project) -> None:
    schema, _ = CLASHES[case]
    project.span_types(a=schema)
    assert project.generate().code == 0
    names = {*project.load().__all__}
    turned = {**schema, "properties": dict(reversed(schema["properties"].items()))}
    project.span_types(a=turned)
    assert project.generate().code == 0
    assert {*project.load().__all__} == names


def test_a_note_prints_the_line_to_paste_and_a_schema_chooses(project: Project) -> None:
    project.span_types(a=properties(foo=EACH_OWN, fooDict=properties(x={})))
    found = project.run("check", "schemas").out
    assert "to choose a name, add x-prefactor-class: AParamsFooDictProperty" in found
    project.span_types(a=properties(foo=EACH_OWN, fooDict={**properties(x={}), "x-prefactor-class": "Special"}))
    assert "PG005" not in project.run("check", "schemas").out
    assert project.generate().code == 0
    package = project.load()
    assert {"Special", "SpecialDict"} <= {*package.__all__}
    value = package.AParams(foo={"n": 1}, fooDict=package.Special(x=1))
    assert value.model_dump(by_alias=True) == {"foo": {"n": 1}, "fooDict": {"x": 1}}


def test_chosen_classes_of_payloads_and_span_types(project: Project) -> None:
    entry = {
        "name": "agent:run", "x-prefactor-class": "Run", "params_schema": {**OBJECT, "x-prefactor-class": "RunInput1"},
        "result_schema": OBJECT,
    }  # fmt: skip
    project.write("schemas/spans.json", {"span_type_schemas": [entry]})
    assert project.generate().code == 0
    package = project.load()
    assert {"Run", "RunInput1", "RunResult"} <= {*package.__all__}
    assert package.registry.to_agent_schema_version("x")["span_type_schemas"][0]["name"] == "agent:run"


@pytest.mark.parametrize(
    "name", ["class", "None", "a b", "", "_X", 1, None, "TypedDict", "Typed", "int", "to_dict", "model_config"]
)
def test_a_chosen_class_that_python_or_the_module_has(name: object, project: Project) -> None:
    project.span_types(a=properties(x={**EACH_OWN, "x-prefactor-class": name}))
    result = project.generate()
    assert result.code == 1
    assert "x-prefactor-class: error PG004: expected a name that a class can have" in result.err


def test_two_schemas_that_choose_one_class(project: Project) -> None:
    chosen = {"x-prefactor-class": "Same"}
    project.span_types(a=properties(x={**EACH_OWN, **chosen}, y={**properties(z={}), **chosen}))
    assert "/properties/x is the class Same, too; choose another" in project.generate().err
    project.span_types(a=properties(x={**EACH_OWN, **chosen}), b=properties(x={**EACH_OWN, **chosen}))
    assert "error PG005: this is the class Same, as the definition at" in project.generate().err


SAME_CLASS = {
    "agent:llm agent-llm": {"agent:llm": "AgentLlm", "agent-llm": "AgentDashLlm"},
    "a.b a-b a_b": {"a_b": "AB", "a.b": "ADotB", "a-b": "ADashB"},
    "AgentLlm agent:llm": {"AgentLlm": "AgentLlm", "agent:llm": "AgentColonLlm"},
    "agent:llm agent:llm:params": {"agent:llm": "AgentLlm", "agent:llm:params": "AgentLlmParams"},
}


@pytest.mark.parametrize("names", sorted(SAME_CLASS))
def test_span_types_that_want_one_class(names: str, project: Project) -> None:
    project.span_types(**dict.fromkeys(names.split(), EACH_OWN))
    result = project.generate()
    assert result.code == 0, result.err
    made = {name: each.__name__ for name, each in project.load().SPAN_TYPES.items()}
    assert made == SAME_CLASS[names]


def test_a_span_type_that_is_added_takes_no_class_of_another(project: Project) -> None:
    project.span_types(**{"agent:llm": properties(usage=EACH_OWN)})
    assert project.generate().code == 0
    before = {*project.load().__all__}
    project.span_types(**{"agent:llm": properties(usage=EACH_OWN), "agent-llm": OBJECT, "agent.llm": OBJECT})
    assert project.generate().code == 0
    assert before < {*project.load().__all__}


@pytest.mark.parametrize("name", ["हिन्दी", "一つ", "ᛮ", "Ⅷ", "ไทย", "עברית"])
def test_names_in_any_script(name: str, project: Project) -> None:
    project.span_types(**{name: properties(**{name: EACH_OWN})})
    result = project.generate()
    assert result.code == 0, result.err
    package = project.load()
    (helper,) = package.SPAN_TYPES.values()
    assert helper.__name__ in package.__all__
    assert unicodedata.normalize("NFKC", name) in inspect.signature(helper.start).parameters
    assert package.SPAN_TYPES[name].Params.model_validate({name: {"n": 1}}).model_dump(by_alias=True) == {
        name: {"n": 1}
    }


OWN_NAMES = {
    "items": properties(calls={"type": "array", "items": properties(input=EACH_OWN)}),
    "definition": {"$ref": "#/$defs/Tool", "$defs": {"Tool": {"properties": {"input": EACH_OWN}}}},
    "option": properties(u={"oneOf": [properties(dict=EACH_OWN), properties(b=EACH_OWN)]}),
    "values": properties(m={"type": "object", "additionalProperties": properties(Input=EACH_OWN)}),
}


@pytest.mark.parametrize("case", sorted(OWN_NAMES))
def test_a_class_inside_one_that_has_its_name(case: str, project: Project) -> None:
    project.span_types(a=OWN_NAMES[case])
    result = project.generate()
    assert result.code == 0, result.err
    assert project.load().A


@pytest.mark.parametrize("name", ["Model", "foo", "xY", "x_y", "Model1"])
def test_chosen_classes_that_the_model_generator_would_change(name: str, project: Project) -> None:
    project.span_types(a=properties(x={**EACH_OWN, "x-prefactor-class": name}, model=properties(y={})))
    result = project.generate()
    assert result.code == 0, result.err
    assert getattr(project.load(), name)(n=1).n == 1
