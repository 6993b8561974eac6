"""Everything that is generated satisfies `mypy --strict` and pyright."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.codegen.support import type_errors

pytestmark = pytest.mark.slow


def test_generated_code_type_checks(packages: Path) -> None:
    assert type_errors(packages) == ""


def test_a_wrong_type_is_reported_by_both_checkers(tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "__init__.py").write_text('number: int = "text"\n')
    errors = type_errors(tmp_path)
    assert "[assignment]" in errors
    assert "reportAssignmentType" in errors
