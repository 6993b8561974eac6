"""What the README says is so: its commands and programs run as they stand there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import httpx
from tests.support.processes import ROOT, run, script, serve

from prefactor_gen.diagnostics import RULES

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


INSTALL = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'"
# Every command line of the README, and what runs it.
RUN_BY = {
    f"{INSTALL} && .venv/bin/prefactor-gen demo": ".ci/run",
    f"{INSTALL} && .venv/bin/pytest -n 2": ".ci/run",
    "prefactor-local serve": "test_serve_prints_address_and_token",
    "prefactor-gen": "test_own_span_types",
    "prefactor-gen --check": "test_own_span_types",
    "pip install prefactor-sdk": ".ci/run",
    "pip install --no-deps prefactor-langchain": ".ci/run",
    "prefactor-local serve --latency 0.1 --error-rate 0.1 --reset-rate 0.02": "test_serve_misbehaves",
}
# Every row of "What happens when", and the test in tests/core that shows it.
WHEN = {
    "the API is slow, hangs or is down": "test_never_in_the_way::test_no_call_waits_or_raises",
    "the API is away for a while": "test_faults::test_an_outage_loses_nothing",
    "an API is away at the start": "test_faults::test_an_api_that_is_away_at_start_and_at_registration",
    "the token is invalid": "test_faults::test_an_invalid_token_raises_at_initialize",
    "one operation keeps failing while others succeed": (
        "test_faults::test_an_operation_that_always_fails_while_others_succeed_is_given_up"
    ),
    "the API asks to wait (`Retry-After`)": "test_faults::test_retry_after_is_honoured",
    "an answer is lost on its way": "test_faults::test_a_lost_answer_is_repeated_under_its_key",
    "the API refuses an operation": "test_never_in_the_way::test_errors_are_reported_in_every_way",
    "the API refuses a parent span": "test_faults::test_children_of_a_refused_span_are_sent_without_it",
    "the API refuses IDs that the client made": "test_faults::test_a_refused_id_ends_minting_for_good",
    "the bulk endpoint is missing or another one": (
        "test_bulk::test_a_bulk_endpoint_that_is_missing_or_answers_wrongly"
    ),
    "more is recorded than can be delivered": (
        "test_queue_bound::test_the_newest_spans_are_dropped_as_a_whole_and_logged_twice"
    ),
    "params or a result come too late (a second `start()`, a `complete()` after the end)": (
        "test_span_life_cycle::test_payloads_that_come_too_late_are_logged"
    ),
    "an exception leaves a span's block": "test_never_in_the_way::test_an_exception_passes_unchanged",
    "a task is cancelled inside a span": "test_never_in_the_way::test_a_deadline_cancels_the_span_and_raises_outside",
    "a payload does not match its schema, or a span type is unknown": (
        "test_schema_checks::test_a_span_that_is_opened_by_name"
    ),
    "a payload cannot be checked (too deep, too many steps of a pattern, a schema that is none)": (
        "test_schema_checks::test_an_agent_survives_payloads_that_the_engine_cannot_read"
    ),
    "a payload cannot be written as JSON": "test_snapshot::test_the_json_form_of_a_value",
    "a payload is larger than `max_payload_bytes`": "test_redaction::test_a_large_payload_is_cut_and_logged_once",
    "`redact` raises": "test_redaction::test_a_field_that_redact_fails_for_is_redacted_and_logged_once",
    "the agent blocks its event loop": "test_threads::test_delivery_goes_on_while_the_agent_blocks_its_loop",
    "a span's parent is started after it": ("test_order::test_a_child_is_sent_right_after_its_parent_whenever_that_is"),
    "`close()` reaches its deadline": "test_faults::test_an_api_that_is_down_at_the_end",
    "the program ends without `close()`": "test_exit::test_waiting_operations_are_sent",
    "SIGTERM arrives, with `drain_on_sigterm=True`": "test_exit::test_sigterm_ends_the_program_when_all_is_delivered",
    "the process is killed": "test_exit::test_a_killed_program_loses_only_what_was_not_sent",
    "the process forks": "test_fork::test_parent_and_children_go_on",
    "the platform terminates a run": "test_termination::test_each_instance_has_an_event_of_its_own",
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


def test_builds(tmp_path: Path) -> None:
    """The project of "In builds", with the definitions in YAML and in Python, and with the package in the project's."""
    config = next(block for block in blocks("toml") if "[build-system]" in block)
    registry, merged = (block for block in blocks("python") if "SchemaRegistry()" in block)
    variants = {
        "files": (config, merged),
        "module": (config.replace('["schemas"]', '["billing_agent.definitions:registry"]'), merged),
        "inside": (
            config.replace('output = "src"', 'output = "src/billing_agent"')
            .replace('package = "billing_spans"', 'package = "spans"')
            .replace(', "src/billing_spans"', ""),
            merged.replace("import billing_spans", "from billing_agent import spans as billing_spans"),
        ),
    }
    for name, (pyproject, program) in variants.items():
        folder = tmp_path / name
        (folder / "schemas").mkdir(parents=True)
        (folder / "src" / "billing_agent").mkdir(parents=True)
        (folder / "schemas" / "billing.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
        (folder / "src" / "billing_agent" / "__init__.py").touch()
        (folder / "src" / "billing_agent" / "definitions.py").write_text(registry, encoding="utf-8")
        (folder / "pyproject.toml").write_text(pyproject, encoding="utf-8")
        built = run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], folder)
        assert built.returncode == 0, built.stdout + built.stderr
        (wheel,) = (folder / "dist").glob("*.whl")
        told = "print(*sorted(item['name'] for item in registry.to_agent_schema_version('')['span_type_schemas']))"
        lines = ["import sys", f"sys.path.insert(0, {str(wheel)!r})", program, told]
        used = run([sys.executable, "-W", "error", "-c", "\n".join(lines)], tmp_path)
        assert used.stdout == "agent:chat_turn agent:llm agent:retrieval agent:run agent:tool billing:refund\n", (
            used.stderr
        )


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


def test_what_happens_when_is_tested() -> None:
    table = README.partition("| when … | then … |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (.*?) \| .* \|$", table, re.MULTILINE) == list(WHEN)
    for test in WHEN.values():
        module, _, name = test.partition("::")
        text = (ROOT / "tests" / "core" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), test


def test_serve_misbehaves() -> None:
    with serve(*["--latency", "0.01", "--error-rate", "1", "--verbose"]) as api:
        answer = httpx.get(f"{api.url}/api/v1/ping", headers={"Authorization": f"Bearer {api.token}"}, trust_env=False)
        assert answer.status_code >= 429
        api.stop()
    shown = run([script("prefactor-local"), "serve", "--help"], ROOT)
    for option in ("--latency", "--error-rate", "--reset-rate"):
        assert option in shown.stdout
