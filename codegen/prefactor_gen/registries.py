"""Definitions in Python: the `SchemaRegistry` that a module of the project has."""

from __future__ import annotations

import importlib
import linecache
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import takewhile
from pathlib import Path
from types import ModuleType

from prefactor_core.schema_registry import SchemaRegistry
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.nodes import JsonValue, from_python
from prefactor_gen.rules import UNREADABLE_SOURCE
from prefactor_gen.suggest import meant

__all__ = ["read_registry"]

_INSTALL = (
    "; install it where prefactor-gen runs: for a build that is requires of [build-system], for pre-commit "
    "additional_dependencies of the hook"
)


def read_registry(source: str, base: Path, package: Path | None = None) -> JsonValue:
    """Import a `SchemaRegistry` and read its definitions.

    Args:
        source: `module:attribute`.
        base: the project folder; it and its `src` are importable meanwhile.
        package: the folder of the package that is generated from the registry, which cannot import it.

    Raises:
        DiagnosticError: the module or the attribute cannot be had, or holds something else.
    """
    module_name, _, attribute = source.partition(":")
    place = Place(source)
    own = None if package is None else _OwnPackage(package)
    try:
        with _importable(base), _guarded(own):
            registry = getattr(importlib.import_module(module_name), attribute)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the user's module may raise anything, and exit
        raise DiagnosticError([_not_imported(error, source, base)]) from error
    if not isinstance(registry, SchemaRegistry):
        there = _registries(sys.modules[module_name])
        hint = f"; the module has {', '.join(there)}" if there else ""
        found = f"expected a SchemaRegistry, found {type(registry).__name__}{hint}"
        raise DiagnosticError([UNREADABLE_SOURCE.at(place, found)])
    try:
        version = dict(registry.to_agent_schema_version(""))
    except Exception as error:  # a subclass may raise anything
        found = f"cannot read the registry: {type(error).__name__}: {error}"
        raise DiagnosticError([UNREADABLE_SOURCE.at(_raised_at(error, base) or place, found)]) from error
    version.pop("external_identifier", None)
    return from_python(version, place, _origins(registry, base))


def _origins(registry: SchemaRegistry, base: Path) -> dict[tuple[str, str], Place]:
    """Where the project registers its definitions."""
    origins: dict[tuple[str, str], Place] = {}
    # A subclass may do without what SchemaRegistry has.
    registered: dict[tuple[str, str], tuple[str, int]] = getattr(registry, "_registered_at", {})
    for key, (filename, line) in registered.items():
        if (source := _of_project(filename, base)) is not None:
            text = linecache.getline(filename, line)
            origins[key] = Place(source, "", line, len(text) - len(text.lstrip()) + 1)
    return origins


def _not_imported(error: BaseException, source: str, base: Path) -> Diagnostic:
    module_name, _, attribute = source.partition(":")
    if isinstance(error, _ImportsItselfError):
        places = _passed(error, base)
        way = " → ".join(f"{place.source}:{place.line}" for place in places)
        found = (
            f"the definitions import {error.name}, which is generated from them ({way}): a span type that is renamed "
            "could not be generated; import the package inside the functions that use it, or keep the SchemaRegistry "
            "in a module that leads to none of these, with its packages' __init__.py"
        )
        return UNREADABLE_SOURCE.at(places[-1] if places else Place(source), found)
    found = f"cannot import {attribute} from {module_name}: {type(error).__name__}: {error}"
    module = sys.modules.get(module_name)
    if isinstance(error, ModuleNotFoundError):
        own = module_name.startswith(str(error.name))
        found += f" in {base}, its src or what is installed" if own else _INSTALL
    if there := _registries(module):
        near = meant(attribute, there)
        found += f"; it has {', '.join(there)}" if near is None else f"; did you mean {module_name}:{near}?"
    return UNREADABLE_SOURCE.at(_raised_at(error, base) or Place(source), found)


def _raised_at(error: BaseException, base: Path) -> Place | None:
    """The innermost line of the project that an exception passed."""
    if isinstance(error, SyntaxError) and error.lineno and (source := _of_project(str(error.filename), base)):
        return Place(source, "", error.lineno, error.offset or 1)
    return next(reversed(_passed(error, base)), None)


def _passed(error: BaseException, base: Path) -> list[Place]:
    """The lines of the project that an exception passed, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    sources = [(frame, _of_project(frame.filename, base)) for frame in frames]
    return [Place(source, "", frame.lineno, (frame.colno or 0) + 1) for frame, source in sources if source is not None]


def _of_project(filename: str, base: Path) -> str | None:
    path, folder = Path(filename), base.resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    inside = path.relative_to(folder)
    installed = any(part == "site-packages" or part.startswith(".") for part in inside.parts)
    return None if installed else inside.as_posix()


def _registries(module: ModuleType | None) -> list[str]:
    """The names by which a module has registries."""
    names = vars(module) if module is not None else {}
    return sorted(name for name, value in names.items() if isinstance(value, SchemaRegistry))


@contextmanager
def _importable(base: Path) -> Iterator[None]:
    folders = [str(folder) for folder in (base, base / "src") if folder.is_dir()]
    sys.path[:0] = folders
    try:
        yield
    finally:
        for folder in folders:
            sys.path.remove(folder)


@contextmanager
def _guarded(finder: MetaPathFinder | None) -> Iterator[None]:
    if finder is None:
        yield
        return
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _ImportsItselfError(ImportError):
    """An ImportError, so that a module may go on without the package, as it must where that is not generated yet."""


class _OwnPackage(MetaPathFinder):
    """Refuses to import the package that is being generated, whether it is there already or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        packages = takewhile(lambda parent: (parent / "__init__.py").is_file(), self._folder.parents)
        self._name = ".".join(reversed([self._folder.name, *(parent.name for parent in packages)]))

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        folders = (Path(folder or ".").resolve() for folder in (sys.path if path is None else path))
        there = name.rpartition(".")[2] == self._folder.name and self._folder.parent in folders
        if there or name == self._name:
            raise _ImportsItselfError(f"the definitions import {name}", name=name)
        return None
