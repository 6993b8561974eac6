"""Everything that is generated satisfies `mypy --strict` and pyright, and so do the calls that its pages show."""

from __future__ import annotations

import contextlib
import html
import json
import re
import textwrap
from pathlib import Path

import pytest
from tests.codegen import test_python_types, test_shared_types
from tests.codegen.hostile import schemas_of_names
from tests.codegen.support import CASES, GOLDEN, Project, run_silently, type_errors

pytestmark = pytest.mark.slow


def test_generated_code_type_checks(packages: Path, project: Project) -> None:
    write_calls(packages)
    test_python_types.write_calls(project, packages)
    test_shared_types.write_calls(project, packages)
    assert type_errors(packages) == ""


def write_calls(packages: Path) -> None:
    """Write the calls that the pages of `prefactor-gen docs` show as a package of their own."""
    program = ["from prefactor_core import AgentInstanceHandle"]
    for package in sorted(path.name for path in packages.iterdir() if (path / "__init__.py").exists()):
        source = definitions_of(package, packages)
        page = packages / f"{package}.html"
        with contextlib.chdir(source.parent):
            code, printed = run_silently("docs", source.name, "--package", package, "--output", str(page))
        assert code == 0, printed
        calls = re.findall(r"<code>(from .*?)</code>", page.read_text("utf-8"), re.DOTALL)
        program.extend(
            f"async def {package}_{number}(instance: AgentInstanceHandle) -> None:\n{textwrap.indent(call, '    ')}\n"
            for number, call in enumerate(map(html.unescape, calls))
        )
    assert len(program) > len(CASES)
    (packages / "calls").mkdir()
    (packages / "calls" / "__init__.py").write_text("\n\n".join(program), "utf-8")


def definitions_of(package: str, packages: Path) -> Path:
    """What a package was generated from."""
    if package.startswith("golden_"):
        return GOLDEN / package.removeprefix("golden_") / "definitions"
    schemas = {f"t:{name}": case["schema"] for name, case in CASES.items()}
    path = packages / f"{package}.json"
    path.write_text(json.dumps({"span_schemas": schemas if package == "cases_package" else schemas_of_names()}))
    return path


def test_a_wrong_type_is_reported_by_both_checkers(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "__init__.py").write_text('number: int = "text"\n')
    errors = type_errors(tmp_path)
    assert "[assignment]" in errors
    assert "reportAssignmentType" in errors
