"""Schema versions, versions and deployments: made on demand when an instance registers, the same content only once."""

from __future__ import annotations

from typing import Any

from prefactor_local import _schemas
from prefactor_local._errors import not_found
from prefactor_local._listing import listing
from prefactor_local._platform import Call, Platform, answer
from prefactor_local._requests import AgentVersion, SchemaVersion
from prefactor_local._store import Record

__all__ = [
    "deployment",
    "list_schema_versions",
    "schema_version",
    "schema_version_details",
    "schemas_of",
    "show_schema_version",
    "version",
]


def schema_version(platform: Platform, agent_id: str, wanted: SchemaVersion) -> Record:
    """The agent's schema version of that content. Its identifier is a name and decides nothing."""
    definitions = wanted.model_dump(mode="json", by_alias=True)
    types, qualities = _schemas.span_types(definitions), _schemas.quality_schemas(definitions)
    return _stored_once(
        platform,
        "agent_schema_version",
        agent_id,
        _schemas.fingerprint(types, qualities),
        external_identifier=wanted.external_identifier,
        span_types=types,
        quality_schemas=qualities,
    )


def version(platform: Platform, agent_id: str, wanted: AgentVersion, schema_version_id: str) -> Record:
    """The agent's version with that identifier, runtime environment and schema version."""
    environment = wanted.runtime_environment.model_dump() if wanted.runtime_environment else None
    return _stored_once(
        platform,
        "agent_version",
        agent_id,
        _schemas.fingerprint(wanted.external_identifier, environment, schema_version_id),
        external_identifier=wanted.external_identifier,
        runtime_environment=environment,
        agent_schema_version_id=schema_version_id,
    )


def deployment(platform: Platform, agent_id: str, environment_id: str, current_version_id: str | None) -> Record:
    """The agent's deployment in the environment, moved to the version unless that is None."""
    now = platform.now()
    place = {"agent_id": agent_id, "environment_id": environment_id}
    found = platform.store.one("agent_deployment", **place)
    if found is None:
        found = {"id": platform.new_id(), **place, "current_version_id": current_version_id}
        platform.store.insert("agent_deployment", **found, inserted_at=now, updated_at=now)
    elif current_version_id not in {None, found["current_version_id"]}:
        platform.store.update("agent_deployment", found["id"], current_version_id=current_version_id, updated_at=now)
    return found


def schemas_of(platform: Platform, schema_version_id: str) -> Record:
    """`span_types` and `quality_schemas`, each by name, of a schema version that exists."""
    if schema_version_id not in platform.schema_versions:
        row = platform.store.one("agent_schema_version", id=schema_version_id)
        platform.schema_versions[schema_version_id] = row or {}
    return platform.schema_versions[schema_version_id]


def list_schema_versions(platform: Platform, call: Call) -> Record:
    agent_id = call.query.get("agent_id")
    rows = platform.store.every("agent_schema_version", **({"agent_id": agent_id} if agent_id else {}))
    return listing(
        [schema_version_details(platform, row) for row in rows if call.caller.may_see(row["agent_id"])], call
    )


def show_schema_version(platform: Platform, call: Call) -> Record:
    row = platform.store.one("agent_schema_version", id=call.target)
    if row is None or not call.caller.may_see(row["agent_id"]):
        raise not_found("Agent schema version")
    return answer(schema_version_details(platform, row))


def schema_version_details(platform: Platform, row: Record) -> Record:
    same_name = platform.store.every(
        "agent_schema_version", agent_id=row["agent_id"], external_identifier=row["external_identifier"]
    )
    return {
        "type": "agent_schema_version",
        "id": row["id"],
        "account_id": platform.account_id,
        "agent_id": row["agent_id"],
        "external_identifier": row["external_identifier"],
        "external_identifier_repeats": len(same_name),
        "span_type_schemas": row["span_types"],
        "quality_schemas": list(row["quality_schemas"].values()),
        "inserted_at": row["inserted_at"],
    }


def _stored_once(platform: Platform, table: str, agent_id: str, fingerprint: str, **values: Any) -> Record:
    found = platform.store.one(table, agent_id=agent_id, fingerprint=fingerprint)
    if found is None:
        found = {"id": platform.new_id(), "agent_id": agent_id, "inserted_at": platform.now(), **values}
        platform.store.insert(table, fingerprint=fingerprint, **found)
    return found
