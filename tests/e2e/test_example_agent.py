"""The example agent, tested as a user tests an agent."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest
from tests.support.processes import ROOT

import prefactor_spans
from prefactor_core.testing import Recorded
from prefactor_spans import AgentLlm, AgentRetrieval, AgentRun, AgentTool

Agent: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

pytestmark = pytest.mark.anyio


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Agent:
    """Its package has the definitions of prefactor_spans, so that one stands for it here."""
    monkeypatch.setitem(sys.modules, "example_agent_spans", prefactor_spans)
    monkeypatch.setenv("PREFACTOR_API_URL", "https://prefactor.invalid")
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "unused")
    main: Agent = runpy.run_path(str(ROOT / "tests" / "example_agent" / "agent.py"))["main"]
    return main


async def test_every_step_is_recorded_below_the_run(agent: Agent, recorded: Recorded) -> None:
    await agent()
    run = recorded.one(AgentRun)
    assert [step.type for step in run.children()] == [
        "agent:llm", "agent:tool", "agent:tool", "agent:retrieval", "agent:retrieval", "agent:llm",
    ]  # fmt: skip
    assert run.result.output == "Light clothes, a rain jacket for Thursday, and good shoes for the hills."
    assert (recorded.instance.name, recorded.instance.status) == ("Travel agent", "complete")


async def test_what_the_model_is_asked_and_answers(agent: Agent, recorded: Recorded) -> None:
    await agent()
    first, last = recorded.all(AgentLlm)
    assert first.params.model == "scripted-1"
    assert (first.result.finish_reason, last.result.finish_reason) == ("tool_calls", "stop")
    assert [message["role"] for message in last.raw_params["messages"]] == ["user", "tool", "tool", "system"]


async def test_a_tool_that_fails_and_a_search_that_is_not_needed(agent: Agent, recorded: Recorded) -> None:
    await agent()
    tool = recorded.one(AgentTool, where=lambda span: span.status == "failed")
    assert tool.params.name == "get_flight_status"
    assert tool.error == ("ConnectionError", "the airline does not answer")
    assert [search.status for search in recorded.all(AgentRetrieval)] == ["complete", "cancelled"]
