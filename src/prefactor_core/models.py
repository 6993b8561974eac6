"""The data of an agent instance and of a span, as the client returns them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prefactor_http import _clock

__all__ = ["AgentInstance", "Span"]


@dataclass
class AgentInstance:
    """One run of an agent."""

    id: str
    agent_id: str
    status: str = "pending"
    purpose: str | None = None
    created_at: datetime = field(default_factory=_clock.now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    quality_payloads: dict[str, dict[str, Any]] | None = None


@dataclass
class Span:
    """One recorded step of a run."""

    id: str
    instance_id: str
    schema_name: str
    parent_span_id: str | None = None
    status: str = "pending"
    payload: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=_clock.now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
