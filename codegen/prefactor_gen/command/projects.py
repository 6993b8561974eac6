"""Several projects of a repository in one run: those that `-C` names, or those below a folder without configuration."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from prefactor_gen.command.config import ConfigError, find_project, read_project

__all__ = ["Combine", "chosen_projects", "combination", "projects_below", "run_each", "started_in"]

_NOT_SEARCHED: Final = frozenset({"build", "dist", "node_modules", "site-packages", "test", "tests"})
_MAX_FOLDERS: Final = 20_000
"""Folders that are searched for projects; a larger tree is not a repository, or its projects have to be named."""

_IMPORTS: Final = "prefactor-imports.lock"  # as `importing.lock` names it, which most runs do not load
_FAILED: Final = 1
_SEARCHING: Final = frozenset({"check", "docs", "generate", "risk"})
"""The commands that always run in all projects below a folder without configuration."""

Combine: TypeAlias = Callable[[Mapping[str, str]], str]
"""Makes one output of what several runs have printed, by their folders."""


def chosen_projects(options: argparse.Namespace) -> list[Path]:
    """The folders to run in: those of `-C`, and in place of one without configuration the projects below it."""
    named = [Path(each) for each in options.project or ["."]]
    choosing = ("sources", "output", "pages", "package")
    if not _is_of_projects(options) or any(getattr(options, each, None) for each in choosing):
        return named
    # Imports need no configuration; where a lock has some, they are not left out.
    own = [each for each in named if options.command == "import" and (each / _IMPORTS).is_file()]
    below = [(folder, projects_below(folder)) for folder in named]
    return [*own, *(each for folder, found in below for each in found or ([] if folder in own else [folder]))]


def _is_of_projects(options: argparse.Namespace) -> bool:
    """Whether a command is about all projects below a folder without configuration."""
    match options.command:
        case "diff":
            return options.new is None
        case "import":
            return bool(options.check)
        case "refs":
            return bool(options.action == "check")
        case "status":
            return not options.paths
    return options.command in _SEARCHING


def projects_below(folder: Path) -> list[Path]:
    """The configured projects below a folder, or none if the folder is part of one, or the tree is too large."""
    if not folder.is_dir() or _is_configured(find_project(folder)):
        return []
    found = []
    for number, (project, is_project) in enumerate(_search(folder)):
        if number == _MAX_FOLDERS:
            return []
        if is_project:
            found.append(project)
    return sorted(found)


def _search(top: Path) -> Iterator[tuple[Path, bool]]:
    """Each folder below, and whether it is a project. Environments, tests and what is in a project are left out."""
    for folder, names, files in os.walk(top):
        is_project = "pyproject.toml" in files and folder != str(top) and _is_configured(Path(folder))
        names[:] = [] if is_project or "pyvenv.cfg" in files else [name for name in names if _is_searched(name)]
        yield Path(folder), is_project


def _is_searched(name: str) -> bool:
    return not name.startswith(".") and name not in _NOT_SEARCHED


def _is_configured(folder: Path) -> bool:
    """Whether a project has the table of prefactor-gen, or one that seems to be meant."""
    try:
        project = read_project(folder)
    except ConfigError:  # the run in this folder reports it, if it concerns prefactor-gen
        return b"prefactor-gen" in (folder / "pyproject.toml").read_bytes()
    return bool(project.packages or project.hint)


def combination(options: argparse.Namespace) -> Combine | None:
    """What makes one output of those of several runs; None if each is printed as it is."""
    form = getattr(options, "format", None)
    if form == "json" and getattr(options, "explain", None) is None:
        return _together
    if options.command == "diff" and form == "markdown":
        from prefactor_gen.command.diff.markdown import one_comment

        return one_comment
    return None


@contextlib.contextmanager
def started_in(folder: Path) -> Iterator[None]:
    """Make a folder that `-C` names the working folder meanwhile.

    Raises:
        ConfigError: it cannot be.
    """
    before = Path.cwd()
    try:
        os.chdir(folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"--project: expected a folder, found {str(folder)!r}: {reason}") from None
    try:
        yield
    finally:
        os.chdir(before)


def run_each(arguments: Sequence[str], folders: Sequence[Path], combine: Combine | None = None) -> int:
    """Run the command in each folder, in a process of its own, because modules of two projects may have one name.

    Args:
        arguments: the arguments of the command line; `-C` among them is left out.
        folders: the folders of the projects.
        combine: makes one output of what the runs print; by default each prints its own.

    Returns:
        the highest exit code.
    """
    import subprocess  # most runs do not need it

    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-C", "--project", action="append")
    command = [sys.executable, "-P", "-m", "prefactor_gen", *parser.parse_known_args(arguments)[1]]
    if command[-1] == "init":  # which takes a named folder, and not the project that it is part of
        command += ["-C", "."]
    printed: dict[str, str] = {}
    codes = []
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"--project: expected a folder, found {str(folder)!r}")
        if combine is None:
            print(f"In {folder.as_posix()}:", flush=True)
        stdout = None if combine is None else subprocess.PIPE
        done = subprocess.run(command, cwd=folder, stdout=stdout, text=True, check=False)  # noqa: S603  # our own module
        codes.append(done.returncode if done.returncode >= 0 else _FAILED)
        printed[folder.as_posix()] = done.stdout
    if combine is not None:
        print(combine(printed))
    return max(codes)


def _together(printed: Mapping[str, str]) -> str:
    """Lists of findings become one list, and objects one object, by the folder; null of a run that failed."""
    values = {folder: json.loads(text or "null") for folder, text in printed.items()}
    if any(isinstance(each, dict) for each in values.values()):
        return json.dumps(values, indent=2)
    found = [_from_here(finding, folder) for folder, findings in values.items() for finding in findings or ()]
    return json.dumps(found, indent=2)


def _from_here(finding: Mapping[str, str], folder: str) -> dict[str, str]:
    """A finding of a project with the path of its file from the working folder."""
    key = "source" if "source" in finding else "file"  # of an import
    return {**finding, key: (Path(folder) / finding[key]).as_posix()}
