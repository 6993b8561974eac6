"""The API token appears only in the Authorization header."""

import copy
import dataclasses
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from pydantic import BaseModel, TypeAdapter

from prefactor_core import PrefactorCoreConfig
from prefactor_http import AgentInstance, HttpClientConfig, PrefactorHttpClient, PrefactorHttpError
from prefactor_http.endpoints.span_writes import SpanWrites
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

TOKEN = "very-secret-token"


@pytest.fixture
def api() -> object:
    with LocalApi(token=TOKEN) as api:
        yield api


def test_not_in_reprs() -> None:
    config = HttpClientConfig("http://127.0.0.1:1", TOKEN)
    client = PrefactorHttpClient(config)
    for text in (repr(config), str(config), f"{config}", repr(client), repr(client.agents), repr(vars(client))):
        assert TOKEN not in text


@dataclasses.dataclass
class Settings:
    http: HttpClientConfig


class Options(BaseModel):
    http: HttpClientConfig


@pytest.mark.parametrize(
    "dump",
    [
        lambda config: json.dumps(dataclasses.asdict(config)),
        lambda config: json.dumps(dataclasses.asdict(Settings(config))),
        lambda config: str(dataclasses.astuple(config)),
        lambda config: Options(http=config).model_dump_json(),
        lambda config: str(Options(http=config).model_dump()),
        lambda config: TypeAdapter(HttpClientConfig).dump_json(config).decode(),
        lambda config: PrefactorCoreConfig(http_config=config).model_dump_json(),
        lambda config: str(PrefactorCoreConfig(http_config=config).model_dump()),
        lambda config: pickle.dumps(config, 0).decode("latin-1"),
        lambda config: pickle.dumps(PrefactorCoreConfig(http_config=config), 0).decode("latin-1"),
        lambda config: pickle.dumps(config.api_token, 0).decode("latin-1"),
        lambda config: repr(vars(config)),
    ],
)
def test_not_in_dumps_of_the_configuration(dump: Callable[[HttpClientConfig], str]) -> None:
    assert TOKEN not in dump(HttpClientConfig("http://127.0.0.1:1", TOKEN))


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        dataclasses.replace,
        lambda config: PrefactorCoreConfig(http_config=config).model_copy(deep=True).http_config,
    ],
)
def test_a_copy_of_the_configuration_has_the_token(copied: Callable[[HttpClientConfig], HttpClientConfig]) -> None:
    config = HttpClientConfig("http://127.0.0.1:1", TOKEN, max_retries=7)
    assert copied(config) == config
    assert copied(config).api_token == TOKEN


def test_a_configuration_from_a_pickle_takes_the_token_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(HttpClientConfig("http://127.0.0.1:1", TOKEN, max_retries=7))
    monkeypatch.delenv("PREFACTOR_API_TOKEN", raising=False)
    with pytest.raises(ValueError, match="PREFACTOR_API_TOKEN"):
        pickle.loads(pickled)
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "token-of-the-worker")
    assert pickle.loads(pickled) == HttpClientConfig("http://127.0.0.1:1", "token-of-the-worker", max_retries=7)


def test_a_dump_is_no_configuration() -> None:
    dumped = dataclasses.asdict(HttpClientConfig("http://127.0.0.1:1", TOKEN))
    with pytest.raises(ValueError, match="does not contain the token"):
        HttpClientConfig(**dumped)


async def test_not_in_logs(
    caplog: pytest.LogCaptureFixture, api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    caplog.set_level(logging.DEBUG)
    api.inject(Fault(path="/api/v1/agent_spans", status=503))
    await client.agent_spans.create(instance.id, "agent:llm", "active")
    with pytest.raises(PrefactorHttpError):
        await client.agents.get("nobody")

    messages = [record.getMessage() for record in caplog.records]
    assert any("attempt 1 failed" in message for message in messages)
    assert any("POST /api/v1/agent_spans" in message for message in messages)
    assert not any(TOKEN in message for message in messages)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 503])
async def test_not_in_errors_even_if_the_server_echoes_it(
    api: LocalApi, client: PrefactorHttpClient, status: int
) -> None:
    echoes = [
        f"Authorization: Bearer {TOKEN}",
        {"code": TOKEN, "message": f"bad {TOKEN}", "errors": {"token": [TOKEN]}},
    ]
    for body in echoes:
        api.inject(Fault(path="/api/v1/agent/a", status=status, body=body))
        with pytest.raises(PrefactorHttpError) as caught:
            await client.without_retries().agents.get("a")
        shown = "".join(traceback.format_exception(caught.value))
        assert TOKEN not in shown
        assert TOKEN not in repr(caught.value) + repr(vars(caught.value))


ESCAPED = "".join(f"\\u{ord(char):04x}" for char in TOKEN)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 409, 422, 429, 503])
@pytest.mark.parametrize(
    "body",
    [
        f'{{"message": "bad {ESCAPED}", "code": "{ESCAPED}", "errors": {{"{ESCAPED}": ["{ESCAPED}"]}}}}',
        f'{{"message": "bad\\n{TOKEN}", "code": "c"}}',
        f'{{"message": "{"x" * 490} {TOKEN}", "code": "{"x" * 95} {TOKEN}"}}',
        f'{{"outputs": {{"{TOKEN}": {{}}}}}}',
        f'{{"outputs": {{"{ESCAPED}": {{}}}}}}',
    ],
    ids=["escaped", "after a line break", "where it is cut", "name", "escaped name"],
)
async def test_not_in_errors_in_another_form(
    api: LocalApi, client: PrefactorHttpClient, status: int, body: str
) -> None:
    api.inject(Fault(path="/api/v1/bulk", status=status, body=body))
    with pytest.raises(PrefactorHttpError) as caught:
        await SpanWrites(client.without_retries()).execute([])
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert TOKEN not in shown
    assert TOKEN[:7] not in shown  # nor its beginning, where a text is cut


async def test_not_in_connection_errors() -> None:
    config = HttpClientConfig("http://127.0.0.1:1", TOKEN)
    async with PrefactorHttpClient(config, retry=False) as client:
        with pytest.raises(PrefactorHttpError) as caught:
            await client.validate_token()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("header", ["adapter@1\nx: y", "adapter@ü"])
async def test_not_in_the_error_of_a_header_that_cannot_be_sent(config: HttpClientConfig, header: str) -> None:
    async with PrefactorHttpClient(config, header, retry=False) as client:
        with pytest.raises(PrefactorHttpError, match="cannot be sent") as caught:
            await client.validate_token()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("token", ["t", "dev", "tokens7"])
async def test_a_short_token_changes_no_message(token: str) -> None:
    message = f"a bad token, not a {token}: tokens7tokens7"
    with LocalApi(token=token) as api:
        api.inject(Fault(path="/api/v1/agent/a", status=400, body={"code": "bad_token", "message": message}))
        async with PrefactorHttpClient(HttpClientConfig(api.url, token), retry=False) as client:
            with pytest.raises(PrefactorHttpError) as caught:
                await client.agents.get("a")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("bad %s", "bad [redacted]"),
        ("Bearer:%s, next", "Bearer:[redacted], next"),
        ("token=%s&x=1", "token=[redacted]&x=1"),
        ("line\\n%s\\n", r"line\n[redacted]\n"),
        ("\\u00e9%s", "é[redacted]"),
        ("%sX and X%s", None),
    ],
)
@pytest.mark.parametrize("token", ["12345678", TOKEN, "a/b+c==d.e_f-g"])
async def test_a_token_is_masked_where_it_stands_as_a_whole(token: str, body: str, expected: str | None) -> None:
    forms = [token, token.replace("/", "\\/"), "".join(f"\\u{ord(each):04X}" for each in token)]
    with LocalApi(token=token) as api:
        async with PrefactorHttpClient(HttpClientConfig(api.url, token), retry=False) as client:
            for form in forms:
                text = '{"message": "%s"}' % body.replace("%s", form)  # noqa: UP031 - with braces
                api.inject(Fault(path="/api/v1/agent/a", status=400, body=text))
                with pytest.raises(PrefactorHttpError) as caught:
                    await client.agents.get("a")
                assert str(caught.value) == (expected or body.replace("%s", token))
