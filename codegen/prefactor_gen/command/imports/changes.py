"""What has changed between an imported definition file and what its source says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.command.change_lines import changes_of
from prefactor_gen.command.imports.project import ImportProject
from prefactor_gen.comparison.judgement import Judged
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document, display_name, parse_file
from prefactor_gen.documents.nodes import JsonValue, to_plain
from prefactor_gen.documents.yaml_text import parse_yaml
from prefactor_gen.pipeline.resolved_definitions import definitions_of

__all__ = ["ImportChanges", "changes_between", "import_changes"]


@dataclass(frozen=True)
class ImportChanges:
    """What has changed between two texts of a definition file.

    Attributes:
        changes: the changes, as `prefactor-gen diff` finds them.
        number: how many span types are others, are gone or are new, also by what they share.
        of: how many span types there are in either text.
    """

    changes: Sequence[Judged] = ()
    number: int = 0
    of: int = 0

    @property
    def counted(self) -> str:
        """Both numbers: `1 of 12`."""
        return f"{self.number} of {self.of}"


def import_changes(
    old: str, new: str, definitions: Mapping[str, object], path: Path, project: ImportProject
) -> ImportChanges:
    """What has changed in a definition file.

    Args:
        old: its text now.
        new: the other text.
        definitions: what that says.
        path: the file.
        project: the project that it belongs to.

    Raises:
        DiagnosticError: a text is no definition file.
    """
    before, after = _by_name(to_plain(parse_yaml(old, ""))), _by_name(definitions)
    names = before.keys() | after.keys()
    changes = changes_between(old, new, path, project.base, project.references)
    touched = {each.change.span_type for each in changes}
    others = {name for name in names if name in touched or before.get(name) != after.get(name)}
    return ImportChanges(changes, len(others), len(names))


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
