"""Makes the text of a definition file of what a source has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, Place, Severity
from prefactor_gen.diagnostics.limits import MAX_YAML_CHARACTERS
from prefactor_gen.documents.nodes import ObjectNode, from_python, to_plain
from prefactor_gen.importing.acceptable import DraftFile, Entry, keep_what_compiles
from prefactor_gen.importing.cleaning import clean_schema
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found, Imported, ImportedSpanType, Schema
from prefactor_gen.importing.texts import template_for, title_from
from prefactor_gen.importing.yaml_text import yaml_text

__all__ = ["FIRST_WORDS", "ImportedFile", "digest", "imported_file", "input_digest"]

FIRST_WORDS = "# Written by prefactor-gen "
"""How each definition file begins that an import writes."""


@dataclass(frozen=True)
class ImportedFile:
    """A definition file that an import writes.

    Attributes:
        definitions: what it says, as plain data.
        text: the file.
        count: how many span types it has.
        found: what there is to tell, with the names of span types in `about`.
    """

    definitions: Mapping[str, object]
    text: str
    count: int
    found: Sequence[Found]


def imported_file(imported: Imported, name: str, command: str, references: ReferenceSettings) -> ImportedFile:
    """The definition file of an import.

    Args:
        imported: what the source has.
        name: the name of the import.
        command: how it is made again, for the first line of the file.
        references: what a `$ref` may lead to outside of the file.

    Raises:
        SourceError: none of it can be imported, or all of it together is too large.
    """
    entries = _Entries(imported, name)
    made = [entry for each in imported.span_types if (entry := entries.entry(each)) is not None]
    draft = DraftFile(f"{name}.yaml", made, entries.shared(imported.shared), references)
    found = [*entries.found, *keep_what_compiles(draft)]
    definitions = draft.definitions if draft.entries else {}
    if imported.quality_schemas:
        definitions = {**definitions, "quality_schemas": list(imported.quality_schemas)}
    text = f"# Written by {command}. Put changes into {name}.overlay.yaml.\n{yaml_text(definitions)}"
    if len(text) > MAX_YAML_CHARACTERS:
        raise SourceError(f"the definitions have more than {MAX_YAML_CHARACTERS:,} characters; import a part of them")
    return ImportedFile(definitions, text, len(draft.entries), found)


def input_digest(imported: Imported) -> str:
    """A hash of what a source has, without its version: as long as it is the same, so is the definition file."""
    return digest("\n".join([*map(_said, imported.span_types), _json([imported.quality_schemas, imported.shared])]))


def digest(text: str) -> str:
    """A hash of a text, as the lock has it. Line ends make no difference."""
    content = text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")
    return f"sha256-{hashlib.sha256(content).hexdigest()}"


def _said(item: ImportedSpanType) -> str:
    try:
        return _json({each.name: getattr(item, each.name) for each in fields(item)})
    except RecursionError:  # it is left out of the file
        return item.name


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class _Entries:
    """Makes the entry of each span type, and collects what there is to tell."""

    def __init__(self, imported: Imported, name: str) -> None:
        self.are_span_types = imported.are_span_types
        self.prefix = "" if imported.are_span_types else f"{name}:"
        self.found = [replace(each, about=self.prefix + each.about if each.about else "") for each in imported.found]
        self.names: set[str] = set()

    def entry(self, item: ImportedSpanType) -> Entry | None:
        """The entry of a span type, or None if there can be none."""
        name = self.prefix + item.name
        if not item.name.strip() or name in self.names:
            problem = "the name occurs twice" if item.name.strip() else "expected a name, found an empty one"
            self.found.append(Found(name, problem, Severity.ERROR))
            return None
        self.names.add(name)
        try:
            entry = dict(self.members(item, name))
            from_python(entry, Place(""))  # its texts may hold what no file can, such as a lone surrogate
        except DiagnosticError as error:
            problem = "; ".join(f"{each.message} ({each.place})" for each in error.diagnostics)
            self.found.append(Found(name, problem, Severity.ERROR))
            return None
        return {key: value for key, value in entry.items() if value is not None}

    def members(self, item: ImportedSpanType, name: str) -> Iterator[tuple[str, object]]:
        params = self.cleaned(item.params, name, "params")
        title = item.title if item.title or self.are_span_types else title_from(item.name)
        template = item.template if item.template or self.are_span_types else template_for(title or "", params)
        yield "name", name
        yield "title", title
        yield "description", item.description
        yield "template", template
        yield "deprecated", item.deprecated or None
        yield "data_risk", item.data_risk
        yield "params_schema", to_plain(params)
        if item.result is not None:
            yield "result_schema", to_plain(self.cleaned(item.result, name, "result"))

    def shared(self, schemas: Mapping[str, Schema]) -> dict[str, object]:
        """The schemas that span types have in common."""
        return {name: to_plain(self.cleaned(schema, "", name, is_payload=False)) for name, schema in schemas.items()}

    def cleaned(self, schema: Mapping[str, object], name: str, part: str, *, is_payload: bool = True) -> ObjectNode:
        node, notes = clean_schema(schema, is_payload=is_payload, is_ours=self.are_span_types)
        for path, message in notes:
            self.found.append(Found(name, f"{' '.join(filter(None, (part, path)))}: {message}"))
        return node
