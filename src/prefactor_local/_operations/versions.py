"""Schema versions, versions and deployments: created when an instance registers, once for equal content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from prefactor_local._operations import schemas
from prefactor_local._operations.call import Call
from prefactor_local._operations.lists import listing
from prefactor_local._operations.request_bodies import AgentVersion, SchemaVersion
from prefactor_local._protocol.answers import success
from prefactor_local._protocol.errors import not_found
from prefactor_local._state.account import Account
from prefactor_local._state.store import Record

__all__ = [
    "checks_of",
    "get_or_create_deployment",
    "get_or_create_schema_version",
    "get_or_create_version",
    "list_schema_versions",
    "schema_version_details",
    "schemas_of",
    "show_schema_version",
]


def get_or_create_schema_version(account: Account, agent_id: str, wanted: SchemaVersion) -> Record:
    """The agent's schema version with this content. The external identifier is a name only and is not compared."""
    definitions = wanted.model_dump(mode="json", by_alias=True)
    types, qualities = schemas.span_types(definitions), schemas.quality_schemas(definitions)
    return _get_or_create(
        account,
        "agent_schema_version",
        agent_id,
        _fingerprint(types, qualities),
        external_identifier=wanted.external_identifier,
        span_types=types,
        quality_schemas=qualities,
    )


def get_or_create_version(account: Account, agent_id: str, wanted: AgentVersion, schema_version_id: str) -> Record:
    """The agent's version with this identifier, runtime environment and schema version."""
    environment = wanted.runtime_environment.model_dump() if wanted.runtime_environment else None
    return _get_or_create(
        account,
        "agent_version",
        agent_id,
        _fingerprint(wanted.external_identifier, environment, schema_version_id),
        external_identifier=wanted.external_identifier,
        runtime_environment=environment,
        agent_schema_version_id=schema_version_id,
    )


def get_or_create_deployment(
    account: Account, agent_id: str, environment_id: str, current_version_id: str | None
) -> Record:
    """The agent's deployment in the environment. It moves to the version, unless that is None."""
    now = account.now()
    place = {"agent_id": agent_id, "environment_id": environment_id}
    found = account.store.find("agent_deployment", **place)
    if found is None:
        found = {"id": account.new_id(), **place, "current_version_id": current_version_id}
        account.store.insert("agent_deployment", **found, inserted_at=now, updated_at=now)
    elif current_version_id not in {None, found["current_version_id"]}:
        account.store.update("agent_deployment", found["id"], current_version_id=current_version_id, updated_at=now)
    return found


def schemas_of(account: Account, schema_version_id: str) -> Record:
    """`span_types` and `quality_schemas` of an existing schema version, each by name."""
    if schema_version_id not in account.schema_versions:
        row = account.store.find("agent_schema_version", id=schema_version_id)
        account.schema_versions[schema_version_id] = row or {}
    return account.schema_versions[schema_version_id]


def checks_of(account: Account, schema_version_id: str, schema_name: str) -> schemas.SpanChecks | None:
    """The checks of a span type of an existing schema version; None if it has no such type."""
    found = schemas_of(account, schema_version_id)
    checks: dict[str, schemas.SpanChecks] = found.setdefault("checks", {})
    if schema_name not in checks and schema_name in found["span_types"]:
        checks[schema_name] = schemas.SpanChecks(found["span_types"][schema_name])
    return checks.get(schema_name)


def list_schema_versions(account: Account, call: Call) -> Record:
    agent_id = call.query.get("agent_id")
    rows = account.store.find_all("agent_schema_version", **({"agent_id": agent_id} if agent_id else {}))
    return listing([schema_version_details(account, row) for row in rows if call.caller.may_see(row["agent_id"])], call)


def show_schema_version(account: Account, call: Call) -> Record:
    row = account.store.find("agent_schema_version", id=call.target)
    if row is None or not call.caller.may_see(row["agent_id"]):
        raise not_found("Agent schema version")
    return success(schema_version_details(account, row))


def schema_version_details(account: Account, row: Record) -> Record:
    same_name = account.store.find_all(
        "agent_schema_version", agent_id=row["agent_id"], external_identifier=row["external_identifier"]
    )
    return {
        "type": "agent_schema_version",
        "id": row["id"],
        "account_id": account.id,
        "agent_id": row["agent_id"],
        "external_identifier": row["external_identifier"],
        "external_identifier_repeats": len(same_name),
        "span_type_schemas": row["span_types"],
        "quality_schemas": list(row["quality_schemas"].values()),
        "current_agent_deployment_refs": _current_deployments(account, row),
        "inserted_at": row["inserted_at"],
    }


def _current_deployments(account: Account, schema_version: Record) -> list[str]:
    """The IDs of the agent's deployments whose current version has these schemas."""
    versions = account.store.find_all("agent_version", agent_schema_version_id=schema_version["id"])
    ids = {version["id"] for version in versions}
    deployments = account.store.find_all("agent_deployment", agent_id=schema_version["agent_id"])
    return [each["id"] for each in deployments if each["current_version_id"] in ids]


def _get_or_create(account: Account, table: str, agent_id: str, fingerprint: str, **values: Any) -> Record:
    found = account.store.find(table, agent_id=agent_id, fingerprint=fingerprint)
    if found is None:
        found = {"id": account.new_id(), "agent_id": agent_id, "inserted_at": account.now(), **values}
        account.store.insert(table, fingerprint=fingerprint, **found)
    return found


def _fingerprint(*parts: object) -> str:
    """A hash that is equal for equal content, whatever the order of keys."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
