"""Clients for the tests, and what the embedded API and the log have received from them."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from prefactor_core import AgentInstanceHandle, ClientStats, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig
from prefactor_http import HttpClientConfig
from prefactor_local import Fault, LocalApi, RecordedRequest

Running = tuple[PrefactorCoreClient, AgentInstanceHandle]
Run = Callable[..., AbstractAsyncContextManager[Running]]


class NoSpanTypes:
    """The least that serves as a schema registry."""

    def to_agent_schema_version(self, external_identifier: str) -> dict[str, Any]:
        return {"external_identifier": external_identifier}


def config_for(api: LocalApi, *, queue: dict[str, Any] | None = None, **fields: Any) -> PrefactorCoreConfig:
    """A configuration with short delays; `queue` goes to QueueConfig, `fields` to PrefactorCoreConfig."""
    http = HttpClientConfig(api_url=api.url, api_token=api.token, max_retries=0, request_timeout=5.0)
    queue_config = QueueConfig(**{"retry_delay_base": 0.01, **(queue or {})})
    defaults = {"http_config": http, "queue_config": queue_config, "schema_registry": NoSpanTypes()}
    return PrefactorCoreConfig(**{**defaults, **fields})


async def register(client: PrefactorCoreClient, **fields: Any) -> AgentInstanceHandle:
    """Register an agent instance, which is not started."""
    return await client.create_agent_instance(**{"agent_version": {"name": "Agent"}, "agent_id": "a", **fields})


async def opened(api: LocalApi, **settings: Any) -> Running:
    """Return an open client, which the test closes, and a registered instance."""
    client = PrefactorCoreClient(config_for(api, **settings))
    await client.initialize()
    return client, await register(client)


async def record(instance: AgentInstanceHandle, name: str = "step") -> None:
    """Record a span with params and a result."""
    async with instance.span(name) as span:
        await span.start({"x": 1})
        await span.complete({"y": 1})


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages that were logged as warnings or errors."""
    return [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.WARNING]


def without_place(message: str) -> str:
    """Return a message without the file and line of the program that it names."""
    return re.sub(r"at \S+\.py:\d+; ", "", message)


def is_balanced(stats: ClientStats) -> bool:
    """Return whether each accepted operation is counted as delivered, failed, dropped or pending."""
    return all(
        each.accepted == each.delivered + each.failed + each.dropped + each.pending
        for each in (stats, *stats.by_type.values())
    )


CREATE = "/api/v1/agent_spans"
AWAY = Fault(path=".*/agent_spans.*|.*/bulk", status=503, times=None)


def bodies(api: LocalApi, path_end: str) -> list[dict[str, Any]]:
    """Return the bodies of the requests whose path ends so, in order of arrival."""
    return [request.body for request in api.requests if request.path.endswith(path_end) and request.body is not None]


def creates(api: LocalApi) -> list[dict[str, Any]]:
    """Return the `details` of span creates, those in bulk requests too."""
    found: list[dict[str, Any]] = []
    for request in api.requests:
        if request.path == CREATE and request.body is not None:
            found.append(request.body["details"])
        found += [
            {**item["details"], "idempotency_key": item["idempotency_key"]}
            for item in _items(request)
            if item["_type"] == "agent_spans/create"
        ]
    return found


def finishes(api: LocalApi, span_id: str) -> list[dict[str, Any]]:
    """Return the bodies of the finishes of a span, those in bulk requests too."""
    found: list[dict[str, Any]] = []
    for request in api.requests:
        if request.path == f"{CREATE}/{span_id}/finish" and request.body is not None:
            found.append(request.body)
        found += [
            {name: item[name] for name in item if name not in ("_type", "agent_span_id")}
            for item in _items(request)
            if item["_type"] == "agent_spans/finish" and item["agent_span_id"] == span_id
        ]
    return found


def _items(request: RecordedRequest) -> list[dict[str, Any]]:
    body = request.body if request.path.endswith("/bulk") else None
    items: list[dict[str, Any]] = body["items"] if isinstance(body, dict) else []
    return items


def parents(api: LocalApi, instance_id: str | None = None) -> dict[str, str | None]:
    """Return the schema name of each span's parent, by schema name; of one instance or all."""
    spans = api.spans(instance_id)
    names = {None: None, **{span["id"]: span["schema_name"] for span in spans}}
    return {span["schema_name"]: names[span["parent_span_id"]] for span in spans}


def steps(api: LocalApi) -> list[str]:
    """Return what arrived in words: `start instance`, `create <schema name>`, `finish <schema name>` …"""
    names = {span["id"]: span["schema_name"] for span in api.spans()}
    found: list[str] = []
    for request in api.requests:
        if request.path.endswith("/bulk"):
            found += [_item_step(item, names) for item in _items(request)]
        else:
            found.append(_step(request.path.removeprefix("/api/v1/"), request.body, names))
    return found


def _item_step(item: dict[str, Any], names: dict[str, str]) -> str:
    if item["_type"] == "agent_spans/create":
        return f"create {item['details']['schema_name']}"
    return f"finish {names.get(item['agent_span_id'], '?')}"


def _step(path: str, body: Any, names: dict[str, str]) -> str:
    parts = path.split("/")
    if parts == ["agent_spans"]:
        return f"create {body['details']['schema_name']}"
    if parts[0] == "agent_spans":
        return f"finish {names.get(parts[1], '?')}"
    if parts[0] == "agent_instance" and len(parts) == 3:
        return f"{parts[2]} instance"
    return parts[-1]


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until a condition holds; fail if it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is another thread's
            await asyncio.sleep(0.005)
