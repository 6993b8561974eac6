"""Which tools a project uses: type checkers and uv."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["configured_checkers", "required_names", "uses_uv"]


def configured_checkers(document: dict[str, Any], base: Path) -> list[str]:
    """Where mypy and pyright are configured: tables of pyproject.toml, and files.

    Args:
        document: the content of pyproject.toml.
        base: its folder.
    """
    tools = document.get("tool", {})
    places = [f"[tool.{name}]" for name in ("mypy", "pyright", "basedpyright") if name in tools]
    places += [name for name in ("mypy.ini", ".mypy.ini", "pyrightconfig.json") if (base / name).is_file()]
    setup = base / "setup.cfg"
    if setup.is_file() and re.search(rb"^\[mypy\]", setup.read_bytes(), re.MULTILINE):
        places.append("[mypy] of setup.cfg")
    return places


def required_names(document: dict[str, Any]) -> set[str]:
    """The names of the distributions that the project's tables name, with those of its groups and extras."""
    project = document.get("project")
    extras = project.get("optional-dependencies") if isinstance(project, dict) else None
    groups = [each for each in (extras, document.get("dependency-groups")) if isinstance(each, dict)]
    lists = [each for group in groups for each in group.values() if isinstance(each, list)]
    lists.append(project.get("dependencies", []) if isinstance(project, dict) else [])
    texts = (each for names in lists if isinstance(names, list) for each in names if isinstance(each, str))
    return {re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in texts}


def uses_uv(document: dict[str, Any], base: Path) -> bool:
    """Whether uv builds or locks the project."""
    system = document.get("build-system")
    backend = system.get("build-backend") if isinstance(system, dict) else None
    locked = any((folder / "uv.lock").is_file() for folder in (base, *base.parents))
    return "uv" in document.get("tool", {}) or backend == "uv_build" or locked
