"""What has changed between an imported definition file and what its source says now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prefactor_gen.command.change_lines import changes_of
from prefactor_gen.comparison.judgement import Judged
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, display_name, parse_file
from prefactor_gen.documents.nodes import JsonValue, to_plain
from prefactor_gen.documents.yaml_text import parse_yaml
from prefactor_gen.pipeline.resolved_definitions import definitions_of

__all__ = ["changed_entries", "changes_between"]


def changed_entries(text: str, definitions: Mapping[str, object]) -> tuple[int, int]:
    """How many span types of a definition file are others now, are gone or are new; and how many there are in all."""
    before, after = _by_name(to_plain(parse_yaml(text, ""))), _by_name(definitions)
    names = before.keys() | after.keys()
    return sum(before.get(name) != after.get(name) for name in names), len(names)


def changes_between(old: str, new: str, path: Path, base: Path, references: ReferenceSettings) -> list[Judged]:
    """The changes from one text of a definition file to another one.

    Args:
        old: the text now.
        new: the other one.
        path: the file.
        base: the folder of the project.
        references: what a `$ref` may lead to outside of the file.
    """
    before, after = (_definitions(text, path, base, references) for text in (old, new))
    return changes_of(before, after)


def _by_name(definitions: object) -> dict[object, object]:
    entries = definitions.get("span_type_schemas") if isinstance(definitions, Mapping) else None
    return {each["name"]: each for each in entries} if isinstance(entries, list) else {}


def _definitions(text: str, path: Path, base: Path, references: ReferenceSettings) -> Definitions:
    source = display_name(path, base)
    root = parse_yaml(text, source)

    def read(file: Path, name: str) -> JsonValue:
        return root if file == path else parse_file(file, name)  # references by its name lead to this text

    document = Document(source, root, path, path.parent)
    return definitions_of([document], SchemaFiles(base, [document], references, read)).value
