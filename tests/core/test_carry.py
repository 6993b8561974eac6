"""What is current in threads, and how `carry` brings it there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.core.support import Run, parents, warnings

from prefactor_core import carry, current_instance, current_span, set_default_instance, traced
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


async def test_a_thread_pool_with_carry_and_without(api: LocalApi, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    together = threading.Barrier(3, timeout=10)

    @traced("step")
    def work(n: int) -> dict[str, int]:
        together.wait()
        return {"n": n}

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: together.wait(), range(3)))  # its threads start outside of the run
        async with run() as (_, instance):
            with instance.span("batch") as batch:
                batch.start({})
                assert list(pool.map(carry(work), range(3))) == [{"n": n} for n in range(3)]
                assert not warnings(caplog)
                assert list(pool.map(work, range(3))) == [{"n": n} for n in range(3)]
            set_default_instance(instance)
            try:
                list(pool.map(work, range(3)))
            finally:
                set_default_instance(None)
            assert pool.submit(current_instance).result() is None
            assert pool.submit(carry(current_instance)).result() is instance
    ids = {span["id"]: span["schema_name"] for span in api.spans()}
    found = [ids.get(span["parent_span_id"]) for span in api.spans() if span["schema_name"] == "step"]
    assert sorted(found, key=str) == [None] * 3 + ["batch"] * 3
    (message,) = warnings(caplog)
    assert "work() was called without an agent instance" in message
    assert "see carry() and set_default_instance()" in message


async def test_coroutine_functions_errors_and_generators(api: LocalApi, run: Run) -> None:
    @carry
    def before() -> object:
        return current_instance()

    async with run() as (_, instance):
        with instance.span("outer") as outer:
            outer.start({})

            async def inside() -> None:
                with instance.span("inner") as inner:
                    inner.start({})
                    await asyncio.sleep(0)
                assert current_span().id == outer.id

            carried = carry(inside)
            failing = carry(lambda: 1 / 0)
            await asyncio.get_running_loop().run_in_executor(None, lambda: asyncio.run(carried()))
        with pytest.raises(ZeroDivisionError):
            failing()
        assert current_span().id == ""
        assert before() is None
        assert current_instance() is instance
    assert parents(api)["inner"] == "outer"

    def steps() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="carry the function that reads the generator"):
        carry(steps)
