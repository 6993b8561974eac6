"""The guide to the embedded API: src/prefactor_local/README.md."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from pathlib import Path

import httpx
import pytest
from tests.guides.blocks import block, table
from tests.guides.running import agent, execute, project
from tests.support.processes import run, serve

import prefactor_spans
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_local import Fault, LocalApi
from prefactor_local.__main__ import main as prefactor_local
from prefactor_local._server import http_protocol, reception
from prefactor_templates import parsing
from prefactor_templates.rendering import RENDER_SECONDS

GUIDE = "src/prefactor_local/README.md"
SERVE = block(f"{GUIDE}#on-the-command-line/sh")
PRINTED = block(f"{GUIDE}#on-the-command-line/text")
TEST = block(f"{GUIDE}#in-a-test/python")
FAULTS = block(f"{GUIDE}#faults/python")
AWAY = block(f"{GUIDE}#faults/python/2")
SERVE_WITH_FAULTS = block(f"{GUIDE}#faults/sh")
SERVE_IN_A_CONTAINER = block(f"{GUIDE}#limits/sh")


def test_serve_prints_address_and_token() -> None:
    assert SERVE == "prefactor-local serve\n"
    with serve() as api:
        assert api.stop() == []
    hidden = re.compile(r"(?<=127\.0\.0\.1):\d+|(?<=local-)\S+|(?<=#t=)\S+")
    assert hidden.sub("…", api.printed) == hidden.sub("…", PRINTED)


def client_of(api: LocalApi, token: str) -> PrefactorCoreClient:
    http_config = HttpClientConfig(api_url=api.url, api_token=token)
    return PrefactorCoreClient(PrefactorCoreConfig(http_config=http_config, schema_registry=prefactor_spans.registry))


@pytest.mark.anyio
async def test_a_deployment_token_needs_no_agent() -> None:
    with LocalApi() as api:
        async with client_of(api, api.deployment_token("my-agent")) as client:
            await client.create_agent_instance(agent_version={"name": "My Agent"})
        assert [instance["agent_id"] for instance in api.instances()] == ["my-agent"]


@pytest.mark.slow
def test_serve_with_faults() -> None:
    command, subcommand, *options = SERVE_WITH_FAULTS.split()
    assert (command, subcommand) == ("prefactor-local", "serve")
    with serve(*options, "--error-rate", "0.98") as api:  # the last one counts
        answers = [status(api.url, api.token) for _ in range(5)]
        api.stop()
    assert 503 in answers


def status(url: str, token: str) -> int | None:
    """The status of the answer to a ping; None if the connection was reset."""
    try:
        answer = httpx.get(f"{url}/api/v1/ping", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    except httpx.TransportError:
        return None
    return answer.status_code


OPTIONS = {
    "serve": [("on-the-command-line", 0), ("faults", 1)],
    "show": [("show-a-run", 0)],
    "tail": [("follow-runs", 0)],
    "open": [],
    "export": [("export-a-run", 1)],
}


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_is_explained(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        prefactor_local([command, "--help"])
    options = set(re.findall(r"^  (?:-\w(?: \w+)?, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)) - {"--help"}
    rows = [row for section, number in OPTIONS[command] for row in table(GUIDE, section, number)]
    explained = {option for row in rows for option in re.findall(r"--[a-z-]+", row[0])}
    # The section about `open` names in its text what it has in common with `show`.
    assert options == (explained or {"--database", "--port"})


@pytest.mark.slow
def test_the_test_passes(tmp_path: Path) -> None:
    project(tmp_path, {"test_agent.py": TEST})
    done = run([sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"], tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_every_member_is_explained() -> None:
    with LocalApi() as api:
        members = {name for name in dir(api) if not name.startswith("_")}
    explained = set(re.findall(r"`(\w+)", " ".join(row[0] for row in table(GUIDE, "looking-at-what-was-recorded"))))
    assert explained <= members
    away = {"away", "away_for", "come_back", "go_away"}
    faults = {"bulk", "clear_faults", "inject", "pending_faults", "refuse_ids", *away}
    assert members - explained == faults


def test_every_field_of_a_fault_is_explained() -> None:
    fields = [field.name for field in dataclasses.fields(Fault)]
    rows = table(GUIDE, "faults")
    assert sorted(fields) == sorted(name for row in rows for name in re.findall(r"`(\w+)`", row[0]))
    for row in rows:
        names = re.findall(r"`(\w+)`", row[0])
        if row[1].startswith("`"):
            defaults = {inspect.signature(Fault).parameters[name].default for name in names}
            assert defaults == {json.loads(row[1].strip("`").lower())}


@pytest.mark.slow
@pytest.mark.anyio
async def test_faults_happen() -> None:
    async with agent(prefactor_spans.registry) as names:
        api = names["api"]
        await names["client"].flush()
        before_clearing = FAULTS.replace("api.clear_faults()", "pending = api.pending_faults()")
        pending = (await execute(before_clearing, **names))["pending"]
        assert [(fault.status, fault.reset, left) for fault, left in pending] == [
            (503, None, None),
            (429, None, 1),
            (None, "after", 1),
        ]
        await execute(FAULTS, **names)
        assert api.pending_faults() == []
        await execute(AWAY, **names)
        assert [span["status"] for span in api.spans()] == ["complete"]


def test_every_request_to_a_running_server_works() -> None:
    rows = table(GUIDE, "while-it-runs")
    assert len(rows) == 9
    for request, meaning in rows:
        method, path = request.strip("`").split()
        body = re.search(r"`(\{.*\})`", meaning)
        with LocalApi() as api:
            headers = {"Authorization": f"Bearer {api.token}"}
            with httpx.Client(trust_env=False, headers=headers) as client:
                answer = client.request(method, f"{api.url}{path}", content=body[1] if body else None)
        # There is no such instance.
        assert answer.status_code == (404 if path.endswith("terminate") else 200), answer.text


def test_the_limits_are_those_of_the_code() -> None:
    text = " ".join(cell for row in table(GUIDE, "limits") for cell in row)
    assert f"more than {reception.MAX_BODY_BYTES // 2**20} MiB" in text
    assert f"a body that takes more than {reception.BODY_SECONDS:g} seconds" in text
    assert f"headers that take more than {http_protocol.HEAD_SECONDS:g} seconds" in text
    assert f"more than {parsing.MAX_TEMPLATE:,} characters, with more than {parsing.MAX_SPACE} characters" in text
    assert f"more than {parsing.MAX_RANGE:,} numbers, or loops of more than {parsing.MAX_RANGE:,} iterations" in text
    assert f"takes or gives more than {parsing.MAX_OUTPUT:,} characters" in text
    assert f"takes more than {RENDER_SECONDS} seconds to render" in text


@pytest.mark.slow
def test_a_container_is_addressed_by_its_name() -> None:
    command, subcommand, *options = SERVE_IN_A_CONTAINER.split()
    assert (command, subcommand) == ("prefactor-local", "serve")
    with serve(*options) as api:
        headers = {"Authorization": f"Bearer {api.token}", "Host": "prefactor:8765"}
        url = api.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/api/v1/ping", headers=headers, trust_env=False).status_code == 200
        api.stop()
