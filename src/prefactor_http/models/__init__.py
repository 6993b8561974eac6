"""Models of the API's requests and answers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefactor_http.models.agent import (
        Agent,
        AgentAvailableActions,
        AgentForCreate,
        AgentForUpdate,
        AgentInstanceCounts,
        AgentSummary,
    )
    from prefactor_http.models.agent_instance import (
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
        RuntimeEnvironment,
        SpanTypeSchemaForCreate,
    )
    from prefactor_http.models.agent_span import AgentSpan
    from prefactor_http.models.base import ApiResponse
    from prefactor_http.models.bulk import BulkItem, BulkOutput, BulkRequest, BulkResponse
    from prefactor_http.models.types import AgentStatus, FinishStatus, InstancePurpose
else:
    from prefactor_http._lazy_names import lazy_names

    # The same names: tests/http/test_package.py compares them.
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "prefactor_http.models.agent": (
                "Agent",
                "AgentAvailableActions",
                "AgentForCreate",
                "AgentForUpdate",
                "AgentInstanceCounts",
                "AgentSummary",
            ),
            "prefactor_http.models.agent_instance": (
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
                "RuntimeEnvironment",
                "SpanTypeSchemaForCreate",
            ),
            "prefactor_http.models.agent_span": ("AgentSpan",),
            "prefactor_http.models.base": ("ApiResponse",),
            "prefactor_http.models.bulk": ("BulkItem", "BulkOutput", "BulkRequest", "BulkResponse"),
            "prefactor_http.models.types": ("AgentStatus", "FinishStatus", "InstancePurpose"),
        },
    )

__all__ = [
    "ActionProfile",
    "Agent",
    "AgentAvailableActions",
    "AgentForCreate",
    "AgentForUpdate",
    "AgentInstance",
    "AgentInstanceCounts",
    "AgentInstanceRecordQuality",
    "AgentInstanceSpanCounts",
    "AgentSchemaVersionForRegister",
    "AgentSpan",
    "AgentStatus",
    "AgentSummary",
    "AgentVersionForRegister",
    "ApiResponse",
    "BulkItem",
    "BulkOutput",
    "BulkRequest",
    "BulkResponse",
    "DataCategories",
    "DataRisk",
    "FinishInstanceRequest",
    "FinishStatus",
    "InstancePurpose",
    "QualitySchemaDetails",
    "QualitySchemaForCreate",
    "RuntimeEnvironment",
    "SpanTypeSchemaForCreate",
]
