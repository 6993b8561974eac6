"""How `prefactor-gen import mcp --url` talks with a server: a real one, at a port of this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.codegen.contract.importing import ImportingProject, tool
from tests.codegen.contract.serving import serving
from tests.codegen.support import Project

pytestmark = pytest.mark.slow

Answer = tuple[int, dict[str, str], str]
"""A status, headers and a body."""

JSON = {"Content-Type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream"}


class Server(ThreadingHTTPServer):
    """A server that answers as the test says, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/mcp"
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.answer: Callable[[str, str, dict[str, Any]], Answer] = streamable

    def methods(self) -> list[str]:
        return [body.get("method", "") if body else method for method, _, _, body in self.asked]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def reply(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, text = self.server.answer(self.command, self.path, body)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = reply  # noqa: N815  # the names of http.server

    def log_message(self, *_: object) -> None:
        pass


def streamable(method: str, path: str, message: dict[str, Any]) -> Answer:
    """What a usual server answers: JSON to `initialize`, events to `tools/list`."""
    if method == "DELETE" or "id" not in message or "method" not in message:
        return 202, {}, ""
    head = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] == "initialize":
        info = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "shop", "version": "2"}}
        return 200, {**JSON, "Mcp-Session-Id": "s-1"}, json.dumps({**head, "result": info})
    asked = {"jsonrpc": "2.0", "id": "q", "method": "roots/list"}
    result = {**head, "result": {"tools": [tool()]}}
    first, second = json.dumps(result, indent=1).split("\n", 1)
    lines = [f"data: {first}", *(f"data: {line}" for line in second.split("\n"))]
    return 200, EVENTS, f": comment\r\n\r\ndata: {json.dumps(asked)}\n\nevent: message\n" + "\n".join(lines) + "\n\n"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with serving(server):
        yield server


@pytest.fixture
def importing(project: Project) -> ImportingProject:
    return ImportingProject(project)


def test_a_session(importing: ImportingProject, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "t-1")
    header = "Authorization: Bearer $SHOP_TOKEN"
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url, "--header", header)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("shop 2: 1 tool → schemas/imported/shop.yaml\n")
    assert server.methods() == ["initialize", "notifications/initialized", "tools/list", "", "DELETE"]
    reply = server.asked[3][3]
    assert (reply["id"], reply["error"]["code"]) == ("q", -32601)
    for number, (_, path, headers, _) in enumerate(server.asked):
        assert path == "/mcp"
        assert headers["Authorization"] == "Bearer t-1"
        assert headers["Accept"] == "application/json, text/event-stream" or number == 4
        assert headers.get("Mcp-Session-Id") == ("s-1" if number else None)
        assert headers.get("MCP-Protocol-Version") == ("2025-06-18" if number else None)
    lock = (importing.project.root / "prefactor-imports.lock").read_text()
    assert "t-1" not in lock
    assert f'header = ["{header}"]\nurl = "{server.url}"' in lock
    assert importing.run("import", "--check").out == "1 import is as the sources say\n"


ANSWERS: dict[str, tuple[Answer, str]] = {
    "authorization": (
        (401, {}, ""),
        "answers with HTTP 401; it asks for authorization: --header 'Authorization: Bearer $TOKEN'",
    ),
    "another path": ((404, JSON, "{}"), "answers with HTTP 404; is the address right? Often it ends with /mcp"),
    "a web page": ((200, {"Content-Type": "text/html"}, "<html>"), "answers with text/html; is it the address of an"),
    "other JSON": ((200, JSON, '{"ok": true}'), "sent no answer to initialize; is it the address of an MCP server?"),
    "nonsense": ((200, JSON, "{"), "sent no answer to initialize; is it the address of an MCP server?"),
    "deep JSON": ((200, JSON, "[" * 100_000), "the server sent a message that is nested too deeply"),
    "an error": ((500, {}, ""), "answers with HTTP 500"),
    "another server": ((308, {"Location": "https://evil.example/?t=1"}, ""), "redirects to https://evil.example/; if"),
    "itself": ((307, {"Location": "/mcp"}, ""), "redirects more than 3 times"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_other_answers(importing: ImportingProject, server: Server, what: str) -> None:
    answer, message = ANSWERS[what]
    server.answer = lambda *_: answer
    done = importing.run("import", "mcp", "--name", "shop", "--url", f"{server.url}?user=me")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("prefactor-gen: shop: ")
    assert message in done.err
    assert "user=me" not in done.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "nonsense://a"), ("HTTPS_PROXY", "http://[::1"), ("SSL_CERT_FILE", "/missing")],
)
def test_a_wrong_environment(
    variable: str, value: str, importing: ImportingProject, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "cannot use the proxies or certificates of the environment, such as HTTPS_PROXY, SSL_CERT_FILE" in done.err


def test_a_redirect_within_the_server(importing: ImportingProject, server: Server) -> None:
    def answer(method: str, path: str, message: dict[str, Any]) -> Answer:
        return streamable(method, path, message) if path.endswith("/") else (307, {"Location": f"{path}/"}, "")

    server.answer = answer
    assert importing.run("import", "mcp", "--name", "shop", "--url", server.url).code == 0


def test_a_server_without_sessions(importing: ImportingProject, server: Server) -> None:
    """Version 2026-07-28: no `initialize`, and each request says in which version it is."""

    def answer(method: str, path: str, message: dict[str, Any]) -> Answer:
        head = {"jsonrpc": "2.0", "id": message["id"]}
        if "_meta" not in message["params"]:
            return 400, JSON, json.dumps({**head, "error": {"code": -32602, "message": "params._meta is missing"}})
        meta = {"_meta": {"io.modelcontextprotocol/serverInfo": {"name": "shop", "version": "3"}}}
        return 200, JSON, json.dumps({**head, "result": {"tools": [tool()], **meta}})

    server.answer = answer
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url)
    assert done.out.startswith("shop 3: 1 tool → schemas/imported/shop.yaml\n"), done.err
    assert server.methods() == ["initialize", "server/discover", "tools/list"]
    for _, _, headers, message in server.asked[1:]:
        assert headers["MCP-Protocol-Version"] == "2026-07-28"
        assert headers["Mcp-Method"] == message["method"]
        assert message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"


def test_an_error_says_what_the_server_says(importing: ImportingProject, server: Server) -> None:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "no such shop"}}
    server.answer = lambda *_: (400, JSON, json.dumps(error))
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url)
    assert done.err == "prefactor-gen: shop: the server answers initialize with error -32000: no such shop\n"


def test_the_older_transport(importing: ImportingProject, server: Server) -> None:
    def answer(method: str, path: str, message: dict[str, Any]) -> Answer:
        return (200, EVENTS, "event: endpoint\ndata: /messages?id=1\n\n") if method == "GET" else (405, {}, "")

    server.answer = answer
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url)
    assert done.err.startswith(f"prefactor-gen: shop: {server.url} speaks the older transport HTTP+SSE, which is not")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--url", "http://127.0.0.1:9/mcp"], "cannot reach http://127.0.0.1:9/mcp: Connection refused"),
        (["--url", "shop.example/mcp"], "--url: expected an address that begins with https://, found 'shop.exam"),
        (["--url", "https://me:pw@shop.example/mcp"], "--url: a user or a password would be kept in prefactor-"),
        (["--url", "https://shop.example/mcp?api_key=1"], "--url: the value of 'api_key' would be kept in prefactor-"),
        (["--url", "https://shop.example/mcp?api_key=$SHOP_NONE"], "--url: the environment has no variable SHOP_NONE"),
        (["--url", "https://x.example", "--header", "X-Api-Key: 1"], "--header: the value of X-Api-Key would be kept"),
        (["--url", "https://x.example", "--header", "x"], "--header: expected 'NAME: VALUE'"),
        (["--header", "X: 1", "--file", "x.json"], "--header needs --url"),
        (["--url", "https://x.example", "--file", "x.json"], "expected one of: --url URL, --file LIST.json, or -- COM"),
        ([], "expected one of: --url URL, --file LIST.json, or -- COMMAND that runs the server"),
    ],
)
def test_mistakes(importing: ImportingProject, options: list[str], message: str) -> None:
    done = importing.run("import", "mcp", "--name", "shop", *options)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"prefactor-gen: shop: {message}")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("s3cret\r", "must be printable ASCII without spaces around it; is there a line end?"),
        ("s3cret ", "must be printable ASCII"),
        ("s3crét", "must be printable ASCII"),
        ("", "is empty"),
    ],
)
def test_a_variable_that_cannot_be_sent_is_not_shown(
    importing: ImportingProject, monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", value)
    for options in (["--url", "http://127.0.0.1:9/$SHOP_TOKEN"], ["--header", "Authorization: Bearer $SHOP_TOKEN"]):
        address = [] if "--url" in options else ["--url", "http://127.0.0.1:9/"]
        done = importing.run("import", "mcp", "--name", "shop", *address, *options)
        assert done.code == 2
        assert f"{options[0]}: the variable SHOP_TOKEN {message}" in done.err
        assert "s3cr" not in done.err


def test_messages_show_variables_by_name(
    importing: ImportingProject, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s3cret")
    server.answer = lambda *_: (403, {}, "")
    done = importing.run("import", "mcp", "--name", "shop", "--url", f"{server.url}/$SHOP_TOKEN")
    assert (
        done.err
        == f"prefactor-gen: shop: {server.url}/$SHOP_TOKEN answers with HTTP 403; the authorization is not enough\n"
    )
    done = importing.run("import", "mcp", "--name", "shop", "--url", server.url, "--header", "X: s3cret\x01")
    assert "s3cret" not in done.err
