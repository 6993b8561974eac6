"""What web pages, strangers and slow clients can do to a server on a developer's machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from tests.local.conftest import Http

from prefactor_local import Fault, LocalApi
from prefactor_local._server import http_protocol, reception

MEGABYTE = 2**20


@pytest.fixture
def send(api: LocalApi) -> Iterator[Callable[..., socket.socket]]:
    """Sends the head of a request, and returns the connection."""
    connections = []

    def send_head(*lines: str, path: str = "/api/v1/bulk") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])), timeout=20)
        connections.append(connection)
        connection.sendall("\r\n".join((f"POST {path} HTTP/1.1", *lines, "", "")).encode())
        return connection

    yield send_head
    for connection in connections:
        connection.close()


def test_connections_that_are_too_many_are_closed(
    send: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_protocol, "most_connections", lambda: 2)
    open_ones = [send("Host: localhost") for _ in range(2)]
    assert [answer(each) for each in open_ones] == [(401, "unauthorized")] * 2
    for _ in range(2):
        assert is_closed(send("Host: localhost"))
    assert caplog.messages == ["more than 2 connections are open: further ones are closed at once"]
    open_ones[0].close()
    assert is_closed(send("Host: localhost", "Connection: close"), after=b"401")


def is_closed(connection: socket.socket, after: bytes = b"") -> bool:
    """Whether the server closes the connection, having sent something with this in it; nothing if it is empty."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return after in received if after else not received


def test_a_request_for_a_websocket_prints_nothing(
    api: LocalApi, send: Callable[..., socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    for protocol in ("websocket", "h2c"):
        assert answer(send("Host: localhost", "Connection: Upgrade", f"Upgrade: {protocol}"))[0] == 401
    assert caplog.messages == []


@pytest.mark.parametrize("path", ["/api/v1/bulk", "/api/v1/agent_spans", "/_local/faults", "/nothing"])
@pytest.mark.parametrize("lines", [["Content-Length: 100000000"], ["Transfer-Encoding: chunked"]])
def test_no_body_is_read_without_a_token(path: str, lines: list[str], send: Callable[..., socket.socket]) -> None:
    connection = send("Host: localhost", *lines, path=path)
    assert answer(connection) == (401, "unauthorized")


def test_a_refused_request_is_recorded_without_its_body(api: LocalApi) -> None:
    httpx.post(f"{api.url}/api/v1/bulk", json={"items": []}, trust_env=False)
    (recorded,) = api.requests
    assert (recorded.path, recorded.status, recorded.body) == ("/api/v1/bulk", 401, None)


def test_faults_come_before_the_refusal(api: LocalApi) -> None:
    api.inject(Fault(status=503))
    assert httpx.get(f"{api.url}/api/v1/ping", trust_env=False).status_code == 503


@pytest.mark.parametrize("lines", [["Content-Length: 100000000"], ["Content-Length: 16777217"]])
def test_a_large_body_is_refused_before_it_is_read(
    lines: list[str], api: LocalApi, send: Callable[..., socket.socket]
) -> None:
    connection = send("Host: localhost", f"Authorization: Bearer {api.token}", *lines)
    assert answer(connection) == (413, "payload_too_large")


def test_a_client_that_sends_a_large_body_reads_why_it_is_refused(api: LocalApi, http: Http) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * MEGABYTE

    headers = {"Authorization": f"Bearer {api.token}"}
    whole = httpx.post(f"{api.url}/api/v1/bulk", content=b"".join(chunks()), headers=headers, trust_env=False)
    assert (whole.status_code, whole.json()["code"]) == (413, "payload_too_large")
    assert whole.json()["message"] == "The body is larger than 16 MiB."
    assert http.get("/ping")


def test_a_body_without_a_stated_length_is_bounded(api: LocalApi, send: Callable[..., socket.socket]) -> None:
    connection = send("Host: localhost", f"Authorization: Bearer {api.token}", "Transfer-Encoding: chunked")
    chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
    with pytest.raises(ConnectionError):
        connection.sendall(chunk * 64)
    assert api.requests[0].status == 413


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "[::1]:8765", "app.localhost", "my-machine", "LOCALHOST.", "[fe80::1%eth0]:80"],
)
def test_names_of_this_machine_are_allowed(host: str) -> None:
    with LocalApi(allowed_hosts=["my-machine", "fe80::1%eth0"]) as api:
        assert ping(api, Host=host) == 200
        assert ping(api, Origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost#.evil.example",
        "localhost/evil",
        "localhost:abc",
        "local\thost",
        ".localhost",
        "10.0.0.1",
        "[",
    ],
)
def test_other_names_are_refused(host: str, api: LocalApi) -> None:
    assert ping(api, Host=host) == 403
    assert ping(api, Origin=f"http://{host}") == 403
    assert ping(api, path="/_local/report", Host=host) == 403


@pytest.mark.parametrize("origin", ["null", "chrome-extension://localhost", "localhost", "", "http://"])
def test_other_origins_are_refused(origin: str, api: LocalApi) -> None:
    assert ping(api, Origin=origin) == 403


def test_a_server_on_every_address_is_reached_by_address() -> None:
    with LocalApi(host="0.0.0.0") as api:
        assert ping(api, Host="192.0.2.7") == ping(api, Host=socket.gethostname()) == 200
        assert ping(api, Host="192.0.2.7:80", Origin="http://192.0.2.7") == 200
        assert ping(api, Host="evil.example") == ping(api, Host="192.0.2.7", Origin="http://192.0.2.8") == 403


def test_a_head_that_does_not_end_is_cut_off(
    send: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = send("Host: localhost", "Content-Length: 0")
    assert answer(connection)[0] == 401
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.05)
    connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    assert connection.recv(1) == b""


def test_a_body_that_does_not_end_is_cut_off(
    api: LocalApi, send: Callable[..., socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "BODY_SECONDS", 0.05)
    connection = send("Host: localhost", f"Authorization: Bearer {api.token}", "Content-Length: 10")
    assert answer(connection) == (408, "request_timeout")


def test_a_head_is_bounded(send: Callable[..., socket.socket]) -> None:
    connection = send("Host: localhost", "X-Long: " + "x" * 200_000)
    assert connection.recv(12) == b"HTTP/1.1 400"


def test_idempotency_keys_belong_to_a_token(api: LocalApi, connect: Callable[..., Http]) -> None:
    for agent in ("one", "two"):
        http = connect(api, api.deployment_token(agent))
        answer = http.post("/agent_instance/register", {"idempotency_key": "the-same-key"})
        assert answer["details"]["agent_id"] == agent
        assert http.post("/agent_instance/register", {"idempotency_key": "the-same-key"}) == answer
    assert api.replays == {"agent_instances/register": 2}


def test_paths_lead_to_no_files(api: LocalApi, http: Http, tmp_path: Path) -> None:
    for path in ("/../../etc/passwd", "/agent/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"):
        assert http.get(path, expect=404)["code"] == "not_found"


def ping(api: LocalApi, path: str = "/api/v1/ping", **headers: str) -> int:
    url = api.url.replace("0.0.0.0", "127.0.0.1")
    sent = {"Authorization": f"Bearer {api.token}", **headers}
    return httpx.get(f"{url}{path}", headers=sent, trust_env=False).status_code


def answer(connection: socket.socket) -> tuple[int, str]:
    """The status and the error code of the next answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or pytest.fail(f"closed after {received!r}")
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return int(head.split()[1]), json.loads(body)["code"]
