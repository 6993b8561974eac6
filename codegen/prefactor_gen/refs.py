"""Pull what a schema refers to in other files of its folder into the schema itself."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.definitions import SchemaSource
from prefactor_gen.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.load import SUFFIXES, display_name, parse_file, real_path
from prefactor_gen.names import pascal
from prefactor_gen.nodes import JsonValue, ObjectNode
from prefactor_gen.pointers import is_metaschema, is_remote, resolve_pointer
from prefactor_gen.references import LocalRefs
from prefactor_gen.rules import UNRESOLVED_REFERENCE
from prefactor_gen.subschemas import all_schemas, map_subschemas
from prefactor_gen.suggest import did_you_mean

__all__ = ["SchemaFiles", "inline_files"]


class SchemaFiles:
    """The files of the definition folders, parsed once each. Never reads a file outside its folder, links included."""

    def __init__(self, base: Path, read: Callable[[Path, str], JsonValue] = parse_file) -> None:
        self.base = base.resolve()
        self.read = read
        self.parsed: dict[Path, JsonValue] = {}

    def get(self, reference: str, source: Path, folder: Path, place: Place) -> tuple[Path, JsonValue]:
        """The file that a `$ref` in `source` names.

        Raises:
            DiagnosticError: it is no file of the folder, or cannot be read.
        """
        name = unquote(reference)
        if "\0" in name:
            raise _unresolved(f"expected a JSON or YAML file, found no {reference!r}", place)
        path = real_path(source.parent / name)
        if not path.is_relative_to(folder):
            raise _unresolved(f"expected a file of the definition folder, found {reference!r}, which leaves it", place)
        if path.suffix.lower() not in SUFFIXES or not os.path.isfile(path):
            hint = did_you_mean(path.name, _names_beside(path))
            raise _unresolved(f"expected a JSON or YAML file, found no {reference!r}{hint}", place)
        if path not in self.parsed:
            self.parsed[path] = self.read(path, display_name(path, self.base))
        return path, self.parsed[path]


def _names_beside(path: Path) -> list[str]:
    try:
        return sorted(each.name for each in path.parent.iterdir() if each.suffix.lower() in SUFFIXES)
    except OSError:  # there is no such folder
        return []


def inline_files(source: SchemaSource, files: SchemaFiles) -> ObjectNode:
    """The schema with everything it needs in its own `$defs`; a schema without file references comes back unchanged.

    Raises:
        DiagnosticError: a reference is remote, leaves the folder, or has no target.
    """
    refs = LocalRefs(source.schema)
    if not any(_leads_out(schema, refs) for schema in all_schemas(source.schema)):
        return source.schema
    return _Inliner(source, files, refs).run()


def _unresolved(message: str, place: Place) -> DiagnosticError:
    return DiagnosticError([UNRESOLVED_REFERENCE.at(place, message)])


def _leads_out(schema: ObjectNode, refs: LocalRefs) -> bool:
    """Say whether the `$ref` of a schema leads out of the schema that it is a part of."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or is_metaschema(reference):
        return False
    return not refs.is_local(reference, schema.place_at("$ref"))


def _nested_ids(target: ObjectNode) -> Iterator[Diagnostic]:
    """What a file refers to is found by its place, not by an `$id` inside it."""
    for schema in all_schemas(target):
        named = schema is not target and isinstance(schema.get("$id"), str)
        if named and any("$ref" in each for each in all_schemas(schema)):
            message = "expected no nested $id in a file that a $ref leads to: it changes what the $refs below it mean"
            yield UNRESOLVED_REFERENCE.at(schema.place_at("$id"), message)


class _Inliner:
    def __init__(self, source: SchemaSource, files: SchemaFiles, refs: LocalRefs) -> None:
        self.source = source
        self.files = files
        self.refs = refs
        self.names: dict[tuple[Path, str], str] = {}
        self.pulled: dict[str, JsonValue] = {}
        self.pending: deque[tuple[str, ObjectNode, Path]] = deque()
        self.found: list[Diagnostic] = []
        own = source.schema.get("$defs")
        self.own_definitions = own if isinstance(own, ObjectNode) else ObjectNode(place=source.place)

    def run(self) -> ObjectNode:
        root = self.rewrite(self.source.schema, self.source.document.path, own=True)
        while self.pending:
            name, target, path = self.pending.popleft()
            self.found.extend(_nested_ids(target))
            self.pulled[name] = self.rewrite(target, path, own=False)
        if self.found:
            raise DiagnosticError(self.found)
        own = root.get("$defs")
        definitions = own if isinstance(own, ObjectNode) else self.own_definitions
        merged = definitions.with_items([*definitions.items(), *sorted(self.pulled.items())])
        return root.with_items({**root, "$defs": merged}.items())

    def rewrite(self, schema: ObjectNode, path: Path | None, *, own: bool) -> ObjectNode:
        def visit(item: JsonValue, _keys: tuple[str, ...]) -> JsonValue:
            return self.rewrite(item, path, own=own) if isinstance(item, ObjectNode) else item

        result = map_subschemas(schema, visit)
        if not own:
            result.pop("$id", None)  # its references become those of the schema that it is pulled into
        reference = schema.get("$ref")
        if isinstance(reference, str) and not (own and not _leads_out(schema, self.refs)):
            try:
                result["$ref"] = f"#/$defs/{self.pull(reference, path, schema.place_at('$ref'))}"
            except DiagnosticError as error:
                self.found.extend(error.diagnostics)
        return result

    def pull(self, reference: str, path: Path | None, place: Place) -> str:
        """Bring the target into `$defs` (once) and return its name there."""
        if path is None:
            raise _unresolved("a registry in Python has no folder to refer to", place)
        if is_remote(reference):
            raise _unresolved(f"expected a reference into the definition folder, found the remote {reference!r}", place)
        if (uri := self.refs.uri_below_an_id(reference, place)) is not None:
            raise _unresolved(f"expected a part of this schema: by the $id above, {reference!r} is {uri!r}", place)
        file, _, fragment = reference.partition("#")
        folder = self.source.document.folder or path.parent
        target_path, document = self.files.get(file, path, folder, place) if file else (path, self.files.parsed[path])
        if fragment and not fragment.startswith("/"):
            raise _unresolved(f"expected a JSON pointer after '#' in {reference!r}", place)
        key = (target_path, fragment)
        if key not in self.names:
            target = resolve_pointer(document, fragment)
            if not isinstance(target, ObjectNode | bool):
                raise _unresolved(f"{reference!r} leads to no schema", place)
            name = self.names[key] = self.free_name(target_path, fragment)
            self.pulled[name] = target
            if isinstance(target, ObjectNode):  # later: it may refer to itself, and chains may be long
                self.pending.append((name, target, target_path))
        return self.names[key]

    def free_name(self, path: Path, fragment: str) -> str:
        """`common.json#/$defs/Money` → `Money`, or `CommonMoney` where the schema has a `Money` of its own."""
        last = pascal(unquote(fragment.rpartition("/")[2])) if fragment else ""
        stem = pascal(path.stem)
        candidates = chain([last or stem, f"{stem}{last}"], (f"{stem}{last}{number}" for number in count(2)))
        return next(name for name in candidates if name not in self.own_definitions and name not in self.pulled)
