"""Spans. Re-exports `prefactor_api.agent_span`, which is generated."""

from prefactor_api.agent_span import (
    AgentSpan,
    CreateAgentSpanRequest,
    FinishSpanRequest,
)

__all__ = [
    "AgentSpan",
    "CreateAgentSpanRequest",
    "FinishSpanRequest",
]
