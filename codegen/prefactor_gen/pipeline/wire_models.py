"""Compiles plain JSON Schema documents into pydantic models without span helpers: the wire models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefactor_gen.checks.schema_check import check_schema
from prefactor_gen.definitions.definitions import SchemaSource
from prefactor_gen.definitions.sources import load_sources
from prefactor_gen.diagnostics.diagnostics import Checked, Place, has_errors, sorted_diagnostics
from prefactor_gen.diagnostics.rules import MODEL_GENERATOR_FAILED, UNREADABLE_SOURCE
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.drafts import in_a_known_draft
from prefactor_gen.models.model_generator import generate_wire_modules
from prefactor_gen.package.generated_line import GENERATED_LINE
from prefactor_gen.package.render import render_wire_catalog
from prefactor_gen.pipeline.stages import GeneratedPackage

__all__ = ["generate_wire_package"]


def generate_wire_package(sources: Sequence[str], base: Path) -> Checked[GeneratedPackage]:
    """Compile a folder of plain JSON Schema documents into a package of models, one module for each document.

    Args:
        sources: one folder.
        base: the project folder, which paths are relative to.
    """
    place = Place(", ".join(sources))
    if len(sources) != 1 or not (base / sources[0]).is_dir():
        diagnostic = UNREADABLE_SOURCE.at(place, "expected one folder of JSON Schema documents")
        return Checked(GeneratedPackage(), [diagnostic])
    documents, found = load_sources(sources, base)
    diagnostics = list(found)
    for document in documents:
        if isinstance(document.root, ObjectNode):
            schema = SchemaSource(in_a_known_draft(document.root), document, document.root.place, document.root)
            diagnostics.extend(check_schema(schema, is_payload=False))
    if has_errors(diagnostics):
        return Checked(GeneratedPackage(), sorted_diagnostics(diagnostics))
    try:
        files = generate_wire_modules(base / sources[0], GENERATED_LINE)
    except ValueError as error:
        diagnostic = MODEL_GENERATOR_FAILED.at(place, f"the model generator refuses the schemas: {error}")
        return Checked(GeneratedPackage(), [diagnostic])
    files["py.typed"] = ""
    modules = [name.removesuffix(".py") for name in files if name.endswith(".py")]
    catalog = render_wire_catalog(modules)
    return Checked(GeneratedPackage({**files, "__init__.py": catalog}), sorted_diagnostics(diagnostics))
