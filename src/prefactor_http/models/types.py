"""Words that several parts of the API share; `schemas/api/types.json` has them too."""

from typing import Literal

__all__ = ["AgentStatus", "FinishStatus", "InstancePurpose"]

AgentStatus = Literal["pending", "active", "complete", "failed", "cancelled", "terminated"]
FinishStatus = Literal["complete", "failed", "cancelled"]
InstancePurpose = Literal["live", "smoke_test", "eval"]
