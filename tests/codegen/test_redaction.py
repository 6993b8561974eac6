"""`x-prefactor-redact`: what the generated helper records of a payload, and where the keyword is refused."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from tests.codegen.conftest import compile_into
from tests.codegen.schemas import properties
from tests.codegen.support import Made, Project, forget, load_package, only

from prefactor_core._payloads.redaction import RedactionRules
from prefactor_core._payloads.snapshot import Payload
from prefactor_gen.json_schema.keywords import REDACT

GONE = "[redacted]"
SECRET: dict[str, Any] = {"type": "string", REDACT: True}
TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"secret": SECRET, "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
}


def schema(**members: Any) -> dict[str, Any]:
    return {**properties(**members), "$defs": {"Tree": TREE, "Secret": SECRET}}


def items(**item: Any) -> dict[str, Any]:
    return {"type": "array", **item}


KIDS: dict[str, Any] = {"secret": "a", "kids": [{"kids": [{"secret": "b", "n": 1}]}]}
KIDS_GONE: dict[str, Any] = {"secret": GONE, "kids": [{"kids": [{"secret": GONE, "n": 1}]}]}

# The schema of the property x, and values of x with what is recorded of them.
CASES: dict[str, tuple[Any, list[tuple[Any, Any]]]] = {
    "property": (SECRET, [("a", GONE), (1, GONE), ({"a": 1}, GONE)]),
    "false": ({"type": "string", REDACT: False}, [("a", "a")]),
    "reference": ({"$ref": "#/$defs/Secret"}, [("a", GONE)]),
    "beside-a-reference": ({"$ref": "#/$defs/Tree", REDACT: True}, [({}, GONE)]),
    "nested": (schema(y=schema(z=SECRET), w={}), [({"y": {"z": "a"}, "w": 1}, {"y": {"z": GONE}, "w": 1})]),
    "items": (items(items=SECRET), [(["a", "b"], [GONE, GONE]), ("a", GONE), ({"0": "a"}, GONE)]),
    "tuple": (items(prefixItems=[{"type": "string"}, SECRET], items={}), [(["a", "b", "c"], ["a", GONE, "c"])]),
    "rest-of-a-tuple": (items(prefixItems=[{}], items=SECRET), [(["a", "b", "c"], ["a", GONE, GONE])]),
    "contains": (items(contains=SECRET), [(["a"], [GONE])]),
    "map": ({"type": "object", "additionalProperties": SECRET}, [({"a": "b"}, {"a": GONE}), (["b"], GONE)]),
    "others": ({**schema(a={}), "additionalProperties": SECRET}, [({"a": "b", "c": "d"}, {"a": "b", "c": GONE})]),
    "pattern": (
        {"type": "object", "patternProperties": {"^s": SECRET, "^p": {}}, "additionalProperties": {"type": "string"}},
        [({"s": "a", "p": "b", "c": "d"}, {"s": GONE, "p": "b", "c": "d"})],
    ),
    "look-ahead": (
        {"type": "object", "patternProperties": {"^(?=a)a+$": SECRET}},
        [({"a" * 40 + "b": "in doubt"}, {"a" * 40 + "b": GONE})],
    ),
    "unevaluated": (
        {"allOf": [schema(a={"type": "string"})], "unevaluatedProperties": SECRET},
        [({"a": "b", "c": "d"}, {"a": "b", "c": GONE})],
    ),
    "all-of": ({"allOf": [schema(a=SECRET), schema(b={})]}, [({"a": "c", "b": "d"}, {"a": GONE, "b": "d"})]),
    "branch": ({"anyOf": [SECRET, {"type": "integer"}]}, [("a", GONE), (1, GONE)]),
    "in-a-branch": (
        {"oneOf": [{"type": "string"}, items(items=schema(a=SECRET))]},
        [("text", "text"), ([{"a": "b", "c": 1}], [{"a": GONE, "c": 1}]), (1, GONE), ({"a": "b"}, GONE)],
    ),
    "branches-that-differ": (
        {"anyOf": [schema(body={"type": "string"}), schema(body=schema(key=SECRET))]},
        [
            ({"body": "text"}, {"body": "text"}),
            ({"body": {"key": "a"}}, {"body": {"key": GONE}}),
            ({"body": [1]}, {"body": GONE}),
        ],
    ),
    "condition": ({**schema(a={}), "if": {}, "then": schema(a=SECRET)}, [({"a": "b"}, {"a": GONE})]),
    "recursion": ({"$ref": "#/$defs/Tree"}, [(KIDS, KIDS_GONE)]),
    "root-recursion": (
        {"type": "object", "properties": {"up": {"$ref": "#"}, "s": SECRET}},
        [({"up": {"x": {"s": "a"}}}, {"up": {"x": {"s": GONE}}})],
    ),
    "null": ({"type": ["object", "null"], "properties": {"a": SECRET}}, [(None, None)]),
    "data": ({"enum": [{REDACT: True}], "default": {REDACT: True}}, [({REDACT: True}, {REDACT: True})]),
    "name": (schema(**{REDACT: {"type": "string"}}), [({REDACT: "a"}, {REDACT: "a"})]),
}  # fmt: skip


@pytest.fixture(scope="module")
def span_types(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All cases in one package."""
    folder = tmp_path_factory.mktemp("redaction")
    definitions = {f"t:{name}": schema(x=case[0]) for name, case in CASES.items()}
    (folder / "spans.json").write_text(json.dumps({"span_schemas": definitions}))
    compile_into(folder / "out", folder, "spans.json", "redaction_package")
    yield load_package(folder / "out", "redaction_package").SPAN_TYPES
    forget("redaction_package")


@pytest.mark.parametrize("case", CASES)
def test_a_payload_is_redacted(case: str, span_types: dict[str, Any]) -> None:
    rules = span_types[f"t:{case}"]._redaction_rules.get("params", RedactionRules({"": {"kinds": ["object"]}}))
    for value, expected in CASES[case][1]:
        assert rules.redact(Payload({"x": value, "other": 1})).value == {"x": expected, "other": 1}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "root": ({"type": "object", REDACT: True}, "the payload itself cannot be redacted, only its members"),
    "root-by-reference": (
        {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", REDACT: True}}},
        "the payload itself",
    ),
    "text": (schema(x={REDACT: "true"}), "expected true or false"),
    "if": (
        schema(x={"if": {"properties": {"a": SECRET}}, "then": {}}),
        "it is under if, which describes no part of a payload",
    ),
    "names": (schema(x={"propertyNames": SECRET}), "it is under propertyNames"),
    "unknown": (schema(x={"propertys": {"a": SECRET}}), "it is under propertys, where no schema is expected"),
    "dynamic": (schema(x={"$dynamicRef": "#a"}, y=SECRET, z={"$dynamicAnchor": "a"}), "the target of a $dynamicRef"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_redaction_that_cannot_be_honoured(case: str, project: Project) -> None:
    definition, message = REFUSED[case]
    project.span_types(agent=definition)
    result = project.generate()
    assert result.code == 1
    line = only([line for line in result.findings if line.severity == "error"])
    assert f"error PG014: {REDACT} cannot be honoured: {message}" in line


def test_a_quality_payload_cannot_be_redacted(project: Project) -> None:
    project.write("schemas/a.json", {"quality_schemas": [{"name": "q", "schema": schema(x=SECRET)}]})
    assert any(
        "PG014" in line and "a quality payload has no typed helper" in line for line in project.generate().findings
    )


def test_the_keyword_is_sent_to_the_api(made: Made) -> None:
    module = made(agent=schema(x=SECRET, y={"$ref": "#/$defs/Tree"}))
    entry = module.registry.to_agent_schema_version("v")["span_type_schemas"][0]
    assert entry["params_schema"]["properties"]["x"] == SECRET


SHOWN: dict[str, Any] = {"type": "string"}
MARKED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": SHOWN,
        "email": SECRET,
        "by_reference": {"$ref": "#/$defs/Secret"},
        "list": items(items=SECRET),
        "map": {"type": "object", "additionalProperties": SECRET},
        "inner": properties(shown=SHOWN, pin=SECRET),
        "inners": items(items=properties(shown=SHOWN, pin=SECRET)),
        "loose": {"anyOf": [{"type": "object", "minProperties": 1}, properties(pin=SECRET)]},
        "merged": {"allOf": [properties(pin=SECRET), properties(other=SHOWN)]},
        "deeply": {"allOf": [properties(a=properties(pin=SECRET)), properties(other=SHOWN)]},
        "tree": {"$ref": "#/$defs/Tree"},
        "hidden_tree": {"$ref": "#/$defs/Tree", REDACT: True},
        "patterns": {"type": "object", "properties": {"x": SHOWN}, "patternProperties": {"^s": SECRET}},
        "branch": {"oneOf": [properties(kind={"const": "a"}, pin=SECRET), properties(kind={"const": "b"}, x=SHOWN)]},
    },
    "$defs": {"Tree": TREE, "Secret": SECRET},
}
HIDDEN = "ada@example.com"
MARKED_VALUE: dict[str, Any] = {
    "name": "shown-1",
    "email": HIDDEN,
    "by_reference": HIDDEN,
    "list": [HIDDEN],
    "map": {"a": HIDDEN},
    "inner": {"shown": "shown-2", "pin": HIDDEN},
    "inners": [{"shown": "shown-3", "pin": HIDDEN}],
    "loose": {"pin": HIDDEN},
    "merged": {"pin": HIDDEN, "other": "x"},
    "deeply": {"a": {"pin": HIDDEN}, "other": "x"},
    "tree": {"secret": HIDDEN, "kids": [{"secret": HIDDEN}]},
    "hidden_tree": {"secret": HIDDEN},
    "patterns": {"x": "shown-4", "secret": HIDDEN},
    "branch": {"kind": "a", "pin": HIDDEN},
}


def test_no_repr_shows_a_redacted_value(made: Made) -> None:
    value = made(agent=MARKED_SCHEMA).AgentParams.model_validate({**MARKED_VALUE, "emial": HIDDEN})
    for text in (repr(value), str(value), f"{[value]}", *(repr(getattr(value, name)) for name in ("inner", "tree"))):
        assert HIDDEN not in text
    for shown in ("shown-1", "shown-2", "shown-3", "email='[redacted]'", "pin='[redacted]'"):
        assert shown in repr(value)
    assert "x='shown-4'" in repr(value.patterns)


def test_no_repr_shows_a_redacted_value_of_a_map(made: Made) -> None:
    module = made(agent={"type": "object", "additionalProperties": SECRET})
    assert HIDDEN not in repr(module.AgentParams.model_validate({"a": HIDDEN}))


def test_models_without_redaction_are_shown_whole(made: Made) -> None:
    module = made(agent=properties(a=SHOWN))
    assert repr(module.AgentParams(a="x", b="y")) == "AgentParams(a='x', b='y')"


def test_no_error_or_warning_of_a_model_quotes_a_value(made: Made, recwarn: pytest.WarningsRecorder) -> None:
    model = made(agent={**properties(email=SECRET, n={"type": "integer"}), "additionalProperties": False}).AgentParams
    checked = made(agent={**properties(email=SECRET), "maxProperties": 1}).AgentParams
    wrong: list[Callable[[], object]] = [lambda: model(email=HIDDEN, teir="x"), lambda: model(email=HIDDEN, n=HIDDEN)]
    wrong.append(lambda: model.model_validate_json(f'["{HIDDEN}"]'))
    wrong.append(lambda: checked(email=HIDDEN, other=1))
    wrong.append(lambda: checked.__schema_part__.checked({"email": HIDDEN, "other": 1}))
    for call in wrong:
        with pytest.raises(ValidationError) as caught:
            call()
        assert HIDDEN not in "".join(traceback.format_exception(caught.value))
    loose = model.model_construct(email=[HIDDEN], n=HIDDEN)
    assert loose.model_dump() == {"email": [HIDDEN], "n": HIDDEN}
    loose.model_dump_json()
    assert not recwarn.list
