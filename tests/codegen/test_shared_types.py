"""What references in several files lead to is one class for all span types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.codegen.schemas import OBJECT, properties
from tests.codegen.support import Project, is_valid, only, run_process

from prefactor_gen.pipeline import processes

pytestmark = pytest.mark.slow

MESSAGE = {
    "type": "object",
    "required": ["content"],
    "properties": {"content": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}}},
}
PART = {"type": "object", "properties": {"of": {"$ref": "#/$defs/Message"}, "kind": {"enum": ["text", "image"]}}}


def of(reference: str) -> dict[str, Any]:
    return properties(message={"$ref": reference})


SHARED_MESSAGE = of("common.json#/$defs/Message")


@pytest.fixture
def chat(project: Project) -> Project:
    write_chat(project)
    return project


def write_chat(project: Project) -> None:
    project.write("schemas/common.json", {"$defs": {"Message": MESSAGE, "Part": PART}})
    entries = [
        {"name": "chat:one", "params_schema": SHARED_MESSAGE, "result_schema": SHARED_MESSAGE},
        {"name": "chat:two", "params_schema": SHARED_MESSAGE},
    ]
    project.write("schemas/spans.json", {"span_type_schemas": entries})


def test_one_class_for_all(chat: Project) -> None:
    assert chat.generate().code == 0
    package = chat.load()
    message = package.Message(content="a", parts=[package.Part(kind="text", of=package.Message(content="b"))])
    for model in (package.ChatOneParams, package.ChatOneResult, package.ChatTwoParams):
        assert model(message=message).message is message
    assert {"Message", "MessageDict", "Part", "PartDict"} <= {*package.__all__}
    assert not [name for name in package.__all__ if name.startswith("Chat") and "Message" in name]


def write_calls(project: Project, folder: Path) -> None:
    """Packages that type checkers read, in tests/codegen/test_types.py: one converter for all is accepted."""
    write_chat(project)
    assert project.run("schemas", "--package", "chat_made", "--output", str(folder)).code == 0
    program = """\
from chat_made import ChatOne, ChatTwo, Message, MessageDict, Part
def converted(text: str) -> MessageDict:
    return {"content": text, "parts": [{"kind": "text", "of": {"content": text}}]}
async def record(one: ChatOne, two: ChatTwo) -> None:
    await one.start(message=converted("a"))
    await one.complete(message=converted("b"))
    await two.start(message=converted("c"))
    await two.start_with(ChatTwo.Params(message=Message(content="d", parts=[Part(kind="image")])))
"""
    project.write(str(folder / "chat_calls" / "__init__.py"), program)


@pytest.mark.parametrize("first", ["Message", "Part", "ChatTwo", "PartDict"])
def test_types_that_refer_to_each_other_are_loaded_in_any_order(first: str, chat: Project) -> None:
    assert chat.generate().code == 0
    package = chat.load()
    getattr(package, first)
    assert package.Part(of={"content": "a"}).of.content == "a"


def test_only_what_is_used_is_loaded(chat: Project) -> None:
    chat.write("schemas/other.json", {"span_schemas": {"other": OBJECT}})
    assert chat.generate().code == 0
    code = (
        "import sys, made; made.Other; assert not [name for name in sys.modules if 'made._shared' in name]\n"
        "made.ChatTwo; assert 'made._shared_message' in sys.modules and 'made._chat_one' not in sys.modules"
    )
    result = run_process(cwd=chat.package.parent, code=code)
    assert result.returncode == 0, result.stderr


def test_former_names_can_still_be_imported(chat: Project) -> None:
    names = {"ChatTwoParamsMessage": "Message", "Aside": "Part"}
    chat.write(
        "pyproject.toml",
        '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n[tool.prefactor-gen.former-names]\n'
        + "".join(f'{old} = "{new}"\n' for old, new in names.items()),
    )
    assert chat.run().code == 0
    package = chat.load()
    assert package.ChatTwoParamsMessage is package.Message
    assert package.ChatTwoParamsMessageDict is package.MessageDict
    assert package.Aside is package.Part


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('Old = "Mesage"', "expected a class of the package as the new name of Old in former-names, found 'Mesage'; "
         "did you mean 'Message'?"),
        ('Part = "Message"', "expected a name that no class has in former-names, found 'Part'"),
        ('class = "Message"', "expected a name that a class can have in former-names, found 'class'"),
        ("Old = 1", "pyproject.toml: expected former-names = { OldName = \"NewName\" } in [tool.prefactor-gen]"),
    ],
)  # fmt: skip
def test_former_names_that_mean_nothing(line: str, message: str, chat: Project) -> None:
    table = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n[tool.prefactor-gen.former-names]\n'
    chat.write("pyproject.toml", f"{table}{line}\n")
    result = chat.run()
    assert result.code != 0
    assert message in result.err


def test_a_changed_definition_changes_its_own_module(chat: Project) -> None:
    assert chat.generate().code == 0
    before = chat.files()
    part = {**PART, "properties": {**PART["properties"], "size": {"type": "integer"}}}  # type: ignore[dict-item]
    chat.write("schemas/common.json", {"$defs": {"Message": MESSAGE, "Part": part}})
    assert chat.generate().code == 0
    changed = {name for name, text in chat.files().items() if before.get(name) != text}
    assert changed == {"_shared_part.py", "__definitions__.py", "__init__.py"}


def test_definitions_inside_one_schema_stay_its_own(project: Project) -> None:
    project.write("schemas/params.json", {**of("#/$defs/Message"), "$defs": {"Message": MESSAGE, "Part": PART}})
    entry = {"name": "chat", "params_schema": {"$ref": "params.json"}}
    project.write("schemas/spans.json", {"span_type_schemas": [entry]})
    assert project.generate().code == 0
    assert {"ChatParamsMessage", "ChatParamsPart"} <= {*project.load().__all__}
    other = {"name": "other", "params_schema": of("params.json#/$defs/Message")}
    project.write("schemas/spans.json", {"span_type_schemas": [entry, other]})
    assert project.generate().code == 0
    assert {"Message", "Part"} <= {*project.load().__all__}


def test_what_types_cannot_express_is_checked(project: Project) -> None:
    money = {**properties("amount", amount={"type": "number"}, currency={}), "minProperties": 2}
    project.write("schemas/common.json", {"$defs": {"Money": money, "Tags": {"type": "array", "uniqueItems": True}}})
    references = {name: {"$ref": f"common.json#/$defs/{name.title()}"} for name in ("money", "tags")}
    project.span_types(a=properties(**references), b=properties(**references))
    assert project.generate().code == 0
    package = project.load()
    assert package.AParams(money={"amount": 1, "currency": "EUR"}, tags=[1, 2])
    for wrong in ({"money": {"amount": 1}}, {"tags": [1, 1]}):
        with pytest.raises(ValueError, match="validation error"):
            package.AParams.model_validate(wrong)


def test_names_of_several_files(project: Project) -> None:
    project.write("schemas/a/common.json", {"$defs": {"Message": MESSAGE | {"properties": {}}}})
    project.write("schemas/mail.json", {"$defs": {"Message": OBJECT | properties(to={})}})
    project.write("schemas/money.json", properties(amount={}))
    project.write("schemas/b/common.json", {"$defs": {"Message": properties(cc={})}})
    project.write("schemas/chosen.json", {"$defs": {"x": {**properties(y={}), "x-prefactor-class": "Chosen"}}})
    names = [
        "a/common.json#/$defs/Message",
        "b/common.json#/$defs/Message",
        "mail.json#/$defs/Message",
        "money.json",
        "chosen.json#/$defs/x",
    ]
    project.span_types(agent=properties(**{f"p{index}": {"$ref": each} for index, each in enumerate(names)}))
    assert project.generate().code == 0
    exports = {*project.load().__all__}
    assert {"CommonMessage", "BCommonMessage", "MailMessage", "Money", "Chosen"} <= exports
    assert "Message" not in exports, "a file that is added gives no name another meaning"
    expected = (
        "this is the class MailMessage, because the schema at schemas/a/common.json:1:23 /$defs/Message has or wants"
    )
    assert expected in project.run("check", "schemas").out


def test_a_shared_type_gives_way_to_a_span_type(project: Project) -> None:
    project.write("schemas/common.json", {"$defs": {"Message": properties(x={}), "AgentParams": properties(y={})}})
    project.span_types(message=of("common.json#/$defs/Message"), agent=of("common.json#/$defs/AgentParams"))
    result = project.generate()
    assert result.code == 0, result.err
    assert {"Message", "CommonMessage", "CommonAgentParams", "AgentParams"} <= {*project.load().__all__}


def test_a_property_with_the_name_of_a_shared_type(project: Project) -> None:
    project.write("schemas/common.json", {"$defs": {"Message": properties(x={}), "Any": properties(y={})}})
    message, other = {"$ref": "common.json#/$defs/Message"}, {"$ref": "common.json#/$defs/Any"}
    project.span_types(agent=properties(Message=message, m=message, n=other))
    result = project.generate()
    assert result.code == 0, result.err
    model = project.load().AgentParams
    value = {"Message": {"x": 1}, "m": {"x": 2}, "n": {"y": 3}}
    assert model.model_validate(value).model_dump(by_alias=True) == value


def test_redaction_in_a_shared_type(project: Project) -> None:
    secret = properties(token={"type": "string", "x-prefactor-redact": True}, user={"type": "string"})
    project.write("schemas/common.json", {"$defs": {"Login": secret}})
    project.span_types(agent=properties(login={"$ref": "common.json#/$defs/Login"}))
    assert project.generate().code == 0
    package = project.load()
    shown = repr(package.AgentParams(login={"token": "hidden-one", "user": "ada"}))
    assert "hidden-one" not in shown
    assert "ada" in shown


def test_draft_07_files_without_schema(project: Project) -> None:
    project.write(
        "schemas/common.json", {"definitions": {"Pair": {"items": [{"type": "string"}, {"type": "integer"}]}}}
    )
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **of("common.json#/definitions/Pair")}
    project.span_types(a=schema, b=schema)
    assert project.generate().code == 0
    package = project.load()
    assert package.AParams(message=["a", 1])
    with pytest.raises(ValueError, match="validation error"):
        package.BParams(message=[1, 1])
    assert "Pair" in package.__all__


def test_types_of_several_modules_that_are_nested_too_deep(project: Project) -> None:
    chain = {f"T{index}": properties(next={"$ref": f"#/$defs/T{index + 1}"}) for index in range(80)}
    project.write("schemas/common.json", {"$defs": {**chain, "T80": OBJECT}})
    project.span_types(agent=of("common.json#/$defs/T0"), other=of("common.json#/$defs/T40"))
    expected = "error PG029: more than 64 types are nested here, counted through references"
    assert expected in only(project.generate().findings)
    project.span_types(other=of("common.json#/$defs/T40"))
    assert project.generate().code == 0
    assert project.load().OtherParams.model_validate({"message": {"next": {}}})
    project.span_types(agent=of("common.json#/$defs/T0"), other=of("common.json#/$defs/T40"))
    assert expected in only(project.generate().findings), "also when the shared types are in the cache"


def test_a_payload_that_is_one_of_several_shared_types(project: Project) -> None:
    options = {
        name: properties("kind", kind={"const": name}, **{name: {"type": "integer"}}) for name in ("card", "iban")
    }
    pay = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in options]}
    project.write("schemas/common.json", {"$defs": {**options, "Pay": pay}})
    several = [{"$ref": f"common.json#/$defs/{name}"} for name in options]
    project.span_types(a={"oneOf": several}, b={"$ref": "common.json#/$defs/Pay"}, c=of("common.json#/$defs/Pay"))
    result = project.generate()
    assert result.code == 0, result.err
    package = project.load()
    for name in ("_a.py", "_b.py"):
        assert project.files()[name].count("@overload") == len(options), "the members of the payload are keywords"
    assert "discriminator='kind'" in project.files()["_shared_pay.py"]
    assert package.CParams(message={"kind": "card", "card": 1}).message.card == 1


KINDS = """
Plain: {type: object}
Open: {type: object, additionalProperties: true}
Texts: {type: object, additionalProperties: {type: string}}
Closed: {type: object, additionalProperties: false}
Anything: true
Nothing: false
Empty: {}
Size: {type: object, minProperties: 1}
Text: {type: string}
When: {type: string, format: date-time}
Choice: {enum: [a, b]}
Maybe: {type: [string, "null"]}
Either: {anyOf: [{type: string}, {type: object}]}
List: {type: array, items: {$ref: "#/$defs/Plain"}}
Pair: {type: array, prefixItems: [{}, {}], items: false, minItems: 2}
Alias: {$ref: "#/$defs/Text"}
NoType: {properties: {x: {}}}
Merged: {allOf: [{$ref: "#/$defs/NoType"}, {type: object}]}
"""


def test_shared_types_of_every_kind(project: Project) -> None:
    kinds = yaml.safe_load(KINDS)
    project.write("schemas/common.json", {"$defs": kinds})
    names = {name: {"$ref": f"common.json#/$defs/{name}"} for name in kinds}
    project.span_types(agent=properties(**names), other={**properties(**names), "required": ["Text"]})
    result = project.generate()
    assert result.code == 0, result.err
    model = project.load().AgentParams
    assert model.model_validate({"Plain": {}, "When": "2026-11-28T00:00:00Z", "List": [{"a": 1}], "Pair": [1, 2]})
    for name, wrong in {"Closed": {"a": 1}, "Nothing": 1, "Size": {}, "Choice": "c", "Pair": [1], "Text": 1}.items():
        assert not is_valid(model, {name: wrong})


def test_schemas_beside_the_span_types_of_a_file(project: Project) -> None:
    message = {"$ref": "spans.json#/$defs/Message"}
    entries = [{"name": name, "params_schema": properties(message=message)} for name in ("one", "two")]
    project.write("schemas/spans.json", {"$defs": {"Message": MESSAGE, "Part": PART}, "span_type_schemas": entries})
    assert project.generate().code == 0
    package = project.load()
    assert {"Message", "MessageDict", "Part"} <= {*package.__all__}
    assert package.OneParams.model_fields["message"].annotation == package.TwoParams.model_fields["message"].annotation


def test_names_that_begin_with_one_of_another_module(project: Project) -> None:
    lint = {"type": "object", "properties": {"env": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    project.write("schemas/lint.json", lint)
    project.write("schemas/2020-12.json", properties(b={}))
    references = ("lint.json", "lint.json#/properties/env", "2020-12.json")
    project.span_types(agent=properties(**{f"x{index}": {"$ref": each} for index, each in enumerate(references)}))
    result = project.generate()
    assert result.code == 0, result.err
    assert {"Lint", "LintEnv", "LintPropertyEnv", "Schema202012"} <= {*project.load().__all__}


UNUSUAL = """
a payload's name: {spans: {order: {$ref: order_params.yaml}}, order_params.yaml: {type: object, properties: {a: {}}}}
no letter:
  spans: {order: {$ref: "c.yaml#/$defs/3d"}}
  c.yaml: {$defs: {3d: {type: object, properties: {C3d: {}, C3dDefinition: {}}}}}
model:
  spans: {a: {$ref: model.yaml}, b: {$ref: "c.yaml#/$defs/Model"}}
  model.yaml: {type: object, properties: {a: {}}}
  c.yaml: {$defs: {Model: {type: object, properties: {b: {}}}}}
a map with a member in a branch:
  spans: {a: {$ref: "c.yaml#/$defs/L"}}
  c.yaml: {$defs: {L: {type: object, properties: {}, additionalProperties: {}, anyOf: [{required: [S]}]}}}
a map:
  spans: {a: {$ref: "c.yaml#/$defs/M"}}
  c.yaml: {$defs: {M: {type: object, properties: {}, additionalProperties: {type: string}}}}
items inside themselves:
  spans: {a: {$ref: v.yaml}}
  v.yaml:
    type: object
    properties:
      children: {type: array, items: {type: object, properties: {n: {}, children: {$ref: "#/properties/children"}}}}
the name of a property:
  spans: {a: {$ref: v.yaml}}
  v.yaml:
    type: object
    properties: {types: {allOf: [{$ref: "#/$defs/Types"}], items: {enum: [x, y]}}, other: {$ref: "#/$defs/Types"}}
    $defs: {Types: {oneOf: [{type: array, minItems: 1}, {type: string}]}}
singular and plural:
  spans: {a: {$ref: "v.yaml#/$defs/ones"}, b: {$ref: "v.yaml#/$defs/one"}}
  v.yaml: {$defs: {ones: {type: array, items: {type: string, minLength: 1}}, one: {}}}
"""


@pytest.mark.parametrize("case", sorted(yaml.safe_load(UNUSUAL)))
def test_names_that_others_want(case: str, project: Project) -> None:
    files = yaml.safe_load(UNUSUAL)[case]
    project.span_types(**{name: properties(x=reference) for name, reference in files.pop("spans").items()})
    for name, content in files.items():
        project.write(f"schemas/{name}", content)
    result = project.generate()
    assert result.code == 0, result.err
    assert project.load().SPAN_TYPES


def test_one_mistake_in_a_shared_type_is_one_error(project: Project) -> None:
    project.write("schemas/c.json", {"$defs": {"M": {"$ref": "#/$defs/M"}}})
    project.span_types(a=of("c.json#/$defs/M"))
    assert "PG008" in only(project.generate().findings)


def test_names_do_not_depend_on_the_folder_of_the_project(project: Project) -> None:
    project.write("order_params.json", properties(a={}))
    project.write("spans.json", {"span_schemas": {"order": of("order_params.json")}})
    assert project.run("spans.json", "--package", "made").code == 0
    assert "SharedOrderParams" in project.load().__all__ or "OrderParamsDefinition" in project.load().__all__


def test_the_order_of_a_union_does_not_depend_on_the_batch(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = {
        "P": {"type": "object", "additionalProperties": {"$ref": "#/$defs/C"}},
        "C": {"anyOf": [{"type": ["string", "null"]}, {"$ref": "#/$defs/R"}]},
        "R": {"anyOf": [{"$ref": "#/$defs/P"}]},
    }
    project.write("schemas/c.json", {"$defs": definitions})
    project.span_types(a=of("c.json#/$defs/P"))
    assert project.generate("--no-cache").code == 0
    together = project.files()
    monkeypatch.setattr(processes, "_BATCH", 1)
    assert project.generate("--no-cache").code == 0
    assert project.files() == together
