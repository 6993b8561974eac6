"""Tests with pytest-asyncio and inline-snapshot, in any order, of an agent whose client is never closed."""

import pytest
from inline_snapshot import snapshot
from travel_agent import ask

from prefactor_spans import AgentLlm, AgentRun


@pytest.mark.parametrize("question", ["What?", "Where?"])
async def test_runs_do_not_mix(recorded, question):
    assert await ask(question) == "A jacket"
    assert recorded.one(AgentRun).params.input == question
    assert recorded.one(AgentRun).parent is None


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("question", ["What?", "Where?"])
async def test_runs_in_one_loop_do_not_mix(recorded, question):
    await ask(question)
    assert recorded.one(AgentLlm).params.prompt == question


async def test_an_inline_snapshot(recorded):
    await ask("What?")
    assert recorded.snapshot()[0]["spans"] == snapshot(
        [
            {
                "type": "agent:llm",
                "status": "complete",
                "params": {"model": "gpt-4", "prompt": "What?"},
                "result": {"response": "A jacket"},
                "spans": [],
            }
        ]
    )
