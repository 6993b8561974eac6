"""Reads the two sides of a comparison: from disk, from a commit, or from the platform."""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from prefactor_gen.command.config import ConfigError, PackageConfig, ProjectConfig, read_project
from prefactor_gen.command.diff.side_at_commit import path_at_commit, project_at_commit
from prefactor_gen.comparison.operands.commit_files import CommitFiles
from prefactor_gen.comparison.operands.git_repository import GitRepository
from prefactor_gen.comparison.operands.operands import (
    FromGit,
    FromPath,
    FromPlatform,
    Operand,
    OperandError,
    parse_operand,
)
from prefactor_gen.comparison.operands.read_sides import (
    side_of_files_and_package,
    side_of_package,
    side_of_sources,
    with_definitions,
)
from prefactor_gen.comparison.operands.sides import Side
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.sources import is_attribute
from prefactor_gen.diagnostics.diagnostics import DiagnosticError
from prefactor_gen.pipeline.generated_data import DEFINITIONS_FILE, definitions_from_data
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.remote.agent_versions import agent_versions
from prefactor_gen.remote.errors import RemoteError

__all__ = ["SideReader"]


class SideReader:
    """Reads operands.

    Args:
        folder: the working folder.
        project: the project that it is in.
        versions: how many of the newest versions of an agent to read, beside those in use.
        stack: closed when the sides are no longer needed: they are generated from temporary files.

    Attributes:
        repository: the repository of the project; None if there is none that can be read.
        no_repository: why there is none.
    """

    def __init__(self, folder: Path, project: ProjectConfig, versions: int, stack: ExitStack) -> None:
        self.folder = folder
        self.project = project
        self.versions = versions
        self.stack = stack
        self.repository: GitRepository | None = None
        self.no_repository = "this folder is in no git repository"
        try:
            self.repository = GitRepository.of(project.base)
        except OperandError as error:  # two folders can be compared nevertheless
            self.no_repository = str(error)

    def operand(self, text: str) -> Operand:
        """What an operand means.

        Raises:
            OperandError: it is no operand, or means nothing here.
        """
        repository = self.repository

        def is_ref(name: str) -> bool:
            return repository is not None and repository.commit(name) is not None

        found = parse_operand(text, is_path=self._exists, is_ref=is_ref)
        if found is None and repository is not None and repository.is_empty:
            return FromGit(text)
        if found is None:
            hint = f"; {self.no_repository}" if repository is None else repository.unknown(text)
            raise OperandError(f"{text!r} is no path and no ref here{hint}")
        return found

    def old(self, operand: Operand, new: Operand | None, *, tip: bool) -> list[Side]:
        """What is compared with: several sides if the platform has several versions.

        Args:
            operand: what to read.
            new: what is compared with it; None for the working tree.
            tip: of git, the ref itself rather than the last commit that the new side has in common with it.

        Raises:
            OperandError: it cannot be read.
        """
        if isinstance(operand, FromPlatform):
            return list(self._versions(operand))
        if isinstance(operand, FromPath):
            return [self._at_path(operand.path)]
        if self.repository is not None and self.repository.is_empty:
            return [Side(operand.ref, Definitions(), is_empty=True, remarks=["the repository has no commit yet"])]
        repository, commit = self._commit(operand)
        if tip:
            return [self._at_commit(operand, repository, commit, _name(operand.ref, commit, repository))]
        return [self._where_left(operand, new if isinstance(new, FromGit) else FromGit("HEAD"))]

    def _where_left(self, operand: FromGit, branch: FromGit) -> Side:
        """The last commit that a ref has in common with a branch: what the ref got later is no change of the branch."""
        (repository, commit), (_, head) = self._commit(operand), self._commit(branch)
        base = _merge_base(repository, operand.ref, commit, branch.ref, head)
        if base == commit:
            return self._at_commit(operand, repository, commit, _name(operand.ref, commit, repository))
        name = f"common commit of {operand.ref} and {branch.ref} at {repository.short(base)}"
        side = self._at_commit(operand, repository, base, name)
        if base != head:
            return side
        newer = f"{operand.ref} is newer than {branch.ref}: --tip compares with {operand.ref} itself"
        return replace(side, remarks=[newer, *side.remarks])

    def new(self, operand: Operand | None) -> Side:
        """What is compared: the working tree, if nothing is named.

        Raises:
            OperandError: it cannot be read, or the platform has several versions.
        """
        if operand is None:
            return self._working_tree()
        if isinstance(operand, FromPath):
            return self._at_path(operand.path)
        if isinstance(operand, FromGit):
            repository, commit = self._commit(operand)
            return self._at_commit(operand, repository, commit, _name(operand.ref, commit, repository))
        sides = list(self._versions(operand))
        if len(sides) > 1:
            names = ", ".join(each.name for each in sides)
            raise OperandError(f"platform:{operand.agent} has several versions; name one: {names}")
        return sides[0]

    def _working_tree(self) -> Side:
        if not self.project.packages:
            raise OperandError(f"expected NEW, or {self.project.wanted_sources}")
        return _of_project("working tree", self.project.packages[0], self.project.base)

    def _at_path(self, path: str) -> Side:
        target = self.folder / path
        if not self._exists(path):
            raise OperandError(f"there is no {path!r} here")
        if (target / DEFINITIONS_FILE).is_file():
            return side_of_package(path, target, path)
        if (target / "pyproject.toml").is_file() and (project := read_project(target)).packages:
            return _of_other_project(path, project.packages[0], project.base)
        settings = self.project.packages[0].settings if self.project.packages else Settings()
        return with_definitions(side_of_sources(path, [path], self.folder, self.folder / "compared", settings))

    def _exists(self, path: str) -> bool:
        return os.path.exists(self.folder / path)  # unlike that of Path, for any text

    def _at_commit(self, operand: FromGit, repository: GitRepository, commit: str, name: str) -> Side:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory())).resolve()
        files = CommitFiles(repository, commit, folder)
        try:
            if operand.path is not None:
                return path_at_commit(files, self._in_repository(operand.path), self.project, name)
            return project_at_commit(files, repository.prefix, self.project, name)
        except ConfigError as error:
            raise OperandError(f"at {files.short} {error}") from None

    def _in_repository(self, path: str) -> str:
        """A path as git takes it: relative to the repository, or to the working folder if it begins with `./`."""
        here = GitRepository.of(self.folder) if path.startswith(("./", "../")) else None
        return path if here is None else posixpath.join(here.prefix, path)

    def _versions(self, operand: FromPlatform) -> Iterator[Side]:
        try:
            versions = agent_versions(operand.agent, operand.version, newest=self.versions)
        except RemoteError as error:
            raise OperandError(str(error)) from None
        for each in versions:
            name = f"platform:{operand.agent}@{each.identifier}"
            try:
                definitions, diagnostics = definitions_from_data(each.definitions, name)
            except DiagnosticError as error:
                raise OperandError.of(error) from None
            has_quality = "quality_schemas" in each.definitions
            yield Side(name, definitions, diagnostics, has_quality=has_quality, has_deprecations=False)

    def _commit(self, operand: FromGit) -> tuple[GitRepository, str]:
        """The repository, and the commit of a ref."""
        if self.repository is None:
            raise OperandError(f"git:{operand.ref}: {self.no_repository}")
        commit = self.repository.commit(operand.ref)
        if commit is None:
            if operand.ref == "HEAD":
                raise OperandError("the branch has no commit yet: there is nothing to compare with")
            raise OperandError(f"{operand.ref!r} is no ref here{self.repository.unknown(operand.ref)}")
        return self.repository, commit


def _name(ref: str, commit: str, repository: GitRepository) -> str:
    """What output calls a commit."""
    short = repository.short(commit)
    return short if commit.startswith(ref) else f"{ref} at {short}"


def _merge_base(repository: GitRepository, ref: str, commit: str, branch: str, head: str) -> str:
    base = repository.merge_base(commit, head)
    if base is None:
        fetch = repository.fetch_command(ref) if repository.is_shallow else ""
        remedy = f"in a shallow clone, first {fetch}" if fetch else "--tip compares with it as it is"
        raise OperandError(f"{ref!r} and {branch} have no commit in common; {remedy}")
    return base


def _of_project(name: str, package: PackageConfig, base: Path) -> Side:
    return side_of_sources(name, package.sources, base, package.folder, package.settings)


def _of_other_project(path: str, package: PackageConfig, base: Path) -> Side:
    """A project on disk. Its Python is not run: modules of the same names may be those of the other side."""
    attributes = [each for each in package.sources if is_attribute(each, base)]
    if not attributes:
        return _of_project(path, package, base)
    shown = Path(os.path.relpath(package.folder, base)).as_posix()
    if not (package.folder / DEFINITIONS_FILE).is_file():
        raise OperandError(f"the source {attributes[0]} of {path} is Python, which is not run; generate {shown} there")
    files = [each for each in package.sources if each not in attributes]
    shown = f"{path.rstrip('/')}/{shown}"
    return side_of_files_and_package(side_of_package(path, package.folder, shown), files, base, shown, package.settings)
