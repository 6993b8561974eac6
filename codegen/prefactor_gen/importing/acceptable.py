"""Leaves out of imported definitions what the generator refuses, so that the others compile."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefactor_gen.checks.all_checks import schema_problems
from prefactor_gen.definitions.collect import collect_definitions
from prefactor_gen.definitions.definitions import SpanTypeDefinition
from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.definitions.sources import Document
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Place, Severity
from prefactor_gen.diagnostics.rules import GENERATOR_KEY, INVALID_DEFAULT, INVALID_EXAMPLE, UNKNOWN_KEYWORD
from prefactor_gen.documents.nodes import from_python
from prefactor_gen.importing.cleaning import payload_path
from prefactor_gen.importing.sources import SourceError
from prefactor_gen.importing.span_types import Found
from prefactor_gen.json_schema.pointers import tokens_of
from prefactor_gen.pipeline.resolved_definitions import with_copies
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.pipeline.stages import generate_package

__all__ = ["DraftFile", "Entry", "keep_what_compiles"]

Entry = dict[str, object]
"""A span type as a definition file has it."""

_KEYS_LEFT_OUT = {rule.code for rule in (GENERATOR_KEY, INVALID_DEFAULT, INVALID_EXAMPLE, UNKNOWN_KEYWORD)}
"""The rules about a key that says nothing about payloads: it is left out, and the span type stays."""

_ENTRY = re.compile(r"/span_type_schemas/(\d+)(/\w+)?(.*)", re.DOTALL)
_PARTS = {"/params_schema": "params", "/result_schema": "result"}
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass
class DraftFile:
    """A definition file that is being made.

    Attributes:
        name: the name of the file, without a folder.
        entries: its span types, with different names.
        shared: its `$defs`, which the entries refer to by the name of the file.
        references: what a `$ref` may lead to outside of it.
    """

    name: str
    entries: list[Entry]
    shared: dict[str, object]
    references: ReferenceSettings

    @property
    def definitions(self) -> dict[str, object]:
        """What the file says."""
        shared = {"$defs": self.shared} if self.shared else {}
        return {**shared, "span_type_schemas": self.entries}

    def reached(self, value: object) -> set[str]:
        """The names of the shared schemas that a value refers to, with those that these refer to."""
        found: set[str] = set()
        pending = [value]
        while pending:
            each = pending.pop()
            name = _shared_name(str(each.get("$ref", "")).partition("#")[2]) if isinstance(each, dict) else ""
            if name in self.shared and name not in found:
                found.add(name)
                pending.append(self.shared[name])
            pending.extend(each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        return found


@dataclass(frozen=True)
class _Problem:
    """What is wrong with an entry, by its number."""

    entry: int
    diagnostic: Diagnostic

    @property
    def is_of_a_key(self) -> bool:
        """Whether it is about a key that can be left out."""
        return self.diagnostic.code in _KEYS_LEFT_OUT


def keep_what_compiles(draft: DraftFile) -> list[Found]:
    """Leave out what does not compile, and keys that say nothing about payloads; returns what was left out.

    Raises:
        SourceError: something is wrong with all of it together.
    """
    draft.entries, draft.shared = copy.deepcopy(draft.entries), copy.deepcopy(draft.shared)
    found: list[Found] = []
    with tempfile.TemporaryDirectory() as folder:
        for problems_of in (_schema_problems, _generator_errors):
            before: DraftFile | None = None
            while draft.entries and (problems := list(problems_of(draft, _written(draft, Path(folder))))):
                if draft == before:  # a key that is not where it was reported
                    raise SourceError(str(problems[0].diagnostic))
                before = copy.deepcopy(draft)
                found.extend(dict.fromkeys(_found(each, draft) for each in problems))
                _leave_out(problems, draft)
    return found


def _written(draft: DraftFile, folder: Path) -> Path:
    """The file, written as JSON, which is YAML too, into a folder where references to it find it."""
    text = json.dumps(draft.definitions, ensure_ascii=False)
    path = folder / draft.name
    path.write_text(_NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text), "utf-8")
    return path


def _leave_out(problems: Sequence[_Problem], draft: DraftFile) -> None:
    """Leave out those keys and, where something else is wrong, the whole entry."""
    for path in {_path(problem) for problem in problems if problem.is_of_a_key}:
        _remove(draft.definitions, path)
    wrong = {problem.entry for problem in problems if not problem.is_of_a_key}
    draft.entries = [entry for number, entry in enumerate(draft.entries) if number not in wrong]
    used = draft.reached(draft.entries)
    draft.shared = {name: schema for name, schema in draft.shared.items() if not wrong or name in used}


def _path(problem: _Problem) -> tuple[str, ...]:
    """The keys that lead to the key that is left out. One wrong example takes the others along."""
    tokens = problem.diagnostic.place.pointer.split("/")[1:]
    path = tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)
    return path[:-1] if problem.diagnostic.code == INVALID_EXAMPLE.code else path


def _remove(node: object, path: Sequence[str]) -> None:
    *before, key = path
    for step in before:
        node = node[int(step)] if isinstance(node, list) else node.get(step) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(key, None)


def _found(problem: _Problem, draft: DraftFile) -> Found:
    """What is told about a problem, with its place in the payload."""
    pointer = problem.diagnostic.place.pointer
    match = _ENTRY.fullmatch(pointer)
    part, below = (_PARTS.get(match[2], ""), match[3]) if match else ("", pointer)
    where = " ".join(filter(None, (part, payload_path(below))))
    message = f"{where}: {problem.diagnostic.message}" if where else problem.diagnostic.message
    name = str(draft.entries[problem.entry].get("name"))
    if problem.is_of_a_key:
        return Found(name, f"{message}; the key is left out")
    return Found(name, f"{problem.diagnostic.code}: {message}", Severity.ERROR)


def _schema_problems(draft: DraftFile, path: Path) -> Iterator[_Problem]:
    """What is wrong with the schemas of each entry by itself: errors, and keys that are left out."""
    document = Document(path.name, from_python(draft.definitions, Place(path.name)), path, path.parent)
    definitions, invalid = collect_definitions([document])
    yield from _located(invalid, draft)
    files = SchemaFiles(path.parent, [document], draft.references)
    for item in definitions.span_types:
        match = _ENTRY.fullmatch(item.place.pointer)
        assert match is not None  # noqa: S101  # it is an item of this file
        for each in dict.fromkeys(_problems_of(item, files)):
            is_key = each.code in _KEYS_LEFT_OUT and each.place.source == path.name
            if is_key or (each.severity is Severity.ERROR and each.code not in _KEYS_LEFT_OUT):
                yield _Problem(int(match[1]), each)


def _problems_of(item: SpanTypeDefinition, files: SchemaFiles) -> Iterator[Diagnostic]:
    inlined, unresolved = with_copies(item, files)
    yield from unresolved
    yield from schema_problems(item.params, None if inlined is None else inlined.params)
    if item.result is not None:
        yield from schema_problems(item.result, None if inlined is None else inlined.result)


def _generator_errors(draft: DraftFile, path: Path) -> Iterator[_Problem]:
    """Why the generator refuses the definitions as a whole: what only the names or the models show."""
    settings = Settings(references=draft.references)
    found = generate_package([path.name], path.parent, path.parent / "imported_spans", settings).diagnostics
    yield from _located((each for each in found if each.severity is Severity.ERROR), draft)


def _located(diagnostics: Iterable[Diagnostic], draft: DraftFile) -> Iterator[_Problem]:
    for each in dict.fromkeys(diagnostics):
        entries = list(_entries_with(each.place.pointer, draft))
        if not entries:
            raise SourceError(f"{each.code}: {each.message} ({each.place.pointer})")
        yield from (_Problem(number, each) for number in entries)


def _entries_with(pointer: str, draft: DraftFile) -> Iterator[int]:
    """The numbers of the entries that a place belongs to: several may refer to a shared schema."""
    if match := _ENTRY.fullmatch(pointer):
        yield int(match[1])
    elif name := _shared_name(pointer):
        yield from (number for number, entry in enumerate(draft.entries) if name in draft.reached(entry))


def _shared_name(pointer: str) -> str:
    """The name of the shared schema that a pointer leads into; empty if it leads elsewhere."""
    first, name, *_ = [*tokens_of(pointer), "", ""]
    return name if first == "$defs" else ""
