"""Hostile registries and broken files: the command ends with an exit code, and what it writes imports and runs nothing.

`FUZZ_EXAMPLES=5000 pytest tests/codegen/test_fuzz.py` tries others, and more of them.
"""

# ruff: noqa: E501  # tables

from __future__ import annotations

import ast
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.codegen.hostile import executed
from tests.codegen.support import GOLDEN, load_package, run_silently
from tests.codegen.test_hostile import references, roots, schemas_of_any_kind, texts

from prefactor_gen.json_schema.keywords import ALLOW

# Python warns about some regular expressions, Hypothesis about long examples.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning"),
]
FUZZED = os.environ.get("FUZZ_EXAMPLES")


def examples(number: int) -> settings:
    return settings(
        max_examples=int(FUZZED or number), derandomize=not FUZZED, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def confined(no_network: None) -> Iterator[None]:
    yield
    assert not executed()


# Pieces of JSON, YAML and schemas to break files with.
PIECES = [
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\\", b"\n", b"  ", b"\t", b"- ", b"? ", b"&a ", b"*a", b"<<: *a", b"!!python/name:os.system ", b"!!set ",
    b"!!binary ", b"%YAML 1.2\n---\n", b"---\n", b"...\n", b"|2-\n", b">+\n", b"#", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\x00", b"\x85", b"\xe2\x80\xa8",
    b"1e400", b"-0", b".inf", b".nan", b"0x1F", b"1_000", b"1:30", b"2026-01-01", b"null", b"~", b"true", b"9" * 5000, b"$ref", b'"$ref": "#/"', b'"$ref": "../x.json"',
    b"$defs", b"allOf", b"enum", b"const", b"default", b"required", b"properties", b"prefixItems", b"x-prefactor-redact", b"x-prefactor-allow", b"customTypePath", b"[" * 300,
]  # fmt: skip
FILES = sorted(path for path in GOLDEN.glob("*/definitions/*") if path.suffix in {".json", ".yaml"})
edits = st.tuples(
    st.sampled_from(["cut", "put", "swap", "repeat", "end"]), st.floats(0, 1), st.floats(0, 1), st.sampled_from(PIECES)
)


def broken(content: bytes, edit: str, at: float, to: float, piece: bytes) -> bytes:
    first, last = sorted((round(at * len(content)), round(to * len(content))))
    match edit:
        case "cut":
            return content[:first] + content[min(last, first + 40) :]
        case "put":
            return content[:first] + piece + content[first:]
        case "swap":
            return content[:first] + piece + content[first + len(piece) :]
        case "repeat":
            return content[:last] + content[first:last] + content[last:]
    return content[:first]


@examples(100)
@given(file=st.sampled_from(FILES), changes=st.lists(edits, min_size=1, max_size=3))
def test_broken_files_are_reported(file: Path, changes: list[tuple[str, float, float, bytes]]) -> None:
    content = file.read_bytes()
    for change in changes:
        content = broken(content, *change)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"spans{file.suffix}"
        source.write_bytes(content)
        code, printed = run_silently("check", str(source))
        assert code in {0, 1}
        assert code == 0 or ": error PG" in printed


LIQUID = [
    "{{ x }}", "{{ x", "{% if x %}", "{% include 'a' %}", "{% render '/etc/hosts' %}", "{{ x.__class__ }}", "{% assign a = x %}{{ a }}", "{% for i in (1..9999999) %}{% endfor %}",
    "{% raw %}{{", "{{ x | map: 'y' }}", "{{ x['a' }}", "{% liquid\nassign a = 1 %}", "{%- comment -%}", "{{ 'a' | append: x }}", "{% tablerow %}", "{{ x[y[z]] }}", "{{ 99999999999999999999 }}",
]  # fmt: skip


def rarely(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give the usual mostly: a mistake in one place hides what becomes of the others."""
    return st.integers(0, 11).flatmap(lambda number: usual if number else odd)


WORDS = st.sampled_from(["included", "excluded", "unknown"])
CATEGORIES = st.dictionaries(st.sampled_from(["contact_information", "credentials"]), WORDS, max_size=2)
RISK = {"action_profile": st.just({}), "params_data_categories": CATEGORIES, "result_data_categories": CATEGORIES}
data_risk = rarely(texts | st.dictionaries(texts, texts, max_size=2), st.fixed_dictionaries(RISK))
REASONS = st.dictionaries(st.sampled_from(["PG015", "PG016", "PG020", "PG032"]), st.just("It is meant."), max_size=2)
allowed = rarely(texts | st.dictionaries(texts, texts, max_size=2), REASONS)
ODD_NAMES = [
    "Agent-A",
    "__init__",
    "__definitions__",
    "py.typed",
    "con",
    "a" * 127,
    "agent:a",
    "agent a",
    "Any",
    "dict",
]


def extras(schema: Any, redact: Any, allow: Any, reference: str | None) -> Any:
    """Return the schema with our own keywords, and a reference into the files."""
    members = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(members, dict):
        return schema
    more = {} if redact is None else {"x-prefactor-redact": redact}
    more |= {} if reference is None else {"$ref": reference}
    return {**schema, "properties": {**members, "marked": more}, **({} if allow is None else {ALLOW: allow})}


places = rarely(
    references | st.sampled_from(["b.yaml#/", "a.json", "b.yaml#/span_schemas/b:4", "#/properties/marked"]),
    st.sampled_from(
        [None, "c.json", "c.json#/properties", "#", "a.json#/span_schemas/a:3", "a.json#/quality_schemas/0/schema"]
    ),
)
redactions = rarely(st.just(1), st.sampled_from([None, True, False]))
schemas = st.builds(extras, roots, redactions, st.none() | allowed, places)


def documents(source: str) -> st.SearchStrategy[Any]:
    names = [rarely(st.sampled_from(ODD_NAMES) | texts, st.just(f"{source}:{number}")) for number in range(3)]
    described = {"title": texts, "description": texts, "data_risk": data_risk, ALLOW: allowed}
    more = {"result_schema": schemas, "template": texts | st.sampled_from(LIQUID), **described}
    entries = [st.fixed_dictionaries({"name": name, "params_schema": schemas}, optional=more) for name in names]
    quality = st.fixed_dictionaries({"name": names[2], "schema": schemas}, optional=described)
    sections = {
        "span_type_schemas": st.tuples(*entries[:2]).map(list),
        "span_schemas": st.fixed_dictionaries({f"{source}:3": schemas}, optional={f"{source}:4": schemas}),
        "quality_schemas": st.lists(quality, max_size=1),
    }
    return st.fixed_dictionaries(
        {}, optional={**sections, "span_result_schemas": st.just({}), "external_identifier": texts}
    )


@examples(40)
@given(a=documents("a"), b=documents("b"), c=schemas_of_any_kind)
def test_any_registry_of_several_files(a: Any, b: Any, c: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "definitions"
        sources.mkdir()
        (sources / "a.json").write_text(json.dumps(a))
        (sources / "b.yaml").write_text(yaml.safe_dump(b, allow_unicode=True), "utf-8")
        (sources / "c.json").write_text(json.dumps(c))
        code, printed = run_silently(str(sources), "--output", folder, "--package", "fuzzed")
        assert code in {0, 1}
        assert code == 0 or ": error PG" in printed
        assert {path.name for path in Path(folder).iterdir()} <= {"definitions", "fuzzed"}
        if code == 0:
            check_package(Path(folder), a, b, c)


def check_package(folder: Path, *written: Any) -> None:
    for path in (folder / "fuzzed").glob("*.py"):
        ast.parse(path.read_text("utf-8"))
    module = load_package(folder, "fuzzed")
    for span_type in module.SPAN_TYPES.values():
        assert span_type.Params.model_json_schema()
        assert span_type.Result.model_json_schema()
    registered = module.registry.to_agent_schema_version("")
    structured = {
        entry["name"]: entry
        for each in written
        if isinstance(each, dict)
        for entry in each.get("span_type_schemas", [])
    }
    for entry in registered.get("span_type_schemas", []):
        if entry["name"] in structured:
            texts_of = ("title", "description", "template", "data_risk")
            assert [entry.get(key) for key in texts_of] == [structured[entry["name"]].get(key) for key in texts_of]
    assert run_silently(str(folder / "definitions"), "--output", str(folder), "--package", "fuzzed", "--check")[0] == 0
