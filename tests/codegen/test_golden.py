"""Golden folders: definitions, and the package that is generated from them.

`pytest tests/codegen --update-golden` writes the current output; review the difference like any other change.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.codegen.support import GOLDEN, TOPICS, load_package

from prefactor_core.schema_registry import SchemaRegistry


def content(package: Path) -> dict[str, str]:
    """Return the files of a package."""
    return {path.name: path.read_bytes().decode() for path in package.iterdir() if path.is_file()}


@pytest.mark.parametrize("topic", TOPICS)
def test_golden(topic: str, packages: Path, request: pytest.FixtureRequest) -> None:
    name = f"golden_{topic}"
    made = content(packages / name)
    warnings = (packages / f"{name}.warnings").read_text("utf-8")
    expected = GOLDEN / topic / "expected"
    if request.config.getoption("--update-golden", default=False):
        shutil.rmtree(expected, ignore_errors=True)
        (expected / name).mkdir(parents=True)
        (expected / "warnings.txt").write_text(warnings, "utf-8")
        for file, text in made.items():
            (expected / name / file).write_bytes(text.encode())
    assert made == content(expected / name)
    assert warnings == (expected / "warnings.txt").read_text("utf-8")


@pytest.mark.parametrize("topic", TOPICS)
def test_golden_imports(topic: str, packages: Path) -> None:
    module = load_package(packages, f"golden_{topic}")
    assert isinstance(module.registry, SchemaRegistry)
    assert module.registry.content_hash == module.SCHEMA_VERSION
    entries = module.registry.to_agent_schema_version("v1")["span_type_schemas"]
    assert sorted(entry["name"] for entry in entries) == list(module.SPAN_TYPES)
    for name, span_type in module.SPAN_TYPES.items():
        assert span_type.schema_name == name
        assert span_type.Params.model_json_schema(), "each model can be built"
        assert span_type.Result.model_json_schema()


def test_each_golden_folder_has_a_readme_of_one_line() -> None:
    for topic in TOPICS:
        assert len((GOLDEN / topic / "README.md").read_text("utf-8").strip().splitlines()) == 1
