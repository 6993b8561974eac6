"""`prefactor-gen import mcp` with published servers: what they offer compiles, and is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.codegen.support import load_package, run_silently
from tests.integrations.processes import free_port

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

PROGRAM = Path(__file__).with_name("programs") / "mcp_quirks.py"
QUIRKS = """\
quirks 1.2: 5 tools → schemas/imported/quirks.yaml
  note quirks:untyped, quirks:anything: no outputSchema; result is content
  note quirks:untyped: params limit: the default null does not match its schema: Input should be a string, found null; \
the key is left out
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a folder of definitions, which is the working folder."""
    (tmp_path / "pyproject.toml").write_text('[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made_of_tools"\n')
    (tmp_path / "schemas").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")  # without bytecode, imports of servers take seconds
    return tmp_path


def output(*arguments: str) -> str:
    code, printed = run_silently(*arguments)
    assert code == 0, printed
    return printed


def test_published_servers(folder: Path, python: Path) -> None:
    for name, tools in {"time": 2, "git": 12, "fetch": 1}.items():
        command = str(python.with_name(f"mcp-server-{name}"))
        printed = output("import", "mcp", "--name", name, "--", command)
        assert f"{tools} tool{'s' * (tools > 1)} → schemas/imported/{name}.yaml" in printed
    assert output("import", "mcp", "--name", "quirks", "--", str(python), str(PROGRAM)) == QUIRKS
    assert output("import", "--check", "--offline") == "4 imports are as written\n"
    assert " error " not in output("check")
    output()
    made = load_package(folder / "generated", "made_of_tools")
    assert len(made.SPAN_TYPES) == 20
    made.QuirksGrow.Params.model_validate({"tree": {"label": "a", "children": [{"label": "b"}]}})


def test_a_server_over_http(folder: Path, python: Path) -> None:
    with served(python) as url:
        assert output("import", "mcp", "--name", "quirks", "--url", url) == QUIRKS
        assert output("import", "--check") == "1 import is as the sources say\n"


@contextmanager
def served(python: Path) -> Iterator[str]:
    """The address of the server with quirks."""
    port = free_port()
    start = f"import runpy; runpy.run_path({str(PROGRAM)!r})['server'].run('streamable-http', port={port})"
    process = subprocess.Popen([python, "-c", start], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert any("Uvicorn running" in line for line in process.stderr)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.communicate()
