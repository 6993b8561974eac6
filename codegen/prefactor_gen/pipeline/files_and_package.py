"""Reads the definitions of a project of whose sources some are Python, where no Python is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prefactor_gen.definitions.content import content_hash
from prefactor_gen.definitions.definitions import Definitions, SpanTypeDefinition
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, load_sources
from prefactor_gen.diagnostics.diagnostics import Checked
from prefactor_gen.documents.nodes import ListNode, ObjectNode
from prefactor_gen.pipeline.resolved_definitions import definitions_of
from prefactor_gen.pipeline.settings import Settings

__all__ = ["FilesAndPackage", "files_and_package"]


@dataclass(frozen=True)
class FilesAndPackage:
    """What was read.

    Attributes:
        read: the documents, and what is wrong with their files.
        stale: the names of the span types of files of which the generated package says something else.
    """

    read: Checked[list[Document]]
    stale: Sequence[str]


def files_and_package(
    files: Sequence[str], generated: Definitions, base: Path, package: Path, settings: Settings
) -> FilesAndPackage:
    """The documents of files, and of a generated package for what no file defines: what is defined in Python.

    A package lacks what is not sent to the API, such as the deprecation of a span type, and it may be of older files.

    Args:
        files: the files and folders among the sources.
        generated: the definitions of the package.
        base: the project folder, which paths are relative to.
        package: the folder of the package.
        settings: what the configuration says beside that.

    Raises:
        RecursionError: the references of the definitions to each other are nested too deeply.
    """
    read = load_sources(files, base, package, settings.references)
    of_files, _ = definitions_of(read.value, SchemaFiles(base, read.value, settings.references))
    both = Checked([*read.value, *_other_documents(generated, of_files)], read.diagnostics)
    return FilesAndPackage(both, sorted(_outdated(generated.span_types, of_files.span_types)))


def _other_documents(generated: Definitions, of_files: Definitions) -> Iterator[Document]:
    """The document of a generated package, with those definitions only that no file has."""
    known = {
        "span_type_schemas": {each.name for each in of_files.span_types},
        "quality_schemas": {each.name for each in of_files.quality},
    }
    schemas = [*(each.params for each in generated.span_types), *(each.schema for each in generated.quality)]
    for document in [each.document for each in schemas[:1]]:  # all are of the same
        assert isinstance(document.root, ObjectNode)  # noqa: S101  # it has definitions
        root = document.root.without(known)
        for section, names in known.items():
            entries = document.root.list_at(section)
            others = [each for each in entries if not (isinstance(each, ObjectNode) and each.get("name") in names)]
            root = root.with_member(section, ListNode(others, place=entries.place)) if others else root
        yield replace(document, root=root)


def _outdated(generated: Sequence[SpanTypeDefinition], of_files: Sequence[SpanTypeDefinition]) -> Iterator[str]:
    """The span types of files of which the package says something else."""
    now = {each.name: each for each in of_files}
    for each in generated:
        if (found := now.get(each.name)) is not None:
            sent = replace(found, deprecation=None, chosen_class=None)
            if content_hash(each) != content_hash(sent):
                yield each.name
