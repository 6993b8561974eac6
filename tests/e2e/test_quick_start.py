"""The documented quick start, as a program of its own, against `prefactor-local serve`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from tests.support.processes import run, serve

# The documentation's program; only the address, the token and `call_llm` are put in.
PROGRAM = """
import asyncio
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig
registry = SchemaRegistry()
registry.register_type(
    name="agent:llm",
    params_schema={
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "prompt": {"type": "string"},
        },
        "required": ["model", "prompt"],
    },
    result_schema={
        "type": "object",
        "properties": {"response": {"type": "string"}},
    },
    title="LLM Call",
    description="A call to a language model",
    template="{{model}}: {{prompt}} → {{response}}",
)
async def call_llm():
    return "Hi"
async def main():
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(
            api_url="URL",
            api_token="TOKEN",
        ),
        schema_registry=registry,
    )
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(
            agent_id="my-agent",
            agent_version={"name": "My Agent", "external_identifier": "v1.0.0"},
        )
        await instance.start()
        async with instance.span("agent:llm") as span:
            await span.start({"model": "gpt-4", "prompt": "Hello"})
            result = await call_llm()
            await span.complete({"response": result})
        await instance.finish()
asyncio.run(main())
"""

SHIPPED_REGISTRY = (
    re.compile(r"registry = SchemaRegistry\(\).*?\n\)\n", re.DOTALL),
    "from prefactor_spans import registry\n",
)

ORDER = [
    r"GET /api/v1/ping",
    r"POST /api/v1/agent_instance/register",
    r"POST /api/v1/agent_instance/\w+/start",
    r"POST /api/v1/agent_spans",
    r"POST /api/v1/agent_spans/\w+/finish",
    r"POST /api/v1/agent_instance/\w+/finish",
]


@pytest.mark.slow
@pytest.mark.parametrize("registry", ["its own", "the shipped one"])
def test_quick_start_arrives_in_causal_order(tmp_path: Path, registry: str) -> None:
    program = PROGRAM if registry == "its own" else SHIPPED_REGISTRY[0].sub(SHIPPED_REGISTRY[1], PROGRAM)
    with serve("--verbose") as api:
        (tmp_path / "quick_start.py").write_text(
            program.replace("URL", api.url).replace("TOKEN", api.token), encoding="utf-8"
        )
        done = run([sys.executable, "-W", "error", "quick_start.py"], tmp_path)
        log = api.stop()
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    requests = [found[0] for line in log if (found := re.search(r"(GET|POST) /api\S*", line))]
    assert len(requests) == len(ORDER), log
    for request, pattern in zip(requests, ORDER, strict=True):
        assert re.fullmatch(pattern, request), log
