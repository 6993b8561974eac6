"""Operations on agents."""

from __future__ import annotations

from typing import Any

from prefactor_local._operations.call import Call
from prefactor_local._operations.lists import listing
from prefactor_local._operations.request_bodies import AgentChanges, AgentDetails, details_of, parse
from prefactor_local._protocol.answers import success
from prefactor_local._protocol.errors import invalid_action, not_found, validation_errors
from prefactor_local._state.account import Account
from prefactor_local._state.life_cycle import TERMINAL
from prefactor_local._state.store import Record

__all__ = [
    "create",
    "delete",
    "get",
    "get_or_create",
    "list_agents",
    "reinstate",
    "retire",
    "show",
    "update",
]

FILTERS = ("risk_profile_id", "team_id", "owner_person_id")


def list_agents(account: Account, call: Call) -> Record:
    wanted = {name: call.query[name] for name in FILTERS if name in call.query}
    return listing([agent_record(account, row) for row in account.store.find_all("agent", **wanted)], call)


def get(account: Account, call: Call) -> Record:
    return _answer(account, call.target)


def show(account: Account, call: Call) -> Record:
    wanted = {
        column: call.query[name]
        for name, column in (("agent_id", "id"), ("external_identifier", "external_identifier"))
        if name in call.query
    }
    if len(wanted) != 1:
        raise validation_errors({"base": ["exactly one of agent_id and external_identifier is required"]})
    return success(agent_record(account, _existing(account, **wanted)))


def create(account: Account, call: Call) -> Record:
    details = parse(AgentDetails, details_of(call.body))
    identifier = details.external_identifier
    if identifier is not None and account.store.exists("agent", external_identifier=identifier):
        raise validation_errors({"external_identifier": ["has already been taken"]})
    values = {**details.model_dump(), "id": account.claim_id("agent", details.id)}
    _insert(account, values)
    return _answer(account, values["id"])


def update(account: Account, call: Call) -> Record:
    changes = parse(AgentChanges, details_of(call.body)).model_dump(exclude_unset=True)
    if "name" in changes and changes["name"] is None:
        raise validation_errors({"name": ["is required"]})
    _existing(account, id=call.target)
    account.store.update("agent", call.target, **changes, updated_at=account.now())
    return _answer(account, call.target)


def retire(account: Account, call: Call) -> Record:
    return _retired(account, call.target, retired=True)


def reinstate(account: Account, call: Call) -> Record:
    return _retired(account, call.target, retired=False)


def delete(account: Account, call: Call) -> Record:
    record = agent_record(account, _existing(account, id=call.target))
    if not record["available_actions"]["delete"]:
        raise invalid_action("Agent has instances, it can only be retired.")
    account.store.delete("agent", call.target)
    return success(record)


def get_or_create(account: Account, agent_id: str, name: str | None, description: str | None) -> Record:
    """The agent of an instance that registers: created if it does not exist, else updated with what is given."""
    given = {key: value for key, value in (("name", name), ("description", description)) if value is not None}
    if not account.store.exists("agent", id=agent_id):
        _insert(account, {"id": agent_id, "name": agent_id, **given})
    elif given:
        account.store.update("agent", agent_id, **given, updated_at=account.now())
    return _existing(account, id=agent_id)


def agent_record(account: Account, row: Record) -> Record:
    """The agent as the API shows it."""
    counts = account.store.count_by_status("agent_instance", agent_id=row["id"])
    in_use = "active" if counts else "pending"
    return {
        "type": "agent",
        "account_id": account.id,
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


def _insert(account: Account, values: dict[str, Any]) -> None:
    now = account.now()
    account.store.insert("agent", **values, inserted_at=now, updated_at=now)


def _existing(account: Account, **wanted: str) -> Record:
    row = account.store.find("agent", **wanted)
    if row is None:
        raise not_found("Agent")
    return row


def _answer(account: Account, agent_id: str) -> Record:
    return success(agent_record(account, _existing(account, id=agent_id)))


def _retired(account: Account, agent_id: str, *, retired: bool) -> Record:
    if _existing(account, id=agent_id)["retired"] is retired:
        raise invalid_action(f"Agent is {'already' if retired else 'not'} retired.")
    account.store.update("agent", agent_id, retired=retired, updated_at=account.now())
    return _answer(account, agent_id)
