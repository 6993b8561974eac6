"""The embedded API as the platform that commands read, and agents that register their definitions there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from prefactor_local import LocalApi

__all__ = ["platform_api", "registration"]


@contextlib.contextmanager
def platform_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalApi]:
    """The running API, which the environment names."""
    with LocalApi() as api:
        monkeypatch.setenv("PREFACTOR_API_URL", api.url)
        monkeypatch.setenv("PREFACTOR_API_TOKEN", api.token)
        yield api


def registration(api: LocalApi, name: str, identifier: str) -> Callable[..., None]:
    """Create an agent; return what registers a version of it: `(version, *span_types, current=True, …)`."""
    headers = {"Authorization": f"Bearer {api.token}"}
    details = {"name": name, "external_identifier": identifier}

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{api.url}/api/v1/{path}", json=body, headers=headers).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    agent_id = post("agent", {"details": details})["details"]["id"]

    def register(version: str, *span_types: dict[str, Any], current: bool = True, **more: object) -> None:
        body = {
            "agent_id": agent_id,
            "agent_version": {"external_identifier": version},
            "agent_schema_version": {"external_identifier": version, "span_type_schemas": span_types, **more},
            "update_current_version": current,
        }
        post("agent_instance/register", body)

    return register
