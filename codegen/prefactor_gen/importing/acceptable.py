"""Leaves out of imported definitions what the generator refuses, so that the others compile."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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

__all__ = ["Entry", "acceptable_entries"]

Entry = dict[str, object]
"""A span type as a definition file has it."""

_LEFT_OUT = {rule.code for rule in (GENERATOR_KEY, INVALID_DEFAULT, INVALID_EXAMPLE, UNKNOWN_KEYWORD)}
"""The rules about a key that says nothing about payloads: it is left out, and the span type stays."""

_FILE = "imported.json"
_ENTRY = re.compile(r"/span_type_schemas/(\d+)(?:/(\w+))?(.*)", re.DOTALL)
_PARTS = {"params_schema": "params", "result_schema": "result"}


@dataclass(frozen=True)
class _Problem:
    """What is wrong with an entry, by its number, and the place in it."""

    entry: int
    part: str
    pointer: str
    diagnostic: Diagnostic

    @property
    def is_of_a_key(self) -> bool:
        """Whether it is about a key that can be left out."""
        return self.diagnostic.code in _LEFT_OUT and bool(self.pointer)


def acceptable_entries(entries: Sequence[Entry], references: ReferenceSettings) -> tuple[list[Entry], list[Found]]:
    """The span types that compile, without keys that say nothing about payloads, and what was left out.

    Args:
        entries: span types with different names.
        references: what a `$ref` may lead to outside of the file.

    Raises:
        SourceError: something is wrong with all of them together.
    """
    found: list[Found] = []
    kept = copy.deepcopy(list(entries))
    for problems_of in (_schema_problems, _generator_errors):
        while kept and (problems := problems_of(kept, references)):
            found.extend(_found(each, kept) for each in problems)
            kept = _without(problems, kept)
    return kept, found


def _without(problems: Sequence[_Problem], entries: Sequence[Entry]) -> list[Entry]:
    """The entries without those keys and, where something else is wrong, without the whole entry."""
    for problem in problems:
        if problem.is_of_a_key:
            path = tokens_of(problem.pointer)
            # One wrong example takes the others along.
            _remove(entries[problem.entry][problem.part], path[:-1] if _is_example(problem) else path)
    wrong = {problem.entry for problem in problems if not problem.is_of_a_key}
    return [entry for number, entry in enumerate(entries) if number not in wrong]


def _is_example(problem: _Problem) -> bool:
    return problem.diagnostic.code == INVALID_EXAMPLE.code


def _remove(node: object, path: Sequence[str]) -> None:
    *before, key = path
    for step in before:
        node = node[int(step)] if isinstance(node, list) else node.get(step) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(key, None)


def _found(problem: _Problem, entries: Sequence[Entry]) -> Found:
    """What is told about a problem, with its place in the payload."""
    where = " ".join(filter(None, (_PARTS.get(problem.part), payload_path(problem.pointer))))
    message = f"{where}: {problem.diagnostic.message}" if where else problem.diagnostic.message
    name = str(entries[problem.entry].get("name"))
    if problem.is_of_a_key:
        return Found(name, f"{message}; the key is left out")
    return Found(name, f"{problem.diagnostic.code}: {message}", Severity.ERROR)


def _schema_problems(entries: Sequence[Entry], references: ReferenceSettings) -> list[_Problem]:
    """What is wrong with the schemas, each by itself: errors, and keys that are left out."""
    document = Document(_FILE, from_python({"span_type_schemas": entries}, Place(_FILE)))
    definitions, found = collect_definitions([document])
    files = SchemaFiles(references.base, [document], references)
    problems = [*found, *(each for item in definitions.span_types for each in _problems_of(item, files))]
    return _located(each for each in problems if each.code in _LEFT_OUT or each.severity is Severity.ERROR)


def _problems_of(item: SpanTypeDefinition, files: SchemaFiles) -> list[Diagnostic]:
    inlined, problems = with_copies(item, files)
    found = [*problems, *schema_problems(item.params, None if inlined is None else inlined.params)]
    if item.result is not None:
        found.extend(schema_problems(item.result, None if inlined is None else inlined.result))
    return [each if each.place.source == _FILE else replace(each, place=item.place) for each in found]


def _generator_errors(entries: Sequence[Entry], references: ReferenceSettings) -> list[_Problem]:
    """Why the generator refuses the definitions as a whole: what only the names or the models show."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / _FILE).write_text(json.dumps({"span_type_schemas": entries}), "utf-8")
        settings = Settings(references=references)
        found = generate_package([_FILE], folder, folder / "imported_spans", settings).diagnostics
    return _located(each for each in found if each.severity is Severity.ERROR)


def _located(diagnostics: Iterable[Diagnostic]) -> list[_Problem]:
    problems = []
    for each in dict.fromkeys(diagnostics):
        match = _ENTRY.fullmatch(each.place.pointer) if each.place.source == _FILE else None
        if match is None:
            raise SourceError(f"{each.code}: {each.message}")
        problems.append(_Problem(int(match[1]), match[2] or "", match[3], each))
    return problems
