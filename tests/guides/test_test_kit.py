"""The section "Test your agent" of the guide to the client: its tests are run by pytest."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from tests.guides.blocks import block, table

import prefactor_spans
from prefactor_core.testing import FindingKind, Recorded
from prefactor_local import LocalApi

pytest_plugins = ["pytester"]

GUIDE = "src/prefactor_core/README.md"
TEST, ALLOWED, UNITTEST = (block(f"{GUIDE}#test-your-agent/python{number}") for number in ("", "/2", "/3"))
MESSAGE = block(f"{GUIDE}#test-your-agent/text")

IMPORTED = (prefactor_spans.registry, LocalApi)  # pytester removes the modules that a session has imported


def test_the_tests_of_the_guide(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFACTOR_API_URL", "PREFACTOR_API_TOKEN", "PREFACTOR_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(test_agent=TEST, test_allowed=ALLOWED, test_unittest=UNITTEST)
    done = pytester.runpytest_inprocess("--strict-markers", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    done.assert_outcomes(passed=4, failed=1)
    lines = [f"E   *{line}" for line in MESSAGE.splitlines()]
    done.stdout.fnmatch_lines(lines, consecutive=True)
    done.stdout.fnmatch_lines(["*- prefactor -*", "agent:run      complete  What should I pack? → A jacket"])


def test_every_member_is_listed() -> None:
    members = {name for name in vars(Recorded) if not name.startswith("_")}
    cells = (row[0] for row in table(GUIDE, "test-your-agent"))
    assert {name for cell in cells for name in re.findall(r"`(\w+)", cell)} == members


def test_every_finding_is_listed() -> None:
    assert [row[0].strip("`") for row in table(GUIDE, "test-your-agent", 1)] == list(get_args(FindingKind))
