"""Checks that every reference in a self-contained schema has a target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.pointers import canonical_pointer, is_metaschema, resolve_pointer
from prefactor_gen.json_schema.references import REFERENCES, LocalRefs, applicable_schemas, similar_target

__all__ = ["check_references"]


def check_references(root: ObjectNode, document: Document) -> Iterator[Diagnostic]:
    """Report each reference without a target, also where no type is made of the schema, as under `not` and `if`.

    Args:
        root: the schema.
        document: the file that it is in.
    """
    refs = LocalRefs(root)
    for _, schema in applicable_schemas(root):
        for keyword in REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str) and not is_metaschema(reference):
                try:
                    refs.pointer(reference, schema.place_at(keyword))
                except DiagnosticError as error:
                    for each in error.diagnostics:
                        is_bare = each.message.endswith("found none")
                        hint = _target_in_file(reference, schema, document) if is_bare else ""
                        yield replace(each, message=f"{each.message}{hint}")


def _target_in_file(reference: str, schema: ObjectNode, document: Document) -> str:
    """The end of a message about a reference that would have a target if `#` were the file, and not the schema."""
    if document.path is None or schema.place.source != document.source or not reference.startswith("#/"):
        return ""
    if isinstance(resolve_pointer(document.root, canonical_pointer(reference[1:])), ObjectNode | bool):
        return f"; '#' is this schema: did you mean '{document.path.name}{reference}'?"
    return similar_target(document.root, canonical_pointer(reference[1:]), document.path.name)
