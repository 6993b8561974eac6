"""The trace that the demo prints."""

from __future__ import annotations

import io

from prefactor_gen.command.report import console
from prefactor_gen.command.trace_tree import trace_span, trace_tree


def test_a_recorded_text_does_not_reach_the_terminal_as_it_is() -> None:
    record = {
        "id": "1",
        "schema_name": "a\x1b[2J",
        "status": "active",
        "summary": "x\r\nof \x1b]0;title\x07\u202e",
    }
    printed = io.StringIO()
    console(printed).print(trace_tree("Trace", [trace_span(record)]))
    assert printed.getvalue().splitlines() == [
        "Trace",
        r"└── … a\x1b[2J  active, open  x\r\nof \x1b]0;title\x07\u202e",
    ]
