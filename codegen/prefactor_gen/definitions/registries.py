"""Reads definitions from Python: a `SchemaRegistry` in a module of the project."""

from __future__ import annotations

import importlib
import linecache
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import takewhile
from operator import attrgetter
from pathlib import Path
from types import ModuleType

from prefactor_core.schema_registry import SchemaRegistry
from prefactor_gen.definitions.python_types import with_common_types
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import JsonValue, ObjectNode, from_python
from prefactor_schema.suggestions import closest_match

__all__ = ["import_attribute", "read_registry"]

_INSTALL = (
    "; install it where prefactor-gen runs: add it to requires of [build-system] for a build, or to "
    "additional_dependencies of the hook for pre-commit"
)
_STDOUT, _STDERR = 1, 2


def read_registry(source: str, base: Path, package: Path | None = None) -> JsonValue:
    """Import a `SchemaRegistry` and read its definitions.

    Args:
        source: `module:attribute`.
        base: the project folder; it and its `src` are importable during the call.
        package: the folder of the package that is generated from the registry, which cannot import it.

    Raises:
        DiagnosticError: the module cannot be imported, or the attribute is missing or is something else.
    """
    place = Place(source)
    registry = import_attribute(source, base, package)
    if not isinstance(registry, SchemaRegistry):
        names = _registries(sys.modules[source.partition(":")[0]])
        hint = f"; the module has {', '.join(names)}" if names else ""
        raise UNREADABLE_SOURCE.error(place, f"expected a SchemaRegistry, found {type(registry).__name__}{hint}")
    try:
        version = dict(registry.to_agent_schema_version(""))
    except Exception as error:  # a subclass may raise anything
        message = f"cannot read the registry: {type(error).__name__}: {error}"
        raise UNREADABLE_SOURCE.error(_raised_at(error, base) or place, message) from error
    version.pop("external_identifier", None)
    root = from_python(version, place, _origins(registry, base))
    from_types: dict[tuple[str, str], object] = getattr(registry, "_from_types", {})  # see _origins
    return with_common_types(root, source, from_types) if isinstance(root, ObjectNode) else root


def import_attribute(source: str, base: Path, package: Path | None = None) -> object:
    """Import an object of the project.

    Args:
        source: `module:attribute`; the attribute may be one of another one: `module:Class.method`.
        base: the project folder; it and its `src` are importable during the call.
        package: a generated package, which the module cannot import.

    Raises:
        DiagnosticError: the module cannot be imported, or the attribute is missing.
    """
    module_name, _, attribute = source.partition(":")
    own = None if package is None else _OwnPackage(package)
    try:
        with _importable(base), _refused_by(own), _output_to_stderr():
            return attrgetter(attribute)(importlib.import_module(module_name))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the project's module may raise anything, and may exit
        raise _not_imported(error, source, base) from error


def _origins(registry: SchemaRegistry, base: Path) -> dict[tuple[str, str], Place]:
    """Where the project registers its definitions."""
    origins: dict[tuple[str, str], Place] = {}
    # A subclass that does not call SchemaRegistry.__init__ has no such attribute.
    registered: dict[tuple[str, str], tuple[str, int]] = getattr(registry, "_registered_at", {})
    for key, (filename, line) in registered.items():
        if (source := _project_file(filename, base)) is not None:
            text = linecache.getline(filename, line)
            origins[key] = Place(source, "", line, len(text) - len(text.lstrip()) + 1)
    return origins


def _not_imported(error: BaseException, source: str, base: Path) -> DiagnosticError:
    if isinstance(error, _ImportsItselfError):
        return _imports_itself(error, source, base)
    module_name, _, attribute = source.partition(":")
    message = f"cannot import {attribute} from {module_name}: {type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        own = module_name.startswith(str(error.name))
        message += f" in {base}, its src or the installed packages" if own else _INSTALL
    if names := _registries(sys.modules.get(module_name)):
        near = closest_match(attribute, names)
        message += f"; it has {', '.join(names)}" if near is None else f"; did you mean {module_name}:{near}?"
    return UNREADABLE_SOURCE.error(_raised_at(error, base) or Place(source), message)


def _imports_itself(error: _ImportsItselfError, source: str, base: Path) -> DiagnosticError:
    module_name, generated = source.partition(":")[0], str(error.name)
    if f"{module_name}.".startswith(f"{generated}."):
        message = f"{generated!r} is generated; name the module of the SchemaRegistry that it is generated from"
        return UNREADABLE_SOURCE.error(Place(source), message)
    places = _traceback_places(error, base)
    path = " → ".join(f"{place.source}:{place.line}" for place in places)
    message = (
        f"the definitions import {generated}, which is generated from them{f' ({path})' if path else ''}, so that it "
        "could not be "
        "generated again after a span type is renamed; import the package inside the functions that use it, or keep "
        "the SchemaRegistry in a module that does not import it, in a package whose __init__.py does not import it"
    )
    return UNREADABLE_SOURCE.error(places[-1] if places else Place(source), message)


def _raised_at(error: BaseException, base: Path) -> Place | None:
    """The innermost line of the project in the exception's traceback."""
    if isinstance(error, SyntaxError) and error.lineno and (source := _project_file(str(error.filename), base)):
        return Place(source, "", error.lineno, error.offset or 1)
    return next(reversed(_traceback_places(error, base)), None)


def _traceback_places(error: BaseException, base: Path) -> list[Place]:
    """The lines of the project in the exception's traceback, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    sources = [(frame, _project_file(frame.filename, base)) for frame in frames]
    return [Place(source, "", frame.lineno, (frame.colno or 0) + 1) for frame, source in sources if source is not None]


def _project_file(filename: str, base: Path) -> str | None:
    """The display name of a source file, or None if it does not belong to the project."""
    path, folder = Path(filename), base.resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    inside = path.relative_to(folder)
    installed = any(part == "site-packages" or part.startswith(".") for part in inside.parts)
    return None if installed else inside.as_posix()


def _registries(module: ModuleType | None) -> list[str]:
    """The names of the registries in a module."""
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
def _refused_by(finder: MetaPathFinder | None) -> Iterator[None]:
    if finder is None:
        yield
        return
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _output_to_stderr() -> Iterator[None]:
    """What a module of the project prints, in any way, is no part of what is printed here, which programs read."""
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        with suppress(OSError):  # one of them is closed
            kept = os.dup(_STDOUT)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, _STDOUT)
            os.dup2(_STDERR, _STDOUT)
        yield


class _ImportsItselfError(ImportError):
    """An ImportError, so that a module may catch it and do without the package, which may not be generated yet."""


class _OwnPackage(MetaPathFinder):
    """Refuses to import the package that is being generated, whether it exists or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        packages = takewhile(lambda parent: (parent / "__init__.py").is_file(), self._folder.parents)
        self._name = ".".join(reversed([self._folder.name, *(parent.name for parent in packages)]))

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        folders = (Path(folder or ".").resolve() for folder in (sys.path if path is None else path))
        in_its_folder = name.rpartition(".")[2] == self._folder.name and self._folder.parent in folders
        if in_its_folder or name == self._name:
            raise _ImportsItselfError(f"the definitions import {name}", name=name)
        return None
