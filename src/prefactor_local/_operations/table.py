"""The table of all operations: name, route, function."""

from __future__ import annotations

from prefactor_local._operations import agents, instances, spans, versions
from prefactor_local._operations.call import Call
from prefactor_local._operations.operation import Operation
from prefactor_local._operations.request_bodies import GeneratePfids, parse
from prefactor_local._protocol.answers import success
from prefactor_local._state.account import Account
from prefactor_local._state.store import Record

__all__ = ["OPERATIONS", "TERMINATE"]


def _ping(_account: Account, _call: Call) -> Record:
    return {"status": "success"}


def _generate_pfids(account: Account, call: Call) -> Record:
    count = parse(GeneratePfids, call.body).count
    return success({"pfids": [account.new_id() for _ in range(count)]})


TERMINATE = Operation(
    "agent_instances/terminate",
    "POST",
    "/agent_instance/{agent_instance_id}/terminate",
    instances.terminate,
    account_only=True,
)
OPERATIONS = (
    Operation("ping", "GET", "/ping", _ping),
    Operation("agents/list", "GET", "/agent", agents.list_agents, account_only=True),
    Operation("agents/create", "POST", "/agent", agents.create, account_only=True),
    Operation("agents/show", "GET", "/agent/show", agents.show, account_only=True),
    Operation("agents/get", "GET", "/agent/{agent_id}", agents.get, account_only=True),
    Operation("agents/update", "PUT", "/agent/{agent_id}", agents.update, account_only=True),
    Operation("agents/delete", "DELETE", "/agent/{agent_id}", agents.delete, account_only=True),
    Operation("agents/retire", "POST", "/agent/{agent_id}/retire", agents.retire, account_only=True),
    Operation("agents/reinstate", "POST", "/agent/{agent_id}/reinstate", agents.reinstate, account_only=True),
    Operation("agent_schema_versions/list", "GET", "/agent_schema_version", versions.list_schema_versions),
    Operation(
        "agent_schema_versions/show",
        "GET",
        "/agent_schema_version/{agent_schema_version_id}",
        versions.show_schema_version,
    ),
    Operation("agent_instances/list", "GET", "/agent_instance", instances.list_instances),
    Operation("agent_instances/register", "POST", "/agent_instance/register", instances.register),
    Operation("agent_instances/show", "GET", "/agent_instance/{agent_instance_id}", instances.get),
    Operation("agent_instances/start", "POST", "/agent_instance/{agent_instance_id}/start", instances.start),
    Operation("agent_instances/finish", "POST", "/agent_instance/{agent_instance_id}/finish", instances.finish),
    TERMINATE,
    Operation(
        "agent_instances/record_quality",
        "POST",
        "/agent_instance/{agent_instance_id}/record_quality",
        instances.record_quality,
    ),
    # As on the live service, a token that may write spans may not read them.
    Operation("agent_spans/list", "GET", "/agent_spans", spans.list_spans, account_only=True),
    Operation("agent_spans/create", "POST", "/agent_spans", spans.create),
    Operation("agent_spans/finish", "POST", "/agent_spans/{agent_span_id}/finish", spans.finish),
    Operation("pfids/generate", "POST", "/pfid/generate", _generate_pfids),
)
