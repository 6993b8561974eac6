"""Finds the modules that the agent's code imports, and parses those of the project. Nothing is imported."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from prefactor_gen.diagnostics.diagnostics import Place
from prefactor_gen.usage.source_code.relevance import Relevance
from prefactor_gen.usage.source_code.scope_builder import Scopes
from prefactor_gen.usage.source_code.scopes import ImportedName, Scope
from prefactor_gen.usage.source_code.span_types import SpanTypesOfPackage, span_types_of_files
from prefactor_gen.usage.source_code.syntax import Parsed, UnreadableError, parse, read_source
from prefactor_gen.usage.source_code.values import (
    Core,
    GeneratedPackage,
    ModuleOfProject,
    Namespace,
    Outside,
    Plain,
    Value,
)
from prefactor_gen.usage.source_files import is_generated_package

__all__ = ["Module", "Modules"]

_SDK: Final = frozenset({"prefactor_core", "prefactor_http"})
_PREFIX: Final = "prefactor_"
"""How the packages of prefactor-sdk and of integrations are called."""


class Module:
    """A parsed module of the project.

    Attributes:
        path: its file.
        parsed: its tree, with the places of nodes.
        scopes: its scopes.
    """

    def __init__(self, path: Path, parsed: Parsed) -> None:
        self.path = path
        self.parsed = parsed
        self.scopes = Scopes(parsed.tree)


class Modules:
    """The modules of a project.

    Args:
        base: the folder of the project, which paths in messages are relative to.
        files: the source files that are known; others are found when they are imported.
        package: the folder of the generated package, which need not exist.
        own: its span types.
    """

    def __init__(self, base: Path, files: Iterable[Path], package: Path, own: SpanTypesOfPackage) -> None:
        self.base = base
        self.package = Path(os.path.abspath(package))
        self.own = own
        self.foreign: dict[Path, SpanTypesOfPackage] = {}
        self._unread: dict[Path, list[tuple[Place, UnreadableError]]] = {}
        self._relevance = Relevance(package, own)
        self._relevant: dict[Path, bool] = {}
        self._modules: dict[Path, Module | None] = {}
        self._by_scope: dict[Scope, Module] = {}
        self._own_names = set(_import_names(self.package, base))
        self._roots: dict[str, dict[Path, None]] = defaultdict(dict)
        for path in files:
            root = _root(path.parent)
            self._roots[path.relative_to(root).parts[0].removesuffix(".py")][root] = None
        self._at = cache(self._found_at)
        self._installed = cache(_installed_folders)

    def is_relevant(self, path: Path) -> bool:
        """Whether a file may concern prefactor, as far as that can be told without parsing it."""
        if path not in self._relevant:
            try:
                content = read_source(path)
            except OSError:
                return True  # `read` notes why
            self._relevant[path] = self._relevance.may_use_spans(content)
        return self._relevant[path]

    def unread(self) -> Iterator[tuple[Place, UnreadableError]]:
        """The files, and the cells of notebooks, that probably use prefactor, and cannot be read."""
        for path, problems in self._unread.items():
            if self._relevance.names_prefactor(path):
                yield from problems

    def shown(self, path: Path) -> str:
        """The path in messages."""
        return Path(os.path.relpath(path, self.base)).as_posix()

    def read(self, path: Path) -> Module | None:
        """The module in a file; None if it cannot be read."""
        if path not in self._modules:
            try:
                module = Module(path, parse(path, self.shown(path), read_source(path)))
            except UnreadableError as error:
                place = Place(self.shown(path), line=error.line, column=error.column)
                self._unread[path] = [(place, error)]
                module = None
            except OSError as error:
                self._unread[path] = [(Place(self.shown(path)), UnreadableError(error.strerror or str(error)))]
                module = None
            self._modules[path] = module
            if module is not None:
                self._by_scope[module.scopes.top] = module
                if module.parsed.unread:
                    self._unread[path] = module.parsed.unread
        return self._modules[path]

    def of_scope(self, scope: Scope) -> Module:
        """The module that a scope is in."""
        return self._by_scope[scope.module]

    def imported(self, imported: ImportedName, importer: Path) -> Value:
        """The module that an import statement in a file leads to; the name in the module is left out."""
        parts = tuple(part for part in imported.module.split(".") if part)
        if imported.level:
            folder = importer.parent
            for _ in range(imported.level - 1):
                folder = folder.parent
            return self._at(folder.joinpath(*parts)) or Plain.UNKNOWN
        return self._absolute(parts, importer) if parts else Plain.UNKNOWN

    def member(self, module: ModuleOfProject | Namespace, name: str) -> Value | None:
        """The module of this name inside of a package or a folder; None if there is none."""
        if isinstance(module, Namespace):
            return self._at(module.folder / name)
        return self._at(module.path.parent / name) if module.path.name == "__init__.py" else None

    def _absolute(self, parts: tuple[str, ...], importer: Path) -> Value:
        if any(".".join(parts[:end]) in self._own_names for end in range(1, len(parts) + 1)):
            return GeneratedPackage(self.own)
        if parts[0] in _SDK:
            return Core(".".join(parts))
        for root in dict.fromkeys([*self._roots_around(importer), *self._roots.get(parts[0], ())]):
            if (found := self._at(root.joinpath(*parts))) is not None:
                return found
        if parts[0] not in sys.stdlib_module_names:
            for folder in self._installed(parts[0]):
                if (package := _generated(folder.joinpath(*parts[1:]))) is not None:
                    return GeneratedPackage(self._foreign(package))
        name = ".".join(parts)
        return Core(name) if name.startswith(_PREFIX) else Outside(name)

    def _roots_around(self, importer: Path) -> Iterator[Path]:
        """The folders that a file's imports are probably relative to: its own first, then those around it."""
        root = _root(importer.parent)
        yield root
        while root != self.base and root.is_relative_to(self.base):
            root = root.parent
            yield root
        yield self.base / "src"

    def _found_at(self, path: Path) -> Value | None:
        """The module at a path without its suffix."""
        if path == self.package or self.package in path.parents:
            return GeneratedPackage(self.own)
        if (package := _generated(path)) is not None:
            return GeneratedPackage(self._foreign(package))
        for file in (path / "__init__.py", path.parent / f"{path.name}.py"):
            if file.is_file():
                return ModuleOfProject(file)
        has_code = path.is_dir() and not path.name.startswith(".")
        return Namespace(path) if has_code and path != self.base else None

    def _foreign(self, folder: Path) -> SpanTypesOfPackage:
        if folder not in self.foreign:
            self.foreign[folder] = span_types_of_files(folder)
        return self.foreign[folder]


def _root(folder: Path) -> Path:
    """The folder that holds the outermost package of a folder, or the folder itself."""
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _import_names(package: Path, base: Path) -> Iterator[str]:
    """The names by which a package can be imported, from the folder around its outermost package or one around that."""
    root = _root(package.parent)
    while True:
        yield ".".join(package.relative_to(root).parts)
        if root == base or not root.is_relative_to(base):
            return
        root = root.parent


def _generated(path: Path) -> Path | None:
    """The generated package that a module is, or is in."""
    return next((each for each in (path, path.parent) if is_generated_package(each)), None)


def _installed_folders(name: str) -> tuple[Path, ...]:
    """The folders of an installed package. To look for it imports nothing, because it is a top-level one."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ()
    return tuple(map(Path, spec.submodule_search_locations or ())) if spec is not None else ()
