"""Reads an OpenAPI document, and makes span types of its operations."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.importing.openapi.components import with_references
from prefactor_gen.importing.openapi.context import Operation
from prefactor_gen.importing.openapi.names import OperationName, chosen_by, suggestion
from prefactor_gen.importing.openapi.operations import OperationReader, operations_of
from prefactor_gen.importing.openapi.references import Documents, Located, is_object
from prefactor_gen.importing.openapi.schemas import Component
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType

__all__ = ["read_document"]


def read_document(options: Namespace, base: Path) -> Imported:
    """Read the document.

    Raises:
        SourceError: it cannot be read, is no OpenAPI document, or has no such operation.
    """
    if options.document.startswith(("http:/", "https:/")):  # with one slash, once it is taken for a path
        raise SourceError("expected a file, found an address; download the document: nothing is fetched")
    path = Path(options.document)
    documents = Documents(path if path.is_absolute() else base / path, base)
    document = Located(documents.document(), documents.root)
    version = _version(document.members, options.document)
    reader = OperationReader(documents, is_3_0=version.startswith("3.0"))
    broken: list[Found] = []
    operations = list(_operations(documents, document.member("paths"), reader, options, broken))
    usable = [each for each in operations if all(found.severity is not Severity.ERROR for found in each.found)]
    by_path = options.names == "path"
    uses = set[Component]().union(*(each.uses for each in usable))
    shared, references = reader.components.named(uses, f"{options.name}.yaml#/$defs/")
    return Imported(
        source=_title(document.members),
        span_types=list(_span_types(usable, references, by_path=by_path)),
        found=[
            *broken,
            *(() if by_path else _unnamed(usable)),
            *(found for each in operations for found in each.found),
        ],
        noun="operation",
        shared={name: schema for name, schema in shared.items() if is_object(schema)},
    )


def _operations(
    documents: Documents, paths: Located, reader: OperationReader, options: Namespace, broken: list[Found]
) -> Iterator[Operation]:
    every = list(operations_of(documents, paths, broken))
    names = [name for name, _, _ in every]
    if not names:
        problem = broken[0].message if broken else "expected operations in paths, found none"
        raise SourceError(f"{options.document}: {problem}")
    patterns: Sequence[str] = options.operation or ()
    for pattern in patterns:
        if not any(chosen_by([pattern], name) for name in names):
            raise SourceError(f"--operation: no operation is {pattern!r}{suggestion(pattern, names)}")
    for name, path_item, operation in every:
        if chosen_by(patterns, name):
            shown = name._replace(operation_id=None) if options.names == "path" else name
            yield reader.read(shown, path_item, operation)


def _span_types(
    operations: Sequence[Operation], references: Mapping[Component, str], *, by_path: bool
) -> Iterator[ImportedSpanType]:
    taken: set[str] = set()
    for each in operations:
        name = each.name.of_path if by_path or each.name.of_document in taken else each.name.of_document
        taken.add(name)
        result = with_references(each.result, references)
        yield ImportedSpanType(
            name=name,
            params=dict(Located(with_references(each.params, references), Path()).members),
            result=result if is_object(result) else None,
            title=each.title,
            description=each.description,
            deprecated=each.deprecated,
        )


def _unnamed(operations: Sequence[Operation]) -> Iterator[Found]:
    """Operations that share an operationId."""
    taken: dict[str, OperationName] = {}
    for each in operations:
        if (first := taken.setdefault(each.name.of_document, each.name)) is not each.name:
            message = f"{first.request} has the same operationId; named {each.name.of_path!r}"
            yield Found(each.name.of_document, message, Severity.WARNING)


def _version(document: Mapping[str, object], source: str) -> str:
    given = document.get("openapi")
    if isinstance(given, str) and given.startswith(("3.0", "3.1", "3.2")):
        return given
    if "swagger" in document:
        raise SourceError(f"{source}: expected OpenAPI 3.0 or later, found Swagger 2.0; convert it first")
    raise SourceError(f"{source}: expected an OpenAPI document, with openapi: 3.0.x or 3.1.x")


def _title(document: Mapping[str, object]) -> str:
    info = document.get("info")
    texts = [info.get(key) for key in ("title", "version")] if is_object(info) else []
    return " ".join(each for each in texts if isinstance(each, str)) or "OpenAPI document"
