"""The files that are shipped with the code: in a wheel as package data, in a checkout in their own folders."""

from __future__ import annotations

from pathlib import Path

__all__ = ["definitions_folder", "example_agent_folder"]

_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def definitions_folder() -> Path:
    """The standard span types."""
    return _first(_PACKAGE / "_shipped" / "schemas", _CHECKOUT / "schemas" / "spans")


def example_agent_folder() -> Path:
    """The example agent project."""
    return _first(_PACKAGE / "_shipped" / "example_agent", _CHECKOUT / "tests" / "example_agent")


def _first(*folders: Path) -> Path:
    return next(folder for folder in folders if folder.is_dir())
