"""Requests on agents."""

from __future__ import annotations

from typing import Any

from prefactor_http._request import api_path, checked_key, given
from prefactor_http._request_sender import RequestSender
from prefactor_http.models.agent import Agent, AgentForCreate, AgentForUpdate, AgentSummary
from prefactor_http.models.base import ApiResponse, ListResponse

__all__ = ["AgentClient"]

_AgentResponse = ApiResponse[Agent]
_AgentListResponse = ListResponse[AgentSummary]


class AgentClient:
    """Requests on agents.

    They raise the errors of `PrefactorHttpClient`, and ValueError for an idempotency key over 64 characters.
    """

    def __init__(self, http_client: RequestSender) -> None:
        self._http = http_client

    async def list_agents(  # noqa: PLR0917  # documented order
        self,
        risk_profile_id: str | None = None,
        team_id: str | None = None,
        owner_person_id: str | None = None,
        sorting: str | None = None,
        offset: int | None = None,
        page_size: int | None = None,
    ) -> list[AgentSummary]:
        """One page of the account's agents.

        Args:
            risk_profile_id: Only agents with this risk profile.
            team_id: Only agents of this team.
            owner_person_id: Only agents of this person.
            sorting: Field to sort by, such as "name"; "-name" sorts in descending order.
            offset: Number of the page, from 0.
            page_size: Number of agents on a page, from 1 to 100.
        """
        params = given(
            risk_profile_id=risk_profile_id,
            team_id=team_id,
            owner_person_id=owner_person_id,
            **_sorting_params(sorting),
            **{"pagination[offset]": offset, "pagination[page_size]": page_size},
        )
        answer = await self._http._send("GET", api_path("agent"), params=params)
        return answer.parse(_AgentListResponse).summaries

    async def get(self, agent_id: str) -> Agent:
        """The agent with this ID."""
        answer = await self._http._send("GET", api_path("agent", agent_id))
        return answer.parse(_AgentResponse).details

    async def show(
        self,
        *,
        agent_id: str | None = None,
        external_identifier: str | None = None,
        environment_id: str | None = None,
        include_counts: bool = False,
        include_risk_rollup: bool = False,
    ) -> Agent:
        """The agent with this ID or external identifier, with more details on request.

        Raises:
            ValueError: Neither or both of agent_id and external_identifier are given.
        """
        if (agent_id is None) == (external_identifier is None):
            raise ValueError("give exactly one of agent_id and external_identifier")
        params = given(
            agent_id=agent_id,
            external_identifier=external_identifier,
            environment_id=environment_id,
            include_counts="true" if include_counts else None,
            include_risk_rollup="true" if include_risk_rollup else None,
        )
        answer = await self._http._send("GET", api_path("agent", "show"), params=params)
        return answer.parse(_AgentResponse).details

    async def create(self, details: AgentForCreate, idempotency_key: str | None = None) -> Agent:
        """Creates an agent."""
        body = {"details": details.model_dump(mode="json", exclude_none=True)}
        return await self._write("POST", api_path("agent"), body, idempotency_key)

    async def update(self, agent_id: str, details: AgentForUpdate, idempotency_key: str | None = None) -> Agent:
        """Changes an agent. A field that is not set does not change; one that is set to None is cleared."""
        body = {"details": details.model_dump(mode="json", exclude_unset=True)}
        return await self._write("PUT", api_path("agent", agent_id), body, idempotency_key)

    async def retire(self, agent_id: str, idempotency_key: str | None = None) -> Agent:
        """Retires an agent."""
        return await self._write("POST", api_path("agent", agent_id, "retire"), {}, idempotency_key)

    async def reinstate(self, agent_id: str, idempotency_key: str | None = None) -> Agent:
        """Reinstates a retired agent."""
        return await self._write("POST", api_path("agent", agent_id, "reinstate"), {}, idempotency_key)

    async def delete(self, agent_id: str, idempotency_key: str | None = None) -> Agent:
        """Deletes an agent, and returns its last state."""
        return await self._write("DELETE", api_path("agent", agent_id), {}, idempotency_key)

    async def _write(self, method: str, path: str, body: dict[str, Any], idempotency_key: str | None) -> Agent:
        json_data = {**body, **given(idempotency_key=checked_key(idempotency_key))}
        # No body if it would be empty: some proxies drop or refuse the body of a DELETE.
        answer = await self._http._send(method, path, json_data=json_data or None)
        return answer.parse(_AgentResponse).details


def _sorting_params(sorting: str | None) -> dict[str, str]:
    # Not as the documented client does: the live service rejects its sorting=name and sorting=-name.
    if not sorting:
        return {}
    direction = "desc" if sorting.startswith("-") else "asc"
    return {"sorting[field]": sorting.removeprefix("-"), "sorting[direction]": direction}
