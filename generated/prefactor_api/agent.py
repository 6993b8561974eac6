# Written by prefactor-gen from schemas/api. Do not edit.

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class AgentAvailableActions(BaseModel):
    """What the caller's token may do with an agent now."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    update: bool = False
    """The agent can be changed."""
    retire: bool = False
    """The agent can be retired."""
    reinstate: bool = False
    """The agent is retired and can be taken back."""
    delete: bool = False
    """The agent can be deleted."""


class AgentInstanceCounts(BaseModel):
    """Number of an agent's instances, by state."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    total: int = 0
    """All instances."""
    pending: int = 0
    """Registered, not started."""
    active: int = 0
    """Started, not finished."""
    complete: int = 0
    """Finished as complete."""
    failed: int = 0
    """Finished as failed."""
    cancelled: int = 0
    """Finished as cancelled."""
    terminated: int = 0
    """Ended by the platform."""
    finished: int = 0
    """complete, failed, cancelled and terminated together."""


class Agent(BaseModel):
    """An agent."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["agent"]
    id: str
    """PFID of the agent."""
    name: str
    description: str | None = None
    status: Literal["pending", "active", "dormant", "retired"]
    """Where the agent is in its own life cycle."""
    external_identifier: str | None = None
    """The caller's own name for the agent, unique in the account; it cannot be changed."""
    owner_person_id: str | None = None
    team_id: str | None = None
    risk_profile_id: str | None = None
    available_actions: AgentAvailableActions | None = None
    instance_counts: AgentInstanceCounts | None = None
    """Only when asked for."""
    inserted_at: datetime | None = None
    """Time of creation."""
    updated_at: datetime | None = None
    """Time of the last change."""


class AgentSummary(BaseModel):
    """An agent as lists show it."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    type: Literal["agent"]
    id: str
    """PFID of the agent."""
    name: str
    description: str | None = None
    status: Literal["pending", "active", "dormant", "retired"]
    """Where the agent is in its own life cycle."""
    external_identifier: str | None = None
    """The caller's own name for the agent."""
    owner_person_id: str | None = None
    team_id: str | None = None
    available_actions: AgentAvailableActions | None = None
    inserted_at: datetime | None = None
    """Time of creation."""
    updated_at: datetime | None = None
    """Time of the last change."""


class AgentForCreate(BaseModel):
    """A new agent."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str
    description: str | None = None
    external_identifier: str | None = None
    """The caller's own name for the agent, unique in the account; it cannot be changed later."""
    id: str | None = None
    """PFID in the account's partition; the API makes one when it is absent."""
    owner_person_id: str | None = None
    risk_profile_id: str | None = None
    team_id: str | None = None


class AgentForUpdate(BaseModel):
    """Changes to an agent: an absent property stays as it is, null clears it."""

    model_config = ConfigDict(
        populate_by_name=True,
    )
    name: str | None = None
    description: str | None = None
    owner_person_id: str | None = None
    risk_profile_id: str | None = None
    team_id: str | None = None
