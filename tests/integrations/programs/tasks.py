"""Tasks of Celery. Each process of its pool carries out one, and ends."""

import asyncio

from celery import Celery
from my_agent import answer

app = Celery("tasks", broker="filesystem://")
app.conf.update(
    broker_transport_options={"data_folder_in": "broker", "data_folder_out": "broker", "control_folder": "broker"},
    task_ignore_result=True,
    worker_max_tasks_per_child=1,
)


@app.task
def run() -> None:
    asyncio.run(answer())
