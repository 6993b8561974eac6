"""A FastAPI service: one client for the process, and a run for each request.

Usage: uvicorn fastapi_service:app
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN. The model is scripted: put your own in its place.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, traced
from prefactor_spans import AgentLlm, registry

client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with client:
        yield


async def new_run() -> AsyncIterator[None]:
    """The run of a request. It is `failed` if the endpoint raises."""
    async with client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}):
        yield


app = FastAPI(lifespan=lifespan, dependencies=[Depends(new_run)])


@traced(AgentLlm, params=lambda prompt: {"model": "scripted", "prompt": prompt}, result="response")
def call_llm(prompt: str) -> str:
    if "Atlantis" in prompt:
        raise LookupError("no such city")
    return f"You said: {prompt}"


@app.get("/ask")
async def ask(question: str) -> str:
    return call_llm(question)


@app.get("/ask-in-thread")
def ask_in_thread(question: str) -> str:
    return call_llm(question)
