"""The guide to prefactor-gen import: codegen/prefactor_gen/importing/README.md."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.contract.importing import SERVER
from tests.codegen.support import run_silently
from tests.guides.blocks import block, table
from tests.guides.running import project

from prefactor_gen.command.main import run as main

GUIDE = "codegen/prefactor_gen/importing/README.md"
MCP = [block(f"{GUIDE}#the-tools-of-an-mcp-server/sh{number}") for number in ("", "/2")]
PRINTED = block(f"{GUIDE}#the-tools-of-an-mcp-server/text")
TOOLS = block(f"{GUIDE}#tools-of-openai-and-anthropic/json")
OPENAI = block(f"{GUIDE}#tools-of-openai-and-anthropic/sh")
OPENAI_PRINTED = block(f"{GUIDE}#tools-of-openai-and-anthropic/text")
OVERLAY = block(f"{GUIDE}#your-changes/yaml")
CHECK = [block(f"{GUIDE}#when-a-source-changes/sh{number}") for number in ("", "/2", "/3")]
CHECKED = [block(f"{GUIDE}#when-a-source-changes/text{number}") for number in ("", "/2")]

NAMES = ("status", "diff_unstaged", "diff_staged", "diff", "commit", "add", "reset", "log", "create_branch", "checkout",
         "show", "branch")  # fmt: skip
Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a block in a project where `uvx` runs a server that looks like mcp-server-git."""
    project(tmp_path, {"pyproject.toml": '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "spans_of_git"\n'})
    (tmp_path / "schemas").mkdir()
    (tmp_path / "uvx").write_text(f"#!/bin/sh\nexec {sys.executable} {SERVER} scenario.json\n")
    (tmp_path / "uvx").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.chdir(tmp_path)
    return lambda commands: run_silently(*commands.split()[1:])


def serve(version: str, *required: str) -> None:
    """Say which tools the server has; `git_log` requires some more parameters."""
    tools = [tool(f"git_{name}", *(required if name == "log" else ())) for name in NAMES]
    said = {"protocolVersion": "2025-11-25", "serverInfo": {"name": "mcp-git", "version": version}}
    Path("scenario.json").write_text(json.dumps({"pages": [tools], "initialize": said}))


def tool(name: str, *more: str) -> dict[str, Any]:
    properties = {"repo_path": {"type": "string"}, **{name: {"type": "integer"} for name in more}}
    schema = {"type": "object", "required": ["repo_path", *more], "properties": properties}
    return {"name": name, "description": "Git.", "inputSchema": schema}


@pytest.mark.slow
def test_an_import_and_its_changes(run: Run) -> None:
    serve("2026.10.19")
    assert run(MCP[0]) == (0, PRINTED)
    assert run(CHECK[2]) == (0, CHECKED[1])
    Path("schemas/imported/git.overlay.yaml").write_text(OVERLAY)
    code, printed = run("prefactor-gen generate")
    assert (code, printed.partition(",")[0]) == (0, "generated/spans_of_git: 11 span types")
    serve("2026.11.2", "max_count")
    assert run(CHECK[1]) == (1, CHECKED[0])
    assert run(CHECK[0])[0] == 0
    assert run(CHECK[1])[0] == 0


def test_tools_of_openai(run: Run) -> None:
    Path("tools.json").write_text(TOOLS)
    assert run(OPENAI) == (0, OPENAI_PRINTED)


def test_a_server_at_an_address_is_told_if_a_variable_is_missing(run: Run) -> None:
    code, printed = run_silently(*shlex.split(MCP[1])[1:])
    assert (code, printed) == (2, "prefactor-gen: desk: --header: the environment has no variable SHOP_TOKEN\n")


@pytest.mark.parametrize(
    "command",
    [
        "import", "import mcp", "import openai", "import anthropic", "import openapi", "import python", "import spans",
        "pull",
    ],
)  # fmt: skip
def test_every_option_is_explained(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out.partition("example")[0])) - {"--help", "--project"}
    explained = {option.strip("`,") for row in table(GUIDE, "options") for option in row[0].split()}
    assert options
    assert options <= explained
