"""Where the generated package of a project goes, so that the project's wheel holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.package.generated_line import GENERATED_BY

__all__ = ["Layout", "find_layout"]

_NOT_THE_PROJECT = frozenset(
    {"benchmarks", "build", "dist", "docs", "examples", "generated", "scripts", "test", "tests", "tools"}
)
_NAMES = ("spans", "span_types", "generated_spans")
"""The names of the package inside the project's own package; the first one that is free is taken."""


@dataclass(frozen=True)
class Layout:
    """Where the package goes.

    Attributes:
        root: the folder that Python imports from: `src` or `.`.
        inside: the project's package that the generated one is inside of, or None.
        package: the name of the generated package.
    """

    root: str
    inside: str | None
    package: str

    @property
    def output(self) -> str:
        """The output folder, relative to the project's."""
        return "/".join(part for part in (self.root, self.inside) if part not in {None, "."}) or "."

    @property
    def import_name(self) -> str:
        """The name by which the package is imported."""
        return f"{self.inside}.{self.package}" if self.inside else self.package


def find_layout(base: Path, name: str | None) -> Layout:
    """The layout of a project: one package in `src`, one beside pyproject.toml, or none.

    Args:
        base: the project's folder.
        name: the project's name.
    """
    own = _as_identifier(name or base.name) or "agent"
    for root in ("src", "."):
        packages = _packages(base / root)
        if packages:
            inside = own if own in packages else packages[0] if len(packages) == 1 else None
            free = next((each for each in _NAMES if _is_free(base / root / inside / each)), None) if inside else None
            return Layout(root, inside, free) if free else Layout(root, None, f"{own}_spans")
    return Layout("src" if (base / "src").is_dir() else ".", None, f"{own}_spans")


def _as_identifier(name: str) -> str | None:
    words = re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")
    return words if words.isidentifier() else None


def _packages(folder: Path) -> list[str]:
    """The packages of a folder that are the project's own: no tests, and nothing that was generated."""
    if not folder.is_dir():
        return []
    named = (path for path in folder.iterdir() if path.name.isidentifier() and path.name not in _NOT_THE_PROJECT)
    return sorted(path.name for path in named if (path / "__init__.py").is_file() and not _is_generated(path))


def _is_free(path: Path) -> bool:
    """Whether nothing else has this name: no folder and no module."""
    return not path.with_suffix(".py").exists() and (not path.exists() or _is_generated(path))


def _is_generated(package: Path) -> bool:
    try:
        with (package / "__init__.py").open("rb") as file:
            return file.readline().startswith(GENERATED_BY.encode())
    except OSError:
        return False
