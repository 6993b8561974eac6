"""Checks that every reference in a self-contained schema has a target."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.pointers import is_metaschema
from prefactor_gen.json_schema.references import REFERENCES, LocalRefs, applicable_schemas

__all__ = ["check_references"]


def check_references(root: ObjectNode) -> Iterator[Diagnostic]:
    """Report each reference without a target, also where no type is made of the schema, as under `not` and `if`."""
    refs = LocalRefs(root)
    for _, schema in applicable_schemas(root):
        for keyword in REFERENCES:
            reference = schema.get(keyword)
            if isinstance(reference, str) and not is_metaschema(reference):
                try:
                    refs.pointer(reference, schema.place_at(keyword))
                except DiagnosticError as error:
                    yield from error.diagnostics
