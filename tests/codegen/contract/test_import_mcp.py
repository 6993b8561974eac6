"""`prefactor-gen import mcp`: the tools of a server become definitions that compile."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from tests.codegen.contract.importing import COMMAND, SERVER, ImportingProject, tool
from tests.codegen.support import Project, forget, is_valid

pytestmark = pytest.mark.slow

OBJECT = {"type": "object"}


@pytest.fixture
def importing(project: Project) -> ImportingProject:
    return ImportingProject(project)


def test_tools_become_span_types_that_compile(importing: ImportingProject) -> None:
    found = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    done = importing.import_tools(tool(), tool("find_invoice", outputSchema=found))
    assert done.out == (
        "shop 1.0: 2 tools → schemas/imported/shop.yaml\n  note shop:refund: no outputSchema; result is content\n"
    )
    assert done.code == 0
    assert importing.span_types()["find_invoice"] == {
        "name": "shop:find_invoice",
        "title": "Find invoice",
        "description": "Pays back.",
        "template": "Find invoice: {{ invoice }}",
        "params_schema": tool()["inputSchema"],
        "result_schema": found,
    }
    assert importing.run("check").out == "no problems found\n"
    assert importing.run().code == 0
    made = importing.project.load()
    assert is_valid(made.ShopRefund.Params, {"invoice": "R-1"})
    assert is_valid(made.ShopRefund.Result, {"content": [{"type": "text", "text": "done"}]})
    assert not is_valid(made.ShopRefund.Result, {"content": [{"text": "done"}]})
    # Type checkers take what `model_dump()` returns.
    assert "content: ArrayOf[Mapping[str, object]]," in importing.project.files()["_shop_refund.py"]
    assert not is_valid(made.ShopFindInvoice.Result, {})
    forget("made")


QUIRKS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # What the server says of a tool; what the entry has then; the note about it.
    "wrong default": (
        {"inputSchema": {**OBJECT, "properties": {"a": {"type": "string", "default": None}}}},
        {"params_schema": {**OBJECT, "properties": {"a": {"type": "string"}}}},
        "params a: the default null does not match its schema",
    ),
    "wrong example": (
        {"inputSchema": {**OBJECT, "properties": {"a": {"type": "string", "examples": ["x", 1]}}}},
        {"params_schema": {**OBJECT, "properties": {"a": {"type": "string"}}}},
        "params a: the example 1 does not match its schema",
    ),
    "titles that repeat names": (
        {
            "inputSchema": {
                **OBJECT,
                "title": "refundArguments",
                "properties": {"max_count": {"title": "Max Count"}, "b": {"title": "The other"}},
            }
        },
        {"params_schema": {**OBJECT, "properties": {"max_count": {}, "b": {"title": "The other"}}}},
        "",
    ),
    "no type": ({"inputSchema": {}}, {"params_schema": OBJECT}, ""),
    "a reference as the root": (
        {"inputSchema": {"$ref": "#/$defs/A", "$defs": {"A": OBJECT}}},
        {"params_schema": {"$ref": "#/$defs/A", "$defs": {"A": OBJECT}}},
        "",
    ),
    "https in $schema": (
        {"inputSchema": {"$schema": "https://json-schema.org/draft-07/schema", **OBJECT}},
        {"params_schema": {"$schema": "http://json-schema.org/draft-07/schema#", **OBJECT}},
        "",
    ),
    "an unknown $schema": (
        {"inputSchema": {"$schema": "draft-7", **OBJECT}},
        {"params_schema": OBJECT},
        "params: $schema names no draft",
    ),
    "null in place of nothing": (
        {"inputSchema": {**OBJECT, "required": None}, "outputSchema": None, "title": None},
        {"params_schema": OBJECT, "title": "Tool 8"},
        "params: required is null",
    ),
    "a result that is no object": (
        {"outputSchema": {"type": "array", "items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"items": {"$ref": "#"}}}}},
        {
            "result_schema": {
                "type": "object",
                "required": ["result"],
                "properties": {"result": {"type": "array", "items": {"$ref": "#/$defs/A"}}},
                "$defs": {"A": {"items": {"$ref": "#/properties/result"}}},
            }
        },
        "outputSchema describes no object",
    ),
    "keys that would control the generator": (
        {
            "inputSchema": {
                **OBJECT,
                "x-prefactor-class": "Evil",
                "properties": {"a": {"customTypePath": "os.system", "minumum": 1, "x-mine": 1}},
            }
        },
        {"params_schema": {**OBJECT, "properties": {"a": {"x-mine": 1}}}},
        "params: x-prefactor-class is for definitions of your own",
    ),
    "keys at places with odd names": (
        {"inputSchema": {**OBJECT, "properties": {"a%41/~": {"minumum": 1, "x%41": 2}}}},
        {"params_schema": {**OBJECT, "properties": {"a%41/~": {}}}},
        "params a%41/~: JSON Schema does not know the keyword 'minumum'",
    ),
    "titles": ({"title": "Pay", "annotations": {"title": "No"}}, {"title": "Pay"}, ""),
    "titles of annotations": ({"annotations": {"title": "Pay: {{ x"}}, {"title": "Pay: {{ x"}, ""),
    "texts that are none": ({"description": ["x"]}, {"title": "Tool 14"}, "expected text as description, found list"),
    "hints": (
        {"annotations": {"readOnlyHint": False, "destructiveHint": True, "openWorldHint": True}},
        {"data_risk": {"action_profile": {"destroy_data": "allowed", "external_communication": "allowed"}}},
        "",
    ),
    "hints that are none": ({"annotations": {"readOnlyHint": "yes"}}, {}, "expected true or false as readOnlyHint"),
    "a name of personal data": (
        {"inputSchema": {"required": ["email", "n"], "properties": {"email": {"type": "string"}, "n": {"const": 1}}}},
        {"template": "Tool 17: {{ n }}"},
        "",
    ),
    "a result in draft-07 that is no object": (
        {
            "outputSchema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "array",
                "items": {"anyOf": [{"$ref": "#/definitions/A"}, {"$ref": "#/items/anyOf/0"}]},
                "definitions": {"A": {"type": "string"}},
            }
        },
        {
            "result_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "required": ["result"],
                "properties": {
                    "result": {
                        "type": "array",
                        "items": {
                            "anyOf": [{"$ref": "#/definitions/A"}, {"$ref": "#/properties/result/items/anyOf/0"}]
                        },
                    }
                },
                "definitions": {"A": {"type": "string"}},
            }
        },
        "",
    ),
    "a result with an $id that is no object": (
        {
            "outputSchema": {
                "$id": "https://shop.example/list",
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/A"},
                "$defs": {"A": {"type": "string"}},
            }
        },
        {
            "result_schema": {
                "type": "object",
                "required": ["result"],
                "properties": {
                    "result": {
                        "$id": "https://shop.example/list",
                        "type": ["array", "null"],
                        "items": {"$ref": "#/$defs/A"},
                        "$defs": {"A": {"type": "string"}},
                    }
                },
            }
        },
        "",
    ),
    "a value that a server hides": (
        {"inputSchema": {**OBJECT, "properties": {"a": {"x-prefactor-redact": True}}}},
        {"params_schema": {**OBJECT, "properties": {"a": {"x-prefactor-redact": True}}}},
        "inputSchema a: x-prefactor-redact: the value is recorded as [redacted]",
    ),
    "capitals in the name of a parameter": (
        {"inputSchema": {"required": ["URLPath"], "properties": {"URLPath": {"title": "Url Path", "type": "string"}}}},
        {"params_schema": {**OBJECT, "required": ["URLPath"], "properties": {"URLPath": {"type": "string"}}}},
        "",
    ),
    "passwords": (
        {"inputSchema": {**OBJECT, "properties": {"a": {"anyOf": [{"type": "string", "format": "password"}]}}}},
        {"params_schema": {**OBJECT, "properties": {"a": {"anyOf": [{"type": "string", "x-prefactor-redact": True}]}}}},
        "params a: format: password: the value is recorded as [redacted]",
    ),
}


def test_quirks_of_servers_are_mended_and_told(importing: ImportingProject) -> None:
    tools = [tool(f"tool_{number}", **said) for number, (said, _, _) in enumerate(QUIRKS.values(), 1)]
    done = importing.import_tools(*tools, options=("--format", "json"))
    assert done.code == 0, done.out
    told = {f"{each['span_type']}: {each['message']}" for each in json.loads(done.out)["found"]}
    span_types = importing.span_types()
    for number, (what, (_, expected, note)) in enumerate(QUIRKS.items(), 1):
        entry = span_types[f"tool_{number}"]
        risk = entry.get("data_risk", {})
        entry = {**entry, "data_risk": {"action_profile": risk["action_profile"]} if risk else None}
        assert {key: entry[key] for key in expected} == expected, what
        if note:
            assert any(each.startswith(f"shop:tool_{number}: {note}") for each in told), (what, told)
    assert "template" not in span_types["tool_13"]  # the title would be read as Liquid
    checked = importing.run("check")
    assert (checked.code, " error " in checked.out) == (0, False), checked.out
    assert importing.run().code == 0


REFUSED: dict[str, tuple[Any, str]] = {
    "dangling": (tool("dangling", inputSchema={"properties": {"a": {"$ref": "#/$defs/Gone"}}}), "PG008: params a: "),
    "remote": (tool("remote", inputSchema={"$ref": "https://shop.example/schema.json"}), "PG008: params: "),
    "text": (tool("text", inputSchema={"type": "string"}), "PG007: params: params and results are JSON objects"),
    "wrong": (tool("wrong", outputSchema={"type": "object", "properties": []}), "PG006: result: "),
    "list": (tool("list", inputSchema=[]), "expected an object as inputSchema, found list"),
    "surrogate": (tool("surrogate", inputSchema={"title": "\ud800"}), "expected text that can be encoded in UTF-8"),
    "tool 8": ({"description": "no name"}, "expected an object with the name of a tool"),
    "good": (tool("good"), "the name occurs twice"),
    "n" * 200: (tool("n" * 200), "PG004: expected a span type name of at most 127 characters"),
}


def test_a_tool_that_cannot_be_imported_leaves_the_others(importing: ImportingProject) -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(200):
        deep = {"properties": {"a": deep}}
    done = importing.import_tools(
        tool("good"), *(each for each, _ in REFUSED.values()), tool("deep", inputSchema=deep), tool("also_good")
    )
    assert done.code == 1
    assert done.out.startswith("shop 1.0: 2 of 12 tools → ")
    for name, (_, message) in REFUSED.items():
        assert f"error shop:{name}: {message}" in done.out, (name, done.out)
    assert "error shop:deep: nested deeper than 100 levels" in done.out
    assert list(importing.span_types()) == ["good", "also_good"]
    assert importing.run("check").code == 0


def test_nothing_is_written_if_no_tool_can_be_imported(importing: ImportingProject) -> None:
    done = importing.import_tools({"name": ""})
    assert (done.code, importing.file.exists()) == (1, False)
    assert done.out.startswith("shop 1.0: 0 of 1 tool are usable; nothing was written\n")


@pytest.mark.parametrize("output_format", ["json", "github"])
def test_formats_for_programs(importing: ImportingProject, output_format: str) -> None:
    done = importing.import_tools(tool("a%\n::error::b", inputSchema=[]), options=("--format", output_format))
    if output_format == "json":
        report = json.loads(done.out)
        assert (report["span_types"], report["file"]) == (0, "schemas/imported/shop.yaml")
        assert report["found"][0]["severity"] == "error"
    else:
        assert done.out == (
            "::error file=schemas/imported/shop.yaml,title=import::"
            "expected an object as inputSchema, found list (shop:a%25\\n::error::b)\n"
        )


def test_a_saved_list(importing: ImportingProject) -> None:
    for saved in ([tool()], {"tools": [tool()]}, {"jsonrpc": "2.0", "id": 1, "result": {"tools": [tool()]}}):
        assert importing.import_list("mcp", saved).out.startswith("shop.json: 1 tool → schemas/imported/shop.yaml\n")
    assert importing.import_list("mcp", {"tool": []}).err == (
        'prefactor-gen: shop: shop.json: expected an answer of tools/list, such as {"tools": […]}\n'
    )
    assert importing.run("import", "mcp", "--file", "gone.json").err.startswith(
        "prefactor-gen: gone: gone.json: cannot"
    )
    importing.project.write("shop.json", "{\n  nonsense")
    done = importing.run("import", "mcp", "--file", "shop.json")
    assert done.err.startswith("prefactor-gen: shop: shop.json:2:3: expected an answer of tools/list as JSON: ")
    importing.project.write("shop.json", "[" * 100_000)
    assert importing.run("import", "mcp", "--file", "shop.json").err == (
        "prefactor-gen: shop: shop.json: nested too deeply\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--api-key", "hunter2"],
        ["--api-key=hunter2"],
        ["API_KEY=hunter2"],
        ["--header", "Authorization: Bearer hunter2"],
        ["https://shop.example/mcp?api_key=hunter2"],
        ["postgres://me:hunter2@shop.example/db"],
        ["--pass", "hunter2"],
        ["https://shop.example/mcp?key=hunter2"],
        ["sk-live-hunter2-0123456789"],
        ["--with=sk-live-hunter2-0123456789"],
    ],
)
def test_a_secret_in_the_command_is_refused(importing: ImportingProject, arguments: list[str]) -> None:
    importing.server(tool())
    done = importing.run("import", "mcp", "--name", "shop", "--", *COMMAND, *arguments)
    assert (done.code, "hunter2" in done.err) == (2, False)
    assert "in the command would be kept in prefactor-imports.lock; the server inherits the environment" in done.err
    assert not (importing.project.root / "prefactor-imports.lock").exists()


def test_what_may_be_a_secret_in_the_command_is_told(importing: ImportingProject) -> None:
    more = ["-p", "hunter2", "--key-file", "a.pem", "-p", "8080", "sk-learn-tools-of-somebody"]
    importing.server(tool())
    done = importing.run("import", "mcp", "--name", "shop", "--", *COMMAND, *more)
    told = "note -p in the command has a value that prefactor-imports.lock keeps; if it is a secret, name a variable"
    assert (done.code, done.out.count(told)) == (0, 1)


def test_a_variable_in_the_command(importing: ImportingProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "hunter2")
    importing.server(tool())
    program = "import runpy, sys; assert sys.argv.pop() == sys.argv.pop() == '--key=hunter2' or sys.exit(sys.argv[1])"
    code = f"{program}; runpy.run_path({str(SERVER)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code, "scenario.json", "--key=$SHOP_KEY", "--key=${SHOP_KEY}"]
    assert importing.run("import", "mcp", "--name", "shop", "--", *command).code == 0
    assert '"--key=$SHOP_KEY"' in (importing.project.root / "prefactor-imports.lock").read_text()
