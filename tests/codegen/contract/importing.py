"""What the tests of `prefactor-gen import` share: a project that imports the tools of a server."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.codegen.support import Project, Result, run_silently

__all__ = ["COMMAND", "SERVER", "ImportingProject", "imported_once", "tool"]

SERVER = Path(__file__).with_name("mcp_server.py")
COMMAND = (sys.executable, "-I", "-S", str(SERVER), "scenario.json")


def tool(name: str = "refund", **members: Any) -> dict[str, Any]:
    """A tool of an MCP server with one required parameter, unless `members` says otherwise."""
    schema = {"type": "object", "required": ["invoice"], "properties": {"invoice": {"type": "string"}}}
    return {"name": name, "description": "Pays back.", "inputSchema": schema, **members}


def imported_once(factory: pytest.TempPathFactory, *tools: dict[str, Any]) -> Path:
    """A folder in which tools were imported; a test copies it."""
    folder = factory.mktemp("imported")
    (folder / "schemas").mkdir()
    (folder / "pyproject.toml").write_text('[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n')
    (folder / "scenario.json").write_text(json.dumps({"pages": [tools]}))
    with contextlib.chdir(folder):
        code, printed = run_silently("import", "mcp", "--name", "shop", "--", *COMMAND)
    assert code == 0, printed
    return folder


class ImportingProject:
    """A project in which `prefactor-gen import` runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.run = project.run
        project.configure()
        (project.root / "schemas").mkdir(exist_ok=True)

    def server(self, *tools: dict[str, Any], **scenario: Any) -> None:
        """Say what the server does from now on."""
        self.project.write("scenario.json", json.dumps({"pages": [list(tools)], **scenario}))

    def import_tools(self, *tools: dict[str, Any], options: tuple[str, ...] = (), **scenario: Any) -> Result:
        """Import the tools of the server as `shop`."""
        self.server(*tools, **scenario)
        return self.run("import", "mcp", "--name", "shop", *options, "--", *COMMAND)

    def import_list(self, source: str, tools: Any, *options: str) -> Result:
        """Import the tools in a file."""
        (self.project.root / "shop.json").write_text(json.dumps(tools))
        return self.run("import", source, *(["--file"] if source == "mcp" else []), "shop.json", *options)

    @property
    def file(self) -> Path:
        return self.project.root / "schemas/imported/shop.yaml"

    def span_types(self) -> dict[str, dict[str, Any]]:
        """The definitions in the file, by the name of the tool."""
        entries = yaml.safe_load(self.file.read_text("utf-8"))["span_type_schemas"]
        return {entry["name"].removeprefix("shop:"): entry for entry in entries}
