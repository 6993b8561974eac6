"""Renders the intermediate representation into source files. The templates only loop and print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from prefactor_gen.diagnostics.invisible import escape_invisible
from prefactor_gen.documents.nodes import JsonValue
from prefactor_gen.package.generated_line import GENERATED_LINE
from prefactor_gen.package.literals import docstring, python_literal, quote
from prefactor_gen.package.representation import ModulePlan

__all__ = [
    "Catalog",
    "CatalogModule",
    "CatalogSpanType",
    "catalog_doc",
    "render_catalog",
    "render_definitions",
    "render_former_names",
    "render_module",
    "render_wire_catalog",
]


@dataclass(frozen=True)
class CatalogModule:
    """A module of the package and the names that the package exports from it.

    Attributes:
        is_deprecated: its span type is; type checkers would report an import by its name.
    """

    path: str
    exports: tuple[str, ...]
    is_deprecated: bool = False


@dataclass(frozen=True)
class CatalogSpanType:
    """A span type's name, as a literal, and its helper class."""

    schema_name: str
    class_name: str


@dataclass(frozen=True)
class Catalog:
    """The content of the package's `__init__`."""

    doc: str
    schema_version: str
    modules: tuple[CatalogModule, ...]
    span_types: tuple[CatalogSpanType, ...]

    @property
    def exports(self) -> tuple[str, ...]:
        """Every public name of the package, sorted."""
        names = {name for module in self.modules for name in module.exports}
        return tuple(sorted({*names, "SCHEMA_VERSION", "SPAN_TYPES", "registry"}))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("prefactor_gen.package"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # the output is Python; `quote` is its escaping
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_visible,
    )
    environment.filters["quote"] = quote
    environment.globals["generated_line"] = GENERATED_LINE
    return environment


def _visible(value: object) -> object:
    """What a template prints, with escapes for what readers do not see: it stands in literals and docstrings only."""
    return escape_invisible(value) if isinstance(value, str) else value


def render_module(plan: ModulePlan) -> str:
    """The module of a span type or of a shared type."""
    return _environment().get_template("span_type.py.jinja").render(plan=plan)


def render_definitions(definitions: JsonValue, shared: JsonValue, *, assert_formats: bool) -> str:
    """The module that holds the definitions and the shared types as data, and whether formats must match."""
    template = _environment().get_template("definitions.py.jinja")
    return template.render(
        definitions=python_literal(definitions),
        shared=python_literal(shared) if shared is not None else None,
        assert_formats=assert_formats,
    )


def render_catalog(catalog: Catalog) -> str:
    """The package's `__init__`."""
    return _environment().get_template("catalog.py.jinja").render(catalog=catalog)


def render_former_names(names: Iterable[tuple[str, str]]) -> str:
    """The module of names that classes had before, given as pairs of the former name and the new one."""
    return _environment().get_template("former_names.py.jinja").render(names=list(names))


def render_wire_catalog(modules: Iterable[str]) -> str:
    """The `__init__` of a package of wire models."""
    return _environment().get_template("wire_catalog.py.jinja").render(modules=sorted(modules))


def catalog_doc(package: str) -> str:
    """The docstring of a generated package."""
    return docstring(f"Typed span helpers of {package}: import the span types from here.", "")
