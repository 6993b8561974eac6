"""What the README says is so: its commands and programs run as they stand there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.e2e.processes import ROOT, run, script, serve

from prefactor_gen.diagnostics import RULES

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


INSTALL = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'"
# Every command line of the README, and what runs it.
RUN_BY = {
    f"{INSTALL} && .venv/bin/prefactor-gen demo": ".ci/run",
    f"{INSTALL} && .venv/bin/pytest": ".ci/run",
    "prefactor-local serve": "test_serve_prints_address_and_token",
    "prefactor-gen": "test_own_span_types",
    "prefactor-gen --check": "test_own_span_types",
    "pip install prefactor-sdk": ".ci/run",
    "pip install --no-deps prefactor-langchain": ".ci/run",
}


def test_every_command_is_run_by_a_test_or_by_ci() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert commands == list(RUN_BY)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for number, block in enumerate(blocks("sh"), start=1):
        if any(RUN_BY[line].startswith(".ci/run") for line in block.splitlines()):
            assert f"readme_command {number}" in ci


def test_serve_prints_address_and_token() -> None:
    with serve() as api:
        assert api.url.startswith("http://127.0.0.1:")
        assert api.token
        assert api.stop() == []


def test_quick_start_runs(tmp_path: Path) -> None:
    program = next(block for block in blocks("python") if "asyncio.run(main())" in block)
    with serve("--verbose") as api:
        program = program.replace("https://app.prefactorai.com", api.url).replace("your-token", api.token)
        (tmp_path / "quick_start.py").write_text(program, encoding="utf-8")
        done = run([sys.executable, "-W", "error", "quick_start.py"], tmp_path)
        assert done.returncode == 0, done.stderr
        assert sum("POST /api/v1/agent_spans" in line for line in api.stop()) == 2
    checked = run([sys.executable, "-m", "mypy", "--strict", "quick_start.py"], tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_own_span_types(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "billing.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(blocks("toml")[0], encoding="utf-8")
    command = script("prefactor-gen")
    assert run([command, "--check"], tmp_path).returncode == 1
    written = run([command], tmp_path)
    assert (written.returncode, written.stderr) == (0, "")
    assert run([command, "--check"], tmp_path).returncode == 0

    body = next(block for block in blocks("python") if "BillingRefund" in block)
    import_line, _, use = body.partition("\n\n")
    wrong, message = blocks("text")[0].splitlines()
    assert message.startswith("error: ")
    program = "\n".join(
        [
            import_line,
            "from prefactor_core.managers import AgentInstanceHandle",
            "async def use(instance: AgentInstanceHandle) -> None:",
            *(f"    {line}" for line in use.splitlines()),
            f"        {wrong}",
        ]
    )
    (tmp_path / "src" / "agent.py").write_text(program, encoding="utf-8")
    checked = run([sys.executable, "-m", "mypy", "--strict", "agent.py"], tmp_path / "src")
    problems = [line for line in checked.stdout.splitlines() if ": error: " in line]
    assert len(problems) == 1, checked.stdout
    assert problems[0].startswith("agent.py:")
    assert message in problems[0]


def test_diagnostics_are_listed() -> None:
    assert dict(re.findall(r"^\| (PG\d+) \| (.*?) \|$", README, re.MULTILINE)) == RULES
