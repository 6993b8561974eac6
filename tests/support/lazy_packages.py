"""The names that a package imports at their first use."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

__all__ = ["names_at_run_time", "names_for_type_checkers"]

Names = dict[str, tuple[str, ...]]


def names_for_type_checkers(package: ModuleType) -> Names:
    """Module → what `if TYPE_CHECKING:` imports from it."""
    return {
        node.module or "": tuple(alias.name for alias in node.names)
        for node in _branches(package).body
        if isinstance(node, ast.ImportFrom)
    }


def names_at_run_time(package: ModuleType) -> Names:
    """Module → what its `__getattr__` finds there."""
    calls = (node for branch in _branches(package).orelse for node in ast.walk(branch) if isinstance(node, ast.Call))
    table: Names = ast.literal_eval(next(calls).args[1])
    return table


def _branches(package: ModuleType) -> ast.If:
    return next(node for node in ast.parse(inspect.getsource(package)).body if isinstance(node, ast.If))
