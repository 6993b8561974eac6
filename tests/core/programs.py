"""Programs that record spans, run in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prefactor_local import LocalApi

__all__ = ["Ended", "Program", "run_program", "running_program"]

_PRELUDE = """
import asyncio, multiprocessing, os, signal, sys, threading, time
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, QueueConfig, SchemaRegistry
from prefactor_http import HttpClientConfig

# A test run in the background ignores SIGINT, and its children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

def new_client(**fields):
    queue = QueueConfig(close_timeout=float(os.environ["CLOSE_TIMEOUT"]), retry_delay_base=0.05)
    fields = {"http_config": HttpClientConfig(), "schema_registry": SchemaRegistry(), "queue_config": queue, **fields}
    return PrefactorCoreClient(PrefactorCoreConfig(**fields))

async def started(**fields):
    client = new_client(**fields)
    await client.initialize()
    instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
    await instance.start()
    return client, instance

def say(text):
    print(text, flush=True)

def record_in_background(record):
    def run():
        try:
            asyncio.run(record())
        except BaseException as error:
            say(repr(error))

    threading.Thread(target=run, daemon=True).start()

"""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    output: str
    errors: str


class Program:
    """A running program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def line(self) -> str:
        """Wait for its next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def say(self, line: str) -> None:
        """Give it a line at its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        if number == signal.SIGSTOP:  # its threads run until one of them has taken the signal
            os.waitpid(self._process.pid, os.WUNTRACED)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> Ended:
        """Wait for its end."""
        output, errors = self._process.communicate(timeout=30)
        return Ended(self._process.returncode, output, errors)


@contextmanager
def running_program(
    text: str, api: LocalApi, *, url: str | None = None, close_timeout: float = 10
) -> Iterator[Program]:
    """Run a program against the embedded API; it may call `started()` and `new_client()`."""
    settings = {"PREFACTOR_API_URL": url or api.url, "PREFACTOR_API_TOKEN": api.token}
    process = subprocess.Popen(
        # From 3.12 on, Python warns about a fork beside threads: these programs show that it works.
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", _PRELUDE + text],
        env={**os.environ, **settings, "CLOSE_TIMEOUT": str(close_timeout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Program(process)
    finally:
        process.kill()
        process.communicate()


def run_program(text: str, api: LocalApi, *, url: str | None = None, close_timeout: float = 10) -> Ended:
    """Run a program to its end."""
    with running_program(text, api, url=url, close_timeout=close_timeout) as program:
        return program.end()
