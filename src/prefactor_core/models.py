"""What the client knows of an agent instance or a span, for reading."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

__all__ = ["AgentInstance", "Span"]


def _now() -> datetime:
    return datetime.now(UTC)


class AgentInstance(BaseModel):
    """One run of an agent."""

    id: str
    agent_id: str
    status: str = "pending"
    created_at: datetime = Field(default_factory=_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    purpose: str | None = None
    quality_payloads: dict[str, dict[str, Any]] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class Span(BaseModel):
    """One recorded step of a run."""

    id: str
    instance_id: str
    schema_name: str
    parent_span_id: str | None = None
    status: str = "pending"
    payload: dict[str, Any] = Field(default_factory=dict)
    created_at: datetime = Field(default_factory=_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
