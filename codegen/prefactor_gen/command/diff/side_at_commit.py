"""Reads one side of a comparison as it was at a commit, where nothing is run."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from prefactor_gen.command.config import TABLE, PackageConfig, ProjectConfig, project_config
from prefactor_gen.comparison.operands.commit_files import CommitFiles
from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.comparison.operands.read_sides import (
    side_of_files_and_package,
    side_of_package,
    side_of_sources,
    with_definitions,
)
from prefactor_gen.comparison.operands.sides import Side
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.sources import is_attribute
from prefactor_gen.pipeline.generated_data import DEFINITIONS_FILE
from prefactor_gen.pipeline.settings import Settings

__all__ = ["path_at_commit", "project_at_commit"]

_OLD_KEYS: Final = ("sources", "output", "package", "formats", "reference-folders", "refs")
"""The keys of a configuration at a commit that are read. Others may be of another version of prefactor-gen."""


def path_at_commit(files: CommitFiles, path: str, today: ProjectConfig, name: str) -> Side:
    """Definitions, a generated package, or the folder of a project at a commit.

    Args:
        files: the files of the commit.
        path: relative to the repository.
        today: the project now.
        name: what output calls the side.

    Raises:
        OperandError: there is no such path, or it cannot be read.
    """
    path = files.inside(path)
    if _table(files.pyproject(path)) is not None:
        return project_at_commit(files, path, today, name)
    target = files.save(path)
    if (target / DEFINITIONS_FILE).is_file():
        return side_of_package(name, target, path)
    settings = _settings_around(files, path)
    return with_definitions(side_of_sources(name, [path or "."], files.folder, files.folder / "compared", settings))


def _settings_around(files: CommitFiles, path: str) -> Settings:
    """The settings of the project that a path is in at a commit: its references, whose targets are saved."""
    folders = [files.inside(folder.as_posix()) for folder in PurePosixPath(path).parents]
    prefix, table = next(((each, found) for each in folders if (found := _table(files.pyproject(each)))), ("", None))
    return Settings() if table is None else _package(files, prefix, {**table, "sources": [path or "."]}).settings


def _package(files: CommitFiles, prefix: str, table: Mapping[str, Any]) -> PackageConfig:
    """The package that a table of a commit configures. What its schemas may refer to is saved."""
    for path in (*_listed(table, "reference-folders"), *_listed(table, "refs")):
        _save(files, prefix, path)
    return project_config(_document(table), files.folder / prefix).packages[0]


def _save(files: CommitFiles, prefix: str, path: str) -> None:
    inside = files.inside(posixpath.join(prefix, path))
    if not files.has(inside):
        raise OperandError(f"at {files.short} there is no {inside}, which pyproject.toml names there")
    files.save(inside)


def project_at_commit(files: CommitFiles, prefix: str, today: ProjectConfig, name: str) -> Side:
    """The project as its configuration at the commit says, or as today's says if there was none.

    Args:
        files: the files of the commit.
        prefix: the folder of the project in the repository.
        today: the project now.
        name: what output calls the side.

    Raises:
        OperandError: a source is missing, is Python without a package that was checked in, or cannot be read.
        ConfigError: the configuration at the commit is wrong.
    """
    base = files.folder / prefix
    base.mkdir(parents=True, exist_ok=True)
    table = _table(files.pyproject(prefix)) or _table_of_today(files, prefix, today)
    if table is None:
        return Side(name, Definitions(), base=base, is_empty=True)
    attributes = [each for each in _listed(table, "sources") if is_attribute(each, base)]
    sources = [each for each in _listed(table, "sources") if each not in attributes]
    if not sources:  # what is generated refers to no file
        table = {**table, "refs": {}, "reference-folders": []}
    for path in sources:
        _save(files, prefix, path)
    package = _package(files, prefix, table)
    if not attributes:
        return side_of_sources(name, package.sources, base, package.folder, package.settings)
    generated = files.inside(posixpath.relpath(package.folder.as_posix(), files.folder.as_posix()))
    if not files.has(f"{generated}/{DEFINITIONS_FILE}"):
        message = f"the source {attributes[0]} is Python, which is not run; check in {generated}, then compare"
        raise OperandError(f"at {files.short} {message}")
    of_package = side_of_package(name, files.save(generated), generated)
    return side_of_files_and_package(of_package, sources, base, generated, package.settings)


def _table(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The table of prefactor-gen, with the name of its package, which an old configuration may get from elsewhere."""
    tools, project = document.get("tool"), document.get("project")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    name = project.get("name") if isinstance(project, dict) else None
    return (
        {"package": ProjectConfig(Path(), name).default_package() or "compared", **table}
        if isinstance(table, dict)
        else None
    )


def _table_of_today(files: CommitFiles, prefix: str, today: ProjectConfig) -> dict[str, Any] | None:
    """Today's sources, if they were there at a commit that had no configuration of this project.

    Returns:
        None if they were not.

    Raises:
        OperandError: the commit had a configuration in another folder: the project has moved.
    """
    for package in today.packages[:1]:
        sources = [each for each in package.sources if not is_attribute(each, today.base)]
        if any(files.has(files.inside(posixpath.join(prefix, each))) for each in sources):
            return {"sources": sources, "package": package.package}
    elsewhere = files.repository.file_with(files.commit, f"[tool.{TABLE}]", "pyproject.toml")
    if elsewhere is None:
        return None
    here = posixpath.join(prefix, "pyproject.toml")
    message = f"at {files.short} {here} has no [tool.{TABLE}], but {elsewhere} has"
    raise OperandError(f"{message}; if the project has moved, name its folder of then: git:REF:PATH")


def _listed(table: Mapping[str, object], key: str) -> list[str]:
    """The texts of a list, or the values of a table, as far as they are texts: the configuration is checked later."""
    value = table.get(key, [])
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [each for each in values if isinstance(each, str)]


def _document(table: Mapping[str, Any]) -> dict[str, Any]:
    return {"tool": {TABLE: {key: value for key, value in table.items() if key in _OLD_KEYS}}}
