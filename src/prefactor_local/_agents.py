"""Operations on agents."""

from __future__ import annotations

from typing import Any

from prefactor_local._errors import invalid_action, not_found, validation_errors
from prefactor_local._lifecycle import TERMINAL
from prefactor_local._listing import listing
from prefactor_local._platform import Call, Platform, answer
from prefactor_local._requests import AgentChanges, AgentDetails, details_of, parse
from prefactor_local._store import Record

__all__ = [
    "create",
    "delete",
    "found_or_created",
    "get",
    "list_agents",
    "reinstate",
    "retire",
    "show",
    "update",
]

FILTERS = ("risk_profile_id", "team_id", "owner_person_id")


def list_agents(platform: Platform, call: Call) -> Record:
    wanted = {name: call.query[name] for name in FILTERS if name in call.query}
    return listing([agent_record(platform, row) for row in platform.store.every("agent", **wanted)], call)


def get(platform: Platform, call: Call) -> Record:
    return _answer(platform, call.target)


def show(platform: Platform, call: Call) -> Record:
    wanted = {
        column: call.query[name]
        for name, column in (("agent_id", "id"), ("external_identifier", "external_identifier"))
        if name in call.query
    }
    if len(wanted) != 1:
        raise validation_errors({"base": ["exactly one of agent_id and external_identifier is required"]})
    return answer(agent_record(platform, _existing(platform, **wanted)))


def create(platform: Platform, call: Call) -> Record:
    details = parse(AgentDetails, details_of(call.body))
    identifier = details.external_identifier
    if identifier is not None and platform.store.exists("agent", external_identifier=identifier):
        raise validation_errors({"external_identifier": ["has already been taken"]})
    values = {**details.model_dump(), "id": platform.claim_id("agent", details.id)}
    _insert(platform, values)
    return _answer(platform, values["id"])


def update(platform: Platform, call: Call) -> Record:
    changes = parse(AgentChanges, details_of(call.body)).model_dump(exclude_unset=True)
    if "name" in changes and changes["name"] is None:
        raise validation_errors({"name": ["is required"]})
    _existing(platform, id=call.target)
    platform.store.update("agent", call.target, **changes, updated_at=platform.now())
    return _answer(platform, call.target)


def retire(platform: Platform, call: Call) -> Record:
    return _retired(platform, call.target, retired=True)


def reinstate(platform: Platform, call: Call) -> Record:
    return _retired(platform, call.target, retired=False)


def delete(platform: Platform, call: Call) -> Record:
    record = agent_record(platform, _existing(platform, id=call.target))
    if not record["available_actions"]["delete"]:
        raise invalid_action("Agent has instances, it can only be retired.")
    platform.store.delete("agent", call.target)
    return answer(record)


def found_or_created(platform: Platform, agent_id: str, name: str | None, description: str | None) -> Record:
    """The agent of an instance that registers: made if it does not exist, described anew by what is given."""
    given = {key: value for key, value in (("name", name), ("description", description)) if value is not None}
    if not platform.store.exists("agent", id=agent_id):
        _insert(platform, {"id": agent_id, "name": agent_id, **given})
    elif given:
        platform.store.update("agent", agent_id, **given, updated_at=platform.now())
    return _existing(platform, id=agent_id)


def agent_record(platform: Platform, row: Record) -> Record:
    """The agent as the API shows it."""
    counts = platform.store.count_by_status("agent_instance", agent_id=row["id"])
    in_use = "active" if counts else "pending"
    return {
        "type": "agent",
        "account_id": platform.account_id,
        **{name: value for name, value in row.items() if name not in {"seq", "retired"}},
        "status": "retired" if row["retired"] else in_use,
        "available_actions": {
            "update": True,
            "retire": not row["retired"],
            "reinstate": row["retired"],
            "delete": not counts,
        },
        "instance_counts": {
            **{status: counts.get(status, 0) for status in ("pending", "active", *sorted(TERMINAL))},
            "finished": sum(number for status, number in counts.items() if status in TERMINAL),
            "total": sum(counts.values()),
        },
    }


def _insert(platform: Platform, values: dict[str, Any]) -> None:
    now = platform.now()
    platform.store.insert("agent", **values, inserted_at=now, updated_at=now)


def _existing(platform: Platform, **wanted: str) -> Record:
    row = platform.store.one("agent", **wanted)
    if row is None:
        raise not_found("Agent")
    return row


def _answer(platform: Platform, agent_id: str) -> Record:
    return answer(agent_record(platform, _existing(platform, id=agent_id)))


def _retired(platform: Platform, agent_id: str, *, retired: bool) -> Record:
    if _existing(platform, id=agent_id)["retired"] is retired:
        raise invalid_action(f"Agent is {'already' if retired else 'not'} retired.")
    platform.store.update("agent", agent_id, retired=retired, updated_at=platform.now())
    return _answer(platform, agent_id)
