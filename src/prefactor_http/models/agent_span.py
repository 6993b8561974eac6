"""Spans. Generated from `schemas/api/agent_span.json`."""

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
