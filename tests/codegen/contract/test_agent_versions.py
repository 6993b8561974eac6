"""What is read of an agent's versions, from the embedded API over a socket, and from servers that answer otherwise."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.codegen.contract.platform_api import platform_api, registration
from tests.codegen.contract.serving import serving

from prefactor_gen.remote.agent_versions import agent_versions
from prefactor_gen.remote.errors import RemoteError
from prefactor_local import LocalApi

pytestmark = pytest.mark.slow

TEXT = {"type": "object", "properties": {"text": {"type": "string"}}}
UNKNOWN_RISK = {
    "action_profile": {"read_data": "unknown"},
    "params_data_categories": {"classification": "unknown"},
    "result_data_categories": {},
}


def span_type(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "params_schema": TEXT, **more}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApi]:
    with platform_api(monkeypatch) as running:
        yield running


@pytest.fixture
def register(api: LocalApi) -> Callable[..., None]:
    """Registers a version of the agent `support`, whose external identifier is `support-agent`."""
    return registration(api, "Support", "support-agent")


def test_the_newest_version_as_a_definition_file(register: Callable[..., None]) -> None:
    quality = {"name": "score", "schema": TEXT, "data_risk": UNKNOWN_RISK}
    register("v1", span_type("agent:old"))
    register(
        "v2", span_type("b:two", title="Two"), span_type("a:one", data_risk=UNKNOWN_RISK), quality_schemas=[quality]
    )
    (found,) = agent_versions("support-agent")
    assert (found.identifier, len(found.deployments)) == ("v2", 1)
    assert found.definitions == {
        "span_type_schemas": [
            {"name": "b:two", "title": "Two", "params_schema": TEXT},
            {"name": "a:one", "params_schema": TEXT},
        ],
        "quality_schemas": [{"name": "score", "schema": TEXT}],
    }


def test_the_deployed_ones_beside_the_newest(register: Callable[..., None]) -> None:
    register("v1", span_type("a:one"))
    for number in range(2, 5):
        register(f"v{number}", span_type(f"a:n{number}"), current=False)
    assert [each.identifier for each in agent_versions("Support")] == ["v4", "v1"]
    assert [each.identifier for each in agent_versions("support-agent", newest=3)] == ["v4", "v3", "v2", "v1"]
    assert [each.identifier for each in agent_versions("support-agent", "v2")] == ["v2"]


def test_all_versions_that_have_an_identifier(register: Callable[..., None]) -> None:
    register("v1", span_type("a:one"))
    register("v1", span_type("a:two"))
    newer, older = agent_versions("support-agent", "v1")
    assert [entry["name"] for entry in newer.definitions["span_type_schemas"]] == ["a:two"]  # type: ignore[attr-defined]
    assert agent_versions("support-agent", older.id) == [older]


def test_more_versions_than_a_page_has(register: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefactor_gen.remote.agent_versions._PAGE_SIZE", 2)
    for number in range(5):
        register(f"v{number}", span_type(f"a:n{number}"))
    assert agent_versions("support-agent")[0].identifier == "v4"


@pytest.mark.parametrize(
    ("agent", "version", "message"),
    [
        ("suport-agent", None, "there is no agent 'suport-agent' in this account; did you mean 'support-agent'?"),
        ("nothing\nlike it", None, "there is no agent 'nothing\\nlike it' in this account"),
        ("support-agent", "v11", "agent 'support-agent' has no definitions of version 'v11'; did you mean 'v1'?"),
        (
            "support-agent",
            "zzz",
            "agent 'support-agent' has no definitions of version 'zzz'; it has, the newest first: v1",
        ),
    ],
)
def test_unknown_names(register: Callable[..., None], agent: str, version: str | None, message: str) -> None:
    register("v1", span_type("a:one"))
    with pytest.raises(RemoteError) as found:
        agent_versions(agent, version)
    assert str(found.value) == message


def test_an_agent_without_definitions(register: object) -> None:
    with pytest.raises(RemoteError, match="agent 'support-agent' has no definitions yet"):
        agent_versions("support-agent")


@pytest.mark.parametrize("name", ["PREFACTOR_API_URL", "PREFACTOR_API_TOKEN"])
def test_without_the_environment(api: LocalApi, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    needed = {"PREFACTOR_API_URL": "it is the address of the API"}
    why = needed.get(name, "definitions are read with the token of an account")
    with pytest.raises(RemoteError, match=f"^{name} is not set; {why}$"):
        agent_versions("support-agent")


@pytest.mark.parametrize("token", ["wrong", "deployment"])
def test_a_token_that_may_not_read(api: LocalApi, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    given = api.deployment_token("support-agent") if token == "deployment" else token
    monkeypatch.setenv("PREFACTOR_API_TOKEN", given)
    with pytest.raises(RemoteError) as found:
        agent_versions("support-agent")
    assert str(found.value).startswith(f"{api.url} refuses PREFACTOR_API_TOKEN (")
    assert given not in str(found.value)


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "token")
    with LocalApi() as stopped:
        monkeypatch.setenv("PREFACTOR_API_URL", stopped.url)
    monkeypatch.setattr("prefactor_gen.remote.agent_versions._RETRIES", 0)
    with pytest.raises(RemoteError, match=r"^cannot read agent 'a' from http://\S+: no answer to GET "):
        agent_versions("a")


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prefactor_gen.remote.agent_versions._SECONDS", 0.1)
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "token")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("PREFACTOR_API_URL", url)
        with pytest.raises(RemoteError) as found:
            agent_versions("a")
    assert str(found.value) == (
        f"cannot read agent 'a' from {url}: no answer to GET /api/v1/agent/show within 0.1 seconds; can "
        "PREFACTOR_API_URL be reached from here?"
    )


def test_a_server_that_asks_for_a_long_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch, {}, retry_after="50"), pytest.raises(RemoteError) as found:
        agent_versions("a")
    assert "503" in str(found.value)


ROW: dict[str, object] = {"id": "s1", "external_identifier": "v1", "inserted_at": "2026-11-01T00:00:00+00:00"}


def versions_of(*rows: object) -> dict[str, Any]:
    return {"agent_schema_version": {"details": rows}}  # another client of the API expects this key


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"agent_schema_version": {"summaries": 7}}, "expected a list of objects in summaries"),
        (versions_of({**ROW, "inserted_at": "?"}), "expected a time in inserted_at"),
        ({**versions_of(ROW), "s1": {"details": ROW}}, "expected span_type_schemas"),
        (versions_of({**ROW, "quality_schemas": [], "span_type_schemas": [7]}), "expected definitions in span_type_"),
        (versions_of({**ROW, "quality_schemas": [], "span_type_schemas": [{}]}), "expected text in name"),
        ({"show": {"details": {"type": "agent"}}}, "expected text in id"),
    ],
)
def test_answers_in_another_form(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], expected: str) -> None:
    with answering(monkeypatch, {"show": {"details": {"id": "a1"}}, **answers}), pytest.raises(RemoteError) as found:
        agent_versions("a")
    assert expected in str(found.value)


def test_rows_without_definitions_and_quality(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definitions are read from the version itself. That it does not show quality schemas does not mean none."""
    details = {**ROW, "span_type_schemas": {"a:one": {"params_schema": TEXT, "position": 3}}}
    answers = {
        "show": {"details": {"id": "a1"}},
        "agent_schema_version": {"summaries": [ROW]},
        "s1": {"details": details},
    }
    with answering(monkeypatch, answers):
        (found,) = agent_versions("a")
    assert found.definitions == {"span_type_schemas": [span_type("a:one")]}
    assert found.deployments == []


@contextmanager
def answering(
    monkeypatch: pytest.MonkeyPatch,
    answers: dict[str, Any],
    retry_after: str | None = None,
) -> Iterator[None]:
    """A server that gives these answers, by the last segment of the path, or asks for a delay."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path.partition("?")[0].rpartition("/")[2], {})
            content = json.dumps({"status": "success", **answer})
            self.send_response(200 if retry_after is None else 503)
            self.send_header("Retry-After", retry_after or "0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        monkeypatch.setenv("PREFACTOR_API_URL", url)
        monkeypatch.setenv("PREFACTOR_API_TOKEN", "token")
        yield
