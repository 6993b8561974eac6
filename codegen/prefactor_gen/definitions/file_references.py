"""Resolves `$ref`s to other files of the definition folder, by copying their targets into the schema's `$defs`."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.definitions.definitions import SchemaSource
from prefactor_gen.definitions.python_names import pascal
from prefactor_gen.definitions.sources import SUFFIXES, display_name, parse_file, real_path
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.pointers import is_metaschema, is_remote, resolve_pointer, step
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas
from prefactor_gen.json_schema.subschemas import all_schemas, located_schemas, map_subschemas
from prefactor_schema.suggestions import closest_match

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
            DiagnosticError: it is not a file of the folder, or cannot be read.
        """
        name = unquote(reference)
        path = None if "\0" in name else real_path(source.parent / name)
        if path is not None and not path.is_relative_to(folder):
            message = f"expected a file of the definition folder, found {reference!r}, which is outside"
            raise UNRESOLVED_REFERENCE.error(place, message)
        if path is None or path.suffix.lower() not in SUFFIXES or not os.path.isfile(path):
            hint = "" if path is None else _similar_file(path, real_path(source))
            raise UNRESOLVED_REFERENCE.error(place, f"expected a JSON or YAML file, found no {reference!r}{hint}")
        if path not in self.parsed:
            self.parsed[path] = self.read(path, display_name(path, self.base))
        return path, self.parsed[path]


def _similar_file(missing: Path, source: Path | None) -> str:
    """The end of a message that suggests a definition file with a similar stem, but not the source itself."""
    try:
        files = sorted(each for each in missing.parent.iterdir() if each.suffix.lower() in SUFFIXES and each != source)
    except OSError:  # there is no such folder
        return ""
    names = {each.stem: each.name for each in files}
    near = closest_match(missing.stem, names)
    return "" if near is None else f"; did you mean {names[near]!r}?"


def inline_files(source: SchemaSource, files: SchemaFiles) -> Checked[SchemaSource | None]:
    """The schema with everything that it refers to in other files copied into its own `$defs`.

    Returns:
        The same schema if it refers to no other file, None if a reference is remote, leaves the folder, or has no
        target.
    """
    refs = LocalRefs(source.schema)
    if not any(_is_to_another_file(schema, refs) for schema in all_schemas(source.schema)):
        return Checked(source)
    inliner = _Inliner(source, files, refs)
    schema = inliner.run()
    return Checked(None if inliner.diagnostics else replace(source, schema=schema), inliner.diagnostics)


def _is_to_another_file(schema: ObjectNode, refs: LocalRefs) -> bool:
    """Whether the `$ref` of a schema leads out of the schema that it is a part of."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or is_metaschema(reference):
        return False
    return not refs.is_local(reference, schema.place_at("$ref"))


def _nested_ids(target: ObjectNode, *, draft_07: bool) -> Iterator[Diagnostic]:
    """Report each `$id` inside the target of a reference that would change the meaning of `$ref`s below it."""
    for pointer, schema in located_schemas(target, draft_07=draft_07):
        has_nested_id = pointer and isinstance(schema.get("$id"), str)
        if has_nested_id and any("$ref" in each for _, each in located_schemas(schema, draft_07=draft_07)):
            message = "expected no nested $id in a file that a $ref leads to: it changes what the $refs below it mean"
            yield UNRESOLVED_REFERENCE.at(schema.place_at("$id"), message)


class _Inliner:
    """Copies the targets of file references into `$defs`, breadth first.

    Attributes:
        names: the name in `$defs` of each target: a file and a JSON pointer.
        inlined: the targets by these names.
        pending: targets whose own references are still to rewrite.
    """

    def __init__(self, source: SchemaSource, files: SchemaFiles, refs: LocalRefs) -> None:
        self.source = source
        self.files = files
        self.refs = refs
        self.names: dict[tuple[Path, str], str] = {}
        self.inlined: dict[str, JsonValue] = {}
        self.pending: deque[tuple[str, ObjectNode, Path]] = deque()
        self.diagnostics: list[Diagnostic] = []
        self.draft_07 = refs.draft_07
        own = source.schema.get("$defs")
        self.own_definitions = own if isinstance(own, ObjectNode) else ObjectNode(place=source.place)

    def run(self) -> ObjectNode:
        applicable = {pointer for pointer, _ in applicable_schemas(self.source.schema)}
        root = self.rewrite(self.source.schema, self.source.document.path, applicable, is_root=True)
        while self.pending:
            name, target, path = self.pending.popleft()
            self.diagnostics.extend(_nested_ids(target, draft_07=self.draft_07))
            applicable = {pointer for pointer, _ in located_schemas(target, draft_07=self.draft_07)}
            self.inlined[name] = self.rewrite(target, path, applicable, is_root=False)
        if not self.inlined:
            return root
        own = root.get("$defs")
        definitions = own if isinstance(own, ObjectNode) else self.own_definitions
        merged = definitions.with_items([*definitions.items(), *sorted(self.inlined.items())])
        return root.with_items({**root, "$defs": merged}.items())

    def rewrite(
        self, schema: ObjectNode, path: Path | None, applicable: AbstractSet[str], pointer: str = "", *, is_root: bool
    ) -> ObjectNode:
        """The schema with its references to files replaced by references into `$defs`.

        Args:
            schema: the root schema or the target of a reference, or a part of it.
            path: its file.
            applicable: the pointers of the parts that can apply to a value, from the root schema or the target.
            pointer: the pointer of the part.
            is_root: it is part of the root schema, whose local references stay as they are.
        """

        def visit(item: JsonValue, keys: tuple[str, ...]) -> JsonValue:
            if not isinstance(item, ObjectNode):
                return item
            return self.rewrite(item, path, applicable, pointer + step(keys), is_root=is_root)

        result = map_subschemas(schema, visit)
        if not is_root:
            result.pop("$id", None)  # its references become references of the root schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and (not is_root or _is_to_another_file(schema, self.refs)):
            if pointer not in applicable:  # it has no effect, but the check of payloads would look for its target
                del result["$ref"]
                return result
            try:
                result["$ref"] = f"#/$defs/{self.definition(reference, path, schema.place_at('$ref'))}"
            except DiagnosticError as error:
                self.diagnostics.extend(error.diagnostics)
        return result

    def definition(self, reference: str, path: Path | None, place: Place) -> str:
        """The name in `$defs` of the reference's target, which is copied there the first time.

        Raises:
            DiagnosticError: the reference has no target in the definition folder.
        """
        if path is None:
            raise UNRESOLVED_REFERENCE.error(
                place, "expected a reference into the schema: a SchemaRegistry has no folder of files"
            )
        if is_remote(reference):
            message = f"expected a reference into the definition folder, found the remote {reference!r}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        if (uri := self.refs.uri_below_an_id(reference, place)) is not None:
            message = f"expected a part of this schema, found {reference!r}, which is {uri!r} relative to the $id above"
            raise UNRESOLVED_REFERENCE.error(place, message)
        file, _, fragment = reference.partition("#")
        folder = self.source.document.folder or path.parent
        target_path, document = self.files.get(file, path, folder, place) if file else (path, self.files.parsed[path])
        if fragment and not fragment.startswith("/"):
            raise UNRESOLVED_REFERENCE.error(place, f"expected a JSON pointer after '#' in {reference!r}")
        key = (target_path, fragment)
        if key not in self.names:
            target = resolve_pointer(document, fragment)
            if not isinstance(target, ObjectNode | bool):
                raise UNRESOLVED_REFERENCE.error(place, f"expected a schema at {reference!r}, found none")
            name = self.names[key] = self.free_name(target_path, fragment)
            self.inlined[name] = target
            if isinstance(target, ObjectNode):  # rewritten later: it may refer to itself, and chains may be long
                self.pending.append((name, target, target_path))
        return self.names[key]

    def free_name(self, path: Path, fragment: str) -> str:
        """`common.json#/$defs/Money` → `Money`, or `CommonMoney` if the schema has a `Money` of its own."""
        last = pascal(unquote(fragment.rpartition("/")[2])) if fragment else ""
        stem = pascal(path.stem)
        candidates = chain([last or stem, f"{stem}{last}"], (f"{stem}{last}{number}" for number in count(2)))
        return next(name for name in candidates if name not in self.own_definitions and name not in self.inlined)
