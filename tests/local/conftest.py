"""A plain HTTP client that talks to the embedded API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from prefactor_local import LocalApi

SPAN_TYPES = [
    {
        "name": "agent:llm",
        "title": "LLM call",
        "params_schema": {
            "type": "object",
            "properties": {"model": {"type": "string"}, "prompt": {"type": "string"}},
            "required": ["model"],
        },
        "result_schema": {"type": "object", "properties": {"response": {"type": "string"}}},
        "template": "{{model}}: {{prompt}} → {{response}}",
    }
]


class Http:
    """A client with one method per request. Methods return the parsed JSON; `expect` is the expected HTTP status."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,  # no TLS here, and loading certificates takes 20 ms
        )

    def close(self) -> None:
        self._client.close()

    def send(self, method: str, path: str, body: object = None, *, expect: int = 200, **query: Any) -> Any:
        content = None if body is None else json.dumps(body)
        response = self._client.request(method, path, content=content, params=query)
        assert response.status_code == expect, response.text
        return response.json()

    def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        return self.send("GET", path, expect=expect, **query)

    def post(self, path: str, body: object = None, *, expect: int = 200) -> Any:
        return self.send("POST", path, body or {}, expect=expect)

    def register(self, *, expect: int = 200, **fields: Any) -> Any:
        body = {
            "agent_id": "my-agent",
            "agent_version": {"name": "My Agent", "external_identifier": "v1"},
            "agent_schema_version": {"external_identifier": "s1", "span_type_schemas": SPAN_TYPES},
            "update_current_version": True,
        }
        return self.post("/agent_instance/register", {**body, **fields}, expect=expect)

    def started(self, **fields: Any) -> str:
        instance_id: str = self.register(**fields)["details"]["id"]
        self.post(f"/agent_instance/{instance_id}/start")
        return instance_id

    def span(self, instance_id: str, *, key: str | None = None, expect: int = 200, **details: Any) -> Any:
        span = {
            "agent_instance_id": instance_id,
            "schema_name": "agent:llm",
            "status": "active",
            "payload": {"model": "gpt-4", "prompt": "Hello"},
            **details,
        }
        beside = {} if key is None else {"idempotency_key": key}
        return self.post("/agent_spans", {"details": span, **beside}, expect=expect)

    def finish_span(self, span_id: str, *, expect: int = 200, **body: Any) -> Any:
        return self.post(f"/agent_spans/{span_id}/finish", body, expect=expect)


@pytest.fixture
def connect() -> Iterator[Callable[..., Http]]:
    """Makes clients, and closes them after the test."""
    clients: list[Http] = []

    def client(api: LocalApi, token: str | None = None) -> Http:
        clients.append(Http(api.url, api.token if token is None else token))
        return clients[-1]

    yield client
    for each in clients:
        each.close()


@pytest.fixture
def http(api: LocalApi, connect: Callable[..., Http]) -> Http:
    return connect(api)
