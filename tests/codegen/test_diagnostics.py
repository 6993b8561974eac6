"""Every mistake in a definition is reported with its rule, its place, what was expected and what was found."""

# ruff: noqa: E501  # messages, whole

from __future__ import annotations

import json
import shutil
import textwrap
from typing import Any, cast

import pytest
from tests.codegen.schemas import DRAFT_07, OBJECT, REGISTRY, TEXT, WRONG_SHAPES, properties
from tests.codegen.support import Project, forget, only

from prefactor_gen.diagnostics.rules import RULES
from prefactor_gen.json_schema.keywords import REDACT
from prefactor_gen.models import model_generator
from prefactor_gen.models.model_reader import ModelSet
from prefactor_gen.pipeline import span_types

# One example a rule: the file, its content, and the whole line that is printed.
RULE_EXAMPLES = {
    "PG001": (
        "a.json",
        '{"span_schemas": {"a": {},\n "a": {}}}',
        """schemas/a.json:2:2: error PG001: the key 'a' occurs twice in one object, found '"a": {}}}'""",
    ),
    "PG002": (
        "a.yaml",
        "span_type_schemas:\n  - name: a\n    params_shema: {}\n    params_schema: {}\n",
        "schemas/a.yaml:3:5 /span_type_schemas/0/params_shema: error PG002: unknown key 'params_shema'; expected one of "
        "data_risk, deprecated, description, name, params_schema, result_schema, template, title; did you mean 'params_schema'?",
    ),
    "PG003": (
        "a.yaml",
        "span_type_schemas:\n  - {name: agent, params_schema: {}}\n  - {name: agent, params_schema: {}}\n",
        "schemas/a.yaml:3:5 /span_type_schemas/1: error PG003: the span type 'agent' is already defined at "
        "schemas/a.yaml:2:5 /span_type_schemas/0",
    ),
    "PG004": (
        "a.yaml",
        "span_type_schemas:\n  - name: a\n    x-prefactor-class: a b\n    params_schema: {}\n",
        "schemas/a.yaml:3:5 /span_type_schemas/0/x-prefactor-class: error PG004: expected a name that a class can have, "
        "found 'a b'",
    ),
    "PG005": (
        "a.yaml",
        "span_type_schemas:\n  - {name: a, x-prefactor-class: A, params_schema: {}}\n"
        "  - {name: b, x-prefactor-class: A, params_schema: {}}\n",
        "schemas/a.yaml:3:15 /span_type_schemas/1/x-prefactor-class: error PG005: the span types 'a' and 'b' both choose "
        "the class A",
    ),
    "PG006": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {type: strnig}\n",
        "schemas/a.yaml:4:11 /span_schemas/agent/properties/x/type: error PG006: expected one of array, boolean, "
        "integer, null, number, object, string, found 'strnig'; did you mean 'string'?",
    ),
    "PG007": (
        "a.yaml",
        "span_schemas:\n  agent:\n    type: array\n",
        "schemas/a.yaml:3:5 /span_schemas/agent/type: error PG007: params and results are JSON objects: expected type "
        "object, found 'array'",
    ),
    "PG008": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {$ref: '#/$defs/Missing'}\n",
        "schemas/a.yaml:4:11 /span_schemas/agent/properties/x/$ref: error PG008: expected a schema at '#/$defs/Missing', "
        "found none",
    ),
    "PG009": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {customTypePath: os.system}\n",
        "schemas/a.yaml:4:11 /span_schemas/agent/properties/x/customTypePath: error PG009: 'customTypePath' would control "
        "the model generator; remove it, it is not a keyword of JSON Schema",
    ),
    "PG014": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {not: {x-prefactor-redact: true}}\n",
        "schemas/a.yaml:4:17 /span_schemas/agent/properties/x/not/x-prefactor-redact: error PG014: x-prefactor-redact "
        "cannot be honoured: it is under not, which describes no part of a payload",
    ),
    "PG015": (
        "a.yaml",
        "span_schemas:\n  agent:\n    propertes: {}\n",
        "schemas/a.yaml:3:5 /span_schemas/agent/propertes: warning PG015: JSON Schema does not know the keyword 'propertes' and "
        "ignores it; did you mean 'properties'?",
    ),
    "PG016": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties: {city: {}}\n    required: [ctiy]\n",
        "schemas/a.yaml:4:16 /span_schemas/agent/required/0: warning PG016: 'ctiy' is required, but is not a property; did you "
        "mean 'city'?",
    ),
    "PG017": (
        "a.yaml",
        "span_type_schemas:\n  - {name: a, title: A, description: A., params_schema: {}, template: '{{ x'}\n",
        "schemas/a.yaml:2:61 /span_type_schemas/0/template: warning PG017: not a Liquid template: expected '}}', found "
        "end of file",
    ),
    "PG018": (
        "a.yaml",
        "span_type_schemas:\n  - name: a\n    template: '{{ usage.tokns }}'\n"
        "    params_schema: {properties: {usage: {properties: {tokens: {}}}}}\n",
        "schemas/a.yaml:3:5 /span_type_schemas/0/template: warning PG018: the template shows 'usage.tokns', but 'tokns' "
        "is not a property of 'usage'; did you mean 'tokens'?",
    ),
    "PG019": (
        "a.yaml",
        "span_type_schemas:\n  - name: a\n    template: '{{ query }}'\n"
        "    params_schema: {properties: {query: {$ref: '#/$defs/q'}}, $defs: {q: {x-prefactor-redact: true}}}\n",
        "schemas/a.yaml:3:5 /span_type_schemas/0/template: error PG019: 'query' is redacted: the template would show "
        "the placeholder only",
    ),
    "PG020": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties: {customerEmail: {type: string}}\n",
        "schemas/a.yaml:3:18 /span_schemas/agent/properties/customerEmail: warning PG020: 'customerEmail' suggests "
        "contact_information: state in data_risk, params_data_categories, whether it is included",
    ),
    "PG021": (
        "a.yaml",
        "span_type_schemas:\n  - {name: agent, title: Agent, params_schema: {}}\n",
        "schemas/a.yaml:2:5 /span_type_schemas/0: note PG021: 'agent' has no description, which the "
        "platform shows with its spans",
    ),
    "PG022": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties: {userId: {}, user_id: {}}\n",
        "schemas/a.yaml:3:30 /span_schemas/agent/properties/user_id: warning PG022: the property 'user_id' looks like "
        "'userId'",
    ),
    "PG023": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      extra: {type: object}\n",
        "schemas/a.yaml:4:14 /span_schemas/agent/properties/extra: note PG023: this object names no properties, so "
        "no type checker can find a mistake in it; name those that are known",
    ),
    "PG024": (
        "a.yaml",
        "span_schemas:\n  old: {}\nspan_type_schemas:\n  - {name: new, params_schema: {}}\n",
        "schemas/a.yaml:1:1 /span_schemas: warning PG024: span_schemas beside span_type_schemas (schemas/a.yaml:3:1 "
        "/span_type_schemas): expected the structured form only",
    ),
    "PG025": (
        "a.yaml",
        "span_schemas:\n  agent:\n    x-prefactor-allow: {PG020: It was once.}\n",
        "schemas/a.yaml:3:25 /span_schemas/agent/x-prefactor-allow/PG020: warning PG025: PG020 does not occur "
        "here: remove it from x-prefactor-allow",
    ),
    "PG026": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties: {count: {type: integer, default: many}}\n",
        'schemas/a.yaml:3:41 /span_schemas/agent/properties/count/default: warning PG026: the default "many" does not '
        "match its schema: Input should be an integer, found a string",
    ),
    "PG029": (
        "a.yaml",
        f"span_type_schemas:\n  - {{name: a, params_schema: {{}}, template: {'x' * 4_001}}}\n",
        "schemas/a.yaml:2:34 /span_type_schemas/0/template: error PG029: the template has more than 4,000 characters",
    ),
    "PG031": (
        "a.yaml",
        "span_type_schemas:\n  - {name: a, title: A, description: A., params_schema: {properties: {x: {format: date}}}}\n",
        "schemas/a.yaml:2:75 /span_type_schemas/0/params_schema/properties/x/format: note PG031: the format 'date' is not "
        'checked; formats = "assert" in [tool.prefactor-gen] has it checked',
    ),
    "PG032": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties: {count: {type: integer, examples: [1, many]}}\n",
        'schemas/a.yaml:3:55 /span_schemas/agent/properties/count/examples/1: warning PG032: the example "many" does '
        "not match its schema: Input should be an integer, found a string",
    ),
    "PG033": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {pattern: '^(.{0,1000}){0,1000}$'}\n",
        "schemas/a.yaml:4:11 /span_schemas/agent/properties/x/pattern: warning PG033: the pattern is not checked: "
        "'^(.{0,1000}){0,1000}$': too large, or it repeats a look-around",
    ),
    "PG034": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      x: {type: string, const: 0123}\n",
        "schemas/a.yaml:4:10 /span_schemas/agent/properties/x: warning PG034: no value can match this schema: 0123 has the "
        'type integer, and type says string; in YAML, quotes make it text: "0123"',
    ),
    "PG035": (
        "a.yaml",
        "span_type_schemas:\n  - name: a\n    title: A\n    description: A.\n    template: '{{ old }}'\n"
        "    params_schema:\n      properties:\n        new: {type: string}\n"
        "        old: {type: string, x-prefactor-deprecated: {use: new}}\n",
        "schemas/a.yaml:5:5 /span_type_schemas/0/template: warning PG035: the template shows 'old', which is deprecated; "
        "show new, too, and later alone",
    ),
    "PG037": (
        "a.yaml",
        "span_schemas:\n  agent:\n    properties:\n      to: {$ref: '#/$defs/To'}\n"
        "    $defs: {To: {type: array, items: {x-prefactor-data: [contact_information]}}}\n",
        "schemas/a.yaml:5:39 /span_schemas/agent/$defs/To/items/x-prefactor-data: warning PG037: 'to[]' has "
        "contact_information, but params_data_categories of 'agent' says unknown: write contact_information: included (line 2)",
    ),
    "PG038": (
        "a.yaml",
        "span_schemas:\n  a:\n    properties:\n      x: {type: string, deprecated: true}\n",
        "schemas/a.yaml:4:10 /span_schemas/a/properties/x: note PG038: this is deprecated, and nothing says what to use "
        "instead, or why; add use or reason to x-prefactor-deprecated",
    ),
    "PG039": (
        "a.yaml",
        "span_schemas:\n  a:\n    properties:\n      prompt: {type: string}\n"
        "      text: {type: string, x-prefactor-deprecated: {use: promt}}\n",
        "schemas/a.yaml:5:53 /span_schemas/a/properties/text/x-prefactor-deprecated/use: warning PG039: 'text' is deprecated: "
        "use names 'promt', which does not exist; did you mean 'prompt'?",
    ),
    "PG012": (
        "a.yaml",
        "span_type_schema: []\n",
        "schemas/a.yaml: error PG012: expected a definition under one of the keys span_type_schemas, span_schemas, "
        "span_result_schemas, quality_schemas, found none, but 'span_type_schema'; did you mean "
        "'span_type_schemas'?",
    ),
}


ERRORS = {
    "PG001", "PG002", "PG003", "PG004", "PG005", "PG006", "PG007", "PG008", "PG009", "PG012", "PG014", "PG019", "PG029",
}  # fmt: skip
WARNINGS = {
    "PG015",
    "PG016",
    "PG017",
    "PG018",
    "PG020",
    "PG022",
    "PG024",
    "PG025",
    "PG026",
    "PG032",
    "PG033",
    "PG034",
    "PG035",
    "PG037",
    "PG039",
}
NOTES = {"PG021", "PG023", "PG031", "PG038"}


def write_example(project: Project, rule: str) -> str:
    """Write the example of a rule; return the line that is expected."""
    name, text, line = RULE_EXAMPLES[rule]
    project.write(f"schemas/{name}", text)
    return line


@pytest.mark.parametrize("rule", sorted(ERRORS))
def test_an_error_stops_the_run(rule: str, project: Project) -> None:
    line = write_example(project, rule)
    result = project.generate()
    assert result.findings == [line]
    assert result.code == 1
    assert not project.package.exists(), "nothing is written where something is wrong"


@pytest.mark.parametrize("rule", sorted(WARNINGS))
def test_a_warning_does_not_stop_the_run(rule: str, project: Project) -> None:
    line = write_example(project, rule)
    result = project.generate()
    assert result.findings == [line]
    assert result.code == 0
    assert project.package.exists()


@pytest.mark.parametrize("rule", sorted(NOTES))
def test_a_note_is_printed_by_check_only(rule: str, project: Project) -> None:
    line = write_example(project, rule)
    assert line in project.run("check", "schemas").out.splitlines()
    assert project.generate().findings == []


def test_a_refusal_of_the_model_generator_has_a_place(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    generate: Any = model_generator.generate_models

    def refuse(documents: list[model_generator.Document], chosen: dict[str, dict[str, str]]) -> ModelSet:
        if any("BadParams" in document["$defs"] for document in documents):
            raise ValueError("RuntimeError: no")
        return cast("ModelSet", generate(documents, chosen))

    monkeypatch.setattr(span_types, "generate_models", refuse)
    project.span_types(good=OBJECT, bad=OBJECT)
    line = only(project.generate().findings)
    assert line == (
        "schemas/spans.json:1:47 /span_schemas/bad: error PG011: the model generator refuses the schema: RuntimeError: no"
    )


def test_package_name_of_ours(project: Project) -> None:
    project.span_types(agent=OBJECT)
    result = project.run("schemas", "--package", "prefactor_spans")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "prefactor-gen: PG013: 'prefactor_spans' is a package of prefactor-sdk itself; name yours after your project, "
        "for example 'my_agent_spans'\n"
    )


HABITS = {
    "type": ({"type": "str"}, "error PG006: expected one of array, boolean, integer, null, number, object, string, found 'str'; did you mean 'string'?"),
    "draft-04": ({"exclusiveMinimum": True}, "error PG006: expected a number: since draft-06, exclusiveMinimum: 0 replaces minimum: 0 with exclusiveMinimum: true"),
    "draft-04-id": ({"id": "x"}, "warning PG015: JSON Schema does not know the keyword 'id' and ignores it; did you mean '$id'?"),
    "openapi": ({"type": "string", "nullable": True}, "warning PG015: 'nullable' belongs to OpenAPI, and JSON Schema ignores it; write type:"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HABITS))
def test_habits_from_other_schema_languages(name: str, project: Project) -> None:
    schema, expected = HABITS[name]
    project.span_types(agent=properties(x=schema))
    assert expected in only(project.generate().findings)


def test_every_rule_has_a_test() -> None:
    # PG011 and PG013 are tested in this file without an example, PG030 in test_formats.py.
    assert {*RULE_EXAMPLES, "PG011", "PG013", "PG030", "PG036", "PG040"} == set(RULES)


def test_every_example_has_a_severity() -> None:
    assert sorted([*ERRORS, *WARNINGS, *NOTES]) == sorted(RULE_EXAMPLES)


def test_what_a_module_prints_is_no_part_of_the_findings(project: Project) -> None:
    printing = "import os\nprint('hello')\nassert os.path.sameopenfile(1, 2), 'os.write(1, …) is an output, too'\n"
    project.write("printing.py", f"{printing}{REGISTRY}registry.register('agent', {{'type': 'object'}})\n")
    result = project.run("check", "printing:registry", "--format", "json")
    assert (result.code, [each["code"] for each in json.loads(result.out)]) == (0, ["PG023"])
    assert "hello" in result.err
    forget("printing")


def test_all_problems_of_all_files_in_one_run(project: Project) -> None:
    project.write(
        "schemas/a.yaml", "span_schemas:\n  a: {type: objekt}\n  b: {properties: {x: {$ref: 'no.yaml'}}}\n  '': {}\n"
    )
    project.write("schemas/b.json", "{")
    project.write("schemas/c.yaml", "a: *x")
    result = project.run("schemas", "missing", "nothing:here", "--package", "made")
    assert result.code == 2  # because of `missing`
    assert [(line.position.partition(":")[0], line.rule) for line in result.findings] == [
        ("missing", "PG001"),
        ("nothing", "PG001"),
        ("schemas/a.yaml", "PG006"),
        ("schemas/a.yaml", "PG008"),
        ("schemas/a.yaml", "PG004"),
        ("schemas/b.json", "PG001"),
        ("schemas/c.yaml", "PG001"),
    ]
    assert result.err.endswith("prefactor-gen: 7 errors, 0 warnings\n")


UNREADABLE: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.yaml", "# nothing\n", "a.yaml: error PG001: expected a document, found an empty file"),
    "empty-json": ("a.json", "", "a.json:1:1: error PG001: expected a JSON value, found the end of the file"),
    "not-utf-8": ("a.json", b'{"a": "\xff"}', "a.json: error PG001: expected UTF-8 text: 'utf-8' codec can't decode byte"),
    "utf-16": ("a.json", "{}".encode("utf-16"), "a.json: error PG001: expected UTF-8 text:"),
    "tab": ("a.yaml", "a:\n\t- b", "a.yaml:2:1: error PG001: not valid YAML: found character '\\t' that cannot start any token; indent with"),
    "sign": ("a.yaml", "a: @b", "a.yaml:1:4: error PG001: not valid YAML: found character '@' that cannot start any token; put text"),
    "indentation": (
        "a.yaml",
        "a:\n  b: 1\n c: 2",
        "a.yaml:3:2: error PG001: not valid YAML: expected <block end>, but found '<block mapping start>'; check the indentation",
    ),
    "colon": (
        "a.yaml",
        "a: b: c",
        "a.yaml:1:5: error PG001: not valid YAML: mapping values are not allowed here; put text that contains ': ' in quotes",
    ),
    "yaml-nul": ("a.yaml", 'a: "\0"', "a.yaml: error PG001: not valid YAML: unacceptable character"),
    "yaml-twice": ("a.yaml", "x:\n  a: 1\n  a: 2", "a.yaml:3:3 /x/a: error PG001: the key 'a' occurs twice in one mapping"),
    "alias": ("a.yaml", "a: &x {}\nb: *x", "a.yaml:1:4 /b: error PG001: YAML aliases are not supported: use $ref"),
    "billion-laughs": ("a.yaml", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", "a.yaml:1:4 /b/0: error PG001: YAML aliases"),
    "merge": ("a.yaml", "a: &x {b: c}\nb: {<<: *x}", "a.yaml:1:4 /b/<<: error PG001: YAML aliases"),
    "tag": ("a.yaml", "a: !!python/object:os.system x", "error PG001: expected a JSON value, found the tag tag:yaml.org,2002:python"),
    "mapping-tag": ("a.yaml", "a: !mine {b: c}", "a.yaml:1:4 /a: error PG001: expected a JSON value, found the tag !mine"),
    "binary": ("a.yaml", "a: !!binary aGk=", "a.yaml:1:4 /a: error PG001: expected a JSON value, found the tag"),
    "documents": ("a.yaml", "a: 1\n---\nb: 2", "a.yaml:2:1: error PG001: not valid YAML: but found another document"),
    "key": ("a.yaml", "? [a]\n: b", "a.yaml:1:3: error PG001: expected text as a key, found a collection"),
    "yaml-surrogate": ("a.yaml", 'a: {"\\ud800": 1}', "a.yaml:1:5 /a: error PG001: expected text that can be encoded in UTF-8"),
    "json-surrogate": ("a.json", '{"a": "\\ud800"}', "a.json:1:7: error PG001: expected text that can be encoded in UTF-8"),
    "yaml-depth": ("a.yaml", "[" * 1200, "a.yaml: error PG029: nested deeper than 100 levels"),
    "json-depth": ("a.json", "[" * 3000, "a.json:1:102: error PG029: nested deeper than 100 levels"),
    "json-number": ("a.json", '{"a": 1e999}', "a.json:1:7: error PG001: expected a number in the range of a double"),
    "json-digits": ("a.json", '{"a": ' + "9" * 5000 + "}", "a.json:1:7: error PG001: expected a number with fewer digits"),
    "yaml-digits": ("a.yaml", "a: " + "9" * 5000, "a.yaml:1:4 /a: error PG001: expected a number in the range of a double"),
    "nan": ("a.json", '{"a": NaN}', "a.json:1:7: error PG001: expected a JSON value, found 'NaN}'"),
    "trailing": ("a.json", "{} x", "a.json:1:4: error PG001: expected the end of the document, found 'x'"),
    "comma": ("a.json", '{"a": 1,}', "a.json:1:9: error PG001: expected a key in double quotes, found '}'"),
    "control": ("a.json", '{"a": "\n"}', "a.json:1:8: error PG001: Invalid control character at"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(UNREADABLE))
def test_a_file_that_cannot_be_read(case: str, project: Project) -> None:
    name, content, expected = UNREADABLE[case]
    project.write(f"schemas/{name}", content)
    result = project.generate()
    assert result.code == 1
    assert expected in only(result.findings)


def test_byte_order_marks_capital_suffixes_and_tabs_in_json_are_fine(project: Project) -> None:
    project.write("schemas/a.JSON", '\ufeff{\t"span_schemas": {"a": {}}}')
    project.write("schemas/b.YML", "\ufeffspan_schemas: {b: {}}")
    assert project.generate().code == 0


def test_yaml_has_the_values_of_json(project: Project) -> None:
    text = "span_schemas:\n  a: {properties: {no: {const: no}, day: {const: 2026-01-01}, f: {const: 1e3}, <<: {}, 1: {}}}\n"
    project.write("schemas/a.yaml", text)
    result = project.generate()
    assert result.code == 0, result.err
    definitions = project.files()["__definitions__.py"]
    assert '"const": "no"' in definitions
    assert '"const": "2026-01-01"' in definitions
    assert '"const": 1000.0' in definitions
    assert '"<<": {}' in definitions
    assert '"1": {}' in definitions


def test_wrong_shapes_are_all_reported_in_one_run(project: Project) -> None:
    project.write("schemas/a.yaml", WRONG_SHAPES)
    result = project.generate()
    assert {line.rule for line in result.findings} == {"PG002"}
    assert [line.pointer for line in result.findings] == [
        "/span_type_schemas/0", "/span_type_schemas/1", "/span_type_schemas/1/params_schema",
        "/span_type_schemas/2/name", "/span_type_schemas/3/name", "/span_type_schemas/3/params_schema",
        "/span_type_schemas/4/params_schema", "/span_type_schemas/5/title", "/span_type_schemas/5/template",
        "/span_type_schemas/5/data_risk", "/span_type_schemas/5/result_schema", "/span_schemas", "/quality_schemas",
        "/extra",
    ]  # fmt: skip


REGISTRIES = {
    "missing_module": (None, "cannot import registry from missing_module: ModuleNotFoundError"),
    "no_attribute": ("", "cannot import registry from no_attribute: AttributeError"),
    "raises": (
        "def no():\n    1 / 0\nno()",
        "raises.py:2:5: error PG001: cannot import registry from raises: ZeroDivisionError: division by zero",
    ),
    "exits": (
        "import sys; sys.exit(3)",
        "exits.py:1:13: error PG001: cannot import registry from exits: SystemExit: 3",
    ),
    "no_syntax": ("\ndef", "no_syntax.py:2:4: error PG001: cannot import registry from no_syntax: SyntaxError"),
    "imports_nothing": (
        "import nothing_of_this_name",
        "imports_nothing.py:1:1: error PG001: cannot import registry from imports_nothing: ModuleNotFoundError",
    ),
    "no_registry": ("registry = 3", "expected a SchemaRegistry, found int"),
    "raising_registry": (
        "from prefactor_core import SchemaRegistry\n"
        "class Broken(SchemaRegistry):\n"
        "    def to_agent_schema_version(self, external_id): raise RuntimeError('no')\n"
        "registry = Broken()",
        "raising_registry.py:3:53: error PG001: cannot read the registry: RuntimeError: no",
    ),
    "own_registry": (
        "from prefactor_core import SchemaRegistry\n"
        "class Own(SchemaRegistry):\n"
        "    def __init__(self): pass\n"
        "    def to_agent_schema_version(self, external_id): return {'span_schemas': {'a': {'type': 'strin'}}}\n"
        "registry = Own()",
        "own_registry:registry /span_schemas/a/type (a): error PG006: expected one of array",
    ),
    "no_json": (
        f"{REGISTRY}import datetime\nregistry.register('a', {{'x': datetime.date(2026, 1, 1)}})",
        "no_json.py:4:1 /span_schemas/a/x (a of no_json:registry): error PG001: expected a JSON value, found date",
    ),
    "nan": (
        f"{REGISTRY}registry.register('a', {{'x': float('nan')}})",
        "nan.py:3:1 /span_schemas/a/x (a of nan:registry): error PG001: expected a number that JSON can express, found nan",
    ),
    "surrogate": (
        f"{REGISTRY}registry.register('a', {{'x': '\\ud800'}})",
        "surrogate.py:3:1 /span_schemas/a/x (a of surrogate:registry): error PG001: expected text that can be encoded in UTF-8, found a lone surrogate",
    ),
    "empty": (
        REGISTRY,
        "error PG012: expected a definition",
    ),
    "file_reference": (
        f"{REGISTRY}registry.register('a', {{'properties': {{'x': {{'$ref': 'other.json'}}}}}})",
        "file_reference.py:3:1 /span_schemas/a/properties/x/$ref (a of file_reference:registry): error PG008: expected a "
        "reference into the schema: a SchemaRegistry has no folder of files",
    ),
}


@pytest.mark.parametrize("case", sorted(REGISTRIES))
def test_registry_that_cannot_be_used(case: str, project: Project) -> None:
    source, expected = REGISTRIES[case]
    if source is not None:
        project.write(f"{case}.py", source)
    result = project.run(f"{case}:registry", "--package", "made")
    assert result.code == 1
    line = only(result.findings)
    assert line.startswith((f"{case}:registry", expected))
    assert expected in line


def test_everything_in_a_registry_that_json_cannot_express(project: Project) -> None:
    project.write(
        "spans.py",
        textwrap.dedent("""
            from prefactor_core import SchemaRegistry
            registry = SchemaRegistry()
            registry.register_type("chat:turn", {"x": {1, 2}, "y": [float("inf"), {3: 4}]}, title=b"Chat")
            registry.register_type("chat:end", {"x": object()})
            """),
    )
    result = project.run("spans:registry", "--package", "made")
    assert result.findings == [
        "spans.py:4:1 /span_type_schemas/0/params_schema/x (chat:turn of spans:registry): error PG001: expected a JSON value, found set",
        "spans.py:4:1 /span_type_schemas/0/params_schema/y/0 (chat:turn of spans:registry): error PG001: expected a number that JSON can express, found inf",
        "spans.py:4:1 /span_type_schemas/0/params_schema/y/1 (chat:turn of spans:registry): error PG001: expected text as a key, found int 3",
        "spans.py:4:1 /span_type_schemas/0/title (chat:turn of spans:registry): error PG001: expected a JSON value, found bytes",
        "spans.py:5:1 /span_type_schemas/1/params_schema/x (chat:end of spans:registry): error PG001: expected a JSON value, found object",
    ]


def test_the_place_of_a_definition_in_a_registry(project: Project) -> None:
    """The line that registers it, also through functions and merges; one from `from_definitions` has that line."""
    source = """
        from prefactor_core import SchemaRegistry

        def spans():
            own = SchemaRegistry()
            own.register_type(
                "chat:turn", {"type": "strin"})
            own.register("chat:old", {"type": "strin"})
            own.register_result(
                "chat:old", {"type": "strin"})
            own.register_unsafe("chat:old", {"type": "objec"})
            own.register_quality_schema("rating", {"type": "strin"})
            return own

        registry = SchemaRegistry.from_definitions({"span_schemas": {"chat:end": {"type": "strin"}}})
        registry.merge(spans())
        """
    project.write("located.py", textwrap.dedent(source))
    lines = project.run("located:registry", "--package", "made").findings
    found = [line.split(": error ")[0] for line in lines if ": error " in line]
    assert found == [
        "located.py:6:5 /span_type_schemas/0/params_schema/type (chat:turn of located:registry)",
        "located.py:9:5 /span_result_schemas/chat:old/type (chat:old of located:registry)",
        "located.py:11:5 /span_schemas/chat:old/type (chat:old of located:registry)",
        "located.py:12:5 /quality_schemas/0/schema/type (rating of located:registry)",
        "located.py:15:1 /span_schemas/chat:end/type (chat:end of located:registry)",
    ]


def test_a_registry_that_holds_itself(project: Project) -> None:
    source = """
        from prefactor_core import SchemaRegistry
        class Endless(SchemaRegistry):
            def to_agent_schema_version(self, external_id):
                schema = {"properties": {}}
                schema["properties"]["x"] = schema
                return {"span_schemas": {"a": schema}}
        registry = Endless()

        """
    project.write("endless.py", textwrap.dedent(source))
    line = only(project.run("endless:registry", "--package", "made").findings)
    assert (
        line
        == "endless:registry /span_schemas/a/properties/x (a): error PG001: expected a JSON value, found a dict that contains itself"
    )


CYCLES = {
    "module": ("agent.py", "from {package} import ChatTurn"),
    "below": ("agent.py", "import {package}.chat_turn"),
    "in-another": ("helpers.py", "import {package} as spans"),
}


@pytest.mark.parametrize("output", [".", "src", "app"])
@pytest.mark.parametrize("case", CYCLES)
def test_definitions_that_import_their_own_package_are_refused(case: str, output: str, project: Project) -> None:
    """Whether the package exists or not: such an import works until a span type is renamed, and then fails."""
    module, statement = CYCLES[case]
    package = "app.made" if output == "app" else "made"
    registry = f"{REGISTRY}registry.register('chat:turn', {{'type': 'object'}})\n"
    project.write("app/__init__.py", "")
    project.write("app/agent.py", registry)
    command = ("app.agent:registry", "--package", "made", "--output", output)
    imports = statement.format(package=package)
    forget("app", "made")
    assert project.run(*command).code == 0
    for state in ("present", "absent"):
        project.write("app/helpers.py", imports if module == "helpers.py" else "")
        project.write("app/agent.py", f"{registry}import app.helpers\n{imports if module == 'agent.py' else ''}\n")
        forget("app", "made")
        line = only(project.run(*command).findings)
        assert line.startswith(f"app/{module}:"), state
        assert f"error PG001: the definitions import {package}, which is generated from them" in line
        shutil.rmtree(project.root / output / "made", ignore_errors=True)


def test_the_generated_package_itself_as_the_source(project: Project) -> None:
    project.write("agent.py", f"{REGISTRY}registry.register('chat:turn', {{'type': 'object'}})\n")
    assert project.run("agent:registry", "--package", "made").code == 0
    forget("made")
    assert only(project.run("made:registry", "--package", "made").findings) == (
        "made:registry: error PG001: 'made' is generated; name the module of the SchemaRegistry that it is generated from"
    )


def test_definitions_may_import_their_own_package_if_they_work_without_it(project: Project) -> None:
    project.write(
        "agent.py",
        textwrap.dedent("""
            from typing import TYPE_CHECKING
            from prefactor_core import SchemaRegistry
            registry = SchemaRegistry()
            registry.register("chat:turn", {"type": "object"})
            if TYPE_CHECKING:
                from made import ChatTurn
            try:
                from made import ChatTurn
            except ImportError:
                registry.register("chat:end", {"type": "object"})
            """),
    )
    for _ in range(2):
        forget("agent", "made")
        assert project.run("agent:registry", "--package", "made", "--output", ".").code == 0
        assert (project.root / "made/_chat_end.py").exists()


REFERENCES = {
    "http://127.0.0.1:9/x.json": "expected a reference into the definition folder, found the remote",
    "//127.0.0.1:9/x.json": "expected a reference into the definition folder, found the remote",
    "file:///etc/hosts": "expected a reference into the definition folder, found the remote",
    "http://[": "expected a reference into the definition folder, found the remote",
    "../outside.json": "expected a file of the definition folder, found '../outside.json', which is outside",
    "%2e%2e/outside.json": "which is outside",
    "/etc/x.json": "which is outside",
    "link.json": "expected a file of the definition folder, found 'link.json', which is outside",
    "missing.json": "expected a JSON or YAML file, found no 'missing.json'",
    "text.txt": "expected a JSON or YAML file, found no 'text.txt'",
    "a\0.json": "expected a JSON or YAML file, found no",
    "other.json#/none": "expected a schema at 'other.json#/none', found none",
    "other.json#here": "no schema in schemas/other.json has the anchor 'here'",
    "#/$defs/none": "expected a schema at '#/$defs/none', found none",
    "#nowhere": "no schema has the anchor 'nowhere'",
    "#/properties/enumeration/enum": "expected a schema at '#/properties/enumeration/enum', found none",
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_that_cannot_be_resolved(reference: str, project: Project) -> None:
    project.write("outside.json", "{}")
    project.write("schemas/text.txt", "{}")
    project.write("schemas/other.json", {"$defs": {}})
    (project.root / "schemas" / "link.json").symlink_to(project.root / "outside.json")
    schema = properties(x={"$ref": reference}, enumeration={"enum": ["a"]})
    project.write("schemas/a.json", {"span_schemas": {"a": schema}})
    result = project.run("schemas/a.json", "--package", "made")
    assert result.code == 1
    line = only(result.findings)
    assert (line.pointer, line.rule) == ("/span_schemas/a/properties/x/$ref", "PG008")
    assert REFERENCES[reference] in line


def test_a_link_out_of_the_folder_is_no_source(project: Project) -> None:
    project.write("outside.json", {"span_schemas": {"a": {}}})
    project.span_types(b=OBJECT)
    (project.root / "schemas" / "a.json").symlink_to(project.root / "outside.json")
    assert "schemas/a.json: error PG001: expected a file of this folder, found a link to" in only(
        project.generate().findings
    )


ENDLESS = {
    "self": {"A": {"$ref": "#/$defs/A"}},
    "circle": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}},
    "choice": {"A": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/A"}]}},
    "conjunction": {"A": {"allOf": [{"$ref": "#/$defs/A"}, {"type": "object", "required": ["x"]}]}},
}


@pytest.mark.parametrize("case", sorted(ENDLESS))
def test_references_without_an_end(case: str, project: Project) -> None:
    project.span_types(agent={**properties(x={"$ref": "#/$defs/A"}), "$defs": ENDLESS[case]})
    result = project.generate()
    assert result.code == 1
    assert result.findings
    assert all(
        "PG008: expected a schema that describes a value" in line and "/$defs/" in line for line in result.findings
    )


def test_a_circle_of_references_across_files(project: Project) -> None:
    project.span_types(agent=properties(x={"$ref": "b.json"}))
    project.write("schemas/b.json", {"$ref": "c.json"})
    project.write("schemas/c.json", {"$ref": "b.json"})
    assert [line.partition(":")[0] for line in project.generate().findings] == ["schemas/b.json", "schemas/c.json"]


def test_a_long_chain_of_references_is_refused(project: Project) -> None:
    definitions = {
        f"d{number}": {"allOf": [{"$ref": f"#/$defs/d{number + 1}"}, {"minLength": 1}]} for number in range(700)
    }
    project.span_types(
        agent={**properties(x={"$ref": "#/$defs/d0"}), "$defs": {**definitions, "d700": {"type": "string"}}}
    )
    assert "PG029: a value here would be compared with a chain of more than 100 schemas" in only(
        project.generate().findings
    )


def test_schemas_in_referenced_files_are_checked(project: Project) -> None:
    project.span_types(agent=properties(x={"$ref": "b.json"}, y={"$ref": "c.json"}))
    project.write("schemas/b.json", {"type": "strnig"})
    project.write("schemas/c.json", {"x-python-type": "os.system", "type": "string", "pattern": "("})
    found = project.generate().findings
    assert {line.severity for line in found} == {"error"}
    assert [(line.position, line.pointer, line.rule) for line in found] == [
        ("schemas/b.json:1:2", "/type", "PG006"),
        ("schemas/c.json:1:2", "/x-python-type", "PG009"),
        ("schemas/c.json:1:50", "/pattern", "PG006"),
    ]


@pytest.mark.parametrize("value", ["http://json-schema.org/draft-03/schema#", 5, ["a"], None, {}])
def test_unknown_drafts_are_refused(value: object, project: Project) -> None:
    project.span_types(agent={"$schema": value, "type": "object"})
    line = only(project.generate().findings)
    assert "/$schema: error PG006: expected one of https://json-schema.org/draft/2020-12/schema, http" in line


def test_no_file_references_below_a_nested_id(project: Project) -> None:
    inner = {"$id": "https://example.com/parts/inner", "properties": {"x": {"$ref": "x.json"}}}
    project.span_types(agent=properties(inner=inner))
    found = only(project.generate().findings)
    assert "/properties/inner/properties/x/$ref: error PG008: expected a part of this schema, found 'x.json'" in found
    assert "which is 'https://example.com/parts/x.json' relative to the $id above" in found


def test_a_warning_about_a_file_that_nothing_uses(project: Project) -> None:
    project.span_types(agent=properties(x={"$ref": "used.yaml"}))
    project.write("schemas/used.yaml", "type: string")
    project.write("schemas/typo.yaml", "span_type_schema: []")
    result = project.generate()
    assert result.code == 0
    assert only(result.findings) == (
        "schemas/typo.yaml: warning PG012: this file has no definitions and no $ref leads to it; "
        "its keys: 'span_type_schema'; did you mean 'span_type_schemas'?"
    )


def test_a_warning_about_a_schema_that_nothing_uses(project: Project) -> None:
    project.span_types(agent=OBJECT)
    project.write("schemas/money.json", {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"})
    assert only(project.generate().findings) == (
        "schemas/money.json: warning PG012: this file has no definitions and no $ref leads to it; "
        "its keys: '$schema', 'type'"
    )


@pytest.mark.parametrize("char", ["\u034f", "\u200d", "\u2800", "\u3164", "\ufe0f", "\uffa0"])
def test_characters_that_nobody_sees_in_a_name(project: Project, char: str) -> None:
    project.span_types(agent=properties(**{f"a{char}b": TEXT}))
    line = only(project.generate().findings)
    code = f"{ord(char):04x}"
    assert f"warning PG022: the property 'a\\u{code}b' has characters that readers do not see: U+{code.upper()}" in line


def test_two_names_that_differ_in_what_nobody_sees(project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"ab": TEXT, "a\u3164b": TEXT}})
    found = project.generate().findings
    assert any("PG022: the property 'a\\u3164b' looks like 'ab'" in line for line in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a\u3164b", "a\u2800b"), ("user-id", "user\u2010id"), ("copy", "\u0441\u043e\u0440\u0443"), ("l1", "Il")],
)
def test_two_keywords_that_look_alike_are_never_silent(project: Project, one: str, other: str) -> None:
    project.span_types(agent=properties(**{one: TEXT, other: TEXT}))
    assert any("warning PG022" in line and " looks like " in line for line in project.generate().findings)


def test_names_too_long_for_a_file(project: Project) -> None:
    project.span_types(**{"a" * 127: OBJECT, "b" * 128: OBJECT})
    line = only(project.generate().findings)
    assert "error PG004: expected a span type name of at most 127 characters, because it is also a file name" in line


def test_a_diagnostic_is_one_printable_line_whatever_the_names_hold(project: Project) -> None:
    project.span_types(**{"a\nb\x1b[31m\u202e": {"type": "array"}})
    result = project.generate()
    unseen, error = result.findings
    assert "/span_schemas/a\\nb\\x1b[31m\\u202e: warning PG022" in unseen
    assert "/span_schemas/a\\nb\\x1b[31m\\u202e/type: error PG007" in error
    assert all(line.isprintable() for line in result.err.splitlines())


def test_a_mistake_in_one_span_type_hides_no_mistake_in_another(project: Project) -> None:
    """Each is found by another stage: metaschema, file references, local references, names."""
    project.span_types(
        a=properties(x={"type": "strnig"}),
        b=properties(x={"$ref": "nowhere.json"}, y={"$ref": "#/$defs/Nowhere"}),
        c=properties(x={"$ref": "#/$defs/Nowhere"}),
        d={"properties": {name: {"x-prefactor-name": "c"} for name in "ab"}},
    )
    result = project.generate()
    assert result.code == 1
    for code, place in (("PG006", "/a/"), ("PG008", "/b/"), ("PG008", "/c/"), ("PG005", "/d/")):
        assert any(code in line and place in line for line in result.findings), (code, result.err)


def test_data_risk_has_the_form_of_the_api(project: Project) -> None:
    project.write(
        "schemas/a.yaml",
        "span_type_schemas:\n"
        "  - name: agent\n"
        "    params_schema: {}\n"
        "    data_risk:\n"
        "      action_profile: {create_data: alowed, reed_data: allowed}\n"
        "      params_data_categories: {classification: public}\n"
        "      result_data_categories: none\n"
        "  - {name: other, params_schema: {}, data_risk: {}}\n",
    )
    result = project.generate()
    assert result.code == 1
    value, key, categories, *missing = result.findings
    assert value.position == "schemas/a.yaml:5:24"
    assert value.endswith("error PG002: expected one of unknown, allowed, disallowed in create_data, found 'alowed'")
    assert key.position == "schemas/a.yaml:5:45"
    assert "error PG002: unknown key 'reed_data' in data_risk; expected one of create_data, " in key
    assert categories.position == "schemas/a.yaml:7:7"
    assert categories.endswith("error PG002: expected an object in result_data_categories, found 'none'")
    assert [line.partition("error PG002: ")[2] for line in missing] == [
        f"expected {name} in data_risk"
        for name in ("action_profile", "params_data_categories", "result_data_categories")
    ]


def write_part_of_draft_07(project: Project, part: dict[str, Any]) -> None:
    """Write a schema of draft 2020-12 that refers to a part of draft-07."""
    project.write("schemas/shared.json", {"$schema": DRAFT_07, **part})
    project.span_types(agent=properties(x={"$ref": "shared.json"}))


def test_a_part_of_another_draft_that_both_drafts_read_alike(project: Project) -> None:
    write_part_of_draft_07(project, {"type": "string", "minLength": 1})
    assert project.generate().findings == []


@pytest.mark.parametrize(
    ("keyword", "message"),
    [
        (
            "x-prefactor-redacted",
            "error PG015: 'x-prefactor-redacted' is not a key of prefactor-gen; expected one of x-prefactor-redact, x-prefactor-allow, x-prefactor-class, x-prefactor-name, x-prefactor-deprecated",
        ),
        (
            "x-prefactor-alow",
            "expected one of x-prefactor-redact, x-prefactor-allow, x-prefactor-class, x-prefactor-name, x-prefactor-deprecated",
        ),
        (
            "x-prefactor-owner",
            "error PG015: 'x-prefactor-owner' is not a key of prefactor-gen; expected one of x-prefactor-redact, x-prefactor-allow, x-prefactor-class, x-prefactor-name, x-prefactor-deprecated",
        ),
        (
            "x-redact",
            "warning PG015: 'x-redact' is a key of your own and redacts nothing; did you mean 'x-prefactor-redact'?",
        ),
    ],
)
def test_a_misspelled_redaction_keyword(keyword: str, message: str, project: Project) -> None:
    """It would be ignored, and the value sent unredacted."""
    project.span_types(agent=properties(x={"type": "string", keyword: True}))
    result = project.generate()
    assert message in only(result.findings)
    assert result.code == (0 if keyword == "x-redact" else 1)


def test_a_misspelled_format(project: Project) -> None:
    project.span_types(
        agent=properties(x={"type": "string", "format": "e-mail"}, y={"type": "string", "format": "phone"})
    )
    assert only(project.generate().findings).endswith(
        "warning PG030: the format 'e-mail' is unknown; did you mean 'email'?"
    )
    assert "note PG031: the format 'phone' is one of your own: it is not checked" in project.run("check", "schemas").out


def test_shared_schemas_beside_the_definitions(project: Project) -> None:
    project.write("schemas/a.json", {"span_schemas": {"a": {"type": "object"}}, "definitions": {}})
    assert only(project.generate().findings).endswith(
        "; schemas that others refer to stand in the $defs of a file, or of the schema itself"
    )


@pytest.mark.parametrize("file", ["span.json", "comon.yaml"])
def test_a_file_that_no_other_name_is_similar_to(file: str, project: Project) -> None:
    """The file that refers to it is not suggested, nor one that has only the suffix in common."""
    project.write("schemas/x.yaml", "type: string")
    project.span_types(agent=properties(x={"$ref": file}, z={"$ref": "x.yaml"}))
    assert only(project.generate().findings).endswith(f"PG008: expected a JSON or YAML file, found no {file!r}")


def test_a_misspelled_file(project: Project) -> None:
    project.write("schemas/money.yaml", "type: object")
    project.span_types(agent=properties(x={"$ref": "mony.yaml"}, y={"minLength": "1"}, z={"$ref": "money.yaml"}))
    number, file = sorted(project.generate().findings, key=lambda line: line.rule)
    assert "PG006: expected integer, found '1'" in number
    assert "PG008: expected a JSON or YAML file, found no 'mony.yaml'; did you mean 'money.yaml'?" in file


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("span", "no attribute 'span'; did you mean spans_of_mine:spans?"),
        ("other", "int; the module has spans"),
    ],
)
def test_a_wrong_attribute_of_a_module(attribute: str, message: str, project: Project) -> None:
    project.write("spans_of_mine.py", REGISTRY.replace("registry =", "spans =") + "other = 1\n")
    assert message in only(project.run(f"spans_of_mine:{attribute}", "--package", "made").findings)


def test_a_template_with_paths_in_paths(project: Project) -> None:
    schema = properties(x={"type": "object"}, y={"type": "object"}, z={"type": "string"})
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": schema}
    project.write("schemas/a.json", {"span_type_schemas": [{**entry, "template": "{{ x[y[z]] }} {{ x[y[zz]] }}"}]})
    assert "the template shows 'zz', but 'zz' is not a property of params or result" in only(
        project.generate().findings
    )


TUPLE = {
    "type": "array",
    "prefixItems": [properties(a={}), {"type": "string", REDACT: True}],
    "items": properties(b={}),
}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ x[0].a }} {{ x[2].b }}", ""),
        ("{{ x[0].b }}", "PG018: the template shows 'x.0.b', but 'b' is not a property of 'x.0'"),
        ("{{ x[1] }}", "PG019: 'x.1' is redacted"),
    ],
)
def test_a_template_with_items_of_a_tuple(template: str, found: str, project: Project) -> None:
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": properties(x=TUPLE), "template": template}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    findings = project.generate().findings
    assert found in only(findings) if found else findings == []


def test_a_template_with_what_a_dynamic_reference_may_add(project: Project) -> None:
    schema = {**properties(x={"$dynamicRef": "#node", **properties(a={})}), "$defs": {"N": {"$dynamicAnchor": "node"}}}
    entry = {"name": "a", "title": "A", "description": "A.", "params_schema": schema, "template": "{{ x.b }}"}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert project.generate().findings == []


def test_a_line_separator_that_yaml_readers_treat_differently(project: Project) -> None:
    project.write("schemas/a.yaml", "span_schemas:\n  a: {title: 'x\u2028y'}\n")
    assert only(project.generate().findings) == (
        "schemas/a.yaml:2:16: error PG001: some YAML parsers take U+2028 as a line break; write \\u2028 in double "
        "quotes"
    )
    project.write("schemas/a.yaml", 'span_schemas:\n  a: {title: "x\\u2028y"}\n')
    assert project.generate().code == 0
    assert '"x\\u2028y"' in project.files()["__definitions__.py"]


MISSPELLED: dict[str, tuple[dict[str, Any], str]] = {
    "a definition": ({"$ref": "#/$defs/Custommer"}, "did you mean '#/$defs/Customer'?"),
    "definitions": ({"$ref": "#/definitions/Customer"}, "did you mean '#/$defs/Customer'?"),
    "an anchor": ({"$ref": "#lines"}, "did you mean 'line'?"),
    "a definition of a file": ({"$ref": "common.json#/$defs/Monney"}, "did you mean 'common.json#/$defs/Money'?"),
    "our own keyword": ({"x-prefactor-nmae": "b"}, "did you mean 'x-prefactor-name'?"),
    "a rule": ({"x-prefactor-allow": {"pg020": "why"}}, "did you mean 'PG020'?"),
    "a format": ({"format": "date-tiem"}, "did you mean 'date-time'?"),
    "a type": ({"type": "strng"}, "did you mean 'string'?"),
    "a draft": ({"$schema": "https://json-schema.org/draft-07/shema#"}, "did you mean "),
}


@pytest.mark.parametrize("case", sorted(MISSPELLED))
def test_a_misspelled_name_gets_a_suggestion(case: str, project: Project) -> None:
    schema, hint = MISSPELLED[case]
    project.write("schemas/common.json", {"$defs": {"Money": {"type": "string"}}})
    definitions = {"Customer": {"type": "string"}, "L": {"$anchor": "line"}}
    root = schema if "$schema" in schema else {"properties": {"x": schema}}
    project.span_types(agent={"type": "object", "$defs": definitions, **root})
    assert any(hint in line for line in project.generate().findings)


def test_a_keyword_that_a_reference_leads_into_is_left_alone(project: Project) -> None:
    components = {"schemas": {"Pet": {"$ref": "#/shared/Name"}}}
    reference = {"$ref": "#/components/schemas/Pet"}
    other = {"unused": {"type": "string"}, "shared": {"Name": {"type": "string"}}}
    project.span_types(agent={"properties": {"pet": reference}, "components": components, **other})
    found = project.generate().findings
    assert {line.pointer.rpartition("/")[2] for line in found if line.rule == "PG015"} == {"unused"}
