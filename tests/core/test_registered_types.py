"""Span types are registered by what a program has: models, dataclasses, TypedDicts, functions, beside JSON Schemas."""

import dataclasses
import functools
import math
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from decimal import Decimal
from enum import Enum
from inspect import Signature
from typing import Annotated, Any, Literal, NotRequired, Optional, Unpack

import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, computed_field
from tests.core.support import Run, warnings, without_place

from prefactor_core import SchemaRegistry
from prefactor_local import LocalApi

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NULL = {"type": "null"}
SECRET = {"type": "string", "writeOnly": True, "x-prefactor-redact": True}
ANY: dict[str, Any] = {}


def object_with(required: str = "", **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required.split()}
    return schema if required else {"type": "object", "properties": properties}


NOT_GIVEN = object()


class Kind(Enum):
    NEW = "new"
    OLD = "old"


class Customer(BaseModel):
    """Who pays."""

    id: str
    kind: Kind = Kind.NEW


@dataclasses.dataclass
class Line:
    """A line of an invoice."""

    text: str
    price: Annotated[float, Field(ge=0, description="In €.")] = 0.0


class Options(typing.TypedDict, total=False):
    limit: typing.Required[int]
    lines: list[Line]


class Refund(BaseModel):
    """Money goes back.

    To the customer.
    """

    model_config = ConfigDict(extra="forbid")

    invoice: str = Field(alias="invoiceNo", title="Invoice", description="The number.")
    customer: Customer
    amount: Annotated[int, Field(json_schema_extra={"x-prefactor-redact": True})]
    key: SecretStr | None = None


CUSTOMER = {"description": "Who pays.", **object_with("id", id=STRING, kind={"$ref": "#/$defs/Kind", "default": "new"})}
KIND = {"type": "string", "enum": ["new", "old"]}
LINE = {
    "description": "A line of an invoice.",
    **object_with("text", text=STRING, price={"type": "number", "minimum": 0, "default": 0.0, "description": "In €."}),
}
OPTIONS = object_with("limit", limit=INTEGER, lines={"type": "array", "items": {"$ref": "#/$defs/Line"}})


class Node(BaseModel):
    nodes: list["Node"] = []
    limit: float = math.inf
    key: Annotated[int, Field(json_schema_extra={"x-prefactor-redact": True})] = 1234


@pydantic.dataclasses.dataclass
class Checked:
    count: pydantic.PositiveInt


class Open(typing_extensions.TypedDict):
    kind: Literal["open"]
    line: NotRequired[Line | None]


class Shut(typing.TypedDict):
    kind: Literal["shut"]
    options: Optional[Options]  # noqa: UP045 - as people write it


TYPES: dict[str, tuple[Any, dict[str, Any]]] = {
    "a model": (
        Refund,
        {
            "description": "Money goes back.\n\nTo the customer.",
            **object_with(
                "invoiceNo customer amount",
                invoiceNo={"type": "string", "title": "Invoice", "description": "The number."},
                customer={"$ref": "#/$defs/Customer"},
                amount={"type": "integer", "x-prefactor-redact": True},
                key={"anyOf": [SECRET, NULL], "default": None},
            ),
            "additionalProperties": False,
            "$defs": {"Customer": CUSTOMER, "Kind": KIND},
        },
    ),
    "a dataclass": (Line, LINE),
    "a dataclass of pydantic": (Checked, object_with("count", count={"type": "integer", "exclusiveMinimum": 0})),
    "a TypedDict": (Options, {**OPTIONS, "$defs": {"Line": LINE}}),
    "a model that refers to itself": (
        Node,
        {
            "$ref": "#/$defs/Node",
            "$defs": {
                "Node": object_with(
                    nodes={"type": "array", "items": {"$ref": "#/$defs/Node"}, "default": []},
                    limit={"type": "number"},
                    key={"type": "integer", "x-prefactor-redact": True},
                )
            },
        },
    ),
    "one of several types": (
        Open | Shut,
        {
            "anyOf": [{"$ref": "#/$defs/Open"}, {"$ref": "#/$defs/Shut"}],
            "$defs": {
                "Line": LINE,
                "Options": OPTIONS,
                "Open": object_with(
                    "kind", kind={"const": "open", **STRING}, line={"anyOf": [{"$ref": "#/$defs/Line"}, NULL]}
                ),
                "Shut": object_with(
                    "kind options",
                    kind={"const": "shut", **STRING},
                    options={"anyOf": [{"$ref": "#/$defs/Options"}, NULL]},
                ),
            },
        },
    ),
    "a generic type": (dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
    "a schema": ({"required": ["x"]}, {"required": ["x"]}),
}


def registered(**schemas: Any) -> dict[str, Any]:
    """What a registry sends for a span type that is registered with these arguments."""
    registry = SchemaRegistry()
    registry.register_type("t", **schemas)
    (entry,) = registry.to_agent_schema_version("")["span_type_schemas"]
    assert isinstance(entry, dict)
    return entry


@pytest.mark.parametrize("case", TYPES)
def test_the_schema_of_a_type(case: str) -> None:
    source, expected = TYPES[case]
    assert registered(params=source, result=source) == {
        "name": "t",
        "params_schema": expected,
        "result_schema": expected,
    }


def test_params_are_what_is_taken_and_results_what_is_given() -> None:
    class Total(BaseModel):
        amount: Decimal = Field(validation_alias="in", serialization_alias="out")

        @computed_field
        def doubled(self) -> int:
            return 2

    texts = {"title": "Total", "description": "A sum", "template": "{{ in }}", "data_risk": {}}
    entry = registered(params=Total, result=Total, **texts)
    assert list(entry["params_schema"]["properties"]) == ["in"]
    assert list(entry["result_schema"]["properties"]) == ["out", "doubled"]
    assert entry.items() >= texts.items()


def search(
    query: str,
    /,
    customer: Customer,
    *lines: Line,
    top: Annotated[int, Field(ge=1, description="How many.")] = 3,
    lang: str = None,  # type: ignore[assignment]  # noqa: RUF013  # as people write it
    missing: Any = NOT_GIVEN,
    **others: int,
) -> Options:
    """Search for lines
    of invoices.

    With details.
    """
    raise NotImplementedError


class Shop:
    """Has methods of each kind."""

    def method(self, count: int) -> None: ...

    @classmethod
    def of_class(cls, count: int) -> None: ...

    @staticmethod
    def static(count: int) -> None: ...

    def __call__(self, count: int) -> None: ...

    def unnamed(self, options: Options) -> None: ...


def test_the_schemas_of_a_function() -> None:
    assert registered(params=search) == {
        "name": "t",
        "description": "Search for lines of invoices.",
        "params_schema": {
            **object_with(
                "query customer",
                query=STRING,
                customer={"$ref": "#/$defs/Customer"},
                lines={"type": "array", "items": {"$ref": "#/$defs/Line"}},
                top={"type": "integer", "minimum": 1, "description": "How many.", "default": 3},
                lang={"anyOf": [STRING, NULL], "default": None},
                missing=ANY,
            ),
            "additionalProperties": INTEGER,
            "$defs": {"Customer": CUSTOMER, "Kind": KIND, "Line": LINE},
        },
        "result_schema": {**OPTIONS, "$defs": {"Line": LINE}},
    }
    assert registered(params=search, description="Mine", result=Line)["description"] == "Mine"
    assert registered(params={}, result=search)["result_schema"] == {**OPTIONS, "$defs": {"Line": LINE}}


def keywords(**options: Unpack[Options]) -> None: ...


def anything(*args, **kwargs): ...  # type: ignore[no-untyped-def]


def counted(name: str, count: int, key: str) -> None: ...


@functools.wraps(Shop.method)
def wrapped(*args: object, **kwargs: object) -> None: ...


SecretText = Annotated[str, Field(json_schema_extra={"x-prefactor-redact": True}, examples=["secret"])]


def with_fields(
    query: str = Field(description="What."),
    top: int = Field(default=3, ge=1),
    wait: float = math.inf,
    key: SecretText = "secret",
) -> None: ...


COUNT = {**object_with("count", count=INTEGER), "additionalProperties": False}
FUNCTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "method": (Shop.method, COUNT),
    "bound": (Shop().method, COUNT),
    "classmethod": (Shop.of_class, COUNT),
    "classmethod in its class": (vars(Shop)["of_class"], COUNT),
    "staticmethod": (Shop.static, COUNT),
    "callable object": (Shop(), COUNT),
    "decorated": (wrapped, COUNT),
    "partial": (functools.partial(counted, "a", key="secret"), COUNT),
    "keywords": (keywords, {**OPTIONS, "additionalProperties": False, "$defs": {"Line": LINE}}),
    "fields": (with_fields, {
        **object_with(
            "query",
            query={"type": "string", "description": "What."},
            top={"type": "integer", "minimum": 1, "default": 3},
            wait={"type": "number"},
            key={"type": "string", "x-prefactor-redact": True},
        ),
        "additionalProperties": False,
    }),
    "anything": (anything, {**object_with(args={"type": "array", "items": ANY}), "additionalProperties": True}),
    "lambda": (lambda count: None, {**object_with("count", count=ANY), "additionalProperties": False}),
}  # fmt: skip


@pytest.mark.parametrize("case", FUNCTIONS)
def test_the_parameters_of_a_function(case: str) -> None:
    function, expected = FUNCTIONS[case]
    assert registered(params=function) == {"name": "t", "params_schema": expected}


async def reply() -> Line:
    raise NotImplementedError


def later() -> Coroutine[Any, Any, str]:
    raise NotImplementedError


def awaitable() -> Awaitable[str]:
    raise NotImplementedError


def stream() -> Iterator[str]:
    raise NotImplementedError


def async_stream() -> AsyncIterator[Line]:
    raise NotImplementedError


def unsaid():  # type: ignore[no-untyped-def]
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "output", "definitions"),
    [
        (reply, {"$ref": "#/$defs/Line"}, {"Line": LINE}),
        (later, STRING, None),
        (awaitable, STRING, None),
        (stream, {"type": "array", "items": STRING}, None),
        (async_stream, {"type": "array", "items": {"$ref": "#/$defs/Line"}}, {"Line": LINE}),
        (unsaid, ANY, None),
        (Shop.method, NULL, None),
    ],
)
def test_a_property_holds_what_a_function_returns(
    function: Callable[..., object], output: dict[str, Any], definitions: dict[str, Any] | None
) -> None:
    schema = registered(params=function, result="output")["result_schema"]
    assert schema.pop("$defs", None) == definitions
    assert schema == {**object_with("output", output=output), "additionalProperties": True}


class Callback(BaseModel):
    done: Callable[[], int]


class Outer(BaseModel):
    count: int
    parts: dict[str, Callback]


@dataclasses.dataclass
class Unknown:
    signature: list[Signature]


class Partly(BaseModel):
    value: int | Callable[[], int]


class Secret(BaseModel):
    model_config = ConfigDict(json_schema_extra={"x-prefactor-redact": True})


class Quoted(BaseModel):
    key: str = Field(json_schema_extra={"x-prefactor-redact": "true"})


class Plain:
    def __init__(self, a: int) -> None: ...


def with_context(query: str, context: Signature) -> str:
    raise NotImplementedError


def not_imported(query: "NotImported") -> None:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


OTHER_TYPE = "use another type, or give a JSON Schema as "
FIELD = "make it a field of a model, a dataclass or a TypedDict"
FORMS = "register_type takes either params_schema and result_schema, or params and result"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a callable": (
        {"params": Outer},
        f"the params of 't': the field parts.done is Callable[[], int], which JSON cannot express; {OTHER_TYPE}params",
    ),
    "an unknown type": (
        {"params": {}, "result": Unknown},
        "the result of 't': the field signature is list[inspect.Signature], which pydantic does not know; "
        f"{OTHER_TYPE}result",
    ),
    "a union with a callable": (
        {"params": Partly},
        f"the params of 't': the field value is int | Callable[[], int], which JSON cannot express; {OTHER_TYPE}params",
    ),
    "a class without fields": (
        {"params": Plain},
        f"the params of 't': Plain, which pydantic does not know; {OTHER_TYPE}params",
    ),
    "a parameter": (
        {"params": with_context},
        "the params of 't': the field context is Signature, which pydantic does not know; use another type, leave the "
        "parameter out with functools.partial, or give a JSON Schema as params",
    ),
    "an annotation": (
        {"params": not_imported},
        "the params of 't': an annotation of the function not_imported needs NotImported, which has no value at run "
        "time; import it outside of `if TYPE_CHECKING`",
    ),
    "no object": (
        {"params": RootModel[list[int]]},
        f"the params of 't': RootModel[list[int]] is no object in JSON; {FIELD}",
    ),
    "an object or none": (
        {"params": {}, "result": Line | None},
        f"the result of 't': {__name__}.Line | None is no object in JSON; {FIELD}",
    ),
    "a schema of something else": (
        {"params": {"type": "array"}},
        "the params of 't': expected a JSON Schema of an object, found one of type array; make what you record a "
        "property of an object",
    ),
    "a value": (
        {"params": Customer(id="secret")},
        "the params of 't': expected a type, a function or a JSON Schema, found a value of the type Customer; give the "
        "type itself",
    ),
    "a returned text": (
        {"params": functools.partial(with_context, context=Signature())},
        "the result of 't': the function with_context returns str, which is no object in JSON; name the property that "
        'holds it, such as result="output", or give a type or a JSON Schema as result',
    ),
    "a property of no function": (
        {"params": Line, "result": "output"},
        "the result of 't': result='output' names the property that holds what a function returns; give a function as "
        "params, or a type as result",
    ),
    "a property without a name": (
        {"params": Line, "result": ""},
        "the result of 't': result='' names no property; name the one that holds what the function returns, or omit "
        "result",
    ),
    "a dict of types": (
        {"params": {"a": int}},
        "the params of 't': expected a JSON Schema, found a dict with a Python type at a; make it a TypedDict, a "
        "dataclass or a model",
    ),
    "a schema with a type in it": (
        {"params": {}, "result": {"properties": {"a": {"anyOf": [{}, list[int]]}}}},
        "the result of 't': expected a JSON Schema, found a dict with a Python type at properties.a.anyOf.1; make it a "
        "TypedDict, a dataclass or a model",
    ),
    "a redacted payload": (
        {"params": Secret},
        "the params of 't': x-prefactor-redact is where it has no effect; give the fields themselves "
        "x-prefactor-redact: True",
    ),
    "a redaction that is no truth value": (
        {"params": {}, "result": Quoted},
        "the result of 't': x-prefactor-redact is neither true nor false; write x-prefactor-redact: True",
    ),
    "both forms": ({"params": Line, "result_schema": {}}, FORMS),
    "no params": ({"result": Line}, FORMS),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_schema_is_refused_with_the_field_and_what_to_do(case: str) -> None:
    arguments, message = REFUSED[case]
    registry = SchemaRegistry()
    with pytest.raises(TypeError) as raised:
        registry.register_type("t", **arguments)
    assert str(raised.value) == message
    assert not registry.has_schema("t")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (Line, TypeError, 'the name of a span type must be a text, such as "agent:llm", not type'),
        (None, TypeError, 'the name of a span type must be a text, such as "agent:llm", not NoneType'),
        ("", ValueError, "the name of a span type must not be empty; name what the span records, such as "),
    ],
)
def test_a_name_is_a_text(name: Any, error: type[Exception], message: str) -> None:
    registry = SchemaRegistry()
    with pytest.raises(error, match=message):
        registry.register_type(name, params=Line)
    with pytest.raises(error, match=message):
        registry.register_type(name, {"type": "object"})
    assert "span_type_schemas" not in registry.to_agent_schema_version("x")


def test_a_name_is_registered_once_in_either_way() -> None:
    registry = SchemaRegistry()
    registry.register_type("t", params=Line)
    with pytest.raises(ValueError, match="Span type schema 't' is already registered"):
        registry.register_type("t", {})


@pytest.mark.anyio
async def test_payloads_are_checked_against_the_schemas_of_types(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    registry = SchemaRegistry()
    registry.register_type("refund", params=Customer, result=Line)
    params = {"id": "c", "kind": "old"}
    async with run(schema_registry=registry) as (client, instance), instance.span("refund") as span:
        await span.start(params)
        await span.complete({"text": "a", "price": "secret"})
        assert client.stats().schema_mismatches == 1
    assert [without_place(line) for line in warnings(caplog)] == [
        "the result of 'refund' does not match the schema: price: Input should be a number, found a string (recorded "
        "anyway; further mismatches of these kinds are not logged)"
    ]
    (recorded,) = api.spans()
    assert recorded["payload"] == params
    assert [error["part"] for error in recorded["schema_errors"]] == ["result"]


@pytest.mark.anyio
async def test_secrets_of_types_are_redacted_in_spans_that_are_opened_by_name(api: LocalApi, run: Run) -> None:
    class Part(BaseModel):
        key: SecretStr
        parts: list["Part"] = []

    class Login(BaseModel):
        user: str
        card: Annotated[int, Field(json_schema_extra={"x-prefactor-redact": True})]
        parts: dict[str, Part | None] = {}

    other, registry = SchemaRegistry(), SchemaRegistry()
    other.register_type("login", params=Login, result=Part)
    registry.merge(other)
    parts = {"a": {"key": "secret", "parts": [{"key": "secret"}]}, "b": None}
    params = {"user": "bo", "card": 1234, "parts": parts, "more": [1]}
    async with run(schema_registry=registry) as (_, instance):
        for login in (params, {"user": ["bo"], "card": None, "parts": "secret"}):
            async with instance.span("login", payload=login) as span:
                await span.complete({"key": "secret"})
        await instance.create_span("login", payload=params)
    gone = "[redacted]"
    redacted = {"a": {"key": gone, "parts": [{"key": gone}]}, "b": None}
    expected = {"user": "bo", "card": gone, "parts": redacted, "more": [1]}
    payloads = [span["payload"] for span in api.spans()]
    assert sorted(payloads, key=str) == sorted(
        [expected, expected, {"user": ["bo"], "card": gone, "parts": gone}], key=str
    )
    results = [span["result_payload"] for span in api.spans() if span["status"] == "complete"]
    assert results == [{"key": gone}] * 2
