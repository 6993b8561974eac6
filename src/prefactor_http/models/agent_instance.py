"""Agent instances, with their versions and schemas. Re-exports `prefactor_api.agent_instance`, which is generated."""

from prefactor_api.agent_instance import (
    ActionProfile,
    AgentInstance,
    AgentInstanceRecordQuality,
    AgentInstanceSpanCounts,
    AgentSchemaVersionForRegister,
    AgentVersionForRegister,
    DataCategories,
    DataRisk,
    FinishInstanceRequest,
    QualitySchemaDetails,
    QualitySchemaForCreate,
    RegisterAgentInstanceRequest,
    RuntimeEnvironment,
    SpanTypeSchemaForCreate,
    TimestampRequest,
)

__all__ = [
    "ActionProfile",
    "AgentInstance",
    "AgentInstanceRecordQuality",
    "AgentInstanceSpanCounts",
    "AgentSchemaVersionForRegister",
    "AgentVersionForRegister",
    "DataCategories",
    "DataRisk",
    "FinishInstanceRequest",
    "QualitySchemaDetails",
    "QualitySchemaForCreate",
    "RegisterAgentInstanceRequest",
    "RuntimeEnvironment",
    "SpanTypeSchemaForCreate",
    "TimestampRequest",
]
