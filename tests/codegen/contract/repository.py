"""A project in a real git repository."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["Repository", "definitions", "git"]

_AUTHOR = ("-c", "user.name=Dana", "-c", "user.email=dana@example.com", "-c", "protocol.file.allow=always")
CONFIGURATION = '[project]\nname = "billing"\n[tool.prefactor-gen]\nsources = ["schemas"]\n'


def git(folder: Path, *arguments: str) -> str:
    """Run git; return what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *_AUTHOR, *arguments]
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def definitions(**span_types: Mapping[str, object]) -> str:
    """A definition file: the properties of each span type's params, by its name with `_` for `:`."""
    listed = [
        {"name": name.replace("_", ":"), "params_schema": {"type": "object", "properties": properties}}
        for name, properties in span_types.items()
    ]
    return json.dumps({"span_type_schemas": listed})


class Repository:
    """A repository with a project; each `commit` writes files first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        git(root, "init", "-q", "-b", "main")

    def write(self, **files: str) -> None:
        """Write files, by their path with `__` for `/`; the suffix is `.yaml`, or `.toml` for pyproject."""
        for name, text in files.items():
            path = self.root / f"{name.replace('__', '/')}{'.toml' if name.endswith('pyproject') else '.yaml'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, **files: str) -> str:
        """Write files and commit everything; return the identifier of the commit."""
        self.write(**files)
        git(self.root, "add", "--all")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "change")
        return git(self.root, "rev-parse", "HEAD")
