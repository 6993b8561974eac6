"""Schemas that apply many subschemas to the same value: each comparison ends, and none is told as safe."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.schema.test_evaluations import TWICE_IN_PLACE
from tests.support.processes import run

# Each definition refers to the next one twice, so that a value, or one of many levels, is compared with 2^25 schemas.
COMPARED = """
import sys
sys.path[:0] = {path!r}
from tests.codegen.contract.comparing import changes_of_params
from tests.schema.test_evaluations import TWICE_IN_PLACE, chain

def params(link, length):
    schema = chain(25, {{"type": "string", "maxLength": length}}, link)
    return {{"type": "object", "properties": {{"v": {{"$ref": schema["$ref"]}}}}, "$defs": schema["$defs"]}}

FORMS = {{
    **TWICE_IN_PLACE,
    "oneOf in options": {{"oneOf": ["next", {{"type": "object", "properties": {{"x": "next"}}}}]}},
    "two members": {{"type": "object", "properties": {{"x": "next", "y": "next"}}, "required": ["x", "y"]}},
}}
FORMS["arrays"] = {{"anyOf": ["next", {{"type": "array", "items": "next"}}]}}
for name, link in FORMS.items():
    found = {{each.rule.code for each in changes_of_params(params(link, 5), params(link, 4))}}
    print(name, "PD007" in found, "PD220" in found)
"""


@pytest.mark.slow
def test_options_that_refer_to_options(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", COMPARED.format(path=sys.path)], tmp_path)
    in_place = [f"{keyword} True False" for keyword in TWICE_IN_PLACE]  # these were never valid schemas
    assert done.stdout.splitlines() == [
        *in_place,
        "oneOf in options False True",
        "two members False True",
        "arrays False True",
    ]
    assert done.stderr == ""
