"""What the copy and the check of a payload cost: `python -m tests.benchmarks.checks`.

Prints the medians of five runs: microseconds of a copy and of a check for a small and a large payload of the shipped
`agent:llm`, of a check for one whose schema has what is costly, and of a check that fails; milliseconds of the first
check, and of the imports.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable
from typing import Any

from prefactor_core._payloads.schemas import PayloadSchemas, in_package
from prefactor_core._payloads.snapshot import snapshot_object

MESSAGE = {"role": "user", "content": "What is the weather like in Berlin today? " * 3}
SMALL: dict[str, Any] = {"model": "gpt-4", "prompt": "Hello", "provider": "openai"}
LARGE: dict[str, Any] = {"model": "gpt-4", "messages": [{**MESSAGE, "name": f"user_{number}"} for number in range(100)]}
COSTLY = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "messages": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["role", "content"],
                "properties": {
                    "role": {"enum": ["system", "user"]},
                    "content": {"type": "string"},
                    "name": {"type": "string", "pattern": "^[a-z]+_[0-9]+$"},
                },
                "unevaluatedProperties": False,
            },
        },
        "model": {"type": "string"},
    },
}


def microseconds(check: Callable[[], object], number: int) -> float:
    return statistics.median(timeit.repeat(check, number=number, repeat=5)) / number * 1e6


def milliseconds(program: str) -> float:
    """Return the time that a program prints: the best of five processes."""
    command = [sys.executable, "-c", f"import time; start = time.perf_counter()\n{program}"]
    ends = "\nprint((time.perf_counter() - start) * 1e3)"
    runs = [
        subprocess.run([*command[:2], command[2] + ends], capture_output=True, text=True, check=True) for _ in range(5)
    ]
    return statistics.median(float(run.stdout.split()[-1]) for run in runs)


FIRST = """
from prefactor_core._payloads.snapshot import Payload
from prefactor_core._payloads.schemas import in_package
import prefactor_spans.__definitions__
start = time.perf_counter()
in_package("prefactor_spans", "agent:llm").mismatches("params", Payload({"model": "m"}))
"""


def main() -> int:
    llm = in_package("prefactor_spans", "agent:llm")
    assert llm is not None
    costly = PayloadSchemas({"params": COSTLY})
    rows: list[tuple[str, PayloadSchemas, dict[str, Any], int]] = [
        ("agent:llm, a prompt", llm, SMALL, 20_000),
        ("agent:llm, 100 messages", llm, LARGE, 2_000),
        ("100 messages, uniqueItems, a pattern, unevaluatedProperties", costly, LARGE, 2_000),
        ("agent:llm, a wrong prompt", llm, {**SMALL, "prompt": 1}, 2_000),
    ]
    for name, value, number in (("a prompt", SMALL, 20_000), ("100 messages", LARGE, 2_000)):
        print(f"a copy of {name}: {microseconds(lambda v=value: snapshot_object(v, 'payload'), number):.1f} µs")  # type: ignore[misc]
    for name, schemas, value, number in rows:
        payload = snapshot_object(value, "payload")
        print(f"{name}: {microseconds(lambda s=schemas, p=payload: s.mismatches('params', p), number):.1f} µs")  # type: ignore[misc]
    print(f"the first check, with the import of the engine: {milliseconds(FIRST):.1f} ms")
    for module in ("pydantic, httpx", "prefactor_core", "prefactor_core, jsonschema_rs"):
        print(f"import {module}: {milliseconds(f'import {module}'):.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
