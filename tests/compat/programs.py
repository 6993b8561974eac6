"""Programs that use only the documented API. They run with the packages of the environment that runs this file.

As a program it reads a line `{"program", "url", "token", "deployment_token"}` of JSON after another, runs the program,
and answers with a line of its outcome: `{"returned": …}`, or `{"raised": <name of the exception>}`.

Every span of a program has a schema name of its own: that is how the comparison knows it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from prefactor_core import (
    AgentInstanceHandle,
    Operation,
    PrefactorCoreClient,
    PrefactorCoreConfig,
    Queue,
    QueueClosedError,
    QueueConfig,
    SchemaRegistry,
    generate_idempotency_key,
    validate_idempotency_key,
)
from prefactor_http import BulkItem, BulkRequest, HttpClientConfig, PrefactorHttpClient
from prefactor_http.models import AgentForCreate, AgentForUpdate

__all__ = ["PROGRAMS", "ListQueue", "Target"]

VERSION = {"name": "Agent", "external_identifier": "1.0"}
ANY = {"type": "object", "additionalProperties": True}
SCHEMAS = {"external_identifier": "schemas-1", "span_schemas": {}}
RISK: dict[str, Any] = {
    "action_profile": {"read_data": "allowed"},
    "params_data_categories": {},
    "result_data_categories": {},
}
TIME = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)


@dataclass
class Target:
    """An API to run against."""

    url: str
    token: str
    deployment_token: str

    def http_config(self, token: str | None = None) -> HttpClientConfig:
        return HttpClientConfig(api_url=self.url, api_token=token or self.token, max_retries=0)

    def config(self, **fields: Any) -> PrefactorCoreConfig:
        """One worker, so that queued requests are sent in the order of the calls."""
        http = fields.pop("http_config", None) or self.http_config()
        queue = QueueConfig(num_workers=1, max_retries=1, retry_delay_base=0.01)
        return PrefactorCoreConfig(http_config=http, queue_config=queue, **fields)


Program = Callable[[Target], Awaitable[object]]
PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    PROGRAMS[function.__name__] = function
    return function


@asynccontextmanager
async def running(
    target: Target, queue: Queue[Operation] | None = None, **options: Any
) -> AsyncIterator[AgentInstanceHandle]:
    """Start an instance; finish it at the end."""
    async with PrefactorCoreClient(target.config(), queue) as client:
        arguments = {"agent_id": "agent", "agent_version": VERSION, "agent_schema_version": SCHEMAS, **options}
        instance = await client.create_agent_instance(**arguments)
        await instance.start()
        yield instance
        await instance.finish()


@program
async def quick_start(target: Target) -> None:
    registry = SchemaRegistry()
    registry.register_type(
        name="agent:llm",
        params_schema={"type": "object", "properties": {"model": {"type": "string"}}, "required": ["model"]},
        result_schema={"type": "object", "properties": {"response": {"type": "string"}}},
        title="LLM call",
        description="A call of a language model",
        template="{{ model }}",
    )
    async with PrefactorCoreClient(target.config(schema_registry=registry)) as client:
        instance = await client.create_agent_instance(agent_id="agent", agent_version=VERSION)
        await instance.start()
        async with instance.span("agent:llm") as span:
            await span.start({"model": "m", "nothing": None, "text": "naïve"})
            span.set_result({"response": "hello"})
            await span.complete()
        await instance.finish()


@program
async def nested_spans(target: Target) -> None:
    async with running(target) as instance, instance.span("root") as root:
        await root.start({"n": 1})
        async with instance.span("first") as first:
            await first.start({})
            async with instance.span("grandchild") as grandchild:
                await grandchild.start({"deep": {"er": [1, None]}})
        async with instance.span("second") as second:
            await second.start()


@program
async def parallel_spans(target: Target) -> None:
    async with running(target) as instance, instance.span("root") as root:
        await root.start({})

        async def work(number: int) -> None:
            async with instance.span(f"branch {number}") as branch:
                await branch.start({"n": number})
                async with instance.span(f"leaf {number}") as leaf:
                    await leaf.start({})

        await asyncio.gather(*(work(number) for number in range(5)))


@program
async def explicit_parent(target: Target) -> None:
    async with running(target) as instance, instance.span("root") as root:
        await root.start({})
        async with instance.span("current") as current:
            await current.start({})
            async with instance.span("named", parent_span_id=root.id) as named:
                await named.start({})
        async with instance._client.span(instance.id, "by position", root.id, {"p": 1}) as by_position:
            await by_position.complete({"done": True})


@program
async def parent_that_has_finished(target: Target) -> None:
    async with running(target) as instance, instance.span("root") as root:
        await root.start({})
        await root.complete()
        async with instance.span("later") as later:
            await later.start({})


@program
async def create_and_finish_span(target: Target) -> None:
    async with running(target) as instance:
        outer = await instance.create_span("outer", payload={"n": 1})
        async with instance.span("inside") as inside:
            await inside.start({})
        inner = await instance.create_span("inner", None, {}, TIME)
        await instance.finish_span(inner, {"r": [1, 2]}, TIME + timedelta(seconds=1))
        await instance.finish_span(outer)
        named = await instance.create_span("named", parent_span_id=outer)
        await instance.finish_span(span_id=named, result_payload={})


@program
async def empty_result(target: Target) -> None:
    async with running(target) as instance, instance.span("empty") as empty:
        await empty.start({})
        await empty.complete({})


@program
async def merged_results(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("completed") as completed:
            await completed.start({})
            completed.set_result({"a": 1, "b": {"x": 1}})
            completed.set_result({"b": {"y": 2}, "c": None})
            await completed.complete({"d": 4, "a": 5})
        async with instance.span("left") as left:
            await left.start({})
            left.set_result({"a": 1})
        async with instance.span("finished") as finished:
            await finished.start({})
            finished.set_result({"a": 1})
            await finished.finish()


@program
async def failed_spans(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("with a result") as with_result:
            await with_result.start({})
            with_result.set_result({"partial": 1})
            await with_result.fail({"error": "no"})
        async with instance.span("without a result") as without:
            await without.start({})
            await without.fail()
        async with instance.span("never started", payload={"p": 1}) as never_started:
            await never_started.fail({"error": "early"})


@program
async def cancelled_before_the_start(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("plain") as plain:
            await plain.cancel()
        async with instance.span("with data", payload={"p": 1}) as with_data:
            with_data.set_result({"r": 1})
            await with_data.cancel(timestamp=TIME)


@program
async def cancelled_after_the_start(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("plain") as plain:
            await plain.start({})
            await plain.cancel()
        async with instance.span("with data") as with_data:
            await with_data.start({"p": 1})
            with_data.set_result({"r": 1})
            await with_data.cancel(TIME)


@program
async def spans_that_nobody_starts(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("empty"):
            pass
        async with instance.span("with data", payload={"p": 1}) as with_data:
            with_data.set_result({"r": 1})
        async with instance.span("completed", payload={"p": 2}) as completed:
            await completed.complete({"r": 2})


@program
async def payload_given_before_the_start(target: Target) -> None:
    async with running(target) as instance:
        async with instance.span("started", payload={"p": 1}) as started:
            await started.start()
        async with instance.span("replaced", payload={"p": 1}) as replaced:
            await replaced.start({"q": 2})


@program
async def exception_in_the_body(target: Target) -> None:
    async with running(target) as instance:
        try:
            async with instance.span("broken") as broken:
                await broken.start({})
                broken.set_result({"partial": 1})
                raise LookupError("gone")
        except LookupError:
            pass


@program
async def repeated_calls(target: Target) -> None:
    async with running(target) as instance:
        await instance.start()
        async with instance.span("work") as work:
            await work.start({"n": 1})
            await work.start({"n": 2})
            await work.complete({"r": 1})
            await work.complete({"r": 2})
            await work.fail({"r": 3})
            await work.finish()


@program
async def data_changed_after_the_call(target: Target) -> None:
    async with running(target) as instance, instance.span("work") as work:
        await work.start({})
        result = {"r": "early"}
        await work.complete(result)
        result["r"] = "late"
        work.set_result({"more": 1})


@program
async def quality(target: Target) -> None:
    async with running(target) as instance:
        await instance.record_quality("accuracy", {"score": 0.5, "note": None})
        await instance._client.record_quality(instance.id, "tone", {"score": 1})
        await instance.record_quality("accuracy", None)
        await instance.record_quality(name="tone")


@program
async def registry(target: Target) -> object:
    mine, other = SchemaRegistry(), SchemaRegistry()
    mine.register("older", ANY)
    mine.register_result("older", {"type": "object"})
    mine.register_type("newer", ANY, {"type": "object"}, "Newer", "A span", "{{ x }}", RISK)
    mine.register_unsafe("older", {"type": "object", "title": "replaced"})
    other.register_type("other", ANY)
    other.register_quality_schema("accuracy", ANY, title="Accuracy", description="How right", template="{{ score }}")
    other.register_quality_schema("tone", ANY)
    mine.merge(other)
    refused = [
        raised(lambda: mine.register("older", ANY)),
        raised(lambda: mine.register_result("older", ANY)),
        raised(lambda: mine.register_type("newer", ANY)),
        raised(lambda: mine.register_quality_schema("tone", ANY)),
        raised(lambda: mine.merge(other)),
    ]
    async with PrefactorCoreClient(target.config(schema_registry=mine)) as client:
        await client.create_agent_instance(VERSION, None, "agent", None, "schemas-2")
    return [mine.get("older"), mine.get("none"), mine.has_schema("none"), mine.list_schemas(), refused]


@program
async def given_times(target: Target) -> None:
    local = TIME.astimezone(timezone(timedelta(hours=10)))
    async with PrefactorCoreClient(target.config()) as client:
        instance = await client.create_agent_instance(VERSION, SCHEMAS, "agent")
        await instance.start(TIME)
        async with instance.span("aware") as aware:
            await aware.start({}, started_at=local)
            await aware.complete({"r": 1}, timestamp=local + timedelta(seconds=1))
        async with instance.span("naive") as naive:
            await naive.start({}, datetime(2026, 1, 2, 3, 4, 6))
            await naive.fail(None, datetime(2026, 1, 2, 3, 4, 7))
        await instance.finish("failed", timestamp=TIME + timedelta(minutes=1))


@program
async def cancelled_instance(target: Target) -> None:
    async with PrefactorCoreClient(target.config()) as client:
        instance = await client.create_agent_instance(VERSION, SCHEMAS, "agent")
        await instance.start()
        await instance.finish(status="cancelled")


@program
async def instance_options(target: Target) -> None:
    async with PrefactorHttpClient(target.http_config()) as http:
        generated = await http.request("POST", "/api/v1/pfid/generate", json_data={"count": 1})
    async with (
        running(
            target,
            agent_version={**VERSION, "description": "d", "runtime_environment": {"os": "mine", "agent_sdk": ["x@1"]}},
            instance_id=generated["details"]["pfids"][0],
            environment_id="environment",
            purpose="eval",
            external_identifier="run-1",
        ) as instance,
        instance.span("work") as work,
    ):
        await work.start({})


@program
async def deployment_token(target: Target) -> None:
    config = target.config(http_config=target.http_config(target.deployment_token))
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(agent_version=VERSION, agent_schema_version=SCHEMAS)
        await instance.start()
        await instance.finish()


@program
async def deployment_token_and_registry(target: Target) -> None:
    registry = SchemaRegistry()
    registry.register_type("work", ANY)
    config = target.config(http_config=target.http_config(target.deployment_token), schema_registry=registry)
    async with PrefactorCoreClient(config) as client:
        await client.create_agent_instance(VERSION)


@program
async def integration(target: Target) -> None:
    async with PrefactorCoreClient(target.config(), sdk_header_entry="adapter@1.2") as client:
        instance = await client.create_agent_instance(VERSION, SCHEMAS, "agent")
        await instance.start()
        await instance.finish()


class ListQueue(Queue[Operation]):
    """A queue that the program brings along."""

    def __init__(self) -> None:
        self._items: list[Operation] = []
        self._changed = asyncio.Condition()
        self._closed = False

    async def put(self, item: Operation) -> None:
        if self._closed:
            raise QueueClosedError("closed")
        async with self._changed:
            self._items.append(item)
            self._changed.notify()

    async def get(self) -> Operation:
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                raise QueueClosedError("closed")
            return self._items.pop(0)

    def size(self) -> int:
        return len(self._items)

    async def close(self, num_waiters: int = 1) -> None:
        self._closed = True
        async with self._changed:
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed


@program
async def own_queue(target: Target) -> object:
    queue = ListQueue()
    async with running(target, queue) as instance:
        async with instance.span("work") as work:
            await work.start({"n": 1})
            await work.complete({"r": 1})
        await instance.record_quality("accuracy", {"score": 1})
    return [queue.closed, queue.size()]


@program
async def misuse(target: Target) -> object:
    client = PrefactorCoreClient(target.config())
    raised = [
        await raised_by(lambda: client.create_agent_instance(VERSION, SCHEMAS, "agent")),
        await raised_by(lambda: client.finish_span("unknown")),
        await raised_by(client.close),
    ]
    await client.initialize()
    raised += [
        await raised_by(client.initialize),
        await raised_by(lambda: client.create_agent_instance(VERSION)),  # no span types
        await raised_by(lambda: client.finish_span("unknown"), KeyError),
    ]
    await client.close()
    refused = PrefactorCoreClient(target.config(http_config=target.http_config("wrong")))
    raised += [await raised_by(refused.initialize), await raised_by(lambda: refused.create_span("i", "s"))]
    return raised


@program
async def idempotency_keys(target: Target) -> object:
    return [
        len(generate_idempotency_key()),
        validate_idempotency_key(key="k" * 64),
        raised(lambda: validate_idempotency_key("k" * 65)),
        raised(lambda: validate_idempotency_key("")),
    ]


@program
async def agents(target: Target) -> object:
    async with PrefactorHttpClient(target.http_config()) as http:
        made = await http.agents.create(AgentForCreate(name="A", description="d"), "key-create")
        changed = await http.agents.update(made.id, AgentForUpdate(name="B"), idempotency_key="key-update")
        shown = await http.agents.show(agent_id=made.id, include_counts=True)
        listed = await http.agents.list_agents(page_size=10, offset=0)
        retired = await http.agents.retire(made.id)
        reinstated = await http.agents.reinstate(made.id)
        got = await http.agents.get(made.id)
        missing = await raised_by(lambda: http.agents.get("0" * 32))
        deleted = await http.agents.delete(made.id)
    named = [(one.name, one.status) for one in (made, changed, shown, retired, reinstated, got, deleted)]
    return [named, [one.name for one in listed if one.id == made.id], missing]


@program
async def direct_requests(target: Target) -> object:
    async with PrefactorHttpClient(target.http_config(), "direct@1") as http:
        version, schemas = (
            {"name": "Agent", "external_identifier": "1"},
            {"external_identifier": "s", "span_schemas": {}},
        )
        instance = await http.agent_instances.register(version, schemas, "agent", None, None, "key-register", False)
        await http.agent_instances.start(instance.id)
        root = await http.agent_spans.create(instance.id, "root", "active", {"n": 1}, started_at=TIME)
        child = await http.agent_spans.create(
            instance.id,
            "child",
            "complete",
            {},
            {"r": 1},
            None,
            root.id,
            TIME,
            TIME + timedelta(seconds=1),
            "key-child",
        )
        finished = await http.agent_spans.finish(root.id)
        again = await raised_by(lambda: http.agent_spans.finish(root.id, "failed", {"r": None}, TIME, "key-again"))
        recorded = await http.agent_instances.record_quality(instance.id, "accuracy", {"score": None})
        await http.agent_instances.finish(instance.id)
        got = await http.agent_instances.get(instance.id)
        key = await raised_by(lambda: http.agent_spans.finish(root.id, idempotency_key="k" * 65))
    counts = got.span_counts.total if got.span_counts else None
    return [child.status, finished.status, again, recorded.quality_payloads, got.status, counts, key]


@program
async def any_request(target: Target) -> object:
    async with PrefactorHttpClient(target.http_config()) as http:
        ping = await http.validate_token()
        listed = await http.request("GET", "/api/v1/agent", params={"environment_id": "e"})
        made = await http.request(
            "POST", "/api/v1/agent", json_data={"details": {"name": "A"}}, idempotency_key="key-request"
        )
        missing = await raised_by(lambda: http.request("GET", "/api/v1/nowhere"))
    return [ping, sorted(listed), made["details"]["name"], missing]


@program
async def bulk(target: Target) -> object:
    async with PrefactorHttpClient(target.http_config()) as http:
        items: list[dict[str, Any]] = [
            {"_type": "agents/create", "idempotency_key": "key-first", "details": {"name": "A", "description": None}},
            {"_type": "agents/show", "idempotency_key": "key-second", "agent_id": "0" * 32},
            {"_type": "agents/list", "idempotency_key": "key-third"},
        ]
        done = await http.bulk.execute(BulkRequest(items=[BulkItem(**item) for item in items]))
    return [done.status, {key: output.status for key, output in done.outputs.items()}]


def raised(call: Callable[[], object]) -> str | None:
    """Return the name of the exception that a call raises."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return None


async def raised_by(call: Callable[[], Awaitable[object]], kind: type[Exception] | None = None) -> str | None:
    """Return the name of the exception that an awaited call raises, or of its documented base."""
    try:
        await call()
    except Exception as error:
        return kind.__name__ if kind and isinstance(error, kind) else type(error).__name__
    return None


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        run = PROGRAMS[asked.pop("program")](Target(**asked))
        try:
            outcome: dict[str, object] = {"returned": asyncio.run(_within(run))}
        except Exception as error:
            outcome = {"raised": f"{type(error).__name__}: {error}"}
        print(json.dumps(outcome), flush=True)


async def _within(run: Awaitable[object]) -> object:
    async with asyncio.timeout(20):
        return await run


if __name__ == "__main__":
    main()
