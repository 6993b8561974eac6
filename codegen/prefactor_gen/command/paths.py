"""How messages show paths."""

from __future__ import annotations

import os
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["shown_path"]


def shown_path(path: Path) -> str:
    """A path relative to the working folder, with forward slashes."""
    relative = str(path) if "\0" in str(path) else os.path.relpath(path, Path.cwd())
    return printable(Path(relative).as_posix())
