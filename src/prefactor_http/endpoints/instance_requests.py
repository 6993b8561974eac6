"""Requests on agent instances, whatever is read of their answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Generic, TypeVar

from prefactor_http._answer import Answer
from prefactor_http._request import api_path, checked_key, given, iso_time
from prefactor_http._request_sender import RequestSender
from prefactor_http.models.types import FinishStatus, InstancePurpose

__all__ = ["InstanceRequests"]

InstanceT = TypeVar("InstanceT")


class InstanceRequests(ABC, Generic[InstanceT]):
    """Requests on agent instances.

    They raise the errors of `PrefactorHttpClient`, and ValueError for an idempotency key over 64 characters.
    """

    def __init__(self, http_client: RequestSender) -> None:
        self._http = http_client

    async def register(  # noqa: PLR0917  # documented order
        self,
        agent_version: dict[str, Any],
        agent_schema_version: dict[str, Any],
        agent_id: str | None = None,
        environment_id: str | None = None,
        id: str | None = None,  # noqa: A002  # documented name
        idempotency_key: str | None = None,
        update_current_version: bool = True,
        purpose: InstancePurpose | None = None,
        external_identifier: str | None = None,
    ) -> InstanceT:
        """Registers an agent instance. It is pending until it is started.

        Args:
            agent_version: The version of the agent, in the form of `AgentVersionForRegister`.
            agent_schema_version: The span types, in the form of `AgentSchemaVersionForRegister`.
            agent_id: Required with an account token.
            environment_id: Required with an account token.
            id: PFID of the instance; default: the API generates one.
            idempotency_key: At most 64 characters.
            update_current_version: Whether this becomes the deployment's current version.
            purpose: The purpose of the instance; the API's default is "live".
            external_identifier: Your identifier for the instance, unique for the agent.
        """
        body = {
            "agent_version": agent_version,
            "agent_schema_version": agent_schema_version,
            "update_current_version": update_current_version,
            **given(
                agent_id=agent_id,
                environment_id=environment_id,
                id=id,
                idempotency_key=checked_key(idempotency_key),
                purpose=purpose,
                external_identifier=external_identifier,
            ),
        }
        return await self._write("register", body)

    async def start(
        self, agent_instance_id: str, timestamp: datetime | None = None, idempotency_key: str | None = None
    ) -> InstanceT:
        """Starts an instance.

        Args:
            agent_instance_id: The instance.
            timestamp: When the run started; default: time of the request.
            idempotency_key: At most 64 characters.
        """
        # null for "now", as the documented client sends it; other requests leave the field out.
        body = {"timestamp": iso_time(timestamp), **given(idempotency_key=checked_key(idempotency_key))}
        return await self._write(agent_instance_id, body, action="start")

    async def finish(
        self,
        agent_instance_id: str,
        status: FinishStatus | None = None,
        timestamp: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> InstanceT:
        """Finishes an instance.

        Args:
            agent_instance_id: The instance.
            status: The final status; the API's default is "complete".
            timestamp: When the run ended; default: time of the request.
            idempotency_key: At most 64 characters.
        """
        body = given(status=status, timestamp=iso_time(timestamp), idempotency_key=checked_key(idempotency_key))
        return await self._write(agent_instance_id, body, action="finish")

    async def get(self, agent_instance_id: str) -> InstanceT:
        """The instance with this ID."""
        answer = await self._http._send("GET", api_path("agent_instance", agent_instance_id))
        return self._read(answer)

    async def record_quality(
        self,
        agent_instance_id: str,
        name: str,
        payload: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> InstanceT:
        """Sets or removes a quality payload of an instance.

        Args:
            agent_instance_id: The instance.
            name: The name of the quality payload.
            payload: The new content; None removes it.
            idempotency_key: At most 64 characters.
        """
        body = {"name": name, "payload": payload, **given(idempotency_key=checked_key(idempotency_key))}
        return await self._write(agent_instance_id, body, action="record_quality")

    async def _write(self, target: str, body: dict[str, Any], action: str | None = None) -> InstanceT:
        path = api_path("agent_instance", target, *([action] if action else []))
        answer = await self._http._send("POST", path, json_data=body)
        return self._read(answer)

    @abstractmethod
    def _read(self, answer: Answer) -> InstanceT:
        """The instance in an answer."""
