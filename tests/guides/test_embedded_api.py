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
from tests.support.processes import run, script, serve

import prefactor_spans
from prefactor_local import Fault, LocalApi

GUIDE = "src/prefactor_local/README.md"
SERVE = block(f"{GUIDE}#on-the-command-line/sh")
PRINTED = block(f"{GUIDE}#on-the-command-line/text")
TEST = block(f"{GUIDE}#in-a-test/python")
FAULTS = block(f"{GUIDE}#faults/python")
AWAY = block(f"{GUIDE}#faults/python/2")
SERVE_WITH_FAULTS = block(f"{GUIDE}#faults/sh")


def test_serve_prints_address_and_token() -> None:
    assert SERVE == "prefactor-local serve\n"
    with serve() as api:
        printed = f"url:   {api.url}\ntoken: {api.token}\n"
        assert api.stop() == []
    hidden = re.compile(r":\d+$|(?<=token: local-).*$", re.MULTILINE)
    assert hidden.sub("…", printed) == hidden.sub("…", PRINTED)


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


def test_every_option_is_explained(tmp_path: Path) -> None:
    shown = run([script("prefactor-local"), "serve", "--help"], tmp_path).stdout
    options = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE))
    rows = [*table(GUIDE, "on-the-command-line"), *table(GUIDE, "faults", 1)]
    assert options == {option for row in rows for option in re.findall(r"--[a-z-]+", row[0])}


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
