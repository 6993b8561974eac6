"""A client on the embedded API."""

from collections.abc import AsyncIterator

import pytest

from prefactor_http import HttpClientConfig, PrefactorHttpClient
from prefactor_http.models import AgentInstance
from prefactor_http.retry import RetryHandler
from prefactor_local import LocalApi


@pytest.fixture
def config(api: LocalApi) -> HttpClientConfig:
    return HttpClientConfig(api_url=api.url, api_token=api.token)


@pytest.fixture
def waits() -> list[float]:
    """The delays before retries, in seconds. They are recorded, without waiting."""
    return []


@pytest.fixture
async def client(config: HttpClientConfig, waits: list[float]) -> AsyncIterator[PrefactorHttpClient]:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    retry = RetryHandler(config, sleep=sleep, jitter=lambda: 1.0)
    async with PrefactorHttpClient(config, retry=retry) as client:
        yield client


@pytest.fixture
async def instance(client: PrefactorHttpClient) -> AgentInstance:
    """A registered agent instance."""
    return await client.agent_instances.register(
        {"name": "Test agent", "external_identifier": "1.0"},
        {
            "external_identifier": "schemas-1",
            "span_type_schemas": [{"name": "agent:llm", "params_schema": {"type": "object"}}],
            "quality_schemas": [{"name": "accuracy", "schema": {"type": "object"}}],
        },
        agent_id="test-agent",
        environment_id="test-environment",
    )
