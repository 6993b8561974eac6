"""A FastAPI service: one client for the process, and a run for each request.

Usage: uvicorn fastapi_service:app
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN. The model is scripted: put your own in its place.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig
from prefactor_spans import AgentLlm, registry

client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with client:
        yield


async def new_run() -> AsyncIterator[AgentInstanceHandle]:
    """The run of a request. It is `failed` if the endpoint raises."""
    async with client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}) as instance:
        yield instance


Run = Annotated[AgentInstanceHandle, Depends(new_run)]
app = FastAPI(lifespan=lifespan)


def call_llm(prompt: str) -> str:
    if "Atlantis" in prompt:
        raise LookupError("no such city")
    return f"You said: {prompt}"


@app.get("/ask")
async def ask(question: str, run: Run) -> str:
    async with run.span(AgentLlm) as span:
        await span.start(model="scripted", prompt=question)
        answer = call_llm(question)
        await span.complete(response=answer)
    return answer


@app.get("/ask-in-thread")
def ask_in_thread(question: str, run: Run) -> str:
    with run.span(AgentLlm) as span:
        span.start(model="scripted", prompt=question)
        answer = call_llm(question)
        span.complete(response=answer)
    return answer
