"""What all requests share on the wire, and `request()`."""

import asyncio
import json
import math
from typing import Any
from urllib.parse import unquote

import pytest

import prefactor_http
from prefactor_http import (
    AgentInstance,
    HttpClientConfig,
    PrefactorAuthError,
    PrefactorClientError,
    PrefactorHttpClient,
)
from prefactor_http._request import encode_json, encode_json_types
from prefactor_http.client import DEFAULT_SDK_HEADER
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def test_headers(api: LocalApi, client: PrefactorHttpClient) -> None:
    answer = await client.validate_token()

    assert isinstance(answer, dict)
    request = api.requests[-1]
    assert (request.method, request.path, request.body) == ("GET", "/api/v1/ping", None)
    assert request.headers["authorization"] == f"Bearer {api.token}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-prefactor-sdk"] == DEFAULT_SDK_HEADER == f"prefactor-http@{prefactor_http.__version__}"
    assert "idempotency-key" not in request.headers


async def test_sdk_header_can_be_given(api: LocalApi, config: HttpClientConfig) -> None:
    async with PrefactorHttpClient(config, "adapter@1 prefactor-core@2") as client:
        await client.validate_token()
    assert api.requests[-1].headers["x-prefactor-sdk"] == "adapter@1 prefactor-core@2"


async def test_validate_token_with_a_wrong_token(api: LocalApi) -> None:
    async with PrefactorHttpClient(HttpClientConfig(api.url, "wrong")) as client:
        with pytest.raises(PrefactorAuthError) as caught:
            await client.validate_token()
    assert caught.value.status_code == 401
    assert len(api.requests) == 1


async def test_trailing_slash_of_the_url_is_dropped(api: LocalApi) -> None:
    async with PrefactorHttpClient(HttpClientConfig(api.url + "/", api.token)) as client:
        await client.validate_token()
    assert api.requests[-1].path == "/api/v1/ping"


async def test_request_of_any_kind(api: LocalApi, client: PrefactorHttpClient) -> None:
    answer = await client.request(
        "POST", "/api/v1/agent", json_data={"details": {"name": "A"}}, idempotency_key="header-key"
    )
    assert answer["details"]["name"] == "A"
    assert api.requests[-1].headers["idempotency-key"] == "header-key"

    listed = await client.request("GET", "/api/v1/agent", params={"team_id": "none"})
    assert listed["summaries"] == []
    assert "idempotency-key" not in api.requests[-1].headers


async def test_default_idempotency_key_is_for_request_only(
    api: LocalApi, config: HttpClientConfig, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    config.default_idempotency_key = "default-key"
    await client.request("GET", "/api/v1/ping")
    assert api.requests[-1].headers["idempotency-key"] == "default-key"
    await client.agent_instances.start(instance.id)
    assert "idempotency-key" not in api.requests[-1].headers


@pytest.mark.parametrize("path", ["api/v1/ping", "@127.0.0.1:1/", "", "https://127.0.0.1/"])
async def test_request_does_not_leave_the_host(client: PrefactorHttpClient, path: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        await client.request("GET", path)


async def test_long_keys_are_refused_before_sending(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance
) -> None:
    sent = len(api.requests)
    with pytest.raises(ValueError, match="64"):
        await client.agent_instances.start(instance.id, idempotency_key="k" * 65)
    with pytest.raises(ValueError, match="64"):
        await client.agent_spans.create(instance.id, "agent:llm", "active", idempotency_key="k" * 65)
    with pytest.raises(ValueError, match="64"):
        await client.request("GET", "/api/v1/ping", idempotency_key="k" * 65)
    assert len(api.requests) == sent

    await client.agent_instances.start(instance.id, idempotency_key="k" * 64)


@pytest.mark.parametrize("identifier", ["", ".", ".."])
async def test_ids_that_lead_elsewhere_are_refused(client: PrefactorHttpClient, identifier: str) -> None:
    with pytest.raises(ValueError, match="ID"):
        await client.agents.delete(identifier)


async def test_ids_are_quoted(api: LocalApi, client: PrefactorHttpClient) -> None:
    with pytest.raises(prefactor_http.PrefactorNotFoundError):
        await client.agents.get("a b?c#d")
    assert (unquote(api.requests[-1].path), api.requests[-1].query) == ("/api/v1/agent/a b?c#d", {})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, object(), {1, 2}])
async def test_a_body_without_a_json_form_is_not_sent(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance, value: object
) -> None:
    sent = len(api.requests)
    with pytest.raises(PrefactorClientError, match="JSON"):
        await client.agent_spans.create(instance.id, "agent:llm", "active", {"x": value})
    assert len(api.requests) == sent


async def test_half_a_surrogate_pair_goes_out_as_an_escape(api: LocalApi, client: PrefactorHttpClient) -> None:
    with pytest.raises(prefactor_http.PrefactorHttpError):
        await client.request("POST", "/api/v1/agent", json_data={"details": {"name": "a\udc80"}})
    assert api.requests[-1].body == {"details": {"name": "a\udc80"}}


async def test_many_requests_at_once(api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance) -> None:
    spans = await asyncio.gather(
        *(client.agent_spans.create(instance.id, "agent:llm", "active", {"n": n}) for n in range(20))
    )
    assert [span.payload["n"] for span in spans] == list(range(20))
    assert len({span.id for span in spans}) == 20


async def test_environment_proxies_are_not_used(
    monkeypatch: pytest.MonkeyPatch, api: LocalApi, client: PrefactorHttpClient
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await client.validate_token()
    assert len(api.requests) == 1


@pytest.mark.parametrize("value", ["a\udc80", {"\udc80": 1}, 2**70, "NaN", "-Infinity", -0.0, 1e22, [[[]]], None, True])
def test_both_encoders_write_the_same(value: object) -> None:
    payload = {"x": value}
    assert json.loads(encode_json_types(payload)) == json.loads(encode_json(payload)) == payload


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, object()])
def test_both_encoders_refuse_the_same(value: object) -> None:
    for encode in (encode_json, encode_json_types):
        with pytest.raises(PrefactorClientError, match="JSON"):
            encode({"x": [value]})


def test_both_encoders_write_many_levels() -> None:
    payload: dict[str, Any] = {}
    for _ in range(400):
        payload = {"x": payload}
    assert encode_json_types(payload) == encode_json(payload)
