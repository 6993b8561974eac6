"""The versions of an agent's definitions that the platform has."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefactor_gen.remote.answers import Json, definitions, details, is_object, is_text, text
from prefactor_gen.remote.errors import RemoteError
from prefactor_schema.suggestions import did_you_mean

if TYPE_CHECKING:
    from prefactor_http import HttpClientConfig, PrefactorHttpClient

__all__ = ["AgentVersion", "agent_versions"]

_PAGE_SIZE = 100
_MAX_PAGES = 100
_MAX_SHOWN = 5
_SECONDS = 20.0
"""The time for one answer, with a second request if the first one fails."""
_RETRIES = 1
_MAX_RETRY_SECONDS = 5.0
_TOKEN, _URL = "PREFACTOR_API_TOKEN", "PREFACTOR_API_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentVersion:
    """One version of an agent's definitions.

    Attributes:
        id: the ID of the agent schema version.
        identifier: its external identifier, which other versions may have, too.
        inserted_at: when it was registered, as the API says it.
        deployments: the deployments that use it now.
        definitions: the definitions in the form of a definition file: `span_type_schemas` is a list again, and the
            defaults that the API adds are left out. There is no `quality_schemas` if the API does not show them.
    """

    id: str
    identifier: str
    inserted_at: str
    deployments: Sequence[str]
    definitions: Mapping[str, object]


def agent_versions(agent: str, version: str | None = None, *, newest: int = 1) -> list[AgentVersion]:
    """The versions of an agent's definitions, the newest first; at least one.

    The address and the token are those of the environment variables PREFACTOR_API_URL and PREFACTOR_API_TOKEN.

    Args:
        agent: the external identifier, the ID or the name of the agent.
        version: the external identifier or the ID of a version. Only the versions that have it are returned.
        newest: without `version`: how many of the newest versions to return, beside those with current deployments.

    Raises:
        RemoteError: no token, no answer, no access, no such agent or version, or an answer in another form.
    """
    return asyncio.run(_read(_configuration(), agent, version, newest))


def _configuration() -> HttpClientConfig:
    from prefactor_http import HttpClientConfig

    for name in (_URL, _TOKEN):  # HttpClientConfig does without them where PREFACTOR_DISABLED is set
        if not os.environ.get(name):
            hint = (
                "it is the address of the API" if name == _URL else "definitions are read with the token of an account"
            )
            raise RemoteError(f"{name} is not set; {hint}")
    if "/api/v1" in os.environ[_URL]:
        raise RemoteError(f"{_URL}: expected the address of the platform without /api/v1")
    try:
        return HttpClientConfig(max_retries=_RETRIES, max_retry_delay=_MAX_RETRY_SECONDS, request_timeout=_SECONDS)
    except ValueError as error:
        message = str(error).replace("api_url", _URL).replace("api_token", _TOKEN)
        raise RemoteError(message) from None


async def _read(config: HttpClientConfig, agent: str, version: str | None, newest: int) -> list[AgentVersion]:
    from prefactor_http import PrefactorAuthError, PrefactorHttpClient, PrefactorHttpError

    try:
        async with PrefactorHttpClient(config, "prefactor-gen") as client:
            return await _Reader(client).versions(agent, version, newest)
    except PrefactorAuthError as error:
        message = f"{config.api_url} refuses {_TOKEN} ({error}); definitions are read with the token of an account"
        raise RemoteError(message) from None
    except (PrefactorHttpError, _NoAnswerError) as error:
        reason = getattr(error, "last_error", None) or error
        raise RemoteError(f"cannot read agent {agent!r} from {config.api_url}: {reason}") from None


class _NoAnswerError(Exception):
    """The platform does not answer in time."""


class _Reader:
    """Reads what belongs to one agent."""

    def __init__(self, client: PrefactorHttpClient) -> None:
        self._client = client

    async def versions(self, agent: str, version: str | None, newest: int) -> list[AgentVersion]:
        agent_id = await self._agent_id(agent)
        rows = [row async for row in self._rows("agent_schema_version", agent_id=agent_id)]
        if not rows:
            raise RemoteError(f"agent {agent!r} has no definitions yet: it registers them with its first run")
        rows.sort(key=_time, reverse=True)
        return [_version(await self._complete(row)) for row in _chosen(rows, agent, version, newest)]

    async def _agent_id(self, agent: str) -> str:
        from prefactor_http import PrefactorNotFoundError, PrefactorValidationError

        for name in ("external_identifier", "agent_id"):
            try:
                found = details(await self._get("agent/show", **{name: agent}))
            except (PrefactorNotFoundError, PrefactorValidationError):  # an ID in a wrong form
                continue
            return text(found, "id")
        return await self._agent_with_name(agent)

    async def _agent_with_name(self, name: str) -> str:
        rows = [row async for row in self._rows("agent")]
        found = [row for row in rows if row.get("name") == name]
        if len(found) == 1:
            return text(found[0], "id")
        if found:
            known = ", ".join(text(row, "id") for row in found)
            raise RemoteError(f"{len(found)} agents have the name {name!r}; name one by its ID: {known}")
        known_names = [
            value for row in rows for key in ("external_identifier", "name") if is_text(value := row.get(key))
        ]
        raise RemoteError(f"there is no agent {name!r} in this account{did_you_mean(name, known_names)}")

    async def _rows(self, path: str, **query: str) -> AsyncIterator[Json]:
        """The rows of a list. Its key differs between versions of the API."""
        for page in range(_MAX_PAGES):
            paging = {"pagination[offset]": str(page), "pagination[page_size]": str(_PAGE_SIZE)}
            answer = await self._get(path, **query, **paging)
            rows = answer["summaries"] if "summaries" in answer else answer.get("details")
            if not isinstance(rows, list) or not all(map(is_object, rows)):
                raise RemoteError(f"unexpected answer to GET /api/v1/{path}: expected a list of objects in summaries")
            for row in rows:
                yield row
            pagination = answer.get("pagination")
            if not is_object(pagination) or pagination.get("next_page_offset") is None:
                return
        raise RemoteError(f"GET /api/v1/{path}: more than {_MAX_PAGES * _PAGE_SIZE:,} rows")

    async def _complete(self, row: Json) -> Json:
        """The row with its definitions, which lists may leave out."""
        if "span_type_schemas" in row and "quality_schemas" in row:
            return row
        return details(await self._get(f"agent_schema_version/{text(row, 'id')}"))

    async def _get(self, path: str, **query: str) -> Json:
        request = f"/api/v1/{path}"
        try:
            async with asyncio.timeout(_SECONDS):
                answer: Json = await self._client.request("GET", request, params=dict(query))
        except TimeoutError:
            message = f"no answer to GET {request} within {_SECONDS:g} seconds; can {_URL} be reached from here?"
            raise _NoAnswerError(message) from None
        return answer


def _chosen(rows: Sequence[Json], agent: str, version: str | None, newest: int) -> list[Json]:
    if version is None:
        return [row for index, row in enumerate(rows) if index < newest or row.get("current_agent_deployment_refs")]
    found = [row for row in rows if version in {row.get("external_identifier"), row.get("id")}]
    if not found:
        known = [value for row in rows if is_text(value := row.get("external_identifier"))]
        shown = ", ".join(known[:_MAX_SHOWN]) + (", …" if len(known) > _MAX_SHOWN else "")
        hint = did_you_mean(version, known) or (f"; it has, the newest first: {shown}" if known else "")
        raise RemoteError(f"agent {agent!r} has no definitions of version {version!r}{hint}")
    return found


def _version(row: Json) -> AgentVersion:
    refs = row.get("current_agent_deployment_refs")
    return AgentVersion(
        id=text(row, "id"),
        identifier=str(row.get("external_identifier") or row["id"]),
        inserted_at=text(row, "inserted_at"),
        deployments=[str(ref) for ref in refs] if isinstance(refs, list) else [],
        definitions=definitions(row),
    )


def _time(row: Json) -> datetime:
    """When it was registered. Times end with Z or an offset."""
    try:
        time = datetime.fromisoformat(text(row, "inserted_at"))
    except ValueError:
        raise RemoteError("unexpected answer of the API: expected a time in inserted_at") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
