"""The operations of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.importing.openapi.components import Components
from prefactor_gen.importing.openapi.context import Operation, OperationContext, text_of
from prefactor_gen.importing.openapi.names import OperationName
from prefactor_gen.importing.openapi.params import params_of
from prefactor_gen.importing.openapi.references import BrokenReferenceError, Documents, Located, is_object
from prefactor_gen.importing.openapi.results import result_of
from prefactor_gen.importing.openapi.schemas import SchemaConverter
from prefactor_gen.importing.span_types import Found

__all__ = ["OperationReader", "operations_of"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def operations_of(
    documents: Documents, paths: Located, broken: list[Found]
) -> Iterator[tuple[OperationName, Located, Located]]:
    """The operations of a document: the name, the path item, and the operation.

    Args:
        documents: the files of the document.
        paths: its paths.
        broken: takes what there is to tell of paths and operations that cannot be read.
    """
    for path in paths.members:
        try:
            item = documents.follow(paths.member(path))
            for method in (each for each in _METHODS if each in item.members):
                operation = documents.follow(item.member(method))
                if is_object(operation.value):
                    yield OperationName(method, path, text_of(operation.members.get("operationId"))), item, operation
        except BrokenReferenceError as error:
            broken.append(Found(path, str(error), Severity.ERROR))


class OperationReader:
    """Reads operations of one document.

    Args:
        documents: its files.
        is_3_0: whether it is of OpenAPI 3.0.
    """

    def __init__(self, documents: Documents, *, is_3_0: bool) -> None:
        self._documents = documents
        self._converter = SchemaConverter(documents, is_3_0=is_3_0)
        self.components = Components(documents, self._converter)

    def read(self, name: OperationName, path_item: Located, operation: Located) -> Operation:
        """One operation. If it cannot be used, `found` has an error."""
        value = operation.members
        made = Operation(
            name,
            title=text_of(value.get("summary")),
            description=text_of(value.get("description")),
            deprecated=value.get("deprecated") is True,
        )
        context = OperationContext(self._documents, self._converter, self.components, made)
        try:
            made.params = params_of(context, path_item, operation)
            made.result = result_of(context, operation.member("responses"))
        except BrokenReferenceError as error:
            made.found.append(Found(name.of_document, str(error), Severity.ERROR))
        return made
