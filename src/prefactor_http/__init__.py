"""HTTP client of the Prefactor API."""

from typing import TYPE_CHECKING

from prefactor_http._distributions import warn_if_installed

if TYPE_CHECKING:
    from prefactor_http._version import __version__
    from prefactor_http.client import PrefactorHttpClient
    from prefactor_http.config import HttpClientConfig
    from prefactor_http.exceptions import (
        PrefactorApiError,
        PrefactorAuthError,
        PrefactorClientError,
        PrefactorConnectionError,
        PrefactorHttpError,
        PrefactorNotFoundError,
        PrefactorResponseContractError,
        PrefactorRetryExhaustedError,
        PrefactorTlsError,
        PrefactorValidationError,
    )
    from prefactor_http.models import (
        AgentInstance,
        AgentInstanceRecordQuality,
        AgentInstanceSpanCounts,
        AgentSchemaVersionForRegister,
        AgentSpan,
        AgentStatus,
        AgentVersionForRegister,
        ApiResponse,
        BulkItem,
        BulkOutput,
        BulkRequest,
        BulkResponse,
        FinishInstanceRequest,
        FinishStatus,
        InstancePurpose,
        QualitySchemaDetails,
        QualitySchemaForCreate,
        RuntimeEnvironment,
        SpanTypeSchemaForCreate,
    )
else:
    from prefactor_http._lazy_names import lazy_names

    # The same names: tests/http/test_package.py compares them.
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "prefactor_http._version": ("__version__",),
            "prefactor_http.client": ("PrefactorHttpClient",),
            "prefactor_http.config": ("HttpClientConfig",),
            "prefactor_http.exceptions": (
                "PrefactorApiError",
                "PrefactorAuthError",
                "PrefactorClientError",
                "PrefactorConnectionError",
                "PrefactorHttpError",
                "PrefactorNotFoundError",
                "PrefactorResponseContractError",
                "PrefactorRetryExhaustedError",
                "PrefactorTlsError",
                "PrefactorValidationError",
            ),
            "prefactor_http.models": (
                "AgentInstance",
                "AgentInstanceRecordQuality",
                "AgentInstanceSpanCounts",
                "AgentSchemaVersionForRegister",
                "AgentSpan",
                "AgentStatus",
                "AgentVersionForRegister",
                "ApiResponse",
                "BulkItem",
                "BulkOutput",
                "BulkRequest",
                "BulkResponse",
                "FinishInstanceRequest",
                "FinishStatus",
                "InstancePurpose",
                "QualitySchemaDetails",
                "QualitySchemaForCreate",
                "RuntimeEnvironment",
                "SpanTypeSchemaForCreate",
            ),
        },
    )

__all__ = [
    "AgentInstance",
    "AgentInstanceRecordQuality",
    "AgentInstanceSpanCounts",
    "AgentSchemaVersionForRegister",
    "AgentSpan",
    "AgentStatus",
    "AgentVersionForRegister",
    "ApiResponse",
    "BulkItem",
    "BulkOutput",
    "BulkRequest",
    "BulkResponse",
    "FinishInstanceRequest",
    "FinishStatus",
    "HttpClientConfig",
    "InstancePurpose",
    "PrefactorApiError",
    "PrefactorAuthError",
    "PrefactorClientError",
    "PrefactorConnectionError",
    "PrefactorHttpClient",
    "PrefactorHttpError",
    "PrefactorNotFoundError",
    "PrefactorResponseContractError",
    "PrefactorRetryExhaustedError",
    "PrefactorTlsError",
    "PrefactorValidationError",
    "QualitySchemaDetails",
    "QualitySchemaForCreate",
    "RuntimeEnvironment",
    "SpanTypeSchemaForCreate",
    "__version__",
]

warn_if_installed("prefactor-http")
# prefactor-core may be installed without prefactor-http; then this is the only of our modules that it imports.
warn_if_installed("prefactor-core")
