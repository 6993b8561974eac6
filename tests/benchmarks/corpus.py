"""Do real schemas work? `python -m tests.benchmarks.corpus FOLDER`.

Each JSON file of the folder is the params schema of a span type. It is generated and imported (each by itself, timed),
type-checked (all together, by mypy --strict and pyright), and compared with jsonschema on instances that follow the
schema and on mutated ones; what the model accepts, it has to give back unchanged. Prints a line for each schema with
which something is wrong, and totals. A minute for 56 schemas. Exits with 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from jsonschema.validators import Draft202012Validator, validator_for
from pydantic import BaseModel, ValidationError
from tests.benchmarks.instances import instances, mutations, same_json
from tests.benchmarks.schema_suite import Compiler

SECONDS = 2.0
"""The limit for generating one schema."""


def problems_of(model: type[BaseModel], schema: dict[str, Any], instance: Any, counts: Counter[str]) -> str | None:
    """Return how the model and jsonschema differ on an instance."""
    if not isinstance(instance, dict):  # no payload
        return None
    valid = validator_for(schema, default=Draft202012Validator)(schema).is_valid(instance)
    counts["valid" if valid else "invalid"] += 1
    try:
        taken = model.__pydantic_validator__.validate_python(instance, by_alias=True, by_name=False)
    except ValidationError as error:
        return f"false reject of {json.dumps(instance)[:200]}: {error}" if valid else None
    if not valid:
        return f"false accept of {json.dumps(instance)[:200]}"
    given_back = taken.model_dump(mode="json", by_alias=True)
    if not same_json(given_back, instance):
        return f"{json.dumps(instance)[:200]} comes back as {json.dumps(given_back)[:200]}"
    again = model.model_validate_json(json.dumps(instance), by_alias=True, by_name=False)
    return None if again == taken else f"{json.dumps(instance)[:200]} is something else as JSON"


def compare(model: type[BaseModel], schema: dict[str, Any], count: int, counts: Counter[str]) -> set[str]:
    found: set[str] = set()
    for number, instance in enumerate(instances(schema, count)):
        for each in [instance, *mutations(instance, 3, number)]:
            problem = problems_of(model, schema, each, counts)
            if problem is not None:
                found.add(problem)
    return found


def type_checked(folder: Path) -> list[str]:
    """Return what mypy and pyright report about all packages of the folder."""
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\n")
    packages = sorted(path.name for path in folder.iterdir() if (path / "__init__.py").exists())
    commands = [
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *packages],
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *packages],
    ]
    running = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]
    return [text for process in running if (text := process.communicate()[0]) and process.returncode]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="JSON files, each an object schema")
    parser.add_argument("--instances", type=int, default=100, help="for each schema, and three mutations of each")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        compiler = Compiler(Path(temporary))
        files = sorted(options.folder.glob("*.json"))
        for file in files:
            schema = json.loads(file.read_text("utf-8"))
            began = time.perf_counter()
            models = compiler.models({"G": schema})
            took = time.perf_counter() - began
            slowest = max(slowest, took)
            if not isinstance(models, dict):
                problems = {str(each) for each in models}
            else:
                problems = compare(models["G"], schema, options.instances, counts)
            if took > SECONDS:
                problems.add(f"generated in {took:.1f} s")
            counts["wrong schemas"] += bool(problems)
            for problem in sorted(problems)[:3]:
                print(f"{file.name}: {problem}")
        errors = type_checked(Path(temporary))
        print(*errors, sep="\n", end="")
    print(
        f"{len(files)} schemas, slowest {slowest:.2f} s; {counts['valid']} valid and {counts['invalid']} invalid "
        f"instances; wrong: {counts['wrong schemas']} schemas; type checkers: {'errors' if errors else 'no errors'}"
    )
    return 1 if errors or counts["wrong schemas"] else 0


if __name__ == "__main__":
    sys.exit(main())
