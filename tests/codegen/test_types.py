"""Everything that is generated satisfies `mypy --strict` and pyright."""

from __future__ import annotations

from pathlib import Path

from tests.codegen.support import type_errors


def test_generated_code_type_checks(packages: Path) -> None:
    assert type_errors(packages) == ""


def test_the_check_would_notice(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "__init__.py").write_text('number: int = "text"\n')
    said = type_errors(tmp_path)
    assert "[assignment]" in said
    assert "reportAssignmentType" in said
