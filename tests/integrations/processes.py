"""Programs that run beside the tests: servers and workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from prefactor_local import LocalApi

__all__ = ["free_port", "is_up", "settings_for", "started", "terminate"]


def settings_for(api: LocalApi, folder: Path) -> dict[str, str]:
    """The environment of a program of `folder`. Bytecode is written: without it, imports take seconds."""
    settings = {"PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token, "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **settings, "PYTHONPATH": str(folder)}


@contextmanager
def started(command: Sequence[str | Path], folder: Path, api: LocalApi) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs, as the leader of a process group of its own."""

    process = subprocess.Popen(command, cwd=folder, env=settings_for(api, folder), start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def terminate(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/first", timeout=30).status_code == 200
    except httpx.TransportError:
        return False
