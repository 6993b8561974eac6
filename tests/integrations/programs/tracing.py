"""An agent with OpenTelemetry's instrumentations. It prints the HTTP requests in its traces, and httpx's log lines."""

import asyncio
import contextvars
import gc
import logging
import weakref

import httpx
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from prefactor_core import PrefactorCoreClient
from prefactor_http import HttpClientConfig
from support import new_client, record, started

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
HTTPXClientInstrumentor().instrument()
ThreadingInstrumentor().instrument()
lines: list[str] = []
handler = logging.Handler()
handler.emit = lambda entry: lines.append(entry.name)  # type: ignore[method-assign]
logging.basicConfig(level=logging.INFO, handlers=[handler])


class Request:
    """What a web framework keeps in a context variable."""


REQUEST: contextvars.ContextVar[Request] = contextvars.ContextVar("request")


async def handle(client: PrefactorCoreClient) -> weakref.ref[Request]:
    request = Request()
    REQUEST.set(request)
    with trace.get_tracer("program").start_as_current_span("request"):
        await client.initialize()
        instance = await started(client)
        await record(instance)
        async with httpx.AsyncClient() as own:
            await own.get(HttpClientConfig().api_url)
        await client.flush()
    return weakref.ref(request)


async def main() -> None:
    client = new_client()
    request = await asyncio.create_task(handle(client))
    await asyncio.sleep(0)  # the loop forgets the task
    gc.collect()
    print("request alive:", request() is not None)
    await client.close()
    print("traced:", sorted(span.name for span in exporter.get_finished_spans()))
    print("logged:", [name for name in lines if name.startswith("http")])


asyncio.run(main())
