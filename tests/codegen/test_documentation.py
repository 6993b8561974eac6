"""Docstrings say what a reader needs at the call, and what is deprecated says so."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import subprocess
import sys
import warnings
from typing import Any

import pytest
from tests.codegen.hostile import TEXTS, executed
from tests.codegen.support import Made, Project, only

OBJECT = {"type": "object"}
PERSON = {"type": "object", "description": "A person.", "properties": {"id": {"description": "The id."}}}


def documented(source: str, class_name: str) -> dict[str, str]:
    """The texts below the fields of a class."""
    [body] = [
        each.body for each in ast.parse(source).body if isinstance(each, ast.ClassDef) and each.name == class_name
    ]
    texts: dict[str, str] = {}
    for field, below in itertools.pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                texts[name] = inspect.cleandoc(text)
    return texts


def method_text(source: str, name: str) -> str:
    """The docstring of a method of a helper class. It is only in the source: programs do not load it."""
    [found] = [
        each
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name and not is_overload(each)
    ]
    return ast.get_docstring(found) or ""


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


def text_of(made: Made, schema: object, **root: Any) -> str | None:
    """What the docstrings say about a property: the same below the field, below the key, and at the keyword."""
    module = made(agent={"type": "object", "properties": {"x": schema}, **root})
    source = inspect.getsource(sys.modules[module.Agent.__module__])
    text = documented(source, "AgentParams").get("x")
    assert documented(source, "AgentParamsDict").get("x") == text
    lines = method_text(source, "start").splitlines()
    assert [line for line in lines if line.startswith("    x:")] == (
        [f"    x: {' '.join(text.split())}"] if text else []
    )
    return text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"default": "anon", "title": "The name", "minLength": 1, "maxLength": 80, "examples": ["bo", "al"]},
         "The name. Default: anon. 1 to 80 characters. Example: bo."),
        ({"type": "integer", "default": 3, "minimum": 0, "maximum": 9}, "Default: 3. 0 to 9."),
        ({"title": "No", "description": "The id", "readOnly": True}, "The id. Read only."),
        ({"description": "The id"}, "The id"),
        ({"type": "string", "default": ""}, 'Default: "".'),
        ({"type": "string", "default": "true"}, 'Default: "true".'),
        ({"type": "string", "default": "two\nwords"}, 'Default: "two\\nwords".'),
        ({"default": {"a": [1, None, True]}}, 'Default: {"a": [1, null, true]}.'),
        ({"type": "string", "default": "a" * 100}, f'Default: "{"a" * 58}….'),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1.5}, "More than 0. At most 1.5."),
        ({"type": "number", "minimum": 1, "exclusiveMaximum": 2, "multipleOf": 1},
         "Less than 2. At least 1. Multiple of 1."),
        ({"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": True}, "1 to 3 items. No item twice."),
        ({"type": "array", "maxItems": 1}, "At most 1 item."),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "Exactly 2 characters."),
        ({"type": "object", "minProperties": 1}, "At least 1 member."),
        ({"type": "integer", "minLength": 2}, None),
        ({"type": "string", "format": "date-time"}, "Format: date-time."),
        ({"type": "string", "pattern": "^\\d\n"}, "Pattern: `^\\d\\n`."),
        ({"description": "First.\n\nSecond.", "default": 1}, "First.\n\nSecond.\n\nDefault: 1."),
        ({"description": "Use name.", "deprecated": True}, "Deprecated. Use name."),
        ({"deprecated": True, "x-prefactor-deprecated": {"use": "name", "since": "1.2", "until": "2.0"}},
         "Deprecated since 1.2: use name instead. Supported until 2.0."),
        ({"x-prefactor-deprecated": {"reason": "Nobody reads it.", "until": "2027-03-01"}},
         "Deprecated: Nobody reads it. Supported until 2027-03-01."),
        ({"x-prefactor-deprecated": {"use": "name", "reason": "Shorter"}}, "Deprecated: use name instead. Shorter."),
        ({"x-prefactor-deprecated": {}}, "Deprecated."),
        (True, None),
    ],
)  # fmt: skip
def test_the_text_of_a_property(schema: object, text: str | None, made: Made) -> None:
    assert text_of(made, schema) == text


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"$ref": "#/$defs/Name"}, "A name. 1 to 80 characters."),
        ({"$ref": "#/$defs/Name", "description": "Who."}, "Who. 1 to 80 characters."),
        ({"$ref": "#/$defs/Name", "title": "Who"}, "A name. 1 to 80 characters."),
        ({"anyOf": [{"$ref": "#/$defs/Name"}, {"type": "null"}], "default": None},
         "A name. Default: null. 1 to 80 characters."),
        ({"allOf": [{"$ref": "#/$defs/Name"}, {"minLength": 5}]}, "A name. 5 to 80 characters."),
        ({"$ref": "#/$defs/Loop"}, "A loop."),
    ],
)  # fmt: skip
def test_what_a_reference_leads_to_counts(schema: object, text: str, made: Made) -> None:
    name = {"type": "string", "description": "A name.", "minLength": 1, "maxLength": 80}
    loop = {"type": "object", "description": "A loop.", "properties": {"next": {"$ref": "#/$defs/Loop"}}}
    assert text_of(made, schema, **{"$defs": {"Name": name, "Loop": loop}}) == text


def test_in_draft_07_only_the_target_of_a_reference_counts(made: Made) -> None:
    definitions = {"Name": {"type": "string", "description": "A name."}}
    schema = {"$ref": "#/definitions/Name", "description": "Ignored.", "default": "x", "deprecated": True}
    draft = "http://json-schema.org/draft-07/schema#"
    assert text_of(made, schema, **{"$schema": draft, "definitions": definitions}) == "A name."


def test_properties_of_several_branches_are_described(made: Made) -> None:
    branches = [{"properties": {"x": {"description": "From a branch."}}}, {"properties": {"x": {"maxLength": 2}}}]
    assert text_of(made, {"type": "string"}, allOf=branches) == "From a branch. At most 2 characters."


def test_keywords_of_a_payload_that_is_one_of_several_objects_are_described(made: Made) -> None:
    def option(kind: str, **members: Any) -> dict[str, Any]:
        properties = {"kind": {"const": kind, "description": "The kind."}, **members}
        return {"type": "object", "required": ["kind"], "properties": properties}

    circle = option("circle", size={"type": "number", "description": "The radius.", "exclusiveMinimum": 0})
    square = option(
        "square", size={"type": "number", "description": "The side"}, a={"x-prefactor-redact": True, "default": 1}
    )
    module = made(agent={"oneOf": [circle, square]})
    source = inspect.getsource(sys.modules[module.Agent.__module__])
    assert method_text(source, "start").partition("Args:")[2].splitlines() == [
        "",
        "    kind: The kind.",
        "    size: The radius. More than 0. Or: The side",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "x-prefactor-redact": True},
        {"$ref": "#/$defs/Secret"},
        {"type": "object", "properties": {"y": {"type": "string", "x-prefactor-redact": True}}},
        {"type": "array", "items": {"$ref": "#/$defs/Secret"}},
    ],
)
def test_no_default_and_no_example_of_a_redacted_value_is_shown(schema: dict[str, Any], made: Made) -> None:
    secret = {"type": "string", "x-prefactor-redact": True}
    value = {"string": "hunter2", "array": ["hunter2"], "object": {"y": "hunter2"}}[schema.get("type", "string")]
    shown = {"default": value, "examples": [value], "description": "Secret."}
    assert text_of(made, {**schema, **shown}, **{"$defs": {"Secret": secret | shown}}) == "Secret."


def test_keys_of_the_functional_form_are_described_in_its_docstring(made: Made, project: Project) -> None:
    made(agent={"type": "object", "properties": {"user-id": {"description": "The user."}}})
    source = project.files()["_agent.py"]
    assert '"""AgentParamsDict' not in source
    assert '"""AgentParams as a dict.\n\nKeys:\n    user-id: The user.\n"""' in source


def test_classes_say_what_they_are_or_where_they_belong(project: Project) -> None:
    params = {
        "type": "object",
        "properties": {
            "customer": {"type": "object", "properties": {"address": {"type": "object", "properties": {"a": {}}}}},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
            "kind": {"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": k}}} for k in "ab"]},
            "owner": {"$ref": "#/$defs/Person"},
            "other": {"$ref": "#/$defs/Other"},
        },
        "$defs": {"Person": PERSON, "Other": {"type": "object", "properties": {"a": {}}}},
    }
    entry = {"name": "shop:order", "title": "Order", "params_schema": params, "result_schema": PERSON}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert project.generate().code == 0
    module = project.load()
    found = {name.removeprefix("ShopOrder"): inspect.getdoc(getattr(module, name)) for name in module.__all__}
    expected = {
        "Params": "The params of `shop:order`: Order.",
        "ParamsCustomer": "`customer` of the params of `shop:order`.",
        "ParamsCustomerAddress": "`customer.address` of the params of `shop:order`.",
        "ParamsLinesItem": "`lines[]` of the params of `shop:order`.",
        "ParamsKindA": "An option of `kind` of the params of `shop:order`.",
        "ParamsPerson": "A person.",
        "ParamsOther": "`Other` of the params of `shop:order`.",
        "Result": "The result of `shop:order`: Order.\n\nA person.",
    }
    assert {name: found[name] for name in expected} == expected


def deprecated_span_type(**more: Any) -> dict[str, Any]:
    return {"span_type_schemas": [{"name": "agent:old", "params_schema": OBJECT, **more}]}


def test_a_deprecated_span_type_says_so_and_warns_nobody_at_run_time(project: Project) -> None:
    said = {"use": "agent:new", "since": "1.2", "until": "2.0"}
    entry = {"title": "Old", "description": "Text.", "deprecated": True, "x-prefactor-deprecated": said}
    project.write("schemas/a.json", deprecated_span_type(**entry))
    assert project.generate().code == 0
    with warnings.catch_warnings(action="error"):
        module = project.load()
    message = "deprecated since 1.2: use agent:new instead. Supported until 2.0."
    assert inspect.getdoc(module.AgentOld) == f"Old\n\nD{message[1:]}\n\nText."
    assert module.AgentOld.__deprecated__ == f"agent:old is {message}"
    [entry] = module.registry.to_agent_schema_version("")["span_type_schemas"]
    assert "deprecated" not in json.dumps(entry), "the API does not know the key"


@pytest.mark.slow
def test_texts_of_a_deprecation_stay_texts(project: Project) -> None:
    texts = [text for text in TEXTS if text.strip() and len(text) < 1000]
    said = [{"use": text, "since": f"1 {text}", "until": f"2 {text}"} for text in texts]
    members = {f"x{index}": {"x-prefactor-deprecated": each, "format": each["use"]} for index, each in enumerate(said)}
    params = {"type": "object", "properties": members}
    entries = [
        {"name": f"agent:n{index}", "params_schema": params, "x-prefactor-deprecated": each}
        for index, each in enumerate(said)
    ]
    project.write("schemas/a.json", {"span_type_schemas": entries})
    assert project.generate().code == 0
    module = project.load()
    for index, each in enumerate(said):
        text = " ".join(each["use"].split())
        message = f"agent:n{index} is deprecated since 1 {text}: use {text} instead. Supported until 2 {text}."
        assert getattr(module, f"AgentN{index}").__deprecated__ == message
    assert not executed()


def test_a_new_deprecation_changes_the_module(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFACTOR_GEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("CI", raising=False)
        for said in ({}, {"deprecated": True}, {"x-prefactor-deprecated": {"use": "b"}}, {}):
            project.write("schemas/a.json", deprecated_span_type(**said))
            assert project.generate().code == 0
            assert ("@deprecated(" in project.files()["_agent_old.py"]) is bool(said)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"deprecated": "yes"}, "expected true or false in deprecated, found str 'yes'"),
        (
            {"x-prefactor-deprecated": True},
            "expected an object with use, reason, since, until in x-prefactor-deprecated",
        ),
        ({"x-prefactor-deprecated": {"use": " "}}, "expected text in use of x-prefactor-deprecated"),
        (
            {"x-prefactor-deprecated": {"since": 1.2}},
            "expected text in since of x-prefactor-deprecated, found 1.2; quote it",
        ),
        (
            {"x-prefactor-deprecated": {"untill": "2"}},
            "unknown key 'untill' in x-prefactor-deprecated; expected one of use, reason, since, until; did you mean "
            "'until'?",
        ),
        (
            {"x-prefactor-deprecated": {"until": "2027-02-30"}},
            "expected a version or a date, as 2027-03-01, in until of x-prefactor-deprecated, found '2027-02-30'",
        ),
        (
            {"x-prefactor-deprecated": {"since": "2027-03-02", "until": "2027-03-01"}},
            "until of x-prefactor-deprecated is before since",
        ),
        (
            {"deprecated": False, "x-prefactor-deprecated": {}},
            "found x-prefactor-deprecated beside deprecated: false",
        ),
    ],
)
def test_a_wrong_deprecation_is_an_error(said: dict[str, Any], message: str, project: Project) -> None:
    project.write("schemas/a.json", deprecated_span_type(**said))
    assert only(project.generate().findings).endswith(f": error PG002: {message}")
    if "x-prefactor-deprecated" in said:
        project.write("schemas/a.json", {"span_schemas": {"a": {"type": "object", "properties": {"x": said}}}})
        assert only(project.generate().findings).endswith(f": error PG015: {message}")


@pytest.mark.slow
def test_pyright_tells_of_a_deprecated_span_type_and_the_package_is_clean(project: Project) -> None:
    """And mypy: tests/guides/test_generator.py."""
    said = {"deprecated": True, "x-prefactor-deprecated": {"use": "agent:new"}}
    project.write("schemas/a.json", deprecated_span_type(**said))
    assert project.generate().code == 0
    project.write("generated/use.py", "from made import AgentOld\n\nprint(AgentOld)\n")
    settings = {"typeCheckingMode": "strict", "reportDeprecated": "error", "include": ["."]}
    project.write("generated/pyrightconfig.json", settings)
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    run = subprocess.run(command, cwd=project.package.parent, capture_output=True, text=True, check=False)
    reports = [line.strip() for line in run.stdout.splitlines() if " - error" in line]
    assert "agent:old is deprecated: use agent:new instead." in run.stdout
    assert {report.replace("\\", "/").rpartition("/")[2].partition(":")[0] for report in reports} == {"use.py"}
