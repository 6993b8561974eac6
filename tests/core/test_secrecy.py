"""A redacted value does not leave the program by an error, a warning, a log, a report or a repr."""

from __future__ import annotations

import json
import logging
import pprint
import traceback
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from tests.core.support import Run

from prefactor_core import DeliveryError, PayloadField, SchemaRegistry, SpanValidationError
from prefactor_core.typed import EmptyResult, PayloadModel, TypedSpan
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

SECRET = "ada@example.com"
SCHEMA: Any = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "email": {"type": "string", "x-prefactor-redact": True}},
    "additionalProperties": False,
}


class Customer(PayloadModel):
    model_config = ConfigDict(extra="forbid")
    __redacted__ = ("email",)

    id: str
    email: str


class Lookup(TypedSpan[Customer, EmptyResult]):
    schema_name: ClassVar[str] = "lookup"
    Params: TypeAlias = Customer
    Result: TypeAlias = EmptyResult
    _redacted: ClassVar[Any] = {"params": {"": {"kinds": ["object"], "objects": [{"properties": {"email": True}}]}}}


class Own(BaseModel):
    """A model of the program's own, whose errors quote their input."""

    id: int
    customer: Customer | None = None


class Unprintable:
    def __repr__(self) -> str:
        return f"line\n{SECRET}]\n"


def refused(of: Callable[[], object]) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        of()
    return caught.value


def own(value: object = SECRET) -> ValidationError:
    return refused(lambda: Own.model_validate({"id": value}))


def raised_from(error: Exception, cause: Exception) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def noted(error: Exception, note: str) -> Exception:
    error.add_note(note)
    return error


def serializer_warning() -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Own.model_construct(id=SECRET).model_dump()
    return str(caught[0].message)


class WrappingError(Exception):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def __str__(self) -> str:
        return f"wrapped: {self.error}"


ERRORS: dict[str, Callable[[], Exception]] = {
    "model": lambda: refused(lambda: Customer(id="1", teir="x", email=SECRET)),  # type: ignore[call-arg]
    "json": lambda: refused(lambda: Customer.model_validate_json(f'["{SECRET}"]')),
    "member": lambda: refused(lambda: Own.model_validate({"id": 1, "customer": {"email": SECRET}})),
    "own-model": own,
    "own-model-with-lines": lambda: own(Unprintable()),
    "type": lambda: refused(lambda: TypeAdapter(dict[str, int]).validate_python({"a": SECRET})),
    "cause": lambda: raised_from(RuntimeError("failed"), own()),
    "text-and-cause": lambda: raised_from(RuntimeError(f"failed: {(error := own(Unprintable()))}"), error),
    "argument": lambda: RuntimeError("failed", own(Unprintable())),
    "attribute": lambda: WrappingError(own(Unprintable())),
    "text": lambda: RuntimeError(f"failed: {own()}"),
    "beginning-of-the-text": lambda: RuntimeError(str(own())[:150]),
    "text-in-one-line": lambda: RuntimeError(repr(str(own()))),
    "note": lambda: noted(RuntimeError("failed"), str(own())),
    "group": lambda: ExceptionGroup("failed", [own(), RuntimeError(repr(own()))]),
    "warning": lambda: RuntimeError(serializer_warning()),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_recorded_without_the_input_of_pydantic(
    name: str, api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = ERRORS[name]()
    async with run() as (_, instance):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each case has another type
            async with instance.span("step"):
                raise error
        assert caught.value is error
        async with instance.span(Lookup) as span:
            await span.fail(error)
        async with instance.span("step") as untyped:
            await untyped.start({"error": error, "errors": [error]})
    assert SECRET not in json.dumps([request.body for request in api.requests])
    assert SECRET not in caplog.text
    messages = [span["result_payload"]["error"]["message"] for span in api.spans() if span["status"] == "failed"]
    assert len(messages) == 2
    assert all(messages)


async def test_a_pydantic_error_still_says_what_is_wrong(api: LocalApi, run: Run) -> None:
    async with run() as (_, instance):
        with pytest.raises(ValidationError):
            async with instance.span("step"):
                Own.model_validate({"id": SECRET, "customer": {"id": "1", "teir": "x", "email": SECRET}})
    assert api.spans()[0]["result_payload"]["error"] == {
        "type": "ValidationError",
        "message": (
            "2 validation errors for Own\nid\n"
            "  Input should be a valid integer, unable to parse string as an integer [type=int_parsing]\n"
            "customer.teir\n  Extra inputs are not permitted [type=extra_forbidden]"
        ),
    }


async def test_no_report_log_warning_or_repr_has_a_redacted_value(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    caplog.set_level(logging.DEBUG)
    registry = SchemaRegistry()
    registry.register_type("lookup", SCHEMA, {})
    wrong: Any = {"email": SECRET, "id": 1}
    errors: list[DeliveryError] = []
    shown: list[object] = []
    for mode in ("warn", "raise"):
        api.inject(Fault(path=".*/agent_spans", status=422, body={"code": "no", "message": "no"}))
        settings = {"validation": mode, "on_error": errors.append, "schema_registry": registry}
        async with run(**settings, queue={"bulk": "never"}) as (client, instance):
            async with instance.span(Lookup) as span:
                await span.start_with(Customer(id="1", email=SECRET))
                shown += [
                    span,
                    span._span,
                    Customer(id="1", email=SECRET),
                    Own(id=1, customer=Customer(id="1", email=SECRET)),
                ]
            async with instance.span(Lookup) as span:
                try:
                    await span.start_with(wrong)
                except SpanValidationError as error:
                    shown += traceback.format_exception(error)
                    await span.cancel()
            shown += [await client.flush(), client.stats, client, instance]
        shown.append(await client.close())
    shown += [vars(each) for each in errors] + ["".join(traceback.format_exception(each)) for each in errors]
    assert errors
    assert SECRET not in repr(shown) + str(shown)
    assert SECRET not in caplog.text
    assert SECRET not in json.dumps([request.body for request in api.requests])
    assert not [each for each in recwarn if SECRET in str(each.message)]


class NotedError(Exception):
    """An exception whose chain and notes quote a redacted value."""


def noted_and_chained() -> Exception:
    error = raised_from(NotedError("failed"), ValueError(SECRET))
    error.__context__ = KeyError(SECRET)
    error.add_note(SECRET)
    return error


def remove_email(field: PayloadField) -> object:
    return "[removed]" if "email" in field.path else field.value


@pytest.mark.parametrize("by", ["schema", "configuration"])
async def test_every_other_door_of_a_redacted_value(
    by: str, api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Templates that the API renders, chains and notes of exceptions, records that errors lead to, printed objects."""
    caplog.set_level(logging.DEBUG)
    registry = SchemaRegistry()
    registry.register_type("lookup", SCHEMA, {}, template="{{ email }}")
    registry.register_quality_schema("mail", SCHEMA, template="{{ email }}")
    shown: list[object] = []

    def on_error(error: DeliveryError) -> None:
        operation = error.operation
        shown.extend([repr(error), repr(operation), repr(operation.span), repr(operation.instance), vars(error)])

    settings: dict[str, Any] = {"redact": remove_email} if by == "configuration" else {}
    span_type: Any = Lookup if by == "schema" else "lookup"
    customer: Any = {"id": "1", "email": SECRET}
    async with run(schema_registry=registry, on_error=on_error, queue={"bulk": "never"}, **settings) as (
        client,
        instance,
    ):
        scope = instance.span(span_type, payload=customer)
        api.inject(Fault(path=".*/agent_spans", status=422, body={"code": "no", "message": "no"}))
        async with scope as span:
            shown += [repr(scope), repr(span), repr(client._span_manager.record(span.id))]
        await client.flush()
        with pytest.raises(NotedError):
            async with instance.span(span_type, payload=customer):
                raise noted_and_chained()
        async with instance.span(span_type, payload=customer) as span:
            await span.start_with(customer) if by == "schema" else await span.start(customer)
            shown.append(client._span_manager.get_span(span.id))
        if by == "configuration":
            await instance.record_quality("mail", {"id": "1", "email": SECRET})
        shown.append(await client.flush())
    print(*shown)
    pprint.pprint(shown)
    printed = capsys.readouterr().out
    assert "DeliveryError" in printed
    assert SECRET not in printed + caplog.text
    assert SECRET not in json.dumps([*(request.body for request in api.requests), *api.spans(), *api.instances()])
    marker = "[redacted]" if by == "schema" else "[removed]"
    assert marker in {span["summary"] for span in api.spans()}
    failed = next(span for span in api.spans() if span["status"] == "failed")
    assert failed["result_payload"]["error"] == {"type": "NotedError", "message": "failed"}
