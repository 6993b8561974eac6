"""Secrets do not leave the program: `PrefactorCoreConfig.redact`, and the redaction that schemas ask for."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import pytest
from pydantic import ValidationError
from tests.core.support import Run, bodies, config_for, creates, warnings

from prefactor_core import Operation, PrefactorCoreConfig, SchemaRegistry
from prefactor_core._payloads.redaction import PayloadField
from prefactor_core.typed import EmptyResult, PayloadModel, TypedSpan
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

FAILED = "[redacted: the redact callable failed]"

ONE_WORKER = {"num_workers": 1, "bulk": "never"}  # one request after the other, in order


def results(api: LocalApi) -> list[Any]:
    return [body.get("result_payload") for body in bodies(api, "/finish")]


def without_keys(field: PayloadField) -> object:
    return "***" if "api_key" in field.path else field.value


async def test_redact_is_called_for_every_field_of_every_payload(api: LocalApi, run: Run) -> None:
    seen: list[PayloadField] = []

    def redact(field: PayloadField) -> object:
        seen.append(field)
        return without_keys(field)

    async with run(redact=redact, queue=ONE_WORKER) as (_, instance):
        async with instance.span("step", payload={"api_key": "default"}):
            pass
        async with instance.span("step") as span:
            await span.start({"messages": [{"api_key": "secret", "text": "a"}], "n": 1})
            span.set_result({"api_key": ["x", {"y": None}]})
            await span.complete({"empty": []})
        with pytest.raises(ValueError, match="token"):
            async with instance.span("step"):
                raise ValueError("the token is secret")
        await instance.record_quality("score", {"api_key": "q"})
    first, second, _ = [create["payload"] for create in creates(api)]
    assert first == {"api_key": "***"}
    assert second == {"messages": [{"api_key": "***", "text": "a"}], "n": 1}
    assert results(api)[1] == {"api_key": ["***", {"y": "***"}], "empty": []}
    assert [body["payload"] for body in bodies(api, "/record_quality")] == [{"api_key": "***"}]
    assert PayloadField("step", "params", ("messages", 0, "text"), "a") in seen
    assert PayloadField("step", "result", ("error", "message"), "the token is secret") in seen
    assert PayloadField("score", "quality", ("api_key",), "q") in seen


async def test_what_redact_returns_is_made_json_safe_and_bounded(api: LocalApi, run: Run) -> None:
    answer = {"at": {1, 2}, "long": "x" * 5000}
    async with run(redact=lambda _: answer, max_payload_bytes=1024) as (_, instance), instance.span("step") as span:
        await span.start({"a": 1})
    (record,) = api.spans()
    assert record["payload"]["a"]["at"] == [1, 2]
    assert "[cut: 5,000 characters, " in record["payload"]["a"]["long"]


class Odd(BaseException):
    pass


async def test_a_field_that_redact_fails_for_is_redacted_and_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def redact(field: PayloadField) -> object:
        if field.path == ("bad",):
            raise Odd(f"cannot redact {field.value}")
        return field.value

    async with run(redact=redact) as (_, instance):
        for _ in range(3):
            async with instance.span("step") as span:
                await span.start({"bad": "secret", "good": 1})
    assert [span["payload"] for span in api.spans()] == [{"bad": FAILED, "good": 1}] * 3
    (line,) = warnings(caplog)
    assert line.startswith("redact raised Odd for a value in the params of 'step'; a marker is recorded in its place")
    assert "secret" not in caplog.text


def test_a_coroutine_function_is_refused(api: LocalApi) -> None:
    async def redact(field: PayloadField) -> object:
        return field.value

    with pytest.raises(ValidationError, match="must not be a coroutine function"):
        config_for(api, redact=redact)


@pytest.mark.parametrize("size", [0, 1023, 10_000_001])
def test_sizes_that_are_refused(api: LocalApi, size: int) -> None:
    with pytest.raises(ValidationError):
        config_for(api, max_payload_bytes=size)


async def test_a_large_payload_is_cut_and_logged_once(
    api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(max_payload_bytes=2048, queue=ONE_WORKER) as (_, instance):
        for _ in range(2):
            async with instance.span("step") as span:
                await span.start({"prompt": "x" * 9000, "model": "m"})
                for number in range(9):
                    span.set_result({f"part {number}": "y" * 1000})
        with pytest.raises(ValueError, match="zzz"):
            async with instance.span("step"):
                raise ValueError("z" * 50_000)
    params = creates(api)[0]["payload"]
    assert params["model"] == "m"
    assert "[cut: 9,000 characters, " in params["prompt"]
    done, _, failed = results(api)
    assert list(done) == [f"part {number}" for number in range(9)]
    assert "[cut: " in failed["error"]["message"]
    assert [line.partition(" or ")[0] for line in warnings(caplog)] == [
        f"the {cut} cut to fit PrefactorCoreConfig.max_payload_bytes (2,048)"
        for cut in ("params of 'step' were", "result of 'step' was")
    ]


async def test_an_operation_has_the_size_of_its_payload(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over: list[Operation] = []
    async with run() as (client, instance):
        monkeypatch.setattr(client._span_manager, "_hand_over", handed_over.append)
        async with instance.span("step") as span:
            await span.start({"text": "x" * 1000})
            await span.complete({"text": "y" * 300_000})
    create, finish = handed_over
    assert 1000 <= create.size < 1200
    assert finish.size == 300_000 + len('{"text":""}')


class MarkedParams(PayloadModel):
    user: Any = None
    token: int = 0


class Marked(TypedSpan[MarkedParams, EmptyResult]):
    schema_name: ClassVar[str] = "marked"
    Params: TypeAlias = MarkedParams
    Result: TypeAlias = EmptyResult
    _redacted: ClassVar[Any] = {
        "params": {
            "": {"kinds": ["object"], "objects": [{"properties": {"token": True, "user": ["/u"]}}]},
            "/u": {"kinds": ["object"], "objects": [{"properties": {"mail": True, "friends": ["/f"]}}]},
            "/f": {"kinds": ["array"], "arrays": [{"items": ["/u"]}]},
        },
        "result": {"": {"kinds": ["object"], "objects": [{"others": True}]}},
    }

    async def start(self, **values: object) -> None:
        await self._start(values)


WRONG: Any = "a secret number"


async def test_a_schema_redacts_in_every_call(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    secret: Any = {"token": 1, "user": {"mail": "m", "name": "n"}}
    registry = SchemaRegistry()
    registry.register_type("marked", {"type": "object", "properties": {"token": {"type": "integer"}}}, {})
    async with run(queue=ONE_WORKER, schema_registry=registry) as (_, instance):
        async with instance.span(Marked, payload=secret), instance.span(Marked) as span:
            await span.start(**secret)
        async with instance.span(Marked) as span:
            await span.start_with(secret)
            span.set_result_with({"a": "secret"})  # type: ignore[arg-type]
            await span.fail({"b": {"c": "secret"}})
        async with instance.span(Marked) as span:
            await span.start(token=WRONG)
    hidden = {"token": "[redacted]", "user": {"mail": "[redacted]", "name": "n"}}
    assert [create["payload"] for create in creates(api)] == [hidden, hidden, hidden, {"token": "[redacted]"}]
    assert results(api)[2] == {"a": "[redacted]", "b": "[redacted]"}
    assert "the params of 'marked' do not match the schema: token: Input should be an" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"friends": [{"friends": [{"mail": "m"}]}]}, {"friends": [{"friends": [{"mail": "[redacted]"}]}]}),
        ([{"mail": "m"}], "[redacted]"),
        ('{"mail": "m"}', "[redacted]"),
        ({"friends": {"0": {"mail": "m"}}}, {"friends": "[redacted]"}),
        ({"friends": ["m", None]}, {"friends": ["[redacted]", None]}),
        ({"mail": None}, {"mail": "[redacted]"}),
        (None, None),
    ],
)
async def test_an_unexpected_value_is_redacted_as_a_whole(api: LocalApi, run: Run, user: Any, expected: Any) -> None:
    async with run(validation="off") as (_, instance), instance.span(Marked) as span:
        await span.start(user=user)
    assert api.spans()[0]["payload"] == {"user": expected}


class Broken(dict[str, Any]):
    def items(self) -> Any:
        raise RuntimeError("no")


async def test_a_payload_that_cannot_be_read_is_redacted_too(api: LocalApi, run: Run) -> None:
    async with run(validation="off") as (_, instance), instance.span(Marked) as span:
        await span.start_with(Broken(token="secret"))  # type: ignore[arg-type]
    assert api.spans()[0]["payload"] == {"unreadable": "[redacted]"}


def test_the_defaults_are_no_callable_and_a_mebibyte() -> None:
    fields = PrefactorCoreConfig.model_fields
    assert (fields["redact"].default, fields["max_payload_bytes"].default) == (None, 2**20)


async def test_a_key_that_is_recorded_with_a_number_is_redacted_by_its_own_text(api: LocalApi, run: Run) -> None:
    seen: list[tuple[str | int, ...]] = []

    def redact(field: PayloadField) -> object:
        seen.append(field.path)
        return "***" if "password" in field.path else field.value

    payload: dict[Any, Any] = {"password": "one", b"password": ["two"], "in": [{b"password": {"a": 1}, "password": 3}]}
    numbered = {"password": "***", "password (2)": ["***"], "in": [{"password (2)": {"a": "***"}, "password": "***"}]}
    async with run(redact=redact, queue=ONE_WORKER) as (_, instance):
        async with instance.span("step") as span:
            await span.start(payload)
            span.set_result(payload)
        await instance.record_quality("score", {"password (2)": 1} | payload)
    assert creates(api)[0]["payload"] == results(api)[0] == numbered
    assert bodies(api, "/record_quality")[0]["payload"]["password (3)"] == ["***"]
    assert ("in", 0, "password", "a") in seen
    assert {path for path in seen if "password (2)" in path} == {("password (2)",)}


async def test_a_schema_redacts_a_key_that_is_recorded_with_a_number(api: LocalApi, run: Run) -> None:
    payload: Any = {"token": 1, b"token": "two", "user": {"mail": "m", b"mail": "n", "name": "n"}}
    expected = {
        "token": "[redacted]",
        "token (2)": "[redacted]",
        "user": {"mail": "[redacted]", "mail (2)": "[redacted]", "name": "n"},
    }
    async with run(queue=ONE_WORKER) as (_, instance):
        async with instance.span(Marked, payload=payload):
            pass
        async with instance.span(Marked) as span:
            await span.start_with(payload)
    assert [create["payload"] for create in creates(api)] == [expected] * 2


async def test_a_numbered_key_in_a_payload_that_is_cut(api: LocalApi, run: Run) -> None:
    payload: dict[Any, Any] = {"password": "one", b"password": "two", "long": "x" * 9000}

    def redact(field: PayloadField) -> object:
        return "***" if "password" in field.path else field.value

    async with run(redact=redact, max_payload_bytes=1024) as (_, instance), instance.span("step") as span:
        span.set_result(payload)
        span.set_result({"more": 1})
    (recorded,) = results(api)
    assert (recorded["password"], recorded["password (2)"]) == ("***", "***")


@pytest.mark.slow
async def test_a_result_of_very_many_parts_is_collected_in_linear_time(api: LocalApi, run: Run) -> None:
    """If each part copied or measured all that is collected, these would take longer than a test may."""
    parts = {f"part {number}": "y" * 100 for number in range(20_000)}
    async with run() as (_, instance), instance.span("step") as span:
        for name, text in parts.items():
            span.set_result({name: text})
        for number in range(20_000):
            span.set_result({"part 0": f"streamed {number}"})
    result = api.spans()[0]["result_payload"]
    assert result["part 0"] == "streamed 19999"
    assert len(result) > 5_000
    assert result["[cut]"].startswith("[cut: ")
