"""The pytest plugin `prefactor_pytest`, in sessions of pytest of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.support.processes import run

# What the sessions need is imported once: pytester removes the modules that a session has imported.
import prefactor_core.testing
import prefactor_spans
from prefactor_local import LocalApi

pytest_plugins = ["pytester"]

IMPORTED = (prefactor_core.testing, prefactor_spans.registry, LocalApi)
LEAN = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]  # Hypothesis is imported at the end of each session

AGENT = """
import asyncio, os, subprocess, sys, unittest
import pytest
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_spans import AgentLlm, AgentRun, registry

async def agent(model="m", finish=True):
    config = PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=registry)
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        await instance.start()
        async with instance.span(AgentLlm) as span:
            await span.start(model=model)
        if finish:
            await instance.finish()
"""


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFACTOR_API_URL", "PREFACTOR_API_TOKEN", "PREFACTOR_DISABLED"):
        monkeypatch.delenv(name, raising=False)


def session(pytester: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(AGENT + tests)
    return pytester.runpytest_inprocess("--strict-markers", *LEAN, *options)


def test_a_fixture_records_and_checks(pytester: pytest.Pytester) -> None:
    done = session(
        pytester,
        """
def test_passes(recorded):
    asyncio.run(agent())
    assert recorded.one(AgentLlm).params.model == "m"

@pytest.mark.anyio
async def test_in_a_loop(recorded):
    await agent()
    assert recorded.instance.status == "complete"

def test_mistake(recorded):
    asyncio.run(agent(model=4))
    assert recorded.one(AgentLlm)

@pytest.mark.xfail(strict=True)
def test_mistake_is_not_mended_yet(recorded):
    asyncio.run(agent(model=4))
    recorded.verify()

def test_mistake_is_expected(recorded):
    asyncio.run(agent(model=4))
    with pytest.raises(AssertionError, match="1 payload does not match"):
        recorded.verify()

@pytest.mark.prefactor(allow=["mismatch"])
def test_allowed(recorded):
    asyncio.run(agent(model=4))

@pytest.mark.prefactor(strict=False)
class TestLenient:
    def test_crash(self, recorded):
        asyncio.run(agent(finish=False))

@pytest.mark.xfail(strict=True)
def test_xfail(recorded):
    asyncio.run(agent(finish=False))
    assert recorded.one(AgentRun)

def test_fails(recorded):
    asyncio.run(agent(finish=False))
    assert recorded.one(AgentRun)

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take(self, recorded):
        self.recorded = recorded

    def test_unittest(self):
        asyncio.run(agent())
        self.assertEqual(self.recorded.one(AgentLlm).status, "complete")
""",
    )
    done.assert_outcomes(passed=7, failed=1, errors=1, xfailed=2)
    done.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_mistake*",
            "1 payload does not match its type",
            "  agent:llm  model: Input should be a string, found an integer (*.py:13)",
            "what is intended *",
            "*- prefactor -*",
            "agent:llm  complete  model=4",
            "*_ test_fails _*",
        ]
    )
    done.stdout.no_fnmatch_line("*During handling of*")
    done.stdout.fnmatch_lines(
        [
            "*_ test_fails _*",
            "E  *expected one agent:run span, found none*",
            "*- prefactor -*",
            "agent:llm  complete  m",
            "1 agent instance is not finished",
            "  the run of Agent is still active",
        ]
    )


def test_an_option_records_every_test(pytester: pytest.Pytester) -> None:
    done = session(
        pytester,
        """
CONFIG = PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=registry)  # without credentials

@pytest.fixture(scope="session")
def client():
    client = PrefactorCoreClient(CONFIG)
    asyncio.run(client.initialize())
    yield client
    asyncio.run(client.close())

@pytest.mark.parametrize("turn", [1, 2])
def test_a_client_of_the_session(client, recorded, turn):
    async def run():
        instance = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        await instance.start()
        await instance.finish()
    asyncio.run(run())
    assert recorded.instance.status == "complete"

def test_without_the_fixture():
    asyncio.run(agent())

def test_mistake_without_the_fixture():
    asyncio.run(agent(finish=False))

def test_processes_do_not_send_either():
    assert os.environ["PREFACTOR_DISABLED"] == "1"

def test_an_api_is_used(prefactor_api):
    asyncio.run(agent())
    assert prefactor_api.spans()
    assert "PREFACTOR_DISABLED" not in os.environ

class TestCase(unittest.TestCase):
    def test_mistake(self):
        asyncio.run(agent(finish=False))
""",
        "-o",
        "prefactor_record=true",
    )
    done.assert_outcomes(passed=7, errors=2)
    done.stdout.fnmatch_lines(["1 agent instance is not finished"])
    assert "PREFACTOR_DISABLED" not in os.environ


def test_an_embedded_api_is_the_api_of_the_environment(pytester: pytest.Pytester) -> None:
    done = session(
        pytester,
        """
def test_api(prefactor_api):
    asyncio.run(agent())
    (span,) = prefactor_api.spans()
    assert span["status"] == "complete"

def test_both(prefactor_api, recorded):
    pass

@pytest.mark.prefactor("open_span")
def test_wrong_marker(recorded):
    pass

@pytest.mark.prefactor(allow="open_span")
def test_text(recorded):
    pass

@pytest.mark.prefactor(alow=["open_span"])
def test_misspelled(recorded):
    pass
""",
    )
    done.assert_outcomes(passed=1, errors=4)
    done.stdout.fnmatch_lines(["*a test takes either the fixture recorded or the fixture prefactor_api*"])
    start = "the marker prefactor takes allow=[[]…[]] and strict=…"
    done.stdout.fnmatch_lines(
        [
            f"{start}, by their names",
            f"{start}: allow takes a list of kinds, such as [[]'open_span'[]]",
            f"{start}, not alow=; did you mean 'allow'[?]",
        ]
    )
    done.stdout.no_fnmatch_line("*prefactor_pytest.py*")


def test_the_plugin_imports_only_pytest(tmp_path: Path) -> None:
    """Every project with prefactor-sdk loads it, before coverage starts to measure."""
    code = (
        "import sys, pytest; before = set(sys.modules); import prefactor_pytest; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = run([sys.executable, "-c", code], tmp_path)
    assert done.stdout.strip() == "['prefactor_pytest']", done.stderr


@pytest.mark.slow
def test_processes_of_xdist_share_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        AGENT
        + """
@pytest.mark.parametrize("number", range(8))
def test_own_spans(recorded, number):
    asyncio.run(agent(model=str(number)))
    assert recorded.one(AgentLlm).params.model == str(number)

def test_mistake(recorded):
    asyncio.run(agent(model=4))
"""
    )
    done = pytester.runpytest_subprocess("-n", "2", *LEAN)
    done.assert_outcomes(passed=9, errors=1)
    done.stdout.fnmatch_lines(["*- prefactor -*", "agent:llm  complete  model=4"])
