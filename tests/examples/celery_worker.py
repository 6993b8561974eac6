"""Tasks of Celery, each of which is a run. Each process of the pool has the client open.

Usage: celery --app=celery_worker worker
The environment has PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and CELERY_BROKER_URL.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, traced
from prefactor_spans import AgentLlm, registry

app = Celery("celery_worker", broker=os.environ["CELERY_BROKER_URL"])
client = PrefactorCoreClient(PrefactorCoreConfig(schema_registry=registry))


@worker_process_init.connect
def open_client(**_: Any) -> None:
    client.sync.initialize()


@worker_process_shutdown.connect
def close_client(**_: Any) -> None:
    client.sync.close(5)


@traced(AgentLlm, params=lambda prompt: {"model": "scripted", "prompt": prompt}, result="response")
def call_llm(prompt: str) -> str:
    if "Atlantis" in prompt:
        raise LookupError("no such city")
    return f"You said: {prompt}"


@app.task(ignore_result=True)
def answer(question: str) -> None:
    with client.instance(agent_id="weather-agent", agent_version={"name": "Weather"}):
        call_llm(question)
