"""Clients of the API's resources. `PrefactorHttpClient` has one of each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefactor_http.endpoints.agent import AgentClient
    from prefactor_http.endpoints.agent_instance import AgentInstanceClient
    from prefactor_http.endpoints.agent_span import AgentSpanClient
    from prefactor_http.endpoints.bulk import BulkClient
else:
    from prefactor_http._lazy_names import lazy_names

    # The same names: tests/http/test_package.py compares them.
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "prefactor_http.endpoints.agent": ("AgentClient",),
            "prefactor_http.endpoints.agent_instance": ("AgentInstanceClient",),
            "prefactor_http.endpoints.agent_span": ("AgentSpanClient",),
            "prefactor_http.endpoints.bulk": ("BulkClient",),
        },
    )

__all__ = ["AgentClient", "AgentInstanceClient", "AgentSpanClient", "BulkClient"]
