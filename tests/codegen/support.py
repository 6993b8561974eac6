"""A project in a temporary folder: runs the command in it, imports and type-checks what it generates."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from prefactor_gen.command.main import run

__all__ = [
    "CASES",
    "GOLDEN",
    "TOPICS",
    "Finding",
    "Made",
    "Project",
    "Result",
    "forget",
    "is_valid",
    "load_package",
    "only",
    "run_process",
    "run_silently",
    "type_errors",
]

Made: TypeAlias = Callable[..., ModuleType]
"""The fixture `made`: compiles span types, given as `name=params_schema`, and imports the package."""

GOLDEN = Path(__file__).parent / "golden"
TOPICS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
CASES: dict[str, dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "cases.yaml").read_text("utf-8"), yaml.CSafeLoader
)


_FINDING = re.compile(
    r"(?P<position>.+?)( (?P<pointer>/.*?))?( \(.*\))?: (?P<severity>error|warning) (?P<rule>PG\d+): .+"
)


class Finding(str):
    """The line of a diagnostic: `position pointer: severity rule: message`."""

    @property
    def position(self) -> str:
        """The file, and the line and the column in it."""
        return self._part("position")

    @property
    def pointer(self) -> str:
        return self._part("pointer")

    @property
    def severity(self) -> str:
        return self._part("severity")

    @property
    def rule(self) -> str:
        return self._part("rule")

    def _part(self, name: str) -> str:
        match = _FINDING.fullmatch(self)
        assert match is not None, self
        return match[name] or ""


@dataclass(frozen=True)
class Result:
    """A run of the command: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[Finding]:
        """The diagnostics, one a line, without the count at the end."""
        return [Finding(line) for line in self.err.splitlines() if ": error PG" in line or ": warning PG" in line]


def only(findings: list[Finding]) -> Finding:
    """Return the one finding; fail if there are none or several."""
    assert len(findings) == 1, findings
    return findings[0]


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

    def configure(self, **settings: str | list[str] | dict[str, Any]) -> None:
        """Write `pyproject.toml` with these settings beside `sources = ["schemas"]` and `package = "made"`."""
        table = {"sources": ["schemas"], "package": "made", **settings}
        lines = [f"{name} = {_toml(value)}\n" for name, value in table.items()]
        self.write("pyproject.toml", "[tool.prefactor-gen]\n" + "".join(lines))

    def run(self, *arguments: str) -> Result:
        return self.run_in(".", *arguments)

    def run_in(self, folder: str, *arguments: str) -> Result:
        """Run the command in a folder of the project."""
        self._capsys.readouterr()
        self._monkeypatch.chdir(self.root / folder)
        try:
            code = run(arguments)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def generate(self, *arguments: str) -> Result:
        """Compile `schemas` into `generated/made`."""
        return self.run("schemas", "--package", "made", *arguments)

    def load(self) -> ModuleType:
        """Import the package `made`, also if it was imported before."""
        return load_package(self.package.parent, "made")

    @property
    def package(self) -> Path:
        return self.root / "generated" / "made"

    def files(self) -> dict[str, str]:
        """The content of the package's files, by name."""
        return {path.name: path.read_text("utf-8") for path in sorted(self.package.glob("*")) if path.is_file()}


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {json.dumps(item)}' for key, item in value.items())} }}"
    return json.dumps(value)


def forget(*packages: str) -> None:
    """Remove these packages from the imported modules: the next import reads their files again."""
    for name in [each for each in sys.modules if each.partition(".")[0] in packages]:
        del sys.modules[name]
    importlib.invalidate_caches()


def load_package(folder: Path, name: str) -> ModuleType:
    """Import a generated package with all its public names, also if it was imported before."""
    forget(name)
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(name)
        for public in module.__all__:
            getattr(module, public)
    finally:
        sys.path.remove(str(folder))
    return module


def is_valid(model: type[BaseModel], payload: object) -> bool:
    """Return whether the model takes a payload as it comes over the wire."""
    try:
        model.__pydantic_validator__.validate_python(payload, by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


def run_silently(*arguments: str) -> tuple[int, str]:
    """Run the command in this process; return its exit code and what it printed on both streams."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        return run(arguments), printed.getvalue()


def run_process(*arguments: str, cwd: Path, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command, or some Python code, in a process of its own."""
    start = ["-c", code] if code is not None else ["-P", "-m", "prefactor_gen"]
    return subprocess.run([sys.executable, *start, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def type_errors(folder: Path) -> str:
    """Return what `mypy --strict` and pyright report about the packages of a folder; empty if nothing."""
    config = folder / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n")
    packages = [path.name for path in sorted(folder.iterdir()) if (path / "__init__.py").exists()]
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(config), *packages]
    pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *packages]
    running = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in (mypy, pyright)
    ]
    printed = [process.communicate()[0] for process in running]
    return "".join(text for text, process in zip(printed, running, strict=True) if process.returncode)
