"""Which tools a project uses: type checkers, uv and hatch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["configured_checkers", "is_mypy_strict", "lacks_build_hook", "required_names", "uses_uv"]


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


def is_mypy_strict(document: dict[str, Any]) -> bool:
    """Whether `[tool.mypy]` lets mypy look into all functions."""
    table = _table(document, "tool", "mypy")
    return bool(table.get("strict") or table.get("check_untyped_defs"))


def lacks_build_hook(document: dict[str, Any]) -> bool:
    """Whether hatchling builds the project without the hook of prefactor-gen."""
    build = _table(document, "tool", "hatch", "build")
    hooks = _table(build, "hooks") | _table(build, "targets", "wheel", "hooks")
    backend = _table(document, "build-system").get("build-backend")
    return backend == "hatchling.build" and "prefactor-gen" not in hooks


def required_names(document: dict[str, Any]) -> set[str]:
    """The names of the distributions that the project's tables name, with those of its groups and extras."""
    grouped = [
        _table(document, "project", "optional-dependencies"),
        _table(document, "dependency-groups"),
        _table(document, "tool", "pdm", "dev-dependencies"),
    ]
    lists = [
        *(each for group in grouped for each in group.values()),
        _table(document, "project").get("dependencies"),
        _table(document, "tool", "uv").get("dev-dependencies"),
    ]
    texts = (each for names in lists if isinstance(names, list) for each in names if isinstance(each, str))
    names = {re.split(r"[^\w.-]", text, maxsplit=1)[0].lower() for text in texts}
    return names | {name.lower() for name in _names_for_poetry(document)}


def _names_for_poetry(document: dict[str, Any]) -> set[str]:
    """The keys of Poetry's tables of dependencies."""
    groups = _table(document, "tool", "poetry", "group")
    tables = [_table(document, "tool", "poetry", key) for key in ("dependencies", "dev-dependencies")]
    return set().union(*tables, *(_table(groups, name, "dependencies") for name in groups))


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The table below these keys; empty if there is none."""
    for key in keys:
        found = document.get(key)
        document = found if isinstance(found, dict) else {}
    return document


def uses_uv(document: dict[str, Any], base: Path) -> bool:
    """Whether uv builds or locks the project."""
    backend = _table(document, "build-system").get("build-backend")
    locked = any((folder / "uv.lock").is_file() for folder in (base, *base.parents))
    return "uv" in document.get("tool", {}) or backend == "uv_build" or locked
