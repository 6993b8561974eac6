"""Correct uses: no checker may report a line of this file, and test_runtime.py runs every scenario of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, NotRequired, TypedDict, assert_type
from uuid import UUID

from typing_extensions import TypeAliasType
from typing_spans import (
    SCHEMA_VERSION,
    SPAN_TYPES,
    Address,
    AddressDict,
    EventAny,
    MailSend,
    MailSendParamsBody,
    MailSendParamsDict,
    MediaShow,
    MediaShowParamsImage,
    MeterRead,
    NamesOdd,
    NoteWrite,
    OrderPlace,
    OrderPlaceParams,
    OrderPlaceParamsDict,
    OrderPlaceResultDict,
    RoutePlan,
    RoutePlanParamsCar,
    RoutePlanParamsPlace,
    RoutePlanParamsRegion,
    RoutePlanResultLegsItem,
    TreeGrow,
    TreeGrowParamsNode,
    TreeWalk,
    TreeWalkParamsBranch,
    registry,
)

from prefactor_core import (
    AgentInstanceHandle,
    DeliveryError,
    DeliveryReport,
    Handed,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    QueueConfig,
    SchemaRegistry,
    SpanContext,
)
from prefactor_core.typed import ABSENT, MISSING, EmptyResult, TypedSpan
from prefactor_http import HttpClientConfig

THREAD = UUID("8c8fd8a1-0f0a-4f0b-9f2c-6f4cfe6f5c11")
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


async def required_only(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        assert_type(span, OrderPlace)
        await span.start(customer="Ada", quantity=1, channel="web", note=None)
        await span.complete(order_id="o-1", total=2)


async def everything(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        await span.start(
            customer="Ada",
            quantity=1,
            channel="phone",
            note="soon",
            price=9.5,
            express=True,
            coupon=None,
            rating=3,
            currency="EUR",
        )
        await span.complete(order_id="o-1", total=9.5, warnings=("late", "wet"), reason=None)


async def null_and_absent(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    price: float | MISSING = MISSING
    async with instance.span(OrderPlace) as span:
        await span.start(customer="Ada", quantity=1, channel="shop", note=None, price=price, rating=None, coupon="x")
        await span.complete(order_id="o-1", total=1, reason=MISSING)


async def whole_literals(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        await span.start_with({"customer": "Ada", "quantity": 1, "channel": "web", "note": None}, started_at=NOON)
        span.set_result_with({"order_id": "o-1", "total": 1, "warnings": ["late"]})
        await span.complete_with({"order_id": "o-2", "total": 2.5}, timestamp=NOON)


async def whole_models(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        await span.start_with(OrderPlace.Params(customer="Ada", quantity=1, channel="web", note=None))
        span.set_result_with(OrderPlace.Result(order_id="o-1", total=1, warnings=["late"]))
        await span.complete_with(OrderPlace.Result(order_id="o-2", total=2.5))


async def literals_with_a_name(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    params: OrderPlaceParamsDict = {"customer": "Ada", "quantity": 1, "channel": "web", "note": None}
    result = OrderPlaceResultDict(order_id="o-1", total=1)
    async with instance.span(OrderPlace) as span:
        await span.start_with(params)
        await span.complete_with(result)


async def nested_models(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    ada = Address(email="ada@example.com", name="Ada")
    people: list[Address] = [ada]
    body = MailSendParamsBody(content="Hello", format="text")
    async with instance.span(MailSend) as span:
        await span.start(
            sender=ada.to_dict(),
            to=[each.to_dict() for each in people],
            subject="Hi",
            tags=["a"],
            headers={"X-One": "1"},
            folders={"inbox": [each.to_dict() for each in people]},
            body=body.to_dict(),
        )
        receipt = Address(email="ada@example.com").to_dict()
        assert_type(receipt, AddressDict)
        await span.complete(message_id=str(THREAD), receipt=receipt)
    async with instance.span(MailSend) as span:
        await span.start_with(MailSend.Params(sender=ada, to=people, subject="Hi", body=body))
        await span.complete_with(MailSend.Result(message_id=str(THREAD)).to_dict())


async def an_object_or_none(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    body: MailSendParamsBody | None = None
    async with instance.span(MailSend) as span:
        await span.start(
            sender={"email": "ada@example.com"},
            to=[],
            subject="Hi",
            body=body.to_dict() if body is not None else ABSENT,
            folders=ABSENT,
            headers=MISSING,
        )
        span.set_result(receipt=ABSENT)
        await span.complete(message_id=THREAD, receipt=ABSENT)


async def lists_in_variables(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    to: list[AddressDict] = [{"email": "ada@example.com"}]
    to.append({"email": "bob@example.com", "name": "Bob"})
    to += [Address(email="eve@example.com").to_dict()]
    async with instance.span(MailSend) as span:
        await span.start(sender=to[0], to=to, subject="Hi", folders={"all": to, "some": tuple(to[:1])})
        await span.complete(message_id=THREAD)


async def nested_literals(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    bob: AddressDict = {"email": "bob@example.com"}
    headers: Mapping[str, str] = {"X-One": "1"}
    tags: Sequence[str] = ("a",)
    async with instance.span(MailSend) as span:
        await span.start(
            sender={"email": "ada@example.com", "name": "Ada"},
            to=[{"email": "ada@example.com"}, bob],
            subject="Hi",
            tags=list(tags),
            headers=headers,
            folders={"inbox": [bob], "spam": ()},
            body={"content": "Hello", "format": "html"},
            extra={"anything": [1, {"deep": None}]},
        )
        await span.complete(message_id=THREAD, receipt={"email": "ada@example.com"})


async def formatted_texts(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(MailSend) as span:
        await span.start(
            sender={"email": "ada@example.com"},
            to=[],
            subject="Hi",
            send_at=NOON,
            day=date(2026, 1, 2),
            thread=THREAD,
            expires=None,
        )
        await span.complete(message_id=THREAD, delivered_at=NOON)
    async with instance.span(MailSend) as span:
        await span.start_with(
            {
                "sender": {"email": "ada@example.com"},
                "to": [],
                "subject": "Hi",
                "send_at": "2026-01-02T12:00:00+00:00",
                "day": date(2026, 1, 2),
                "thread": THREAD,
                "expires": NOON,
            }
        )
        await span.complete_with({"message_id": THREAD, "delivered_at": NOON})


async def tuples_and_unions(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(RoutePlan) as span:
        await span.start(
            start=(52.5, 13),
            target={"city": "Hamburg"},
            limit=3,
            vehicle={"kind": "train", "line": "ICE 1"},
            via=[(53.0, 12.0), (53.1, 11.5)],
            window=("08:00", 30),
        )
        await span.complete(
            distance=290, legs=[{"from": "Berlin", "to": "Hamburg"}], stats={"co2": 1.5, "toll": None}, bends=(1, 2.5)
        )
    async with instance.span(RoutePlan) as span:
        await span.start(
            start=(52.5, 13.4),
            target=RoutePlanParamsPlace(city="Hamburg", zip="20095").to_dict(),
            limit="none",
            vehicle=RoutePlanParamsCar(kind="car", seats=4).to_dict(),
        )
        leg = RoutePlanResultLegsItem(from_="Berlin", to="Hamburg", minutes=103)
        await span.complete(distance=290.5, legs=[leg.to_dict()])
    async with instance.span(RoutePlan) as span:
        await span.start(start=(1, 2), target=(3, 4))
        await span.complete(distance=3)
    async with instance.span(RoutePlan) as span:
        await span.start(start=(1, 2), target="home")
        await span.complete(distance=0)


async def recursion(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    north = RoutePlanParamsRegion(name="North", parts=[RoutePlanParamsRegion(name="Hamburg")], parent=None).to_dict()
    async with instance.span(RoutePlan) as span:
        await span.start(start=(1, 2), target="home", region=north)
        await span.complete(distance=0)
    async with instance.span(RoutePlan) as span:
        await span.start(
            start=(1, 2),
            target="home",
            region={"name": "All", "parts": [north, {"name": "South", "parts": [{"name": "Ulm"}], "parent": None}]},
        )
        await span.complete(distance=0)


async def trees(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    leaf = TreeWalkParamsBranch(name="leaf")
    async with instance.span(TreeWalk) as span:
        await span.start(
            root={"name": "root", "branches": {"left": {"name": "left", "branches": {}}, "right": leaf.to_dict()}},
            spot=(1, 2.5),
            row=["a", 1, None],
            version=2,
            mood=None,
            weights={"left": 1},
        )
        await span.complete(depth=1)
    async with instance.span(TreeWalk) as span:
        await span.start(
            root=TreeWalkParamsBranch(name="root", branches={"leaf": leaf}).to_dict(), spot=("here",), weights=None
        )
        await span.complete(depth=0)


async def references(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(TreeGrow) as span:
        await span.start(
            text="root", children=[{"text": "leaf"}, TreeGrowParamsNode(text="bud", children=[]).to_dict()]
        )
        await span.complete(email="ada@example.com")
    async with instance.span(TreeGrow) as span:
        await span.start_with(TreeGrow.Params(text="root"))
        await span.complete_with({"email": "ada@example.com"})


async def odd_names(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(NamesOdd) as span:
        await span.start(class_="c", self=1, a_b="ab", params="p", copy_="y", model_config_="m", list_=["l"], str_="s")
        await span.complete(id="i", status="fine", from_="f")
    async with instance.span(NamesOdd) as span:
        await span.start_with(NamesOdd.Params(class_="c", self=1, a_b="ab", params="p", copy_="y", list_=["l"]))
        await span.complete_with(NamesOdd.Result(id="i", from_="f"))
    async with instance.span(NamesOdd) as span:
        await span.start_with({"class": "c", "self": 1, "a-b": "ab", "model_config": "m", "list": ["l"], "str": "s"})
        await span.complete_with({"id": "i", "from": "f"})


async def no_result_schema(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(NoteWrite) as span:
        await span.start(text="remember")
        await span.complete()
    async with instance.span(NoteWrite) as span:
        await span.start_with({"text": "remember"})
        await span.complete_with(NoteWrite.Result())
    assert_type(NoteWrite.Result(), EmptyResult)


async def any_object(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(EventAny) as span:
        await span.start()
        await span.complete()
    async with instance.span(EventAny) as span:
        await span.start(any="thing", at=[1])
        span.set_result(other=None)
        await span.complete()
    async with instance.span(EventAny) as span:
        await span.start_with({"any": "thing", "at": [1]})
        await span.complete_with({"other": None})
    async with instance.span(EventAny) as span:
        await span.start_with(EventAny.Params.model_validate({"any": "thing", "at": [1]}))
        await span.complete_with(EventAny.Result.model_validate({"other": None}))


async def maps(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    readings: Mapping[str, float] = {"kitchen": 20.5}
    async with instance.span(MeterRead) as span:
        await span.start(kitchen=20.5, attic=31)
        await span.complete(kitchen="fine", attic=None)
    async with instance.span(MeterRead) as span:
        await span.start_with(readings)
        span.set_result(kitchen="fine")
        await span.complete_with({"attic": None})
    async with instance.span(MeterRead) as span:
        await span.start_with(MeterRead.Params({"kitchen": 20.5}))
        await span.complete_with(MeterRead.Result({"kitchen": None}))
    assert_type(MeterRead.Params({"kitchen": 20.5}).to_dict(), Mapping[str, float])


async def root_union(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(MediaShow) as span:
        await span.start(kind="image", width=640)
        await span.complete(shown=True)
    async with instance.span(MediaShow) as span:
        await span.start_with({"kind": "video", "seconds": 1.5})
        await span.complete_with({"shown": False})
    async with instance.span(MediaShow) as span:
        await span.start_with(MediaShowParamsImage(kind="image", width=640))
    async with instance.span(MediaShow) as span:
        await span.start_with(MediaShow.Params(MediaShowParamsImage(kind="image", width=640)))
    async with instance.span(MediaShow) as span:
        await span.start_with(MediaShow.Params(MediaShowParamsImage(kind="image", width=640)).to_dict())


async def partial_results(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        await span.start(customer="Ada", quantity=1, channel="web", note=None)
        span.set_result(order_id="o-1")
        span.set_result(warnings=["late"])
        span.set_result()
        span.set_result(total=2.5)
        await span.finish()


async def failures(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    result: Mapping[str, object] = {"reason": "sold out"}
    async with instance.span(NoteWrite) as span:
        await span.start(text="remember")
        await span.fail()
    async with instance.span(OrderPlace) as order:
        await order.start(customer="Ada", quantity=1, channel="web", note=None)
        await order.fail(ValueError("sold out"))
    async with instance.span(OrderPlace) as order:
        await order.start(customer="Ada", quantity=1, channel="web", note=None)
        await order.fail(result)
    async with instance.span(OrderPlace) as order:
        await order.start(customer="Ada", quantity=1, channel="web", note=None)
        await order.fail(OrderPlace.Result(order_id="o-1", total=0, reason="sold out"))


async def cancellations(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(NoteWrite) as span:
        await span.start(text="remember")
        assert_type(span.id, str)
        await span.cancel()


async def through_the_client(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with client.span(instance_id=instance.id, schema_name=OrderPlace) as parent:
        await parent.start(customer="Ada", quantity=1, channel="web", note=None)
        async with client.span(
            instance_id=instance.id,
            schema_name=NoteWrite,
            parent_span_id=parent.id,
            payload=NoteWrite.Params(text="remember"),
        ) as note:
            assert_type(note, NoteWrite)
            await note.complete()
        await parent.complete(order_id="o-1", total=2)


async def default_params(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    named: OrderPlaceParamsDict = {"customer": "Ada", "quantity": 1, "channel": "web", "note": None}
    async with instance.span(OrderPlace, payload=named) as span:
        await span.complete(order_id="o-1", total=2)
    async with instance.span(OrderPlace, payload=OrderPlace.Params.model_validate(named)) as span:
        await span.complete(order_id="o-1", total=2)
    async with instance.span(MeterRead, None, {"kitchen": 20.5}) as meter:
        assert_type(meter, MeterRead)
    async with instance.span(NoteWrite, payload={"text": "remember"}):
        pass
    async with client.span(instance_id=instance.id, schema_name=NoteWrite, payload={"text": "remember"}):
        pass
    async with instance.span(
        OrderPlace, payload={"customer": "Ada", "quantity": 1, "channel": "web", "note": None, "price": 2}
    ) as span:
        assert_type(span, OrderPlace)
        await span.complete(order_id="o-1", total=2)


async def untyped(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    anything: dict[str, Any] = {"customer": "Ada", "quantity": 1, "channel": "web", "note": None}
    async with instance.span("order:place") as span:
        assert_type(span, SpanContext)
        await span.start(anything)
        await span.complete({"order_id": "o-1", "total": 2})
    async with client.span(instance.id, "order:place", payload=anything) as raw:
        assert_type(raw, SpanContext)
        raw.set_result({"order_id": "o-1", "total": 2})


async def by_name(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(SPAN_TYPES["note:write"]) as span:
        assert_type(span, TypedSpan[Any, Any])
        await span.start_with({"text": "remember"})
    for name, span_type in SPAN_TYPES.items():
        assert_type(name, str)
        assert_type(span_type.schema_name, str)


async def in_functions(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as span:
        params = order_for("Ada", price=2)
        await begin(span, params)
        result = OrderPlace.Result(order_id=describe(params), total=total_of(params), warnings=[])
        await span.complete(order_id=first_warning(result), total=result.total)


def order_for(customer: str, price: float | None = None) -> OrderPlace.Params:
    return OrderPlace.Params(
        customer=customer, quantity=2, channel="web", note=None, price=MISSING if price is None else price
    )


async def begin(span: OrderPlace, params: OrderPlace.Params | OrderPlaceParamsDict) -> None:
    await span.start_with(params)


def describe(params: OrderPlaceParams) -> str:
    assert_type(params.customer, str)
    assert_type(params.note, str | None)
    if params.coupon is not MISSING:
        assert_type(params.coupon, str | None)
        return params.coupon or "no coupon"
    return params.customer.upper()


def total_of(params: OrderPlace.Params) -> float:
    return 0.0 if params.price is MISSING else params.price * params.quantity


def first_warning(result: OrderPlace.Result) -> str:
    return result.warnings[0] if result.warnings is not MISSING and result.warnings else result.order_id


def mail_to(*addresses: str) -> MailSendParamsDict:
    return {"sender": {"email": "me@example.com"}, "to": [{"email": each} for each in addresses], "subject": "Hi"}


@dataclasses.dataclass
class Memory:
    key: str

    def write(self, text: str) -> None: ...


class Stored(TypedDict):
    size: NotRequired[int]


Kept = TypeAliasType("Kept", Annotated[Memory | Stored, "kept"])


async def find(key: str, *, limit: int = 3) -> list[Memory]:
    return [Memory(key)] * limit


def configuration(api_url: str, api_token: str) -> PrefactorCoreConfig:
    lost: list[DeliveryError] = []
    version: str = SCHEMA_VERSION
    merged = SchemaRegistry()
    merged.merge(registry)
    merged.register_type(
        name="memory:read",
        params_schema={"type": "object", "properties": {"key": {"type": "string"}}},
        result_schema={"type": "object"},
        title=version,
    )
    merged.register_type("memory:write", params=Memory, result=Stored, template="{{ key }}")
    merged.register_type("memory:find", params=find, result="memories", title="Find")
    merged.register_type("memory:drop", params={"type": "object"}, result=Memory | Stored)
    merged.register_type("memory:keep", params=Kept, result=Kept)
    merged.register_type("memory:list", params=Memory.write, result=dict[str, int])
    assert_type(merged.list_schemas(), list[str])
    return PrefactorCoreConfig(
        http_config=HttpClientConfig(api_url=api_url, api_token=api_token, max_retries=0),
        queue_config=QueueConfig(num_workers=2, span_ids="auto", retry_delay_base=0.01),
        schema_registry=merged,
        validation="raise",
        on_error=lost.append,
    )


async def without_await(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    """As in a function."""
    with client.instance({"name": "Agent"}, agent_id="agent") as run:
        assert_type(run, AgentInstanceHandle)
    with instance.span(OrderPlace) as span:
        assert_type(span, OrderPlace)
        span.start(customer="Ada", quantity=1, channel="web", note=None)
        span.complete(order_id="o-1", total=2)
    with instance.span("note:write", payload={"text": "remember"}) as context:
        assert_type(context, SpanContext)
        context.fail({"error": "none"})
    instance.record_quality("accuracy", {})
    assert_type(client.sync.create_agent_instance({"name": "Agent"}, agent_id="agent"), AgentInstanceHandle)
    assert_type(client.sync.flush(), DeliveryReport)


async def what_takes_coroutines(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(NoteWrite) as span:
        await asyncio.create_task(span.start(text="remember"))
        await asyncio.gather(span.complete(), instance.record_quality("accuracy", {}))
        done: Handed = span.finish()
        await asyncio.wait_for(asyncio.shield(done), 1)
        asyncio.run_coroutine_threadsafe(span.finish(), asyncio.get_running_loop())
        async with asyncio.TaskGroup() as group:
            group.create_task(span.cancel())


async def models_by_name(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span("note:write", payload=NoteWrite.Params(text="remember")) as span:
        await span.start()
    async with instance.span("order:place") as span:
        await span.start(OrderPlace.Params(customer="Ada", quantity=1, channel="web", note=None))
        await span.complete(OrderPlace.Result(order_id="o-1", total=2))


async def decorated(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    @instance.span(NoteWrite, payload={"text": "remember"})
    def double(number: int) -> int:
        return number * 2

    @instance.span(NoteWrite, payload={"text": "remember"})
    async def triple(number: int) -> int:
        return number * 3

    assert_type(double(2), int)
    assert_type(await triple(2), int)
