"""`prefactor-gen demo` from a wheel. From a checkout it is in tests/guides/test_front_door.py."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest
from tests.compat import environments
from tests.support.processes import run

pytestmark = pytest.mark.slow

TREE = [
    r"✓ agent:run  [\d.]+ m?s  Travel agent: What should I pack for Lisbon next week\? → Light clothes, .*",
    r"├── ✓ agent:llm  [\d.]+ m?s  scripted-1 → \(asks for 2 tools\)",
    r"├── ✓ agent:tool  [\d.]+ m?s  get_forecast → 18 to 24 °C, rain on Thursday",
    r"├── ✗ agent:tool  failed, [\d.]+ m?s  get_flight_status failed: the airline does not answer",
    r"├── ✓ agent:retrieval  [\d.]+ m?s  what to wear in Lisbon → 2 documents",
    r"├── ⊘ agent:retrieval  cancelled, [\d.]+ m?s  events in Lisbon",
    r"└── ✓ agent:llm  [\d.]+ m?s  scripted-1 → Light clothes, .*",
]


def check_output(output: str) -> None:
    steps, head, failed, tree, link = output.rstrip().split("\n\n")
    assert "example_agent_spans: 5 span types" in steps
    assert "no errors found" in steps
    assert head.startswith("Travel agent v1.0.0  run ")
    assert "get_flight_status" in failed
    for line, pattern in zip(tree.splitlines(), TREE, strict=True):
        assert re.fullmatch(pattern, line), line
    assert link.startswith("To see it in the browser: ")


def test_demo_runs_from_a_wheel(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The wheel's files alone: the checkout is shadowed by what the wheel holds."""
    wheel = environments.own_wheel(tmp_path_factory)
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
        names = archive.namelist()
    for package in (
        "prefactor_api",
        "prefactor_core",
        "prefactor_gen",
        "prefactor_http",
        "prefactor_local",
        "prefactor_spans",
    ):
        assert f"{package}/py.typed" in names
    code = (
        "import sys, prefactor_gen, prefactor_gen.command.demo as demo; "
        "assert prefactor_gen.__file__.startswith(sys.argv[1]), prefactor_gen.__file__; sys.exit(demo.run_demo())"
    )
    done = run([sys.executable, "-c", code, str(installed)], tmp_path, {"PYTHONPATH": str(installed)})
    assert done.returncode == 0, done.stdout + done.stderr
    check_output(done.stdout)
