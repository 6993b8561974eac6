"""A registry of Python types becomes a package with one class for each type, by its own name."""

import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, create_model
from tests.codegen.support import Project, forget, is_valid, only

from prefactor_core._payloads.redaction import RedactionRules
from prefactor_core._payloads.snapshot import Payload
from prefactor_core._type_schemas.payload_schemas import schemas_of
from prefactor_core._type_schemas.redaction_rules import redaction_rules
from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.json_schema.redaction_rules import compile_redaction

TYPES = """
from __future__ import annotations
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NotRequired, TypedDict
from pydantic import BaseModel, Field, SecretStr, computed_field, field_serializer
from prefactor_core import SchemaRegistry

registry = SchemaRegistry()

class Kind(Enum):
    NEW = "new"
    OLD = "old"

class Customer(BaseModel):
    "Who pays."
    id: str
    kind: Kind = Kind.NEW
    mail: SecretStr | None = None

@dataclass
class Line:
    text: str
    price: float = 0.0

class Node(BaseModel):
    line: Line
    nodes: list[Node] = []

class Total(BaseModel):
    amount: int
    @computed_field
    def doubled(self) -> int: return 2 * self.amount
"""

SPANS = """
class Refund(BaseModel):
    "Money goes back."
    invoice: str = Field(alias="invoice-no", description="The number.")
    customer: Customer
    lines: list[Line] = []
    total: Total
    token: str = Field(json_schema_extra={"x-prefactor-redact": True})

class Done(TypedDict):
    customer: Customer
    total: NotRequired[Total]

def search(query: str, customer: Customer, top: int = 3) -> list[Line]:
    "Search for lines."

class Cat(BaseModel):
    kind: Literal["cat"]
    owner: Customer

class Dog(BaseModel):
    kind: Literal["dog"]

registry.register_type("billing:refund", params=Refund, result=Done, title="Refund")
registry.register_type("billing:search", params=search, result="lines")
registry.register_type("billing:tree", params=Node, result=Node)
line = {"type": "object", "properties": {"line": {"$ref": "#/$defs/Line"}}, "$defs": {"Line": {"type": "object"}}}
registry.register_type("billing:pet", params=Cat | Dog, result=line)
"""


@pytest.fixture
def billing(project: Project) -> Project:
    project.write("billing_types.py", TYPES + SPANS)
    return project


def generate(project: Project, module: str = "billing_types") -> None:
    result = project.run(f"{module}:registry", "--package", "made")
    assert (result.code, result.findings) == (0, [])


def test_one_class_for_each_type_by_its_own_name(billing: Project) -> None:
    generate(billing)
    made = billing.load()
    names = ["Customer", "CustomerDict", "Line", "LineDict", "Node", "NodeDict", "Kind", "KindInput"]
    assert {*names, "TotalInput", "TotalInputDict", "TotalOutput", "TotalOutputDict"} <= {*made.__all__}
    customer = made.Customer(id="c")
    params = made.BillingRefundParams(invoice_no="R-1", customer=customer, total=made.TotalInput(amount=1), token="t")
    assert params.customer is customer is made.BillingRefundResult(customer=customer).customer
    assert params.to_dict()["invoice-no"] == "R-1"
    assert is_valid(made.BillingSearchParams, {"query": "q", "customer": {"id": "c", "kind": "old"}})
    assert not is_valid(made.BillingSearchParams, {"query": "q", "customer": {"id": "c", "kind": "odd"}})
    assert not is_valid(made.BillingSearchParams, {"query": "q", "customer": {"id": "c"}, "more": 1})
    assert is_valid(made.BillingSearchResult, {"lines": [{"text": "a"}]})
    assert is_valid(made.BillingTreeParams, {"line": {"text": "a"}, "nodes": [{"line": {"text": "b"}}]})
    assert not is_valid(made.BillingTreeResult, {"line": {"text": "a"}, "nodes": [{}]})
    assert not is_valid(made.TotalOutput, {"amount": 1})  # what a result holds has the computed field, too
    assert is_valid(made.BillingPetResult, {"line": {"price": "of a schema, not of the type"}})
    source = billing.files()["_billing_refund.py"]
    for text in (
        "The params of `billing:refund`: Refund.\n\n    Money goes back.",
        '"""The number."""',
        '"""Who pays."""',
    ):
        assert text in source
    assert "Search for lines." in billing.files()["_billing_search.py"]


def test_secrets_of_types_are_redacted(billing: Project) -> None:
    generate(billing)
    made = billing.load()
    customer = made.Customer(id="c", mail="secret")
    shown = repr(made.BillingRefundParams(invoice_no="R", customer=customer, total={"amount": 1}, token="secret"))
    assert "secret" not in shown
    assert shown.count("'[redacted]'") == 2


def write_calls(project: Project, folder: Path) -> None:
    """Packages that type checkers read, in tests/codegen/test_types.py."""
    project.write("billing_types.py", TYPES + SPANS)
    assert project.run("billing_types:registry", "--package", "billing_made", "--output", str(folder)).code == 0
    program = """\
from billing_made import BillingPet, BillingRefund, BillingSearch, BillingTree, CustomerDict, TotalInput
def customer(name: str) -> CustomerDict:
    return {"id": name, "kind": "new"}
async def record(refund: BillingRefund, search: BillingSearch, tree: BillingTree, pet: BillingPet) -> None:
    await refund.start(invoice_no="R", customer=customer("a"), total=TotalInput(amount=1).to_dict(), token="t")
    await refund.complete(customer=customer("a"), total={"amount": 1, "doubled": 2})
    await search.start(query="q", customer=customer("a"), top=1)
    await search.complete(lines=[{"text": "a", "price": 1}])
    await tree.start(line={"text": "a"}, nodes=[{"line": {"text": "a"}}])
    await pet.start(kind="cat", owner=customer("a"))
"""
    project.write(str(folder / "billing_calls" / "__init__.py"), program)


def test_types_of_one_name_that_differ_belong_to_their_span_type(project: Project) -> None:
    spans = """
def made_of(kind):
    class Item(BaseModel):
        value: kind
    class Wrapper(BaseModel):
        item: Item
        line: Line
    class Params(BaseModel):
        wrapper: Wrapper
    return Params

registry.register_type("a", params=made_of(int), result=Node)
registry.register_type("b", params=made_of(str))
registry.register_type("line", params=Line)
"""
    project.write("item_types.py", TYPES + spans)
    generate(project, "item_types")
    made = project.load()
    assert is_valid(made.AParamsItem, {"value": 1})
    assert is_valid(made.BParamsItem, {"value": "b"})
    assert not is_valid(made.BParams, {"wrapper": {"item": {"value": 1}, "line": {"text": "c"}}})
    # A span type has the name that the type has, too, so that the registry is added to that of the type.
    assert made.Line.schema_name == "line"
    line = made.ItemTypesRegistryLine(text="a")
    wrapper = made.AParamsWrapper(item={"value": 1}, line=line)
    assert made.AParams(wrapper=wrapper).wrapper.line is line is made.Node(line=line).line


def test_types_of_one_name_in_params_and_in_a_result_belong_to_their_span_type(project: Project) -> None:
    spans = """
class Sent:
    class Item(BaseModel):
        value: int
    class Params(BaseModel):
        item: Item
        total: Total

class Received:
    class Item(BaseModel):
        value: str
    class Result(BaseModel):
        item: Item
        total: Total

class Quoted(BaseModel):
    value: int
    @computed_field
    def doubled(self) -> int: return 2 * self.value

class Params(BaseModel):
    quoted: Quoted
    @field_serializer("quoted")
    def quote(self, quoted: Quoted) -> str:
        return str(quoted.value)

class Result(BaseModel):
    quoted: Quoted

def send(item: Sent.Item, total: Total) -> None:
    pass

registry.register_type("a", params=Sent.Params, result=Received.Result)
registry.register_type("b", params=send, result=Received.Result)
registry.register_type("c", params=Params, result=Result)
"""
    project.write("sent_types.py", TYPES + spans)
    generate(project, "sent_types")
    made = project.load()
    assert not {"Item", "ItemInput", "ItemOutput"} & {*made.__all__}
    assert is_valid(made.AParamsItem, {"value": 1})
    assert is_valid(made.BParamsItem, {"value": 1})
    assert is_valid(made.AResultItem, {"value": "a"})
    # These are not the same in params and in results, and are of one type each. Quoted is not in what Params becomes.
    assert {"TotalInput", "TotalOutput", "QuotedInput", "QuotedOutput"} <= {*made.__all__}


def test_registries_that_are_merged_share_types(project: Project) -> None:
    spans = """
registry.register_type("a", params=Node)
other = SchemaRegistry()
other.register_type("b", params=Node)
other.register_type("c", {"type": "object", "properties": {"line": {"$ref": "#/$defs/Line"}}, "$defs": {"Line": {}}})
registry.merge(other)
"""
    project.write("merged_types.py", TYPES + spans)
    generate(project, "merged_types")
    made = project.load()
    line = made.Line(text="a")
    assert made.AParams(line=line).line is line is made.BParams(line=line).line


def test_a_problem_of_a_type_is_reported_where_it_is_registered(project: Project) -> None:
    spans = """
class Item(BaseModel):
    value: int = Field(json_schema_extra={"minumum": 1})

class Params(BaseModel):
    items: list[Item]

registry.register_type("a", params=Params)
"""
    text = TYPES + textwrap.dedent(spans)
    project.write("wrong_types.py", text)
    finding = only(project.run("wrong_types:registry", "--package", "made").findings)
    line = text.splitlines().index('registry.register_type("a", params=Params)') + 1
    assert finding.startswith(
        f"wrong_types.py:{line}:1 /span_type_schemas/0/params_schema/$defs/Item/properties/value/minumum "
        "(a of wrong_types:registry): warning PG015: "
    )


@pytest.mark.parametrize(
    ("module", "attribute"), [("my_spans", "registry"), ("package.spans", "REGISTRY"), ("http_spans", "régistre")]
)
def test_a_registry_of_any_name(module: str, attribute: str, project: Project) -> None:
    program = TYPES + f"registry.register_type('tree', params=Node)\n{attribute} = registry\n"
    project.write(f"{module.replace('.', '/')}.py", program)
    result = project.run(f"{module}:{attribute}", "--package", "made")
    assert (result.code, result.findings) == (0, [])
    made: Any = project.load()
    assert made.TreeParams(line=made.Line(text="a")).to_dict() == {"line": {"text": "a"}}


REDACT = Field(json_schema_extra={"x-prefactor-redact": True})
SecretText = Annotated[str, REDACT]
SecretNumber = Annotated[int, REDACT]


class Leaf(BaseModel):
    key: SecretStr
    shown: str = ""


class Tree(BaseModel):
    leaf: Leaf
    trees: list["Tree"] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    key: SecretText


class Dog(BaseModel):
    kind: Literal["dog"]
    key: str


class Labels(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Leaf]
    name: str


REDACTED_TYPES: dict[str, Any] = {
    "scalar": SecretNumber,
    "object": Annotated[Leaf, REDACT],
    "list": list[SecretText],
    "pair": tuple[int, SecretText],
    "map": dict[str, SecretNumber],
    "map by pattern": dict[Annotated[str, Field(pattern="^a")], SecretNumber],
    "option": Leaf | int | None,
    "options": Annotated[Cat | Dog, Field(discriminator="kind")],
    "option that is redacted": SecretText | list[int],
    "tree": Tree,
    "further members": Labels,
}
VALUES: list[Any] = [
    None, 1, "a", True, [], [1, "a"], ["a", "b"], {}, {"key": "a"}, {"key": {"a": 1}, "shown": [1]}, [{"key": "a"}],
    {"a": 1, "b": 2}, {"a": {"key": "a"}}, {"kind": "cat", "key": "a"}, {"kind": "dog", "key": "a"}, {"name": "a"},
    {"leaf": {"key": "a"}, "trees": [{"leaf": {"key": "a", "shown": "b"}}, "a", {"leaf": "a"}]}, {"trees": {"a": 1}},
]  # fmt: skip


@pytest.mark.parametrize("case", REDACTED_TYPES)
def test_spans_by_name_and_generated_classes_redact_alike(case: str) -> None:
    model = create_model("Params", x=(REDACTED_TYPES[case], ...))
    schema = schemas_of("t", model, None).params
    compiled: Any = compile_redaction(from_python(schema, Place("")))  # type: ignore[arg-type]
    generated, by_name = RedactionRules(compiled), RedactionRules(redaction_rules(schema))  # type: ignore[arg-type]
    for value in VALUES:
        payload = Payload({"x": value, "other": value})
        assert by_name.redact(payload).value == generated.redact(payload).value


def test_a_span_type_without_a_result_has_none(project: Project) -> None:
    """Not one that takes anything, because another span type shares a type with it."""
    project.write(
        "orders.py",
        "from pydantic import BaseModel\nfrom prefactor_core import SchemaRegistry\n"
        "class Customer(BaseModel):\n    id: str\n"
        "class Order(BaseModel):\n    customer: Customer\n"
        "registry = SchemaRegistry()\nregistry.register_type('a', params=Order)\n",
    )
    assert project.run("orders:registry", "--package", "made").code == 0
    (entry,) = project.load().registry.to_agent_schema_version("")["span_type_schemas"]
    assert "result_schema" not in entry
    forget("made", "orders")
