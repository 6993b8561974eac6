"""Imported definitions are read as they were meant, whatever their texts are."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.documents.nodes import from_python, is_same
from prefactor_gen.documents.yaml_text import parse_yaml
from prefactor_gen.importing.yaml_text import yaml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["no", "1e5", "0x1", "2026-01-01", "~", "<<", "=", "a: b", "a #b", "- a", " a\n", "\n\n", "a\u2028b", "\x85", "\t"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(TEXTS, each), max_leaves=6)


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_any_value_is_read_back(value: Any) -> None:
    text = yaml_text({"value": value})
    assert is_same(parse_yaml(text, ""), from_python({"value": value}, Place("")))
    assert not text.startswith("{")  # JSON, which nobody wants to read
