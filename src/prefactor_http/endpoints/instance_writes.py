"""Requests on agent instances as delivery makes them: little of an answer is read.

What is sent is the same as with `AgentInstanceClient`.
"""

from __future__ import annotations

from prefactor_http._answer import Answer
from prefactor_http.endpoints.instance_requests import InstanceRequests
from prefactor_http.endpoints.receipt import Receipt

__all__ = ["InstanceReceipt", "InstanceWrites"]


class InstanceReceipt(Receipt):
    """What the client reads of an agent instance."""

    id: str
    status: str
    termination_reason: str | None = None


class _InstanceAnswer(Receipt):
    status: str
    details: InstanceReceipt


class InstanceWrites(InstanceRequests[InstanceReceipt]):
    """Makes the requests. They raise the errors of `PrefactorHttpClient`."""

    def _read(self, answer: Answer) -> InstanceReceipt:
        return answer.parse_part(_InstanceAnswer).details
