"""Imports the operations of an OpenAPI document."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from prefactor_gen.importing.sources import SourceError, name_of_file
from prefactor_gen.importing.span_types import Imported

__all__ = ["EXAMPLE", "PATHS", "SUMMARY", "add_arguments", "default_name", "read"]

SUMMARY = "operations of an OpenAPI document"
EXAMPLE = "openapi api.yaml --operation 'GET /pets*'"
PATHS = ("document",)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the source."""
    parser.add_argument("document", nargs="?", metavar="API.yaml", help="an OpenAPI document 3.0 or 3.1, YAML or JSON")
    parser.add_argument(
        "--operation",
        action="append",
        metavar="GLOB",
        help="only operations with such an operationId or request, such as 'repos/*' or 'GET /pets*'; repeatable",
    )
    parser.add_argument(
        "--names",
        choices=("id", "path"),
        default="id",
        help="name span types by operationId (the default), or by method and path: get_items_item_id",
    )


def default_name(options: Namespace) -> str | None:
    """The name of the file."""
    return name_of_file(options.document)


def read(options: Namespace, base: Path) -> Imported:
    """Read the document.

    Raises:
        SourceError: it cannot be read, is no OpenAPI document, or has no such operation.
    """
    if not options.document:
        raise SourceError("expected an OpenAPI document, as in `prefactor-gen import openapi api.yaml`")
    from prefactor_gen.importing.openapi.document import read_document

    return read_document(options, base)
