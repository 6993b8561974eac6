"""Runs the blocks of the guides: commands in a shell, programs against the embedded API."""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT, run

from prefactor_core import AgentInstanceHandle, PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi

__all__ = ["agent", "execute", "mypy_errors", "project", "record", "shell"]


_RECORD = """
import asyncio, importlib, json, os, sys
from tests.guides.running import agent, execute

async def main(package, *programs):
    async with agent(importlib.import_module(package).registry) as names:
        os.environ |= {"PREFACTOR_API_URL": names["api"].url, "PREFACTOR_API_TOKEN": names["api"].token}
        for program in programs:
            await execute(program, **names)
        assert (await names["client"].flush()).complete
        print(json.dumps(names["api"].spans()))

asyncio.run(main(*sys.argv[1:]))
"""


def shell(commands: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the lines of a block, with the commands of this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return run(["bash", "-euo", "pipefail", "-c", commands], folder, {"PATH": path, **environment})


def project(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files, by path."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


async def execute(program: str, **names: Any) -> dict[str, Any]:
    """Run a program that may await at its top level. Returns its names."""
    names["__name__"] = "guide"
    running = eval(compile(program, "guide", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True), names)
    if inspect.isawaitable(running):
        await running
    return names


@asynccontextmanager
async def agent(registry: SchemaRegistry, **settings: Any) -> AsyncIterator[dict[str, Any]]:
    """What the parts of programs in the guides presuppose: `api`, `client` and `instance`. A wrong payload raises.

    Args:
        registry: the span types.
        settings: more options of the configuration.
    """
    with LocalApi() as api:
        http_config = HttpClientConfig(api_url=api.url, api_token=api.token)
        config = PrefactorCoreConfig(http_config=http_config, schema_registry=registry, validation="raise", **settings)
        async with PrefactorCoreClient(config) as client:
            instance: AgentInstanceHandle = await client.create_agent_instance({"name": "Agent"}, agent_id="agent")
            await instance.start()
            yield {"api": api, "client": client, "instance": instance}


def record(folder: Path, package: str, *programs: str) -> list[dict[str, Any]]:
    """What parts of programs record with a package of this folder, in a process of their own."""
    done = run([sys.executable, "-c", _RECORD, package, *programs], ROOT, {"PYTHONPATH": str(folder)})
    assert done.returncode == 0, done.stderr
    spans: list[dict[str, Any]] = json.loads(done.stdout)
    return spans


def mypy_errors(program: str, folder: Path) -> list[str]:
    """The errors that mypy reports for a program in this folder."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    done = run([sys.executable, "-m", "mypy", "--strict", "program.py"], folder)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if ": error: " in line]
