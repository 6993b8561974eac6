"""Requests on spans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from prefactor_api.agent_span import ControlSignal
from prefactor_http._request import api_path, checked_key, given, iso_time
from prefactor_http._request_sender import RequestSender
from prefactor_http.models.agent_span import AgentSpan
from prefactor_http.models.base import ApiResponse
from prefactor_http.models.types import AgentStatus, FinishStatus

__all__ = ["AgentSpanClient"]


def _details(
    agent_instance_id: str,
    schema_name: str,
    status: AgentStatus,
    payload: dict[str, Any] | None,
    *,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    **optional: object,
) -> dict[str, Any]:
    return {
        "agent_instance_id": agent_instance_id,
        "schema_name": schema_name,
        "status": status,
        "payload": payload if payload is not None else {},
        **given(**optional, started_at=iso_time(started_at), finished_at=iso_time(finished_at)),
    }


class _SpanResponse(ApiResponse[AgentSpan]):
    control: ControlSignal | None = None


class AgentSpanClient:
    """Requests on spans.

    They raise the errors of `PrefactorHttpClient`, and ValueError for an idempotency key over 64 characters.

    The answer to a request that succeeded may report that the platform has terminated the run. Then
    `control_signal_callback` is called with the reason, or with None if there is none.
    """

    def __init__(self, http_client: RequestSender) -> None:
        self._http = http_client

    async def create(  # noqa: PLR0917  # documented order
        self,
        agent_instance_id: str,
        schema_name: str,
        status: AgentStatus,
        payload: dict[str, Any] | None = None,
        result_payload: dict[str, Any] | None = None,
        id: str | None = None,  # noqa: A002  # documented name
        parent_span_id: str | None = None,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        idempotency_key: str | None = None,
        control_signal_callback: Callable[[str | None], None] | None = None,
    ) -> AgentSpan:
        """Creates a span.

        Args:
            agent_instance_id: Instance that the span belongs to.
            schema_name: Name of the span type.
            status: The status of the new span; "active" for a span that has started.
            payload: The params.
            result_payload: The result; only with a finished status.
            id: PFID in the instance's partition; default: the API generates one.
            parent_span_id: The parent span.
            started_at: Default: time of the request.
            finished_at: Only with a finished status.
            idempotency_key: At most 64 characters.
            control_signal_callback: Called with the reason if the run was terminated.
        """
        details = _details(
            agent_instance_id,
            schema_name,
            status,
            payload,
            result_payload=result_payload,
            id=id,
            parent_span_id=parent_span_id,
            started_at=started_at,
            finished_at=finished_at,
            # In details, as the documented client sends it; the API's documentation has it beside details.
            idempotency_key=checked_key(idempotency_key),
        )
        return await self._write(api_path("agent_spans"), {"details": details}, control_signal_callback)

    async def finish(  # noqa: PLR0917  # documented order
        self,
        agent_span_id: str,
        status: FinishStatus | None = None,
        result_payload: dict[str, Any] | None = None,
        timestamp: datetime | None = None,
        idempotency_key: str | None = None,
        control_signal_callback: Callable[[str | None], None] | None = None,
    ) -> AgentSpan:
        """Finishes a span.

        Args:
            agent_span_id: The span.
            status: The final status; the API's default is "complete".
            result_payload: The result.
            timestamp: When the span ended; default: time of the request.
            idempotency_key: At most 64 characters.
            control_signal_callback: Called with the reason if the run was terminated.
        """
        body = given(
            status=status,
            result_payload=result_payload,
            timestamp=iso_time(timestamp),
            idempotency_key=checked_key(idempotency_key),
        )
        return await self._write(api_path("agent_spans", agent_span_id, "finish"), body, control_signal_callback)

    async def _write(
        self, path: str, body: dict[str, Any], on_control_signal: Callable[[str | None], None] | None
    ) -> AgentSpan:
        response = (await self._http._send("POST", path, json_data=body)).parse(_SpanResponse)
        if response.control is not None and response.control.terminate and on_control_signal is not None:
            on_control_signal(response.control.reason)
        return response.details
