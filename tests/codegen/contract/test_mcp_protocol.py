"""How `prefactor-gen import mcp` talks with a program: whatever that answers, the command ends and says so."""

from __future__ import annotations

import json
import os
import select
from typing import Any

import pytest
from tests.codegen.contract.importing import ImportingProject, tool
from tests.codegen.support import Project

from prefactor_gen.remote import mcp_session, mcp_stdio

pytestmark = pytest.mark.slow


@pytest.fixture
def importing(project: Project) -> ImportingProject:
    return ImportingProject(project)


def test_pages_other_output_and_questions_of_the_server(importing: ImportingProject) -> None:
    done = importing.import_tools(
        pages=[[tool("a")], [tool("b")], [tool("c")]], before=["Starting…", '{"level": "info"}', "[1]"], asks=True
    )
    assert done.code == 0, done.err
    assert list(importing.span_types()) == ["a", "b", "c"]


def test_the_server_chooses_a_version(importing: ImportingProject) -> None:
    older = {"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": {"name": "old"}}
    assert importing.import_tools(tool(), initialize=older).out.startswith("old: 1 tool → ")
    newer = {"protocolVersion": "2031-01-01", "serverInfo": None}
    assert importing.import_tools(tool(), initialize=newer).out.splitlines()[:2] == [
        "MCP server: 1 tool → schemas/imported/shop.yaml",
        "  note protocol version 2031-01-01 is unknown; it is read as 2025-11-25",
    ]


ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "it ends": ({"ends": 3, "complaint": "line 1\n\x1b[31mno token"}, "ended with exit code 3 before it answered\n"),
    "it is silent": ({"is_silent": True}, "no answer within 0.3 seconds; --timeout allows more\n"),
    "it answers with an error": (
        {"error": {"code": -32000, "message": "log in\nfirst"}},
        "the server answers initialize with error -32000: log in\\nfirst\n",
    ),
    "it answers with nonsense": ({"initialize": []}, "the server answers initialize without a result\n"),
    "its list is none": ({"pages": ["x"]}, "the server answers tools/list without a list of tools\n"),
    "its pages never end": (
        {"pages": [[], []], "endless": True},
        "tools never end: a cursor comes again\n",
    ),
}


@pytest.mark.parametrize("what", ERRORS)
def test_a_server_that_does_not_answer(importing: ImportingProject, what: str) -> None:
    scenario, message = ERRORS[what]
    is_silent = "is_silent" in scenario
    done = importing.import_tools(**scenario, options=("--timeout", "0.3") if is_silent else ())
    assert (done.code, done.out) == (2, "")
    first, *others = done.err.splitlines(keepends=True)
    assert first.startswith("prefactor-gen: shop: ")
    assert first.endswith(message)
    assert [each.strip() for each in others] == (["line 1", "\\x1b[31mno token"] if "complaint" in scenario else [])
    assert not importing.file.exists()


def test_a_server_that_floods(importing: ImportingProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_stdio, "_MAX_BYTES", 100_000)
    done = importing.import_tools(before=["x" * 100] * 2_000)
    assert done.err == "prefactor-gen: shop: the server printed more than 100,000 bytes or 100,000 lines\n"


def test_a_server_that_asks_and_never_reads(importing: ImportingProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its input is full at some time, so that no reply can be written."""
    monkeypatch.setattr(mcp_session, "_SECONDS_TO_TELL", 0.1)
    monkeypatch.setattr(mcp_stdio, "_SECONDS_TO_END", 0.1)
    ping = json.dumps({"jsonrpc": "2.0", "id": "q" * 1_000, "method": "ping"})
    importing.project.write("pings", f"{ping}\n" * 1_000)
    command = ("sh", "-c", "cat pings; exec tail -f pings >/dev/null")
    done = importing.run("import", "mcp", "--name", "shop", "--timeout", "0.5", "--", *command)
    assert (done.code, done.err) == (2, "prefactor-gen: shop: no answer within 0.5 seconds; --timeout allows more\n")


def test_a_command_that_cannot_be_run(importing: ImportingProject) -> None:
    done = importing.run("import", "mcp", "--name", "shop", "--", "no-such-command", "--flag")
    assert (done.code, done.err) == (
        2,
        "prefactor-gen: shop: cannot run 'no-such-command': No such file or directory\n",
    )


def test_what_the_server_started_is_ended_with_it(importing: ImportingProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ignores the end of its input and SIGTERM, and has started a program that holds its output open."""
    monkeypatch.setattr(mcp_stdio, "_SECONDS_TO_END", 0.1)
    importing.project.write("child", "")
    answer = """echo '{"jsonrpc": "2.0", "id": 1, "result": []}'"""
    script = (
        f"trap '' TERM; (trap '' TERM; tail -f child) & echo $! > pid; {answer}; while true; do tail -f child; done"
    )
    assert importing.run("import", "mcp", "--name", "shop", "--", "sh", "-c", script).code == 2
    pid = int((importing.project.root / "pid").read_text())
    assert has_ended(pid)


def has_ended(pid: int) -> bool:
    """Whether a program that was killed is gone; the system may need a moment."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with open(descriptor) as file:
        return bool(select.select([file], [], [], 10)[0])
