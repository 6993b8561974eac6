"""A small run of the benchmark of many clients: tests/benchmarks/scale.py."""

from __future__ import annotations

import pytest
from tests.benchmarks import scale


@pytest.mark.slow
def test_every_client_delivers_and_the_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--clients", "2", "--seconds", "0.2", "--server", "embedded", "--parts", "fleet", "--bulk", "auto"]
    assert scale.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == '2 clients at 10 spans/s, bulk="auto", server: embedded'
    measured = dict(line.strip("| ").split(" | ") for line in lines if line.startswith("| "))
    assert measured["delivered"].endswith(", 0 operations dropped")
    assert {"requests", "CPU of a client", "CPU of the server", "memory of a client"} <= measured.keys()
    assert lines[-2].startswith("On paper, 10,000 such agents: ")
