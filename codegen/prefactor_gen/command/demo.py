"""`prefactor-gen demo`: compile definitions, type-check an agent, run it, and show the run, all on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from prefactor_gen.command.shipped_files import definitions_folder, example_agent_folder

if TYPE_CHECKING:
    from prefactor_local import LocalApi

__all__ = ["run_demo"]

_PROJECT_FILES = ("agent.py", "pyproject.toml")


def run_demo() -> int:
    """Compile the shipped definitions, type-check and run the example agent, show its run; returns the exit code."""
    missing = _missing()
    if missing:
        print(f"prefactor-gen demo: needs {missing}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="prefactor-demo-") as folder:
        project = Path(folder)
        _lay_out(project)
        if not _step(project, "Compile the definitions", ["-m", "prefactor_gen", "generate"]):
            return 1
        if not _step(project, "Type-check the example agent", ["-m", "mypy", "--no-error-summary", *_cache(project)]):
            return 1
        print("  no errors found")
        return _record_and_show(project)


def _record_and_show(project: Path) -> int:
    from prefactor_local import LocalApi
    from prefactor_local.__main__ import main as prefactor_local

    # It stays: the browser shows it later.
    descriptor, database = tempfile.mkstemp(prefix="prefactor-demo-", suffix=".db")
    os.close(descriptor)
    with LocalApi(database=database) as api:
        if not _step(project, "Run the agent against the embedded API", ["agent.py"], api):
            return 1
    print("Show what was recorded:\n", flush=True)
    failed = prefactor_local(["show", "--database", database])
    print(f"\nTo see it in the browser: {_command('prefactor-local')} open last --database {shlex.quote(database)}")
    return failed


def _command(name: str) -> str:
    """A command of this environment, as it can be pasted into a shell."""
    script = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    return name if found and Path(found).parent == script.parent else shlex.quote(str(script))


def _missing() -> str | None:
    """What to install first, or None."""
    if find_spec("mypy") is None:
        return "mypy: pip install mypy"
    local = ("starlette", "uvicorn", "liquid")
    absent = [name for name in local if find_spec(name) is None]
    return f"{absent[0]}: install prefactor-sdk with its extra 'local'" if absent else None


def _lay_out(project: Path) -> None:
    """Copy the example project: the agent, with the definitions beside it."""
    for name in _PROJECT_FILES:
        shutil.copyfile(example_agent_folder() / name, project / name)
    shutil.copytree(definitions_folder(), project / "schemas")


def _cache(project: Path) -> list[str]:
    return ["--cache-dir", str(project / ".mypy_cache")]


def _step(project: Path, title: str, arguments: Sequence[str], api: LocalApi | None = None) -> bool:
    """Run a Python command in the project and print its output; returns whether it succeeded."""
    print(f"{title}:", flush=True)
    search_path = os.pathsep.join(filter(None, [str(project), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": search_path, "PYTHONUTF8": "1"}
    environment.pop("PREFACTOR_DISABLED", None)
    if api is not None:
        environment |= {"PREFACTOR_API_URL": api.url, "PREFACTOR_API_TOKEN": api.token}
    done = subprocess.run(  # noqa: S603  # our own command and files
        [sys.executable, *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    for line in done.stdout.splitlines():
        print(f"  {line}")
    if done.returncode != 0:
        print(f"prefactor-gen demo: this step failed with exit code {done.returncode}", file=sys.stderr)
    return done.returncode == 0
