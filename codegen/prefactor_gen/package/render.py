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
from prefactor_gen.package.representation import SpanPlan

__all__ = [
    "Catalog",
    "CatalogModule",
    "CatalogSpanType",
    "catalog_doc",
    "render_catalog",
    "render_definitions",
    "render_span_type",
    "render_wire_catalog",
]


@dataclass(frozen=True)
class CatalogModule:
    """A module of the package and the names that the package exports from it."""

    path: str
    exports: tuple[str, ...]


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


def render_span_type(plan: SpanPlan) -> str:
    """The module of one span type."""
    return _environment().get_template("span_type.py.jinja").render(plan=plan)


def render_definitions(definitions: JsonValue, *, assert_formats: bool) -> str:
    """The module that holds the definitions as data, and whether payloads must match their formats."""
    template = _environment().get_template("definitions.py.jinja")
    return template.render(definitions=python_literal(definitions), assert_formats=assert_formats)


def render_catalog(catalog: Catalog) -> str:
    """The package's `__init__`."""
    return _environment().get_template("catalog.py.jinja").render(catalog=catalog)


def render_wire_catalog(modules: Iterable[str]) -> str:
    """The `__init__` of a package of wire models."""
    return _environment().get_template("wire_catalog.py.jinja").render(modules=sorted(modules))


def catalog_doc(package: str) -> str:
    """The docstring of a generated package."""
    return docstring(f"Typed span helpers of {package}: import the span types from here.", "")
