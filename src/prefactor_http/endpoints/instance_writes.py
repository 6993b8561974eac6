"""Requests on agent instances as delivery makes them: little of an answer is read.

What is sent is the same as with `AgentInstanceClient`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from prefactor_http._answer import Answer
from prefactor_http.endpoints.instance_requests import InstanceRequests

__all__ = ["InstanceReceipt", "InstanceWrites"]


class _Receipt(BaseModel):
    # Validation errors are logged, so they must not contain the answer's content.
    model_config = ConfigDict(hide_input_in_errors=True, defer_build=True)


class InstanceReceipt(_Receipt):
    """What the client reads of an agent instance."""

    id: str
    status: str
    termination_reason: str | None = None


class _InstanceAnswer(_Receipt):
    status: str
    details: InstanceReceipt


class InstanceWrites(InstanceRequests[InstanceReceipt]):
    """Makes the requests. They raise the errors of `PrefactorHttpClient`."""

    def _read(self, answer: Answer) -> InstanceReceipt:
        return answer.parse_part(_InstanceAnswer).details
