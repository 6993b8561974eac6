"""Payloads of spans that are opened by name, and of quality records, are checked against their schemas."""

from __future__ import annotations

import asyncio
import copy
import re
import textwrap
from typing import Any, ClassVar, TypeAlias

import pytest
from tests.core import support
from tests.core.programs import run_program
from tests.core.support import Run, config_for, register, warnings, without_place

from prefactor_core import PrefactorCoreClient, SchemaRegistry, SpanValidationError
from prefactor_core._typed.validation import AGENT_VERSION_KEYS
from prefactor_core.typed import EmptyResult, PayloadModel, TypedSpan
from prefactor_http.models import AgentVersionForRegister
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

COUNT = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}, "additionalProperties": False}


def registry() -> SchemaRegistry:
    result = SchemaRegistry()
    result.register_type("count:up", COUNT, COUNT)
    result.register_type("count:down", COUNT)
    result.register("count:old", COUNT)
    result.register_quality_schema("accuracy", COUNT)
    return result


async def test_a_span_that_is_opened_by_name(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (client, instance):
        for _ in range(2):
            async with instance.span("count:up") as span:
                await span.start({"n": "a secret"})
                await span.complete({"n": 1})
        assert client.stats().schema_mismatches == 2
    assert [without_place(line) for line in warnings(caplog)] == [
        "the params of 'count:up' do not match the schema: n: Input should be an integer, found a string (recorded "
        "anyway; further mismatches of these kinds are not logged)"
    ]
    assert [span["payload"] for span in api.spans()] == [{"n": "a secret"}] * 2


@pytest.mark.parametrize(
    ("name", "params", "result", "message"),
    [
        ("count:up", {"n": 1.5}, {"n": 1}, "the params of 'count:up' do not match the schema: n: Input should be an"),
        ("count:up", {}, {"n": 1}, "the params of 'count:up' do not match the schema: n: Field required"),
        ("count:up", {"n": 1}, {}, "the result of 'count:up' does not match the schema: n: Field required"),
        ("count:up", {"n": 1}, {"n": 1, "m": 1}, "the result of 'count:up' does not match the schema: m: Field is not"),
        ("count:down", {"n": 1}, {"n": 1}, "the result of 'count:down' does not match the schema: n: Field is not"),
        ("count:old", {"m": 1}, {}, "the params of 'count:old' do not match the schema: m: Field is not allowed"),
        ("count:old", {"n": 1}, {"n": 1}, "the result of 'count:old' does not match the schema: n: Field is not"),
    ],
)
async def test_every_form_of_registration_and_every_way_to_open_a_span(
    name: str, params: dict[str, Any], result: dict[str, Any], message: str, api: LocalApi, run: Run
) -> None:
    async with run(schema_registry=registry(), validation="raise") as (client, instance):

        async def block() -> None:
            async with instance.span(name) as span:
                await span.start(params)
                await span.complete(result)

        async def defaults() -> None:
            async with instance.span(name, payload=params) as span:
                span.set_result(result)

        async def by_id() -> None:
            span_id = await client.create_span(instance.id, name, payload=params)
            await client.finish_span(span_id, result)

        for way in (block, defaults, by_id):
            with pytest.raises(SpanValidationError) as caught:
                await way()
            assert str(caught.value).startswith(message), way
            assert caught.value.span_type == name


async def test_long_names_are_cut_in_messages(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (_, instance), instance.span("count:up") as span:
        await span.start({"n": 1, "m" * 100_000: 1})
        await span.complete({"n": 1})
    (warning,) = warnings(caplog)
    assert f": {'m' * 100}…: Field is not allowed" in warning
    (answered,) = api.spans()[0]["schema_errors"]
    assert max(len(warning), len(str(answered))) < 1_000


async def test_a_repeated_mismatch_is_counted_and_logged_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (client, instance):
        for _ in range(300):
            await client.create_span(instance.id, "count:up", payload={"n": "x"})
        await client.create_span(instance.id, "count:up", payload={"n": 1})
        assert client.stats().schema_mismatches == 300
    assert len(warnings(caplog)) == 1


async def test_a_refused_span_leaves_no_record(run: Run) -> None:
    async with run(schema_registry=registry(), validation="raise") as (client, instance):
        known = len(client._span_index._records)
        with pytest.raises(SpanValidationError):
            await client.create_span(instance.id, "count:up", payload={})
        assert len(client._span_index._records) == known


async def test_a_registry_that_does_not_call_its_base(api: LocalApi) -> None:
    class Own(SchemaRegistry):
        def __init__(self) -> None:
            self._inner = registry()

        def to_agent_schema_version(self, external_id: str) -> dict[str, Any]:
            return self._inner.to_agent_schema_version(external_id)

    async with PrefactorCoreClient(config_for(api, schema_registry=Own(), validation="raise")) as client:
        assert client.stats().accepted == 0


async def test_an_unknown_span_type_is_logged_once(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (client, instance):
        for _ in range(2):
            async with instance.span("count:upp") as span:
                await span.complete()
        await client.create_span(instance.id, "count:upp")
    assert [without_place(line) for line in warnings(caplog)] == [
        "span type 'count:upp' is not registered; did you mean 'count:up'? It is recorded anyway. "
        "Register it in PrefactorCoreConfig.schema_registry, which may be the `registry` of its generated package "
        "(further ones are not logged)"
    ]
    assert len(api.spans()) == 3


async def test_an_unknown_span_type_raises_when_asked_to(run: Run) -> None:
    async with run(schema_registry=registry(), validation="raise") as (client, instance):
        with pytest.raises(SpanValidationError, match="did you mean 'count:up'") as caught:
            async with instance.span("count:upp"):
                pass
        assert (caught.value.span_type, caught.value.part) == ("count:upp", "schema_name")
        with pytest.raises(SpanValidationError, match="'other' is not registered"):
            await client.create_span(instance.id, "other")


MISTAKES = """
async def agent(instance):
    async with instance.span("count:up") as span:
        await span.start({"n": 1})
    async with instance.span("count:down"):
        pass

    @instance.span("count:old")
    async def step():
        pass

    await step()
    async with instance.span("count:up", payload={"n": 1}) as span:
        span.set_result({"m": 1})
    async with instance.span("count:up", payload={"n": "x"}) as span:
        await asyncio.create_task(span.complete({"n": "x"}))
        await span.complete(
            {"n": 1},
        )
    await instance.create_span("count:upp")
    await instance.record_quality("accuracyy", {})
    async with instance.span(Counted) as span:
        await span.start(n="x", long="x" * 5000)
"""
LOGGED = """
the result of 'count:up' does not match the schema: n: Field required (at agent.py:3; complete() was never called;
the params of 'count:down' do not match the schema: n: Field required (at agent.py:5; start() was never called;
the params of 'count:old' do not match the schema: n: Field required (at agent.py:12; start() was never called;
the result of 'count:up' does not match the schema: m: Field is not allowed; n: Field required (at agent.py:13; recorded
the params of 'count:up' do not match the schema: n: Input should be an integer, found a string (at agent.py:16
the result of 'count:up' does not match the schema: n: Input should be an integer, found a string (at agent.py:16
complete() of 'count:up' was ignored: the span was already finished (at agent.py:17; further
span type 'count:upp' is not registered; did you mean 'count:up'?
quality schema 'accuracyy' is not registered; did you mean 'accuracy'?
span type 'counted' is not registered; did you mean 'count:old'?
the params of 'counted' were cut to fit PrefactorCoreConfig.max_payload_bytes (1,024) or the limit of values; markers
"""


class CountParams(PayloadModel):
    n: Any = None
    long: Any = None


class Counted(TypedSpan[CountParams, EmptyResult]):
    schema_name: ClassVar[str] = "counted"
    Params: TypeAlias = CountParams
    Result: TypeAlias = EmptyResult

    async def start(self, **values: object) -> None:
        await self._start(values)


async def test_messages_name_the_line_of_the_program(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """A block that is left without `complete()` by its first line."""
    names: dict[str, Any] = {"asyncio": asyncio, "Counted": Counted}
    exec(compile(MISTAKES, "agent.py", "exec"), names)
    async with run(schema_registry=registry(), max_payload_bytes=1024) as (_, instance):
        await names["agent"](instance)
    lines = LOGGED.strip().splitlines()
    logged = warnings(caplog)
    assert [line for line, start in zip(logged, lines, strict=True) if not line.startswith(start)] == []
    assert [re.findall(r"at agent.py:(\d+)", line) for line in logged[-4:]] == [["20"], ["21"], ["22"], ["23"]]
    assert len(api.spans()) == 7


async def test_a_block_without_complete_raises_when_asked_to(api: LocalApi, run: Run) -> None:
    async with run(schema_registry=registry(), validation="raise") as (_, instance):
        with pytest.raises(SpanValidationError) as caught:
            async with instance.span("count:up") as span:
                await span.start({"n": 1})
        assert re.search(rf"n: Field required \(at {__file__}:\d+; complete\(\) was never called\)$", str(caught.value))
        assert caught.value.problems == ("n: Field required",)
        with pytest.raises(ZeroDivisionError):
            async with instance.span("count:up") as span:
                print(1 / 0)
    assert [span["status"] for span in api.spans()] == ["complete", "failed"]


async def test_unknown_keys_of_agent_version(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    wrong = {"name": "Agent", "external_id": "1"}
    async with run() as (client, _):
        for _ in range(2):
            await register(client, agent_version=wrong)
    (line,) = warnings(caplog)
    assert without_place(line) == (
        "agent_version has the unknown key 'external_id'; did you mean 'external_identifier'? (further ones are not "
        "logged)"
    )
    assert f"(at {support.__file__}:" in line
    async with run(validation="raise") as (client, _):
        with pytest.raises(SpanValidationError, match="'external_id'; did you mean 'external_identifier'") as caught:
            await register(client, agent_version=wrong)
        assert (caught.value.span_type, caught.value.part) == ("", "agent_version")
        version = {"name": "a", "external_identifier": "1", "description": "", "runtime_environment": {}}
        await register(client, agent_version=version)
    async with run(validation="off") as (client, _):
        await register(client, agent_version=wrong)
    assert len(warnings(caplog)) == 1


def test_the_known_keys_of_agent_version_are_those_of_the_model() -> None:
    assert tuple(AgentVersionForRegister.model_fields) == AGENT_VERSION_KEYS


async def test_the_types_of_an_instance_of_its_own_count(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """A generated type is known if the instance was registered with it, whatever the client's registry has."""
    version = {"span_type_schemas": [{"name": "counted", "params_schema": {"type": "object"}}]}
    async with run(schema_registry=registry(), validation="raise") as (client, _):
        own = await register(client, agent_schema_version=version)
        async with own.span(Counted) as span:
            await span.start(n=1)
    assert warnings(caplog) == []


async def test_every_name_is_allowed_without_registered_types(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    for source in (SchemaRegistry(), None):
        fields = {} if source is None else {"schema_registry": source}
        async with run(validation="raise", **fields) as (_, instance), instance.span("anything") as span:
            await span.complete({"n": 1})
    assert caplog.records == []


async def test_mismatches_of_quality_payloads(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (client, instance):
        await instance.record_quality("accuracy", {"n": "a secret"})
        await instance.record_quality("accuracy", None)
        await instance.record_quality("acuracy", {"n": 1})
        assert client.stats().schema_mismatches == 1
    first, second = warnings(caplog)
    assert first.startswith(
        "the quality payload 'accuracy' does not match the schema: n: Input should be an integer, found a"
    )
    assert second.startswith("quality schema 'acuracy' is not registered; did you mean 'accuracy'?")


async def test_mismatches_of_quality_payloads_raise_when_asked_to(run: Run) -> None:
    async with run(schema_registry=registry(), validation="raise") as (_, instance):
        with pytest.raises(
            SpanValidationError, match="the quality payload 'accuracy' does not match the schema: n: Field required"
        ):
            await instance.record_quality("accuracy", {})
        with pytest.raises(
            SpanValidationError, match=r"^quality schema 'acuracy' is not registered; did you mean 'accuracy'"
        ):
            await instance.record_quality("acuracy", {})
        await instance.record_quality("accuracy", {"n": 1})


async def test_the_span_types_of_an_instance_replace_those_of_the_registry(api: LocalApi) -> None:
    own = {"span_type_schemas": [{"name": "count:up", "params_schema": {"required": ["m"]}}]}
    async with PrefactorCoreClient(config_for(api, schema_registry=registry(), validation="raise")) as client:
        plain = await register(client)
        async with plain.span("count:up", payload={"n": 1}) as span:
            await span.complete({"n": 1})
        instance = await client.create_agent_instance({"name": "A"}, agent_schema_version=own, agent_id="a")
        async with instance.span("count:up", payload={"m": 1}):
            pass
        with pytest.raises(SpanValidationError, match="m: Field required"):
            await client.create_span(instance.id, "count:up", payload={"n": 1})
        with pytest.raises(SpanValidationError, match="'count:down' is not registered"):
            await client.create_span(instance.id, "count:down")


async def test_a_registry_of_the_programs_own(api: LocalApi) -> None:
    class Source:
        def to_agent_schema_version(self, external_identifier: str) -> dict[str, Any]:
            return registry().to_agent_schema_version(external_identifier)

    async with PrefactorCoreClient(config_for(api, schema_registry=Source(), validation="raise")) as client:
        instance = await register(client)
        with pytest.raises(SpanValidationError, match="n: Field required"):
            await client.create_span(instance.id, "count:up", payload={})


async def test_a_registry_may_change(run: Run) -> None:
    types = registry()
    async with run(schema_registry=types, validation="raise") as (client, instance):
        await client.create_span(instance.id, "count:old", payload={"n": 1})
        types.register_unsafe("count:old", {"required": ["m"]})
        with pytest.raises(SpanValidationError, match="m: Field required"):
            await client.create_span(instance.id, "count:old", payload={"n": 1})
        types.register("count:new", {"required": ["k"]})
        with pytest.raises(SpanValidationError, match="k: Field required"):
            await client.create_span(instance.id, "count:new")


async def test_a_copy_of_a_used_registry(run: Run) -> None:
    types = registry()
    async with run(schema_registry=types, validation="raise") as (client, instance):
        await client.create_span(instance.id, "count:up", payload={"n": 1})
    twin = copy.deepcopy(types)
    assert twin.content_hash == types.content_hash
    async with run(schema_registry=twin, validation="raise") as (client, instance):
        with pytest.raises(SpanValidationError, match="n: Field required"):
            await client.create_span(instance.id, "count:up")


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "strng"}, "is not valid under any"),
        ({"properties": {"n": {"pattern": "("}}}, "regex"),
        ({"$ref": "#/nowhere"}, "does not exist"),
        ({"const": {1, 2}}, "it is not JSON"),
    ],
)
async def test_a_schema_that_is_not_valid(
    schema: dict[str, Any], reason: str, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    types = SchemaRegistry()
    types.register_type("odd", schema)
    for mode in ("warn", "off"):
        async with run(schema_registry=types, validation=mode) as (client, instance):
            for _ in range(2):
                await client.create_span(instance.id, "odd", payload={"n": 1})
            assert client.stats().schema_mismatches == 0
    (warning,) = warnings(caplog)
    assert warning.startswith("the params of 'odd' could not be checked: its schema is not valid: ")
    assert reason in warning
    async with run(schema_registry=types, validation="raise") as (client, instance):
        with pytest.raises(
            SpanValidationError, match=r"^the params of 'odd' could not be checked: its schema is not valid"
        ):
            await client.create_span(instance.id, "odd")


async def test_a_payload_that_cannot_be_checked(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    types = SchemaRegistry()
    types.register_type("slow", {"properties": {"text": {"pattern": r"^(a+)+\1$"}}})
    payload = {"text": "a" * 40 + "b"}
    async with run(schema_registry=types) as (client, instance):
        for _ in range(2):
            await client.create_span(instance.id, "slow", payload=payload)
        assert (await client.flush()).complete
    assert [span["payload"] for span in api.spans()] == [payload] * 2
    (warning,) = warnings(caplog)
    assert "could not be checked: text: its pattern takes too many steps" in warning
    async with run(schema_registry=types, validation="raise") as (client, instance):
        with pytest.raises(SpanValidationError, match="could not be checked"):
            await client.create_span(instance.id, "slow", payload=payload)
        assert client.stats().accepted == 1
    assert len(api.spans()) == 2


async def test_the_results_of_fail_and_cancel_are_not_checked(run: Run) -> None:
    async with run(schema_registry=registry(), validation="raise") as (client, instance):
        async with instance.span("count:up") as span:
            await span.start({"n": 1})
            await span.fail({"error": "no"})
        async with instance.span("count:up") as span:
            await span.cancel()
        span_id = await client.create_span(instance.id, "count:up", payload={"n": 1})
        await client._span_manager.finish(span_id, {"error": "no"}, "failed")


# An agent on a thread with a small stack, and payloads that the engine cannot read, or that would end the process.
HOSTILE = textwrap.dedent("""
    types = SchemaRegistry()
    node = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "op": {"const": "x"}}}
    other = {"type": "object", "properties": {"left": {"$ref": "#"}, "op": {"const": "y"}}, "required": ["op"]}
    types.register_type("tree", {"anyOf": [node, other, {"type": "integer", "multipleOf": 0.01}]})

    def nested(levels, leaf):
        for _ in range(levels):
            leaf = {"left": leaf, "op": "x"}
        return leaf

    PAYLOADS = [
        nested(63, "z"), nested(1_000, 1), nested(30_000, 1), {"op": "\\ud800", "\\udfff": 1}, {"left": 10**5_000},
        {"left": -(10**3_000)}, {"left": {1: 2, b"b": float("nan")}}, nested(60, 1),
    ]

    async def agent():
        client, instance = await started(schema_registry=types)
        for payload in PAYLOADS:
            async with instance.span("tree") as span:
                await span.start(payload)
        report = await client.close()
        report.raise_for_loss()
        print("mismatches", client.stats().schema_mismatches)

    threading.stack_size(512 * 1024)
    thread = threading.Thread(target=lambda: asyncio.run(agent()))
    thread.start()
    thread.join()
""")


@pytest.mark.slow
def test_an_agent_survives_payloads_that_the_engine_cannot_read(api: LocalApi) -> None:
    ended = run_program(HOSTILE, api)
    assert (ended.code, ended.output) == (0, "mismatches 5\n"), ended.errors
    assert len(api.spans()) == 8


async def test_a_new_mistake_beside_one_that_was_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async with run(schema_registry=registry()) as (client, instance):
        for payload in ({"n": "x"}, {"n": "x", "m": 1}, {"n": "x", "m": 2}):
            await client.create_span(instance.id, "count:up", payload=payload)
    assert len(warnings(caplog)) == 2
    assert "m: Field is not allowed" in warnings(caplog)[1]
