"""Clients of the API's resources. `PrefactorHttpClient` has one of each."""

from prefactor_http.endpoints.agent import AgentClient
from prefactor_http.endpoints.agent_instance import AgentInstanceClient
from prefactor_http.endpoints.agent_span import AgentSpanClient
from prefactor_http.endpoints.bulk import BulkClient

__all__ = ["AgentClient", "AgentInstanceClient", "AgentSpanClient", "BulkClient"]
