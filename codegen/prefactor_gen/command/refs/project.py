"""What `prefactor-gen refs` knows of a project: also of one whose copies are missing, which other commands refuse."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.command.config import (
    TABLE,
    ConfigError,
    PackageConfig,
    find_project,
    locked_refs,
    project_config,
    read_pyproject,
    ref_entries,
)
from prefactor_gen.definitions.reference_lock import LOCK
from prefactor_gen.definitions.reference_settings import ReferenceSettings, can_be_a_path
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import SUFFIXES, Document, is_attribute, load_sources
from prefactor_gen.remote.addresses import host_of
from prefactor_gen.vendoring.placement import Placement

__all__ = ["RefsProject", "read_refs_project"]


@dataclass(frozen=True)
class RefsProject:
    """A project with `[tool.prefactor-gen]`.

    Attributes:
        base: its folder, links resolved.
        pyproject: the text of pyproject.toml.
        package: the package that it configures, without its references.
        entries: the paths of `[tool.prefactor-gen.refs]` by URL; a URL that stands for a folder ends with a slash.
        references: the same as other commands read it, without what is missing.
    """

    base: Path
    pyproject: str
    package: PackageConfig
    entries: Mapping[str, str]
    references: ReferenceSettings

    @property
    def locked(self) -> Mapping[str, str]:
        """The hashes of the lock file, by URL."""
        return self.references.locked

    @property
    def has_lock(self) -> bool:
        """Whether there is a lock file."""
        return (self.base / LOCK).is_file()

    @property
    def unlocked(self) -> list[str]:
        """The URLs whose copies have no hash, sorted: those that were saved by hand, or all without a lock file."""
        return sorted(url for url in self.entries if not url.endswith("/") and url not in self.locked)

    @property
    def unlocked_folders(self) -> list[str]:
        """The entries of folders in which no copy has a hash, sorted."""
        return sorted(
            each for each in self.entries if each.endswith("/") and not any(url.startswith(each) for url in self.locked)
        )

    def hosts(self, *urls: str) -> frozenset[str]:
        """The hosts that the user has named: in the configuration, and in these URLs."""
        return frozenset(map(host_of, (*self.entries, *urls)))

    @cached_property
    def definitions(self) -> list[Document]:
        """The definition files that can be read."""
        files = [each for each in self.package.sources if not is_attribute(each, self.base)]
        return load_sources(files, self.base, None, self.references).value

    @cached_property
    def ids(self) -> dict[str, tuple[Document, str]]:
        """The definition files that have an `$id`, or parts with one, by URI."""
        return SchemaFiles(self.base, self.definitions, self.references).ids

    def has_target(self, url: str) -> bool:
        """Whether a reference to this URL has a target: an entry with a file, or a definition file."""
        return self.references.copy_of(url) is not None or unquote(url) in self.ids

    def placement(self) -> Placement:
        """Where copies are saved."""
        sources = [self.base / each for each in self.package.sources if not is_attribute(each, self.base)]
        folders = [Path(os.path.realpath(each)) for each in sources if each.suffix.lower() not in SUFFIXES]
        generated = Path(os.path.realpath(self.package.folder))
        return Placement(
            self.base, self.entries, self.references.copy_of, folders, folder=self._folder(sources), generated=generated
        )

    def _folder(self, sources: list[Path]) -> Path:
        """The folder of copies: `vendor` in the first folder of definitions that is in the project."""
        folders = [each.parent if each.suffix.lower() in SUFFIXES else each for each in sources]
        inside = (each for each in folders if Path(os.path.realpath(each)).is_relative_to(self.base))
        return next(inside, self.base) / "vendor"


def read_refs_project() -> RefsProject:
    """The project that the working folder is in.

    Raises:
        ConfigError: its configuration is missing or wrong.
    """
    base = Path(os.path.realpath(find_project(Path.cwd())))
    text, document = read_pyproject(base)
    tools = document.get("tool", {})
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise ConfigError(f"refs: expected [tool.{TABLE}] in pyproject.toml, which `prefactor-gen init` writes")
    others = {key: value for key, value in table.items() if key != "refs"}
    [package, *_] = project_config({**document, "tool": {**tools, TABLE: others}}, base).packages
    written = ref_entries(table, f"tool.{TABLE}")
    entries = {_address(base, url, target): target for url, target in written.items()}
    copies = {url: Path(os.path.realpath(base / target)) for url, target in entries.items() if can_be_a_path(target)}
    folders = package.settings.references.folders
    return RefsProject(base, text, package, entries, ReferenceSettings(base, copies, folders, locked_refs(base)))


def _address(base: Path, url: str, target: str) -> str:
    """The URL of an entry, with a slash at its end if a folder stands for it."""
    is_folder = url.endswith("/") or target.endswith("/") or (can_be_a_path(target) and (base / target).is_dir())
    return f"{url.removesuffix('/')}/" if is_folder else url
