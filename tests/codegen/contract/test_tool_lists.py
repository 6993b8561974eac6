"""`prefactor-gen import openai` and `anthropic`: the tools of a request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.codegen.contract.importing import ImportingProject
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

CITY = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
ANYTHING = {"type": "object", "properties": {"output": {"description": "What the tool returned."}}}
STRICT = {
    "type": "object",
    "required": ["city", "unit", "options", "days"],
    "additionalProperties": False,
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": ["string", "null"], "enum": ["c", "f", None]},
        "days": {"type": ["integer", "string", "null"]},
        "options": {
            "description": "More.",
            "anyOf": [
                {
                    "type": "object",
                    "required": ["deep"],
                    "properties": {"deep": {"anyOf": [{"type": "string"}, {"const": 1}, {"type": "null"}]}},
                },
                {"type": "null"},
            ],
        },
    },
}
OPTIONAL = {
    "type": "object",
    "required": ["city"],
    "additionalProperties": False,
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["c", "f"]},
        "days": {"type": ["integer", "string"]},
        "options": {
            "type": "object",
            "required": [],
            "properties": {"deep": {"anyOf": [{"type": "string"}, {"const": 1}]}},
            "description": "More.",
        },
    },
}


@pytest.fixture
def importing(project: Project) -> ImportingProject:
    return ImportingProject(project)


def nested(name: str, parameters: Any = CITY, **members: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": "W.", "parameters": parameters, **members}}


def test_functions_of_openai(importing: ImportingProject) -> None:
    flat = {"type": "function", "name": "flat", "parameters": CITY}
    no_parameters = {"type": "function", "function": {"name": "none"}}
    done = importing.import_list("openai", {"model": "m", "tools": [nested("nested"), flat, no_parameters]})
    assert (done.code, done.out) == (0, "shop.json: 3 tools → schemas/imported/shop.yaml\n")
    span_types = importing.span_types()
    assert span_types["nested"] == {
        "name": "shop:nested",
        "title": "Nested",
        "description": "W.",
        "template": "Nested: {{ city }}",
        "params_schema": CITY,
        "result_schema": ANYTHING,
    }
    assert span_types["flat"]["params_schema"] == CITY
    assert span_types["none"]["params_schema"] == {"type": "object", "properties": {}}
    assert importing.import_list("openai", {"functions": [{"name": "older", "parameters": CITY}]}).code == 0
    assert list(importing.span_types()) == ["older"]
    assert importing.run().code == 0


def test_strict_functions_and_unstrict(importing: ImportingProject) -> None:
    note = "strict: optional parameters are required and may be null; --unstrict makes them optional"
    done = importing.import_list("openai", [nested("weather", STRICT, strict=True)])
    assert done.out.splitlines()[1:] == [f"  note shop:weather: {note}"]
    assert importing.span_types()["weather"]["params_schema"] == STRICT
    assert importing.import_list("openai", [nested("weather", STRICT, strict=True)], "--unstrict").code == 0
    assert importing.span_types()["weather"]["params_schema"] == OPTIONAL
    assert importing.run("import", "--check").code == 0  # the lock knows of --unstrict


def test_a_map_that_became_an_object_without_members_is_a_warning(importing: ImportingProject) -> None:
    empty = {"type": "object", "properties": {}, "additionalProperties": False}
    tools = [nested("find", {**CITY, "properties": {"city": {"type": "string"}, "tags": {"items": empty}}})]
    done = importing.import_list("openai", tools)
    assert done.code == 0
    assert "  warning shop:find: params tags[]: this object may only be {}; a map becomes that in" in done.out
    assert importing.import_list("openai", tools, "--strict").code == 1


@pytest.mark.parametrize("source", ["openai", "anthropic", "mcp"])
def test_the_name_of_a_file_that_is_no_name_of_an_import(importing: ImportingProject, source: str) -> None:
    """As `import openapi` and `import spans` take it: the characters that are none of a name become hyphens."""
    importing.project.write("my shop (1).json", "[]")
    done = importing.run("import", source, *(["--file"] if source == "mcp" else []), "my shop (1).json")
    assert done.out == "my shop (1).json: 0 tools are usable; nothing was written\n", done.err


def test_tools_of_anthropic(importing: ImportingProject) -> None:
    tools = [
        {"name": "weather", "description": "W.", "input_schema": CITY, "cache_control": {"type": "ephemeral"}},
        {"name": "custom", "type": "custom", "input_schema": CITY},
        {"name": "web_search", "type": "web_search_20250305", "max_uses": 5},
    ]
    done = importing.import_list("anthropic", {"tools": tools})
    assert (done.code, done.out) == (
        0,
        "shop.json: 2 tools → schemas/imported/shop.yaml\n"
        "  note shop:web_search: skipped: a tool of Anthropic's own (web_search_20250305) has no schema\n",
    )
    assert importing.span_types()["custom"]["result_schema"] == ANYTHING


def test_tools_in_the_form_of_another_source(importing: ImportingProject) -> None:
    wrong: list[dict[str, Any]] = [
        {"name": "a", "input_schema": CITY},
        {"name": "b", "inputSchema": CITY},
        {"type": "web_search"},
        {"type": "function", "function": []},
        nested("c", [1]),
    ]
    done = importing.import_list("openai", wrong)
    assert done.code == 1
    assert done.out.splitlines() == [
        "shop.json: 0 of 4 tools are usable; nothing was written",
        "  error shop:a: expected parameters, found input_schema: import anthropic reads that",
        "  error shop:b: expected parameters, found inputSchema: import mcp --file reads that",
        "  error shop:tool 4: expected an object with the name of a tool",
        "  error shop:c: expected an object as parameters, found list",
        "  note shop:tool 3: skipped: a tool of OpenAI's own (web_search) has no schema",
    ]
    done = importing.import_list("anthropic", {"tool": []})
    assert done.err == 'prefactor-gen: shop: shop.json: expected a list of tools, or {"tools": […]}\n'


@pytest.mark.parametrize(("source", "key"), [("openai", "parameters"), ("anthropic", "input_schema")])
def test_passwords_are_redacted(importing: ImportingProject, source: str, key: str) -> None:
    schema = {"type": "object", "$defs": {"Login": {"properties": {"pin": {"type": "string", "format": "password"}}}}}
    assert importing.import_list(source, [{"name": "login", key: schema}]).code == 0
    login = importing.span_types()["login"]["params_schema"]["$defs"]["Login"]
    assert login["properties"]["pin"] == {"type": "string", "x-prefactor-redact": True}


def test_an_address_is_no_file_and_a_custom_tool_no_function(importing: ImportingProject) -> None:
    done = importing.run("import", "openai", "https://shop.example/t.json")
    assert done.err == (
        "prefactor-gen: t: expected a file, found an address, https://shop.example/t.json; save what it answers first\n"
    )
    done = importing.import_list("openai", [{"type": "custom", "name": "run"}, {"type": "function", "name": "a"}])
    assert "skipped: a tool of the type custom takes text, and has no schema" in done.out
