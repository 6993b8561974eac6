"""Which names and folders a generated package cannot have."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import sys
from pathlib import Path

from prefactor_gen.command.config import ConfigError, PackageConfig, ProjectConfig
from prefactor_gen.command.paths import shown_path
from prefactor_gen.diagnostics.rules import UNUSABLE_PACKAGE
from prefactor_gen.package.generated_line import GENERATED_BY

__all__ = ["check_output", "check_package"]

_SHIPPED_PACKAGES = frozenset(
    {
        "prefactor_api",
        "prefactor_core",
        "prefactor_gen",
        "prefactor_http",
        "prefactor_local",
        "prefactor_schema",
        "prefactor_spans",
    }
)
# Modules that Python or the tools of a project import by these names, whether they are installed here or not.
_RESERVED = frozenset(
    {
        "conftest", "httpx", "jsonschema_rs", "pip", "pydantic", "pydantic_core", "pytest", "setup", "setuptools",
        "sitecustomize", "typing_extensions", "usercustomize",
    }
)  # fmt: skip
_OWN_PROJECT = "prefactor-sdk"
_DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10))}
)


def check_package(project: ProjectConfig, package: PackageConfig) -> None:
    """Refuse a package name that Python cannot import, or that hides a package of ours, a dependency or a module.

    Raises:
        ConfigError: it is such a name.
    """
    name = package.package
    if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        usable = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        hint = f"; {usable!r} would be one" if usable.isidentifier() and not keyword.iskeyword(usable) else ""
        raise ConfigError(f"expected a Python package name for the generated package, found {name!r}{hint}")
    if name in _SHIPPED_PACKAGES and project.name != _OWN_PROJECT:
        raise ConfigError(
            f"{UNUSABLE_PACKAGE.code}: {name!r} is a package of prefactor-sdk itself; name yours after your "
            f"project, for example {project.default_package() or 'my_agent_spans'!r}"
        )
    is_top_level = not (package.output / "__init__.py").is_file()
    if is_top_level and (name in sys.stdlib_module_names | _RESERVED or _is_installed(name)):
        raise ConfigError(f"{UNUSABLE_PACKAGE.code}: a package {name!r} would hide the module of that name")
    if name.casefold() in _DEVICES:
        raise ConfigError(
            f"{UNUSABLE_PACKAGE.code}: a folder cannot have the name {name!r} on Windows, where it is a device"
        )
    _check_folder(package)


def _check_folder(package: PackageConfig) -> None:
    """Refuse a package folder that is a link to a folder outside the output folder.

    Raises:
        ConfigError: it is such a link.
    """
    folder = package.folder
    target = Path(os.path.realpath(folder))
    if not folder.is_symlink() or target.is_relative_to(os.path.realpath(package.output)):
        return
    shown, found = (shown_path(path) for path in (folder, target))
    raise ConfigError(
        f"{shown} is a link to {found}, outside the output folder; remove the link, or choose another --output"
    )


def check_output(project: ProjectConfig, package: PackageConfig) -> None:
    """Refuse an output folder outside of the project, which nobody has named on the command line.

    Raises:
        ConfigError: it is outside, perhaps through a link.
    """
    target = os.path.realpath(package.output)
    if not Path(target).is_relative_to(os.path.realpath(project.base)):
        shown = shown_path(package.output)
        raise ConfigError(
            f"the output folder {shown} leads to {target}, outside of the project; if that is meant, name it on "
            f"the command line: --output {shown}"
        )


def _is_installed(name: str) -> bool:
    """Whether there is a module of this name, apart from a package that prefactor-gen has generated."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    if found is None or found.origin is None:  # none, or a folder without __init__.py, which hides nothing
        return False
    try:
        with open(found.origin, "rb") as file:
            return not file.readline().startswith(GENERATED_BY.encode())
    except OSError:  # it is built into Python, or was removed
        return False
