"""What does the generator cost? `python -m tests.benchmarks.generator`.

Each figure is a ratio or a difference to something that was measured in the same run, in processes of their own, the
best of several: a project of 10, 100 and 1,000 span types is generated, generated again with nothing and with one
definition changed, and imported; beside it stand bare datamodel-code-generator on the same schemas (one document, its
builtin formatter) and `from pydantic import BaseModel`. Then typed and untyped spans, as an agent pays for them.
Three minutes on two cores. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "prefactor_gen"]
PACKAGE = "bench_spans"
SIZES = (10, 100, 1000)

# The targets, for the largest size.
FULL = 1.3  # of bare datamodel-code-generator
UP_TO_DATE = 0.03  # of a full run
ONE_CHANGED = 0.25  # of a full run
IMPORT = 50  # milliseconds beyond the import of pydantic

BARE = """
import sys
from pathlib import Path
from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter
config = GenerateConfig(
    input_file_type=InputFileType.JsonSchema, output_model_type=DataModelType.PydanticV2BaseModel,
    formatters=[Formatter.BUILTIN], output=Path(sys.argv[2]),
)
generate(Path(sys.argv[1]), config=config)
"""
MEASURED_IMPORT = """
import sys, time, tracemalloc
from pydantic import BaseModel
if sys.argv[2] == "memory":
    tracemalloc.start()
began = time.perf_counter()
exec(sys.argv[1])
took = (time.perf_counter() - began) * 1000
print(took if sys.argv[2] == "time" else tracemalloc.get_traced_memory()[0] / 1024)
"""
SPANS = """
import asyncio, gc, sys, time, tracemalloc
from bench_spans import TeamTool0
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi
import bench_spans

COUNT = 2000
PARAMS = {"model": "large", "limit": 3, "tags": ["a", "b"], "message": {"role": "user", "content": "hello"}}
RESULT = {"answer": "yes", "usage": {"input_tokens": 10, "output_tokens": 20}}

async def untyped(instance):
    async with instance.span("team:tool_0") as span:
        await span.start(dict(PARAMS))
        await span.complete(dict(RESULT))

async def typed(instance):
    async with instance.span(TeamTool0) as span:
        await span.start(model="large", limit=3, tags=["a", "b"], message={"role": "user", "content": "hello"})
        await span.complete(answer="yes", usage={"input_tokens": 10, "output_tokens": 20})

async def main():
    with LocalApi() as api:
        http = HttpClientConfig(api_url=api.url, api_token=api.token)
        config = PrefactorCoreConfig(http_config=http, schema_registry=bench_spans.registry)
        async with PrefactorCoreClient(config) as client:
            instance = await client.create_agent_instance(
                agent_id="bench", agent_version={"name": "1", "external_identifier": "1"}
            )
            await instance.start()
            kinds = {"untyped": untyped, "typed": typed}
            await typed(instance)
            await untyped(instance)
            times = {name: [] for name in kinds}
            for _ in range(5):
                for name, one in kinds.items():
                    await client.flush()
                    gc.collect()
                    began = time.perf_counter()
                    for _ in range(COUNT // 10):
                        await one(instance)
                    times[name].append((time.perf_counter() - began) / (COUNT // 10) * 1e6)
            bytes_of = {}
            for name, one in kinds.items():
                await client.flush()
                gc.collect()
                tracemalloc.start()
                for _ in range(200):
                    await one(instance)
                bytes_of[name] = tracemalloc.get_traced_memory()[0] / 200
                tracemalloc.stop()
    print(min(times["untyped"]), min(times["typed"]), bytes_of["untyped"], bytes_of["typed"])

asyncio.run(main())
"""


def schemas(index: int, *, changed: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the params and the result of a span type: like those of a tool call, each a little different."""
    number: dict[str, Any] = {"type": "integer", "minimum": 0}
    params: dict[str, Any] = {
        "type": "object",
        "required": ["model", "message"],
        "properties": {
            "model": {"type": "string", "description": f"Which model, of those for task {index}."},
            "limit": {**number, "maximum": 100 + index},
            "tags": {"type": "array", "items": {"type": "string"}},
            "mode": {"enum": ["fast", "exact", f"mode_{index}"]},
            "message": {
                "type": "object",
                "required": ["role"],
                "properties": {"role": {"enum": ["user", "assistant"]}, "content": {"type": "string"}},
            },
            f"option_{index}": {"type": ["boolean", "null"]},
        },
    }
    if changed:
        params["properties"]["added"] = {"type": "string"}
    result = {
        "type": "object",
        "properties": {
            "answer": {"type": "string"},
            "usage": {
                "type": "object",
                "required": ["input_tokens", "output_tokens"],
                "properties": {"input_tokens": number, "output_tokens": number},
            },
            "scores": {"type": "object", "additionalProperties": {"type": "number"}},
        },
    }
    return params, result


def definition(index: int, *, changed: bool = False) -> str:
    """Return the content of a file with one span type."""
    params, result = schemas(index, changed=changed)
    span_type = {
        "name": f"team:tool_{index}",
        "title": f"Tool {index}",
        "description": f"What tool {index} did.",
        "params_schema": params,
        "result_schema": result,
    }
    return json.dumps({"span_type_schemas": [span_type]}, indent=2)


def make_project(folder: Path, size: int) -> None:
    """Write a project with one file per span type, and one document with all schemas for datamodel-code-generator."""
    (folder / "schemas").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "bench"\n\n[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "{PACKAGE}"\n', "utf-8"
    )
    document: dict[str, Any] = {}
    for index in range(size):
        (folder / "schemas" / f"tool_{index}.json").write_text(definition(index), "utf-8")
        params, result = schemas(index)
        document |= {f"Tool{index}Params": params, f"Tool{index}Result": result}
    (folder / "bare.json").write_text(json.dumps({"$defs": document}), "utf-8")


def run(command: list[str], folder: Path) -> str:
    """Run a command; return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "generated"), "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(command: list[str], folder: Path) -> float:
    """Return how many seconds a command takes."""
    began = time.perf_counter()
    run(command, folder)
    return time.perf_counter() - began


class Report:
    """Prints figures, and collects those that missed their target."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def line(self, what: str, figure: str, value: float | None = None, target: float | None = None) -> None:
        verdict = "" if target is None or value is None else "ok" if value <= target else "MISSED"
        goal = "" if target is None else f"target ≤ {target:g}"
        print(f"{what:<52} {figure:<42} {goal:<16} {verdict}".rstrip(), flush=True)
        if verdict == "MISSED":
            self.missed.append(what)


def generation(report: Report, folder: Path, size: int, repeat: int) -> None:
    """Measure a full run, a run without changes and a run with one change; the targets are for the largest size."""
    largest = size == SIZES[-1]
    make_project(folder, size)
    bare, full = [], []
    for _ in range(repeat):
        bare.append(seconds([sys.executable, "-c", BARE, "bare.json", "bare.py"], folder))
        run(["rm", "-rf", "generated"], folder)
        full.append(seconds([*COMMAND, "--no-cache"], folder))
    ratio = min(full) / min(bare)
    report.line(
        f"{size} span types: full / bare generator",
        f"{min(full):.2f} s / {min(bare):.2f} s = {ratio:.2f}",
        ratio,
        FULL if largest else None,
    )
    run(COMMAND, folder)
    for name, command in (("up to date", COMMAND), ("--check, up to date", [*COMMAND, "--check"])):
        took = min(seconds(command, folder) for _ in range(5))
        of_full(report, f"{size} span types: {name}", took, min(full), UP_TO_DATE if largest else None)
    one = []
    for number in range(max(2, repeat)):
        (folder / "schemas" / "tool_7.json").write_text(definition(7, changed=number % 2 == 0), "utf-8")
        one.append(seconds(COMMAND, folder))
    of_full(report, f"{size} span types: one changed", min(one), min(full), ONE_CHANGED if largest else None)


def of_full(report: Report, what: str, took: float, full: float, target: float | None) -> None:
    """Report a time as a part of that of a full run, which does not depend on the machine."""
    report.line(f"{what} / full", f"{took:.2f} s / {full:.2f} s = {took / full:.3f}", took / full, target)


ONE = f"from {PACKAGE} import TeamTool7"
IMPORTS: dict[str, tuple[str, bool]] = {
    "import the package": (f"import {PACKAGE}", True),
    "use one span type": (f"{ONE}; TeamTool7.Params(model='m', message={{'role': 'user'}})", False),
    "the registry": (f"from {PACKAGE} import registry", False),
}  # fmt: skip


def imports(report: Report, folder: Path, size: int) -> None:
    """Measure what importing the package and using span types of it costs beyond pydantic."""

    def figure(code: str, what: str) -> float:
        return min(float(run([sys.executable, "-c", MEASURED_IMPORT, code, what], folder)) for _ in range(5))

    for name, (code, has_target) in IMPORTS.items():
        milliseconds, kilobytes = figure(code, "time"), figure(code, "memory")
        report.line(
            f"{size} span types: {name}, beyond pydantic",
            f"{milliseconds:.1f} ms, {kilobytes:.0f} KiB",
            milliseconds,
            IMPORT if has_target else None,
        )


def spans(report: Report, folder: Path) -> None:
    """Measure start and complete of a typed span against an untyped one."""
    untyped, typed, untyped_bytes, typed_bytes = map(float, run([sys.executable, "-c", SPANS], folder).split())
    report.line(
        "start + complete: typed / untyped",
        f"{typed:.0f} µs / {untyped:.0f} µs = {typed / untyped:.2f}",
        typed / untyped,
        2.0,
    )
    report.line(
        "bytes that wait: typed / untyped",
        f"{typed_bytes:.0f} / {untyped_bytes:.0f} = {typed_bytes / untyped_bytes:.2f}",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=2, help="full generations of each size (default: 2)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of span types")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            folder = Path(temporary) / str(size)
            generation(report, folder, size, options.repeat)
            if size == max(options.sizes):
                imports(report, folder, size)
        spans(report, Path(temporary) / str(max(options.sizes)))
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
