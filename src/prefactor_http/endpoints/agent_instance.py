"""The client of agent instances."""

from __future__ import annotations

from prefactor_http._answer import Answer
from prefactor_http.endpoints.instance_requests import InstanceRequests
from prefactor_http.models.agent_instance import AgentInstance
from prefactor_http.models.base import ApiResponse

__all__ = ["AgentInstanceClient"]

_AgentInstanceResponse = ApiResponse[AgentInstance]


class AgentInstanceClient(InstanceRequests[AgentInstance]):
    """Requests on agent instances.

    They raise the errors of `PrefactorHttpClient`, and ValueError for an idempotency key over 64 characters.
    """

    def _read(self, answer: Answer) -> AgentInstance:
        return answer.parse(_AgentInstanceResponse).details
