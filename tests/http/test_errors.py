"""Answers that are errors, answers that break the contract, and no answer at all."""

import asyncio
import contextlib
import gzip
import json
import pickle
import socket
import threading
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest

from prefactor_http import (
    AgentInstance,
    HttpClientConfig,
    PrefactorApiError,
    PrefactorAuthError,
    PrefactorClientError,
    PrefactorConnectionError,
    PrefactorHttpClient,
    PrefactorHttpError,
    PrefactorNotFoundError,
    PrefactorResponseContractError,
    PrefactorRetryExhaustedError,
    PrefactorValidationError,
)
from prefactor_http.endpoints.span_writes import SpanWrites
from prefactor_http.exceptions import is_permanent_http_error, is_transient_http_error
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.anyio

PING = "/api/v1/ping"


async def failure(client: PrefactorHttpClient) -> PrefactorHttpError:
    with pytest.raises(PrefactorHttpError) as caught:
        await client.without_retries().validate_token()
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PrefactorValidationError),
        (401, PrefactorAuthError),
        (403, PrefactorAuthError),
        (404, PrefactorNotFoundError),
        (409, PrefactorApiError),
        (418, PrefactorApiError),
        (422, PrefactorValidationError),
        (408, PrefactorApiError),
        (425, PrefactorApiError),
        (429, PrefactorApiError),
        (500, PrefactorApiError),
        (503, PrefactorApiError),
        (307, PrefactorApiError),
    ],
)
async def test_status_decides_the_error(
    api: LocalApi, client: PrefactorHttpClient, status: int, kind: type[PrefactorApiError]
) -> None:
    api.inject(Fault(path=PING, status=status, body={"status": "error", "code": "c", "message": "m"}))
    error = await failure(client)

    assert type(error) is kind
    assert isinstance(error, PrefactorApiError)
    assert (str(error), error.code, error.status_code) == ("m", "c", status)
    is_transient = status in {408, 425, 429, 500, 503}
    assert (is_transient_http_error(error), is_permanent_http_error(error)) == (is_transient, not is_transient)


async def test_validation_errors_by_field(client: PrefactorHttpClient, instance: AgentInstance) -> None:
    with pytest.raises(PrefactorValidationError) as caught:
        await client.agent_instances.record_quality(instance.id, "")
    assert (caught.value.code, caught.value.status_code) == ("validation_errors", 422)
    assert "name" in caught.value.errors


async def test_an_action_that_comes_too_late(client: PrefactorHttpClient, instance: AgentInstance) -> None:
    span = await client.agent_spans.create(instance.id, "agent:llm", "active")
    await client.agent_spans.finish(span.id)
    with pytest.raises(PrefactorApiError) as caught:
        await client.agent_spans.finish(span.id)
    assert (caught.value.code, caught.value.status_code) == ("invalid_action", 409)


@pytest.mark.parametrize("body", ["<html>gone</html>", "", "[1]", '{"message": null}'])
async def test_an_error_without_the_apis_envelope(api: LocalApi, client: PrefactorHttpClient, body: str) -> None:
    api.inject(Fault(path=PING, status=404, body=body))
    error = await failure(client)
    assert isinstance(error, PrefactorNotFoundError)
    assert error.code == "http_404"
    came = f"application/json: {body}" if body else "application/json"
    not_the_api = f"this is not the Prefactor API: {api.url}{PING} answers with {came}"
    assert str(error) == f"HTTP 404 to GET {PING}: {not_the_api}"


PAGE = "<!doctype html>\n<html><head>\n<title>\n Sign in &amp; go on</title>\n</head><body>…</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 405, 409, 418, 422, 500, 502])
@pytest.mark.parametrize("body", [PAGE, "", "no healthy upstream", '{"message": "Forbidden"}', '{"status": 404}'])
async def test_an_error_that_is_not_of_the_api_may_be_over_soon(
    api: LocalApi, client: PrefactorHttpClient, status: int, body: str
) -> None:
    api.inject(Fault(path=PING, status=status, body=body, headers=HTML))
    error = await failure(client)
    assert isinstance(error, PrefactorApiError)
    assert (error.status_code, error.from_gateway, is_transient_http_error(error)) == (status, True, True)


@pytest.mark.parametrize("status", [200, 401, 404])
async def test_a_page_in_place_of_the_api_is_named_at_once(
    api: LocalApi, client: PrefactorHttpClient, waits: list[float], status: int
) -> None:
    api.inject(Fault(path=PING, status=status, body=PAGE, headers=HTML, times=None))
    with pytest.raises(PrefactorHttpError) as caught:
        await client.validate_token()
    not_the_api = f"this is not the Prefactor API: {api.url}{PING} answers with text/html: Sign in & go on"
    assert str(caught.value).endswith(f"GET {PING}: {not_the_api}")
    assert is_transient_http_error(caught.value)
    assert waits == []


async def test_what_is_too_large_for_a_gateway_stays_too_large(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=413, body=PAGE, headers=HTML))
    assert is_permanent_http_error(await failure(client))


async def test_error_texts_are_bounded(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=502, body="x" * 100_000))
    assert len(str(await failure(client))) < 300


FORGED = "a\r\nERROR forged\x1b[31m\x07\u2028\u202e\u2066\u200e\x00\ud800"


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 404, 409, 422, 503])
@pytest.mark.parametrize(
    "body",
    [
        {"code": FORGED, "message": FORGED, "errors": {FORGED: [FORGED]}},
        {"code": FORGED * 10_000, "message": FORGED * 10_000, "errors": {FORGED * 10_000: [FORGED * 10_000] * 100}},
        {"code": [FORGED], "message": {"message": FORGED}, "errors": {"a": {FORGED: FORGED}, "b": {"message": FORGED}}},
        {"errors": {f"field {n}": FORGED for n in range(10_000)}},
        {"status": "success", "outputs": {FORGED * 10_000: {}}},
        FORGED.encode("utf-8", "replace") * 10_000,
    ],
    ids=["short", "long", "nested", "many", "names", "no JSON"],
)
async def test_texts_of_an_answer_are_one_line_of_bounded_length(
    api: LocalApi, client: PrefactorHttpClient, status: int, body: Any
) -> None:
    body = json.dumps(body) if isinstance(body, dict) else body
    api.inject(Fault(path="/api/v1/bulk", status=status, body=body))
    with pytest.raises(PrefactorHttpError) as caught:
        await SpanWrites(client.without_retries()).execute([])
    error = caught.value
    state = {name: value for name, value in vars(error).items() if name != "cause"}
    for text in (str(error), str(error.args), *leaves(state)):
        assert text.isprintable()
        assert len(text) < 4000
    assert len(list(leaves(state))) < 2100


def leaves(value: Any) -> Iterator[str]:
    """The names and the other texts in a value."""
    if isinstance(value, dict):
        yield from (name for name in value)
        yield from (leaf for member in value.values() for leaf in leaves(member))
    elif isinstance(value, list):
        yield from (leaf for member in value for leaf in leaves(member))
    elif value is not None:
        yield str(value)


async def test_letters_and_spaces_of_all_languages_are_kept(api: LocalApi, client: PrefactorHttpClient) -> None:
    message = "L'état\u00a0: 不明な\u3000エラー שגיאה 🚫"
    api.inject(Fault(path=PING, status=409, body={"code": "c", "message": message}))
    assert str(await failure(client)) == message


async def test_a_status_line_that_is_no_http() -> None:
    async with raw_server(b"\x1b[31m\r\nforged" + b"x" * 100_000 + b"\r\n\r\n") as (client, _):
        with pytest.raises(PrefactorConnectionError) as caught:
            await client.validate_token()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("-1", None), ("", None)]
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds(
    api: LocalApi, client: PrefactorHttpClient, status: int, header: str, seconds: float | None
) -> None:
    api.inject(Fault(path=PING, status=status, headers={"Retry-After": header}))
    assert (await failure(client)).retry_after == seconds


async def test_retry_after_as_a_date(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=503, headers={"Retry-After": formatdate(time.time() + 3600, usegmt=True)}))
    assert 3500 < ((await failure(client)).retry_after or 0) <= 3600
    api.inject(Fault(path=PING, status=503, headers={"Retry-After": formatdate(0, usegmt=True)}))
    assert (await failure(client)).retry_after == 0.0


async def test_retry_after_is_for_429_and_5xx(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=404, headers={"Retry-After": "3"}))
    assert (await failure(client)).retry_after is None


INSTANCE = {
    "type": "agent_instance",
    "id": "i",
    "account_id": "a",
    "agent_id": "a",
    "agent_version_id": "v",
    "environment_id": "e",
    "agent_deployment_id": "d",
    "status": "active",
    "inserted_at": "2026-01-02T03:04:05Z",
    "updated_at": "2026-01-02T03:04:05.5+00:00",
}


async def test_unknown_fields_and_missing_optional_ones_are_tolerated(
    api: LocalApi, client: PrefactorHttpClient
) -> None:
    body = {"status": "success", "details": {**INSTANCE, "new_field": [1]}, "new_part": {}}
    api.inject(Fault(path="/api/v1/agent_instance/i", status=200, body=body))
    instance = await client.agent_instances.get("i")
    assert (instance.id, instance.purpose, instance.quality_payloads) == ("i", None, None)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"status": "success", "det', "not JSON"),
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ({"status": "success", "details": {}}, "details.type: Field required"),
        ({"status": "success"}, "details: Field required"),
        ({"status": "success", "details": {**INSTANCE, "status": "asleep"}}, "details.status"),
        ({"status": "success", "details": {**INSTANCE, "inserted_at": "yesterday"}}, "details.inserted_at"),
    ],
)
async def test_an_answer_that_breaks_the_contract(
    api: LocalApi, client: PrefactorHttpClient, waits: list[float], body: Any, problem: str
) -> None:
    api.inject(Fault(path="/api/v1/agent_instance/i", status=200, body=body))
    with pytest.raises(PrefactorResponseContractError) as caught:
        await client.agent_instances.get("i")

    error = caught.value
    assert str(error).startswith("unexpected answer to GET /api/v1/agent_instance/i: ")
    assert problem in str(error)
    assert error.status_code == 200
    assert error.body_snippet is not None
    assert is_permanent_http_error(error)
    assert waits == []


async def test_the_snippet_of_a_contract_error_is_bounded(api: LocalApi, client: PrefactorHttpClient) -> None:
    api.inject(Fault(path=PING, status=200, body="ü" * 10_000))
    error = await failure(client)
    assert isinstance(error, PrefactorResponseContractError)
    assert error.body_snippet == "ü" * 200 + "…"
    assert isinstance(error.cause, ValueError)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def test_a_refused_connection() -> None:
    async with PrefactorHttpClient(HttpClientConfig(f"http://127.0.0.1:{unused_port()}", "t"), retry=False) as client:
        with pytest.raises(
            PrefactorConnectionError, match=r"no answer to GET /api/v1/ping at http://127.0.0.1:\d+: ConnectError"
        ) as caught:
            await client.validate_token()
    assert isinstance(caught.value, PrefactorClientError)
    assert is_transient_http_error(caught.value)


async def test_request_timeout_is_the_total_of_a_try(api: LocalApi) -> None:
    config = HttpClientConfig(api.url, api.token, request_timeout=0.05)
    api.inject(Fault(path=PING, delay=30))
    async with PrefactorHttpClient(config, retry=False) as client:
        with pytest.raises(
            PrefactorConnectionError, match=r"no answer to GET /api/v1/ping at \S+ within 0\.05 s"
        ) as caught:
            await client.validate_token()
    assert is_transient_http_error(caught.value)


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[tuple[PrefactorHttpClient, asyncio.Event]]:
    """A client of a server that answers with these bytes and hangs up, or never answers; and: a request has arrived."""
    arrived, done = asyncio.Event(), asyncio.Event()
    connections: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        if answer is None:
            await done.wait()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with PrefactorHttpClient(HttpClientConfig(f"http://127.0.0.1:{port}", "t"), retry=False) as client:
            yield client, arrived
        done.set()
        await asyncio.gather(*filter(None, connections))


async def test_closing_ends_a_request_in_flight() -> None:
    async with raw_server(None) as (client, arrived):
        request = asyncio.create_task(client.validate_token())
        await arrived.wait()
        await client.close()
        with pytest.raises(PrefactorConnectionError):
            await request


async def test_a_connection_that_is_cut_off_in_the_answer() -> None:
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") as (client, _):
        with pytest.raises(PrefactorConnectionError, match="RemoteProtocolError"):
            await client.validate_token()


async def test_an_answer_that_comes_before_the_request() -> None:
    """As an overloaded load balancer sends it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with PrefactorHttpClient(HttpClientConfig(url, "t"), retry=False) as client:
            with pytest.raises(PrefactorApiError) as caught:
                await client.validate_token()
    assert (caught.value.status_code, caught.value.retry_after) == (503, 7)


async def test_a_connection_that_the_server_has_just_closed_is_not_used() -> None:
    answered, closed = threading.Event(), threading.Event()

    def serve() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(response(b'{"status": "success"}'))
                answered.wait()
            closed.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with PrefactorHttpClient(HttpClientConfig(url, "t"), retry=False) as client:
            await client.validate_token()
            answered.set()
            closed.wait()  # the event loop waits, too, and does not read that the connection was closed
            await client.validate_token()
        thread.join()


async def test_what_follows_an_answer_is_not_the_next_one() -> None:
    """A broken server, or a gateway that mixes answers up."""
    both = response(b'{"status": "success"}') + response(b'{"status": "of another request"}')
    ports: set[int] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(both)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with PrefactorHttpClient(HttpClientConfig(url, "t"), retry=False) as client:
            for _ in range(3):
                assert await client.validate_token() == {"status": "success"}
    assert len(ports) == 3


def response(body: bytes, status: int = 200, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def encoded(body: bytes, encoding: str, status: int = 200) -> bytes:
    return response(body, status, **{"Content-Encoding": encoding})


PONG = b'{"status": "success"}'


@pytest.mark.parametrize(
    "answer",
    [
        encoded(gzip.compress(PONG), "gzip"),
        encoded(gzip.compress(PONG), "GZip"),
        encoded(zlib.compress(PONG), "deflate"),
        encoded(PONG, "identity"),
        response(PONG),
    ],
    ids=["gzip", "upper case", "deflate", "identity", "plain"],
)
async def test_an_answer_may_be_compressed(answer: bytes) -> None:
    async with raw_server(answer) as (client, _):
        assert await client.validate_token() == {"status": "success"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, PrefactorResponseContractError),
        (401, PrefactorAuthError),
        (422, PrefactorValidationError),
        (503, PrefactorApiError),
    ],
)
@pytest.mark.parametrize(
    ("body", "encoding", "problem"),
    [
        (gzip.compress(b" " * 50_000_000), "gzip", "longer than 8,388,608 bytes"),
        (b" " * 9_000_000, "identity", "longer than 8,388,608 bytes"),
        (gzip.compress(PONG) + b" " * 9_000_000, "gzip", "longer than 8,388,608 bytes"),
        (gzip.compress(gzip.compress(PONG)), "gzip, gzip", "Content-Encoding"),
        (PONG, "br", "Content-Encoding"),
        (PONG, "gzip", "not valid gzip"),
        (gzip.compress(PONG)[:-12], "gzip", "cut off"),
    ],
    ids=["bomb", "long", "long after its end", "twice", "unknown", "damaged", "cut off"],
)
async def test_an_answer_that_cannot_be_read(
    body: bytes, encoding: str, problem: str, status: int, kind: type[PrefactorApiError]
) -> None:
    async with raw_server(encoded(body, encoding, status)) as (client, _):
        with pytest.raises(kind, match=problem) as caught:
            await client.validate_token()
    assert caught.value.status_code == status
    assert is_transient_http_error(caught.value) == (status != 200)  # an error that nobody can read is not a verdict


def test_errors_of_others_are_neither() -> None:
    for error in (ValueError(), TimeoutError()):
        assert not is_transient_http_error(error)
        assert not is_permanent_http_error(error)


def test_an_exhausted_retry_is_as_lasting_as_its_last_error() -> None:
    transient = PrefactorRetryExhaustedError("x", last_error=PrefactorApiError("m", "c", 503))
    assert is_transient_http_error(transient)
    assert is_permanent_http_error(PrefactorRetryExhaustedError("x"))
    assert is_permanent_http_error(PrefactorClientError("wrong use"))


@pytest.mark.parametrize(
    "error",
    [
        PrefactorApiError("m", "c", 409),
        PrefactorValidationError(message="m", code="c", status_code=422, errors={"name": ["is required"]}),
        PrefactorResponseContractError("m", status_code=200, body_snippet="x"),
        PrefactorRetryExhaustedError("m", last_error=None),
    ],
)
def test_errors_can_be_pickled(error: PrefactorHttpError) -> None:
    error.retry_after = 2.0
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


async def test_a_validation_error_says_which_field_and_why(client: PrefactorHttpClient, api: LocalApi) -> None:
    errors = {"agent_id": ["is required with an account token"], "a": {"code": "x", "message": "too long"}}
    body = {"status": "error", "code": "validation_errors", "message": "Invalid: agent_id.", "errors": errors}
    api.inject(Fault(path=PING, status=422, body=body))
    error = await failure(client)
    assert str(error) == "Invalid: agent_id. (agent_id: is required with an account token; a: too long)"
    assert error.args == ("Invalid: agent_id.",)
