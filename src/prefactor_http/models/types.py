"""Enumerations that several models share. `schemas/api/types.json` defines the same ones."""

from typing import Literal

__all__ = ["AgentStatus", "FinishStatus", "InstancePurpose"]

AgentStatus = Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]
FinishStatus = Literal["complete", "failed", "cancelled"]
InstancePurpose = Literal["live", "smoke_test", "eval"]
