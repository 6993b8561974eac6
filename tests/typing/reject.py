"""Wrong uses: every marked line is a mistake that both checkers must report, and no other line is.

`# E: "text"` says what mypy must say, `# E: "text" | "other text"` also what pyright must say; `# E(mypy): "text"` and
`# E(pyright)` mark what only one of them sees.
Nothing here runs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typing_spans
from typing_spans import (
    SPAN_TYPES,
    Address,
    AddressDict,
    EventAny,
    MailSend,
    MailSendParamsBody,
    MediaShow,
    MediaShowParamsImage,
    MeterRead,
    NamesOdd,
    NoteWrite,
    OrderPlace,
    OrderPlaceParams,
    OrderPlaceParamsDict,
    RoutePlan,
    RoutePlanParamsCarDict,
    RoutePlanParamsRegionDict,
    TreeGrow,
    TreeWalk,
    TreeWalkParamsBranch,
    registry,
)

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig, SchemaRegistry
from prefactor_core.typed import MISSING
from prefactor_http import HttpClientConfig

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


async def start_keywords(span: OrderPlace) -> None:
    await span.start(customer="Ada", quantity=1, channel="web", note=None, colour="red")  # E: "colour"
    await span.start(custmer="Ada", quantity=1, channel="web", note=None)  # E: "custmer"
    await span.start(quantity=1, channel="web", note=None)  # E: "customer"
    await span.start(customer="Ada", quantity=1, channel="web")  # E: "note"
    await span.start()  # E: "customer"
    await span.start(customer=1, quantity=1, channel="web", note=None)  # E: "customer"
    await span.start(customer="Ada", quantity="1", channel="web", note=None)  # E: "quantity"
    await span.start(customer="Ada", quantity=1.5, channel="web", note=None)  # E: "quantity"
    await span.start(customer="Ada", quantity=1, channel="fax", note=None)  # E: "channel"
    await span.start(customer=None, quantity=1, channel="web", note=None)  # E: "customer"
    await span.start(customer="Ada", quantity=None, channel="web", note=None)  # E: "quantity"
    await span.start(customer="Ada", quantity=1, channel="web", note=1)  # E: "note"
    await span.start(customer="Ada", quantity=1, channel="web", note=MISSING)  # E: "note"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, price=None)  # E: "price"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, price="9")  # E: "price"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, express="yes")  # E: "express"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, express=1)  # E: "express"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, rating=4)  # E: "rating"
    await span.start(customer="Ada", quantity=1, channel="web", note=None, currency="USD")  # E: "currency"
    await span.start("Ada", 1, "web", None)  # E: "positional"
    await span.start({"customer": "Ada", "quantity": 1, "channel": "web", "note": None})  # E: "positional"
    await span.start(OrderPlace.Params(customer="Ada", quantity=1, channel="web", note=None))  # E: "positional"
    # A boolean is an int for every checker; the check of the payload reports it when it is recorded.
    await span.start(customer="Ada", quantity=True, channel="web", note=None)


async def result_keywords(span: OrderPlace, note: NoteWrite) -> None:
    await span.complete(order_id="o-1")  # E: "total"
    await span.complete(order_id=1, total=1)  # E: "order_id"
    await span.complete(order_id="o-1", total="1")  # E: "total"
    await span.complete(order_id="o-1", total=1, warnings="late")  # E: "warnings"
    await span.complete(order_id="o-1", total=1, warnings=["late", 1])  # E: "str"
    await span.complete(order_id="o-1", total=1, warnings={"late"})  # E: "warnings"
    await span.complete(order_id="o-1", total=1, warnings=None)  # E: "warnings"
    await span.complete(order_id="o-1", total=1, distance=3)  # E: "distance"
    await span.complete(message_id="m-1")  # E: "message_id"
    await span.complete("o-1", 1)  # E: "positional"
    await span.complete({"order_id": "o-1", "total": 1})  # E: "positional"
    await note.complete(text="remember")  # E: "text"
    note.set_result(text="remember")  # E: "text"


async def set_result(span: OrderPlace) -> None:
    span.set_result(order_id=1)  # E: "order_id"
    span.set_result(order_ids="o-1")  # E: "order_ids"
    span.set_result(warnings="late")  # E: "warnings"
    span.set_result(order_id=None)  # E: "order_id"
    span.set_result({"order_id": "o-1"})  # E: "positional"
    await span.set_result(order_id="o-1")  # E: "set_result"


async def whole_literals(span: OrderPlace) -> None:
    await span.start_with({"customer": "Ada", "quantity": 1, "channel": "web"})  # E: "ParamsDict"
    await span.start_with({"customer": 1, "quantity": 1, "channel": "web", "note": None})  # E: "ParamsDict"
    await span.start_with({"custmer": "A", "quantity": 1, "channel": "web", "note": None})  # E: "ParamsDict"
    await span.start_with({"customer": "A", "quantity": 1, "channel": "fax", "note": None})  # E: "ParamsDict"
    await span.start_with({"customer": None, "quantity": 1, "channel": "web", "note": None})  # E: "ParamsDict"
    await span.start_with({"customer": "A", "quantity": 1, "channel": "web", "note": None, "x": 1})  # E: "x"
    await span.start_with({})  # E: "ParamsDict"
    await span.start_with(None)  # E: "start_with"
    await span.start_with("Ada")  # E: "start_with"
    await span.start_with({"order_id": "o-1", "total": 1})  # E: "ParamsDict"
    await span.complete_with({"order_id": "o-1"})  # E: "ResultDict"
    await span.complete_with({"order_id": "o-1", "total": "1"})  # E: "ResultDict"
    await span.complete_with({"order_id": "o-1", "total": 1, "warnings": "late"})  # E: "ResultDict"
    span.set_result_with({"total": 1})  # E: "ResultDict"
    span.set_result_with(order_id="o-1", total=1)  # E: "order_id"
    await span.start_with(params={"customer": "Ada"})  # E: "params"
    named: OrderPlaceParamsDict = {"customer": "Ada", "quantity": 1, "channel": "web"}  # E: "note"
    await span.start_with(named, started_at="now")  # E: "started_at"
    loose: dict[str, object] = {"customer": "Ada"}
    await span.start_with(loose)  # E: "start_with"


async def models_of_others(order: OrderPlace, mail: MailSend, note: NoteWrite) -> None:
    address = Address(email="ada@example.com")
    await order.start_with(NoteWrite.Params(text="remember"))  # E: "NoteWriteParams"
    await order.start_with(OrderPlace.Result(order_id="o-1", total=1))  # E: "OrderPlaceResult"
    await order.complete_with(MailSend.Result(message_id="m-1"))  # E: "MailSendResult"
    await order.complete_with(OrderPlace.Params(customer="A", quantity=1, channel="web", note=None))  # E: "Params"
    order.set_result_with(NoteWrite.Result())  # E: "EmptyResult"
    await note.complete_with({"text": "remember"})  # E: "EmptyResult"
    await mail.start(sender=NoteWrite.Params(text="x"), to=[], subject="Hi")  # E: "sender"
    await mail.start(sender=address.to_dict(), to=[NoteWrite.Params(text="x")], subject="Hi")  # E: "Address"
    await mail.complete(message_id="m-1", receipt=NoteWrite.Params(text="x").to_dict())  # E: "receipt"
    # Nested models go in as `to_dict()`, whose type the messages name.
    await mail.start(sender=address, to=[], subject="Hi")  # E: "expected "AddressDict"" | "AddressDict"
    await mail.start(sender=address.to_dict(), to=[address], subject="Hi")  # E: "AddressDict" | "AddressDict"
    address.to_dict()["mail"]  # E: "mail" | "mail"


async def nested(span: MailSend, to: list[AddressDict]) -> None:
    me = to[0]
    await span.start(sender={"mail": "a"}, to=to, subject="x")  # E: "Extra key "mail" for" | ""mail" is an undef"
    await span.start(sender={"email": 1}, to=to, subject="x")  # E: "item "email"" | "assignable to "str""
    await span.start(sender={"name": "A"}, to=to, subject="x")  # E: "Missing key "email"" | ""email" is required in"
    await span.start(sender={"email": "a", "age": 1}, to=to, subject="x")  # E: "Extra key "age"" | ""age" is an undef"
    await span.start(sender={"email": "a", "name": None}, to=to, subject="x")  # E: "item "name"" | ""None" is not"
    await span.start(sender="a@example.com", to=to, subject="x")  # E: "sender"
    await span.start(sender=me, to=me, subject="x")  # E: "to"
    await span.start(sender=me, to=["a@example.com"], subject="x")  # E: "Address"
    await span.start(sender=me, to=[{"mail": "a"}], subject="x")  # E: "Extra key "mail"" | ""mail" is an undefined"
    await span.start(sender=me, to=[me, {"name": "a"}], subject="x")  # E: "Missing key "email"" | ""email" is required"
    await span.start(sender=me, to=[{"email": 1}], subject="x")  # E: "item "email" has" | "assignable to "str""
    await span.start(sender=me, to="a@example.com", subject="x")  # E: "to"
    # Correct, but mypy has no context for a literal inside a tuple and reads it as a dict. In a list it is accepted.
    await span.start(sender=me, to=({"email": "a@example.com"},), subject="x")  # E(mypy): "to"
    await span.start(sender=me, to=to, subject="x", tags="a")  # E: "tags"
    await span.start(sender=me, to=to, subject="x", tags=[1])  # E: "str"
    await span.start(sender=me, to=to, subject="x", headers={"X-One": 1})  # E: "str"
    await span.start(sender=me, to=to, subject="x", headers=["X-One"])  # E: "headers"
    await span.start(sender=me, to=to, subject="x", folders={"inbox": "a@example.com"})  # E: "Address"
    await span.start(sender=me, to=to, subject="x", folders={"b": [{"mail": "x"}]})  # E: "Extra key "mail"" | "mail"
    await span.start(sender=me, to=to, subject="x", body={"content": "", "format": "pdf"})  # E: ""format"" | "pdf"
    await span.start(sender=me, to=to, subject="x", body={"format": "text"})  # E: "Missing key "content"" | "content"
    await span.start(sender=me, to=to, subject="x", body={"content": "x", "size": 1})  # E: "Extra key "size"" | "size"
    await span.start(sender=me, to=to, subject="x", body=me)  # E: "body"
    await span.start(sender=me, to=to, subject="x", body=MISSING)  # E: "BodyDict" | "BodyDict"
    await span.start(sender=me, to=to, subject="x", extra=["x"])  # E: "extra"
    await span.start(sender=me, to=to, subject="x", extra={1: "x"})  # E: "str"
    await span.start_with({"sender": {"email": 1}, "to": [], "subject": "Hi"})  # E: "ParamsDict"
    await span.start_with({"sender": me, "to": [{"mail": "x"}], "subject": "Hi"})  # E: "ParamsDict"


async def formatted_texts(span: MailSend, sender: AddressDict) -> None:
    await span.start(sender=sender, to=[], subject="Hi", send_at=NOON.timestamp())  # E: "send_at"
    await span.start(sender=sender, to=[], subject="Hi", send_at=NOON.date())  # E: "send_at"
    await span.start(sender=sender, to=[], subject="Hi", thread=NOON)  # E: "thread"
    await span.start(sender=sender, to=[], subject="Hi", thread=None)  # E: "thread"
    await span.start(sender=sender, to=[], subject="Hi", expires=1)  # E: "expires"
    await span.complete(message_id=7)  # E: "message_id"


async def tuples_and_unions(span: RoutePlan) -> None:
    await span.start(start=("52", "13"), target="home")  # E: "start"
    await span.start(start=52.5, target="home")  # E: "start"
    await span.start(start={1: 2.5, 2: 3.5}, target="home")  # E: "start"
    await span.start(start=(1, 2, 3), target="home")  # E: "start"
    await span.start(start=(1, 2), target="home", window=(30, "08:00"))  # E: "window"
    await span.start(start=(1, 2), target=5)  # E: "target"
    await span.start(start=(1, 2), target={"town": "Hamburg"})  # E: "target"
    await span.start(start=(1, 2), target={"city": 1})  # E: "target"
    await span.start(start=(1, 2), target=None)  # E: "target"
    await span.start(start=(1, 2), target="home", limit=1.5)  # E: "limit"
    await span.start(start=(1, 2), target="home", limit=None)  # E: "limit"
    await span.start(start=(1, 2), target="home", vehicle={"kind": "bike"})  # E: "vehicle"
    await span.start(start=(1, 2), target="home", vehicle={"kind": "car", "line": "x"})  # E: "item "kind"" | "vehicle"
    # mypy takes the option that has these keys. Of a wrong key, it only lists the options, as pyright always does.
    await span.start(start=(1, 2), target="x", vehicle={"kind": "car", "seats": "4"})  # E: "item "seats"" | "CarDict"
    await span.start(start=(1, 2), target="home", vehicle={"kind": "car", "seat": 4})  # E: "CarDict" | "CarDict"
    # Where the type of the option is given, both name the key.
    car: RoutePlanParamsCarDict = {"kind": "car", "seat": 4}  # E: "Extra key "seat"" | ""seat" is an undefined item"
    await span.start(start=(1, 2), target="home", vehicle=car)
    # An object or null is a union, too.
    north: RoutePlanParamsRegionDict = {"name": "N", "parent": {"nme": "x"}}  # E: "item "parent"" | "RegionDict | None"
    await span.start(start=(1, 2), target="home", region=north)
    await span.start(start=(1, 2), target="home", via=[1, 2])  # E: "tuple"
    await span.start(start=(1, 2), target="home", via={1: (1, 2)})  # E: "via"
    await span.start(start=(1, 2), target="x", region={"name": "N", "parts": [{"title": "x"}]})  # E: "title"" | "title"
    await span.start(start=(1, 2), target="home", region={"name": "N", "parent": {"name": 1}})  # E: "RegionDict"
    await span.complete(distance=1, legs=[{"from": "Berlin"}])  # E: "Missing key "to"" | ""to" is required"
    await span.complete(distance=1, legs=[{"from_": "Berlin", "to": "Ulm"}])  # E: "Extra key "from_"" | "from_"
    await span.complete(distance=1, bends=1.5)  # E: "bends"
    await span.complete(distance=1, bends=["sharp"])  # E: "float"
    # A dict with numbers as keys and values has every method of a sequence of numbers except slices.
    await span.complete(distance=1, bends={1: 1.5})  # E: "bends"
    await span.complete(distance=1, stats={"co2": "much"})  # E: "float"


async def trees(span: TreeWalk) -> None:
    root = TreeWalkParamsBranch(name="root").to_dict()
    await span.start(root={"name": "root", "branches": {"left": {"title": "x"}}})  # E: "Extra key "title"" | "title"
    await span.start(root={"name": "root", "branches": [root]})  # E: "BranchDict"
    await span.start(root=root, spot=(1,))  # E: "spot"
    await span.start(root=root, spot=("here", "there"))  # E: "spot"
    await span.start(root=root, spot=[1, 2])  # E: "spot"
    await span.start(root=root, row="a")  # E: "row"
    await span.start(root=root, version=1)  # E: "version"
    await span.start(root=root, version=None)  # E: "version"
    await span.start(root=root, mood="fine")  # E: "mood"
    await span.start(root=root, weights={"left": "much"})  # E: "float"
    # A type cannot express the items of a tuple of any length; the check of the payload reports them.
    await span.start(root=root, row=[1, "a"])
    await span.complete(depth=3)  # E: "depth"
    await span.complete(depth=None)  # E: "depth"


async def references(span: TreeGrow) -> None:
    await span.start()  # E: "text"
    await span.start(txt="root")  # E: "txt"
    await span.start(text="root", children=[{"name": "leaf"}])  # E: "Extra key "name"" | ""name" is an undefined"
    await span.complete(email=1)  # E: "email"
    await span.complete(mail="ada@example.com")  # E: "mail"


async def odd_names(span: NamesOdd) -> None:
    await span.start(class_=1, self=1)  # E: "class_"
    await span.start(class_="c")  # E: "self"
    await span.start(class_="c", self="me")  # E: "self"
    await span.start(**{"class": "c"}, self=1)  # E: "start"
    await span.start(class_="c", self=1, list=["l"])  # E: "list"
    await span.start_with({"class_": "c", "self": 1})  # E: "ParamsDict"
    await span.start_with({"class": "c", "self": 1, "a-b": 1})  # E: "ParamsDict"
    NamesOdd.Params(self=1)  # E: "class_"
    NamesOdd.Params(class_="c", self=1, a_b=1)  # E: "a_b"
    await span.complete(id=1)  # E: "id"


async def other_shapes(event: EventAny, meter: MeterRead, media: MediaShow) -> None:
    await event.start({"any": "thing"})  # E: "start"
    await meter.start(kitchen="warm")  # E: "kitchen"
    await meter.start(kitchen=None)  # E: "kitchen"
    await meter.start_with({"kitchen": "warm"})  # E: "float"
    await meter.complete(kitchen=1)  # E: "kitchen"
    await meter.complete_with({1: "fine"})  # E: "str"
    await media.start_with({"kind": "image"})  # E: "start_with"
    await media.start_with({"kind": "video", "seconds": "long"})  # E: "start_with"
    await media.start_with({"kind": "sound", "seconds": 1})  # E: "start_with"
    await media.complete(shown="yes")  # E: "shown"
    MediaShowParamsImage(kind="video", width=1)  # E: "kind"
    MediaShow.Params({"kind": "image", "width": 1})  # E: "MediaShowParams"
    await media.start(kind="image", seconds=1.5)  # E: "start"
    await media.start(kind="image")  # E: "start"
    await media.start(kind="sound", seconds=1.5)  # E: "start"
    await media.start(kind="video", seconds="long")  # E: "start"
    await media.start(seconds=1.5)  # E: "start"
    await media.start()  # E: "start"


async def ends(span: OrderPlace) -> None:
    await span.fail("sold out")  # E: "fail"
    await span.fail(ValueError)  # E: "fail"
    await span.fail(404)  # E: "fail"
    await span.fail({1: "sold out"})  # E: "str"
    await span.fail(reason="sold out")  # E: "reason"
    await span.cancel("sold out")  # E: "cancel"
    await span.finish(order_id="o-1")  # E: "order_id"
    span.id = "mine"  # E: "id"
    print(span.status)  # E: "status"
    await span.stop()  # E: "stop"


async def calls_that_wait(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    client.flush()  # E: "must be used" | "await"
    instance.create_span("note:write")  # E: "must be used" | "await"
    client.instance({"name": "Agent"}, agent="a")  # E: "agent"
    client.sync.create_agent_instance()  # E: "agent_version"
    client.sync.flush("soon")  # E: "str"
    client.sync.start()  # E: "start"


def in_a_function(instance: AgentInstanceHandle) -> None:
    with instance.span(OrderPlace) as order:
        order.start(custmer="Ada", quantity=1, channel="web", note=None)  # E: "custmer"
        order.complete(order_id=1, total=2)  # E: "order_id"
    instance.finish("done")  # E: "done"


async def opening(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    async with instance.span(OrderPlace) as order:
        await order.start(custmer="Ada", quantity=1, channel="web", note=None)  # E: "custmer"
        await order.complete(message_id="m-1")  # E: "message_id"
    async with client.span(instance_id=instance.id, schema_name=NoteWrite) as note:
        await note.start(txt="remember")  # E: "txt"
    instance.span(OrderPlaceParams)  # E: "OrderPlaceParams"
    instance.span(OrderPlace, payload=NoteWrite.Params(text="remember"))  # E: "NoteWriteParams"
    instance.span(OrderPlace, payload=OrderPlace.Result(order_id="o-1", total=1))  # E: "OrderPlaceResult"
    instance.span(NoteWrite, payload={"txt": "remember"})  # E: "span"
    instance.span(NoteWrite, payload={"text": 1})  # E: "span"
    instance.span(NoteWrite, payload={})  # E: "span"
    instance.span(NoteWrite, payload="remember")  # E: "span"
    instance.span(NoteWrite, parent_span_id=order)  # E: "span"
    instance.span("note:write", payload="remember")  # E: "span"
    instance.span(NoteWrite, parent="s-1")  # E: "span"
    client.span(schema_name=NoteWrite)  # E: "span"
    client.span(instance_id=instance, schema_name=NoteWrite)  # E: "span"
    client.span(instance.id, NoteWrite, payload=MailSend.Result(message_id="m-1"))  # E: "MailSendResult"
    with instance.span(NoteWrite) as unknown:
        unknown.start(txt="remember")  # E: "txt"


async def by_name(instance: AgentInstanceHandle) -> None:
    print(SPAN_TYPES[OrderPlace])  # E: "str"
    SPAN_TYPES["order:place"] = OrderPlace  # E: "assign"
    async with instance.span(SPAN_TYPES["note:write"]) as span:
        # Any span type: the keywords of its methods are unknown.
        await span.start(text="remember")  # E: "start"


def constructors() -> None:
    OrderPlace.Params(customer="Ada", quantity=1, channel="web")  # E: "note"
    OrderPlace.Params(customer=1, quantity=1, channel="web", note=None)  # E: "customer"
    OrderPlace.Params(customer="Ada", quantity="1", channel="web", note=None)  # E: "quantity"
    OrderPlace.Params(customer="Ada", quantity=1, channel="fax", note=None)  # E: "channel"
    OrderPlace.Params(customer="Ada", quantity=1, channel="web", note=None, x=1)  # E: "x"
    OrderPlace.Params(customer="Ada", quantity=1, channel="web", note=None, price=None)  # E: "price"
    OrderPlace.Params("Ada", 1, "web", None)  # E: "positional"
    OrderPlace.Result(order_id="o-1", total=1, warnings="late")  # E: "warnings"
    NoteWrite.Result(text="remember")  # E: "text"
    MailSendParamsBody(content="x", format="pdf")  # E: "format"
    MailSend.Params(sender="a@example.com", to=[], subject="Hi")  # E: "sender"
    OrderPlace(customer="Ada")  # E: "OrderPlace"


def reading(params: OrderPlace.Params, result: OrderPlace.Result, odd: NamesOdd.Params) -> float:
    print(params.custmer)  # E: "custmer"
    print(params.customer + 1)  # E: "+"
    params.note.upper()  # E: "upper"
    print(result.warnings[0])  # E: "MISSING"
    result.total.upper()  # E: "upper"
    getattr(odd, "class").upper()
    odd.a_b.upper()  # E: "MISSING"
    print(params.channel == "fax")  # E: "Non-overlapping"
    # An absent property is MISSING, never None; mypy does not report this comparison.
    print(params.price is None)  # E(pyright)
    if params.coupon is not MISSING:
        params.coupon.upper()  # E: "None"
    if params.price is not MISSING:
        return params.price
    return params.price  # E: "MISSING"


def returns_another(params: OrderPlace.Params) -> NoteWrite.Params:
    return params  # E: "NoteWriteParams"


def configuration(http: HttpClientConfig) -> None:
    print(typing_spans.NoSuchSpan)  # E: "NoSuchSpan"
    PrefactorCoreConfig(http_config="https://app.example.com")  # E: "http_config"
    PrefactorCoreConfig(http_config=http, validation="strict")  # E: "validation"
    PrefactorCoreConfig(http_config=http, schema_registry=typing_spans)  # E: "schema_registry"
    PrefactorCoreConfig(http_config=http, on_error=len)  # E: "on_error"
    PrefactorCoreConfig(http_config=http, retries=3)  # E: "retries"
    QueueConfig(num_workers="3")  # E: "num_workers"
    QueueConfig(span_ids="client")  # E: "span_ids"
    HttpClientConfig(api_url="https://app.example.com", api_token=None)  # E: "api_token"
    registry.register_type("memory:read")  # E: "register_type"
    registry.register_type("memory:read", params_schema="object")  # E: "register_type"
    registry.register_type("memory:read", {}, templates="x")  # E: "templates"
    registry.register_type("memory:read", params=HttpClientConfig(), result=None)  # E: "HttpClientConfig"
    registry.register_type("memory:read", params="HttpClientConfig")  # E: "register_type"
    registry.register_type("memory:read", params=Annotated[HttpClientConfig, "kept"])  # E(pyright)
    registry.register_type("memory:read", params=3, result=None)  # E: "register_type"
    registry.register_type("memory:read", params=HttpClientConfig, results=None)  # E: "results"
    registry.register_type("memory:read", result=HttpClientConfig)  # E: "register_type"
    registry.register_type("memory:read", {}, params=HttpClientConfig)  # E: "register_type"
    registry.merge({"memory:read": {}})  # E: "merge"
    SchemaRegistry(registry)  # E: "SchemaRegistry"


async def client_methods(client: PrefactorCoreClient, instance: AgentInstanceHandle) -> None:
    await client.create_agent_instance(agent_id="a")  # E: "agent_version"
    await client.create_agent_instance(agent_id="a", agent_version="1")  # E: "agent_version"
    await client.create_agent_instance(agent_id="a", agent_version={}, purpose="fun")  # E: "purpose"
    await instance.finish("done")  # E: "finish"
    await instance.finish(status="active")  # E: "status"
    await client.flush(timeout="1")  # E: "timeout"
    client.create_agent_instance(agent_id="a", agent_version={})  # E: "must be used"
