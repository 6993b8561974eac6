"""`python -m tests.benchmarks.speed`, with a few spans, and without the other SDKs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from tests.benchmarks.speed.rows import GROUPS
from tests.support.processes import ROOT, run


@pytest.mark.slow
def test_the_table_has_a_figure_of_ours_in_every_row(tmp_path: Path) -> None:
    options = ["--only-ours", "--runs", "1", "--scale", "0.01", "--markdown", str(tmp_path / "table.md")]
    done = run([sys.executable, "-m", "tests.benchmarks.speed", *options], ROOT)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "table.md").read_text("utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines[2:] if line.startswith("|")]
    assert [title.strip() for title, *_ in cells] == [row.title for rows in GROUPS.values() for row in rows(0.01)]
    assert [ours for _, ours, *_ in cells if not re.match(r" -?[\d,.e-]+( µs| ms| MB|/s)", ours)] == []
