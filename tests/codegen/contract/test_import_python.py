"""`prefactor-gen import python`: functions, models, dataclasses and TypedDicts of a project become span types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.codegen.support import Project, forget

pytestmark = pytest.mark.slow

TOOLS = '''
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Callable
from pydantic import BaseModel, SecretStr, computed_field
from typing_extensions import TypedDict

class Context: "Filled in by a server."
class InjectedState: "Filled in by a graph."

class Customer(BaseModel):
    "Who pays.\\n\\nMore of it."
    id: str
    limit: Decimal = Decimal(1)
    key: SecretStr | None = None
    @computed_field
    def label(self) -> str: return self.id

class Line(TypedDict, total=False):
    text: str
    lines: list["Line"]

@dataclass
class RefundOrder:
    customer: Customer
    lines: list[Line]

class Shop:
    def find(self, query: str) -> Customer: "Find a customer."

def search(query: str, limit: int = 10, *, context: Context | None = None,
           state: Annotated[dict[str, Any], InjectedState()]) -> list[Customer]:
    """Look for customers."""

async def load(id: int, /) -> Customer: ...
def forget(id: int) -> None: ...
def untyped(value, other=None): ...
def call_back(function: Callable[[int], int]) -> int: ...
class Channel: ...
def send(channel: Channel) -> int: ...

class Tool:
    "A tool of a framework."
    name = "look_up"
    def __init__(self, function): self.func = function
    def __call__(self, tool_input: str): ...

tools = [Tool(search), load]
for_ten = partial(search, limit=10)
number = 3
'''


@pytest.fixture
def tools(project: Project) -> Iterator[Project]:
    project.configure()
    project.write("src/my_agent/__init__.py", "")
    project.write("src/my_agent/tools.py", TOOLS)
    yield project
    forget("my_agent", "made")


def entries(project: Project, name: str = "tools") -> dict[str, dict[str, Any]]:
    text = (project.root / f"schemas/imported/{name}.yaml").read_text("utf-8")
    return {entry["name"]: entry for entry in yaml.safe_load(text)["span_type_schemas"]}


def test_functions_and_types_with_one_class_for_each_type(tools: Project) -> None:
    """Parameters are validated, results are serialized. What a framework fills in is left out."""
    names = ["search", "load", "forget", "untyped", "Shop.find", "RefundOrder", "Line"]
    result = tools.run("import", "python", *(f"my_agent.tools:{name}" for name in names))
    assert (result.code, result.out.splitlines()) == (
        0,
        [
            "my_agent.tools: 7 objects → schemas/imported/tools.yaml",
            "  note tools:search: context is filled in by a framework; left out",
            "  note tools:search: state is filled in by a framework; left out",
        ],
    ), result.err
    found = entries(tools)
    assert [name.removeprefix("tools:") for name in found] == [*names[:4], "find", "refund_order", "line"]
    search = found["tools:search"]
    assert (search["description"], search["template"]) == ("Look for customers.", "Search: {{ query }}")
    assert search["params_schema"]["properties"].keys() == {"query", "limit"}
    assert search["result_schema"]["properties"]["result"]["items"] == {"$ref": "tools.yaml#/$defs/Customer-Output"}
    assert found["tools:load"]["params_schema"]["required"] == ["id"]
    assert found["tools:load"]["result_schema"]["properties"]["label"] == {"type": "string", "readOnly": True}
    assert "result_schema" not in found["tools:forget"]
    assert found["tools:untyped"]["result_schema"]["properties"] == {"result": {}}
    assert "result_schema" not in found["tools:refund_order"]
    assert tools.run("schemas", "--package", "made").code == 0
    made = tools.load()
    order = made.ToolsRefundOrder.Params(customer=made.CustomerInput(id="c", key="secret"), lines=[{"text": "a"}])
    assert order.customer.key == "secret"
    assert "x-prefactor-redact: true" in (tools.root / "schemas/imported/tools.yaml").read_text("utf-8")


def test_a_list_of_objects_a_tool_and_a_partial(tools: Project) -> None:
    result = tools.run("import", "python", "my_agent.tools:tools", "my_agent.tools:Customer", "--name", "shop")
    assert result.code == 0, result
    found = entries(tools, "shop")
    assert list(found) == ["shop:look_up", "shop:load", "shop:customer"]
    assert found["shop:look_up"]["params_schema"]["required"] == ["query"]
    assert found["shop:customer"]["description"] == "Who pays."
    assert tools.run("import", "python", "my_agent.tools:for_ten", "--name", "ten").code == 0
    assert entries(tools, "ten")["ten:search"]["params_schema"]["properties"].keys() == {"query"}


def test_what_has_no_schema_is_left_out_with_the_reason(tools: Project) -> None:
    names = ["load", "call_back", "send", "number", "load"]
    result = tools.run("import", "python", *(f"my_agent.tools:{name}" for name in names))
    lines = result.out.splitlines()
    assert (result.code, lines[0]) == (1, "my_agent.tools: 1 of 5 objects → schemas/imported/tools.yaml")
    assert "error tools:call_back: the params of 'call_back': the field function is Callable[[int], int]" in lines[1]
    assert "error tools:send: the params of 'send': the field channel is Channel, which pydantic" in lines[2]
    assert lines[3] == "  error tools:number: expected a function or a type, found int"
    assert "error tools:load: " in lines[4]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_agent.tools:serch", "cannot import serch from my_agent.tools: AttributeError"),
        ("my_agent.toolz:search", "ModuleNotFoundError: No module named 'my_agent.toolz'"),
        ("my_agent.broken:search", "src/my_agent/broken.py:1:1: cannot import search from my_agent.broken: Zero"),
        ("my_agent.leaving:search", "cannot import search from my_agent.leaving: SystemExit"),
        ("my_agent.tools", "expected MODULE:ATTRIBUTE, found 'my_agent.tools'"),
        ("my agent:x", "expected MODULE:ATTRIBUTE, found 'my agent:x'"),
    ],
)  # fmt: skip
def test_objects_that_cannot_be_imported(tools: Project, name: str, message: str) -> None:
    tools.write("src/my_agent/broken.py", "1 / 0\n")
    tools.write("src/my_agent/leaving.py", "raise SystemExit(3)\n")
    result = tools.run("import", "python", name, "--name", "tools")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
