"""Packages that earlier versions have generated: they run unchanged, and mypy reads them with the rest of the tests.

`earlier_packages` has the golden package `minimal` as two versions wrote it: when its methods were defined (before they
took wrong keywords), and when they were declared as coroutine functions (before `await` could be left out).
"""

from __future__ import annotations

import asyncio
from types import ModuleType

import pytest
from tests.compat.earlier_packages import declared_methods, defined_methods
from tests.core.support import config_for

from prefactor_core import PrefactorCoreClient
from prefactor_local import LocalApi

RUN = {"name": "Agent"}


@pytest.mark.parametrize("package", [declared_methods, defined_methods], ids=lambda package: package.__name__)
def test_an_agent_runs_unchanged(api: LocalApi, package: ModuleType) -> None:
    async def agent() -> None:
        async with PrefactorCoreClient(config_for(api, schema_registry=package.registry)) as client:
            instance = await client.create_agent_instance(RUN, agent_id="a")
            await instance.start()
            async with instance.span(package.AgentStep) as span:
                await asyncio.gather(asyncio.create_task(span.start(name="outer")))
                async with instance.span(package.AgentStep, payload={"name": "inner"}) as inner:
                    inner.set_result()
                    await inner.complete()
                await span.complete()
            await instance.finish()
            (await client.flush()).raise_for_loss()

    asyncio.run(agent())
    assert [(span["payload"], span["status"]) for span in api.spans()] == [
        ({"name": "outer"}, "complete"),
        ({"name": "inner"}, "complete"),
    ]
    assert [instance["status"] for instance in api.instances()] == ["complete"]
    assert not api.violations


def test_a_package_with_declared_methods_serves_functions_too(api: LocalApi) -> None:
    with (
        PrefactorCoreClient(config_for(api, schema_registry=declared_methods.registry)) as client,
        client.instance(RUN, agent_id="a") as instance,
        instance.span(declared_methods.AgentStep) as span,
    ):
        span.start(name="step")  # type: ignore[unused-coroutine]
        span.complete()  # type: ignore[unused-coroutine]
    assert [(span["payload"], span["status"]) for span in api.spans()] == [({"name": "step"}, "complete")]
