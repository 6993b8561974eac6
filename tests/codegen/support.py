"""A project in a temporary folder, the command run in it, and what it generated imported and type-checked."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from prefactor_gen.cli import run

__all__ = ["CASES", "GOLDEN", "TOPICS", "Project", "Result", "load_package", "type_errors"]

GOLDEN = Path(__file__).parent / "golden"
TOPICS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
CASES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Result:
    """What a run of the command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[str]:
        """The diagnostics, one a line, without the count at the end."""
        return [line for line in self.err.splitlines() if ": error PG" in line or ": warning PG" in line]


class Project:
    """A folder with definitions, in which `prefactor-gen` runs in this process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def write(self, name: str, content: str | bytes | dict[str, Any]) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def span_types(self, **schemas: dict[str, Any]) -> None:
        """Write `schemas/spans.json` with the params schemas of some span types."""
        self.write("schemas/spans.json", {"span_schemas": schemas})

    def run(self, *arguments: str) -> Result:
        self._capsys.readouterr()
        self._monkeypatch.chdir(self.root)
        try:
            code = run(arguments)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def generate(self, *arguments: str) -> Result:
        """Compile `schemas` into `generated/made`."""
        return self.run("schemas", "--package", "made", *arguments)

    @property
    def package(self) -> Path:
        return self.root / "generated" / "made"

    def files(self) -> dict[str, str]:
        """The content of the package's files, by name."""
        return {path.name: path.read_text("utf-8") for path in sorted(self.package.glob("*")) if path.is_file()}


def load_package(folder: Path, name: str) -> ModuleType:
    """Import a generated package afresh."""
    for loaded in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[loaded]
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(name)
        for public in module.__all__:
            getattr(module, public)
    finally:
        sys.path.remove(str(folder))
    return module


def type_errors(folder: Path) -> str:
    """What `mypy --strict` and pyright say against the packages of a folder; empty when they are content."""
    config = folder / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n")
    packages = [path.name for path in sorted(folder.iterdir()) if (path / "__init__.py").exists()]
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(config), *packages]
    pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *packages]
    running = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in (mypy, pyright)
    ]
    said = [process.communicate()[0] for process in running]
    return "".join(text for text, process in zip(said, running, strict=True) if process.returncode)
