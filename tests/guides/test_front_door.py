"""The README in the root."""

from __future__ import annotations

import re
import shlex
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from tests.compat import environments
from tests.guides.blocks import block, guides
from tests.guides.running import mypy_errors, project, record, shell
from tests.support.local_commands import command, interrupted
from tests.support.processes import ROOT, run, serve

from prefactor_gen.command import shipped_files

DEMO = block("README.md#try-it/text")
QUICK_START = block("README.md#quick-start/python")
DEFINITIONS = block("README.md#your-own-span-types/yaml")
COMPILE = block("README.md#your-own-span-types/sh")
USE = block("README.md#your-own-span-types/python")
MISTAKE = block("README.md#your-own-span-types/text")
SAME_MISTAKE = block("codegen/README.md#a-first-package/text")


@pytest.mark.slow
def test_the_demo_ends_with_what_is_shown(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In any folder, and with the files of a wheel alone. From a checkout, `.ci/run` runs it."""

    def comparable(output: str) -> str:
        output = re.sub(r"browser: \S*prefactor-local", "browser: prefactor-local", output)
        return re.sub(r"started [-\d]+ [:\d]+|\d[\d.]* m?s|run \w{32}|/\S+\.db", "…", output)

    installed = tmp_path / "installed"
    with zipfile.ZipFile(environments.own_wheel(tmp_path_factory)) as wheel:
        wheel.extractall(installed)
    code = """
import sys
from prefactor_gen.command import main
assert main.__file__.startswith(sys.argv[1]), main.__file__
sys.exit(main.run(["demo"]))
"""
    settings = {"PYTHONPATH": str(installed), "TMPDIR": str(tmp_path), "BROWSER": "true"}
    done = run([sys.executable, "-c", code, str(installed)], tmp_path, settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "example_agent_spans: 5 span types" in done.stdout
    assert "no errors found" in done.stdout
    assert comparable(done.stdout).endswith(f"\n\n{comparable(DEMO)}")
    words = shlex.split(done.stdout.splitlines()[-1].partition("browser: ")[2])
    assert Path(words[0]).name == "prefactor-local"
    with command(*words[1:]) as opened:  # the link that can be pasted
        assert opened.stdout is not None
        link = opened.stdout.readline().strip()
        assert httpx.get(link, trust_env=False).status_code == 200
        assert interrupted(opened)[0] == 0


def test_a_checkout_has_the_files_of_the_demo() -> None:
    folders = (shipped_files.definitions_folder(), shipped_files.example_agent_folder())
    assert folders == (ROOT / "schemas" / "spans", ROOT / "tests" / "example_agent")
    assert all(any(folder.iterdir()) for folder in folders)


def test_the_wheel_has_the_version_of_today() -> None:
    assert f"dist/prefactor_sdk-{version('prefactor-sdk')}-py3-none-any.whl[gen]" in guides()["README.md"]


@pytest.mark.slow
def test_the_quick_start_runs(tmp_path: Path) -> None:
    with serve("--verbose") as api:
        (export,) = re.findall(r"^export .+$", api.printed, re.MULTILINE)
        project(tmp_path, {"quick_start.py": QUICK_START})
        done = shell(f"{export}\npython -W error quick_start.py", tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert sum("POST /api/v1/agent_spans" in line for line in api.stop()) == 2


@pytest.mark.slow
def test_own_span_types(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/billing.yaml": DEFINITIONS})
    done = shell(COMPILE, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (span,) = record(tmp_path, "billing_spans", USE)
    assert (span["schema_name"], span["status"]) == ("billing:refund", "complete")
    assert span["payload"] == {"invoice": "R-17", "amount": 12.5, "currency": "EUR", "customer": {"id": "c-9"}}
    assert span["result_payload"] == {"refund_id": "rf-1"}
    program = f"from billing_spans import BillingRefund\nasync def use(span: BillingRefund) -> None:\n{mistaken(USE)}"
    (problem,) = mypy_errors(program, tmp_path)
    assert MISTAKE.strip() in problem


def test_the_guide_to_the_generator_has_the_same_span_type() -> None:
    assert block("codegen/README.md#a-first-package/yaml") == DEFINITIONS
    assert block("codegen/README.md#a-first-package/python") == USE
    assert SAME_MISTAKE == MISTAKE


def mistaken(program: str) -> str:
    (start,) = (line for line in program.splitlines() if "span.start" in line)
    return start.replace("amount=12.5", 'amount="12.50"')
