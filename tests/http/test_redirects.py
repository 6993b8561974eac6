"""Redirects: 307 and 308 on the same host are followed; the others are named."""

import pytest

from prefactor_http import AgentInstance, HttpClientConfig, PrefactorApiError, PrefactorHttpClient
from prefactor_http.exceptions import is_transient_http_error
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

CREATE = "/api/v1/agent_spans"
PING = "/api/v1/ping"


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_on_the_same_host_is_followed_with_all_of_the_request(
    api: LocalApi, client: PrefactorHttpClient, instance: AgentInstance, status: int
) -> None:
    api.inject(Fault(path=CREATE, status=status, headers={"Location": f"{CREATE}?node=1#top"}))
    api.inject(Fault(path=CREATE, status=status, headers={"Location": f"{api.url}{CREATE}"}))
    span = await client.agent_spans.create(instance.id, "agent:llm", "active", idempotency_key="create-key")

    first, second, third = [request for request in api.requests if request.path == CREATE]
    assert first.body == second.body == third.body
    assert {request.headers["authorization"] for request in (first, second, third)} == {f"Bearer {api.token}"}
    assert [stored["id"] for stored in api.spans()] == [span.id]


async def test_the_key_in_the_header_is_kept(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=307, headers={"Location": PING}))
    await client.request("GET", PING, params={"a": "1"}, idempotency_key="header-key")
    assert [request.headers["idempotency-key"] for request in api.requests] == ["header-key"] * 2


async def test_where_a_redirect_led_is_named_without_its_query(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=307, headers={"Location": f"{PING}?next=secret-query"}, body=""))
    api.inject(Fault(path=PING, status=404, headers={"Content-Type": "text/html"}, body=""))
    with pytest.raises(PrefactorApiError) as caught:
        await client.validate_token()
    assert str(caught.value).endswith(f"{api.url}{PING} answers with text/html")


async def test_redirects_in_a_circle_come_to_an_end(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=308, headers={"Location": PING}, body="", times=None))
    with pytest.raises(PrefactorApiError, match=r"redirects to .*, which is not followed"):
        await client.validate_token()
    assert len(api.requests) == 4


@pytest.mark.parametrize(
    ("status", "location", "shown"),
    [
        (301, PING, "{api}/api/v1/ping"),
        (302, "/login?next=secret-query", "{api}/login"),
        (303, "https://login.example/a?token=secret-query#secret-query", "https://login.example/a"),
        (308, "//other.example/api/v1/ping", "http://other.example/api/v1/ping"),
    ],
)
async def test_another_redirect_is_not_followed_and_named(
    api: LocalApi, client: PrefactorHttpClient, status: int, location: str, shown: str
) -> None:
    api.inject(Fault(path=PING, status=status, headers={"Location": location}, body="<html></html>", times=None))
    with pytest.raises(PrefactorApiError) as caught:
        await client.validate_token()
    shown = shown.format(api=api.url)
    redirects = f"{api.url}{PING} redirects to {shown}, which is not followed"
    assert str(caught.value) == f"HTTP {status} to GET {PING}: {redirects}"
    assert is_transient_http_error(caught.value)
    assert len(api.requests) == 1


async def test_the_token_goes_to_no_other_address(api: LocalApi, config: HttpClientConfig) -> None:
    port = api.url.rpartition(":")[2]
    with LocalApi() as other:
        elsewhere = [
            other.url,  # another port
            f"http://localhost:{port}",  # another name
            f"https://127.0.0.1:{port}",  # another scheme
            f"http://user:password@127.0.0.1:{port}",  # other credentials
            f"http://127.0.0.1:{port}\\@other.example",
            "http://127.0.0.1:999999",
            "http://[",
            "javascript:alert(1)",
            "",
        ]
        for location in elsewhere:
            headers = {"Location": f"{location}{PING}" if location else ""}
            api.inject(Fault(path=PING, status=307, headers=headers, body=""))
            async with PrefactorHttpClient(config, retry=False) as client:
                with pytest.raises(PrefactorApiError) as caught:
                    await client.validate_token()
            assert caught.value.status_code == 307
            assert "password" not in str(caught.value)
        assert other.requests == []
    assert len(api.requests) == len(elsewhere)
