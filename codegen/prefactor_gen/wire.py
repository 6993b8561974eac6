"""Wire models: plain JSON Schema documents, compiled into pydantic models without span helpers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefactor_gen.check import check_schema
from prefactor_gen.definitions import SchemaSource
from prefactor_gen.diagnostics import Place, has_errors, sorted_diagnostics
from prefactor_gen.emit import Origin, package_headers, seal
from prefactor_gen.load import load_sources
from prefactor_gen.model_generator import generate_wire_modules
from prefactor_gen.nodes import ObjectNode
from prefactor_gen.pipeline import Generated
from prefactor_gen.render import MARK, render_wire_catalog
from prefactor_gen.rules import MODEL_GENERATOR_FAILED, UNREADABLE_SOURCE

__all__ = ["generate_wire_package"]


def generate_wire_package(sources: Sequence[str], base: Path, origin: Origin) -> Generated:
    """Compile a folder of plain JSON Schema documents into a package of models, one module a document.

    Args:
        sources: one folder.
        base: the project folder, which paths are relative to.
        origin: what the result is made from, as `fingerprint.py` tells.
    """
    place = Place(", ".join(sources))
    if len(sources) != 1 or not (base / sources[0]).is_dir():
        return Generated(diagnostics=[UNREADABLE_SOURCE.at(place, "expected one folder of JSON Schema documents")])
    loaded = load_sources(sources, base)
    found = [*loaded.diagnostics]
    for document in loaded.documents:
        if isinstance(document.root, ObjectNode):
            found.extend(check_schema(SchemaSource(document.root, document, document.root.place), payload=False))
    if has_errors(found):
        return Generated(diagnostics=sorted_diagnostics(found))
    try:
        files = generate_wire_modules(base / sources[0], MARK)
    except ValueError as error:
        return Generated(
            diagnostics=[MODEL_GENERATOR_FAILED.at(place, f"the model generator refuses the schemas: {error}")]
        )
    files["py.typed"] = ""
    header = tuple(f"prefactor-gen: {line}" for line in package_headers(origin.fingerprint, files))
    modules = [name.removesuffix(".py") for name in files if name.endswith(".py")]
    return Generated({**files, "__init__.py": seal(render_wire_catalog(header, modules))}, sorted_diagnostics(found))
