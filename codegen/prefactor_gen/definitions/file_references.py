"""Resolves `$ref`s to other files of the definition folder, by copying their targets into the schema's `$defs`."""

from __future__ import annotations

from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.definitions.definitions import Copies, FileTarget, SchemaSource
from prefactor_gen.definitions.python_names import pascal
from prefactor_gen.definitions.schema_files import SchemaFiles
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNRESOLVED_REFERENCE
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.drafts import (
    draft_of,
    whole_in_2020_12,
)
from prefactor_gen.json_schema.keywords import ASSERTIONS
from prefactor_gen.json_schema.pointers import canonical_pointer, is_metaschema, is_remote, step
from prefactor_gen.json_schema.references import LocalRefs, applicable_schemas, similar_target
from prefactor_gen.json_schema.subschemas import all_schemas, located_schemas, map_subschemas
from prefactor_schema.suggestions import did_you_mean

__all__ = ["FileCopier", "inline_files"]


def inline_files(source: SchemaSource, files: SchemaFiles) -> Checked[SchemaSource | None]:
    """The schema with everything that it refers to in other files copied into its own `$defs`.

    Returns:
        The same schema if it refers to no other file, None if a reference is remote, leaves the folder, or has no
        target.
    """
    refs = LocalRefs(source.schema)
    if not any(_is_to_another_file(schema, refs) for schema in all_schemas(source.schema)):
        return Checked(source)
    copier = FileCopier(files, refs, source.document.path, source.document.folder)
    schema = copier.inlined(source.schema)
    if refs.draft_07 and any(files.needs_2020_12(each.path, each.pointer) for each in copier.names):
        return inline_files(replace(source, schema=whole_in_2020_12(source.schema)), files)
    inlined = replace(source, schema=schema, written=None, copies=copier.copies())
    return Checked(None if copier.diagnostics else inlined, copier.diagnostics)


def _is_to_another_file(schema: ObjectNode, refs: LocalRefs) -> bool:
    """Whether the `$ref` of a schema leads out of the schema that it is a part of."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return False
    if is_metaschema(reference):  # the check of payloads has that of the schema's own draft built in
        return reference.partition("#")[0] != draft_of(refs.root)
    return not refs.is_local(reference, schema.place_at("$ref"))


class FileCopier:
    """Copies the targets of file references into `$defs`, breadth first.

    Args:
        files: the files.
        refs: the references of the schema that gets the copies.
        path: its file.
        folder: the definition folder of its file.

    Attributes:
        names: the name in `$defs` of each target.
        copied: the targets by these names.
        pending: targets whose own references are still to rewrite.
        uses: the targets that a target refers to; the schema itself is None.
        of_other_files: the targets that another file refers to, or a payload from outside of its schema.
        refers_by_uri: a reference leads to one of them by the URI of the root.
    """

    def __init__(self, files: SchemaFiles, refs: LocalRefs, path: Path | None, folder: Path | None) -> None:
        self.files = files
        self.refs = refs
        self.path = path
        self.folder = folder
        self.names: dict[FileTarget, str] = {}
        self.copied: dict[str, JsonValue] = {}
        self.pending: deque[tuple[FileTarget, ObjectNode]] = deque()
        self.uses: dict[FileTarget | None, set[FileTarget]] = {}
        self.of_other_files: set[FileTarget] = set()
        self.current: FileTarget | None = None
        self.diagnostics: list[Diagnostic] = []
        self.draft_07 = refs.draft_07
        self.refers_by_uri = False
        self.own_definitions = refs.root.object_at("$defs")

    def copies(self) -> Copies:
        """What was copied."""
        uses = {target: used for target, used in self.uses.items() if target is not None}
        return Copies(self.names, uses, self.of_other_files)

    def inlined(self, schema: ObjectNode) -> ObjectNode:
        """The schema with the copies of what it refers to in other files."""
        applicable = {pointer for pointer, _ in applicable_schemas(schema)}
        root = self.rewrite(schema, self.path, applicable, is_root=True)
        self.copy_pending()
        if not self.copied:
            return root
        own = root.get("$defs")
        definitions = own if isinstance(own, ObjectNode) else self.own_definitions
        merged = definitions.with_items([*definitions.items(), *sorted(self.copied.items())])
        members = {**root, "$defs": merged}
        if self.refers_by_uri:
            members.setdefault("$id", self.refs.base)
        return root.with_items(members.items())

    def copy_pending(self) -> None:
        """Copy what the copies refer to."""
        while self.pending:
            self.current, target = self.pending.popleft()
            applicable = {pointer for pointer, _ in located_schemas(target, draft_07=self.draft_07)}
            copied = self.rewrite(target, self.current.path, applicable, is_root=False)
            self.copied[self.names[self.current]] = copied

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
            if isinstance(dynamic := schema.get("$dynamicRef"), str) and path is not None and pointer in applicable:
                try:  # found by its anchor, which is copied with it
                    self.target(dynamic, path, schema.place_at("$dynamicRef"), self.files.refs(path))
                except DiagnosticError as error:
                    self.diagnostics.extend(error.diagnostics)
        reference = schema.get("$ref")
        if isinstance(reference, str) and (not is_root or _is_to_another_file(schema, self.refs)):
            if pointer not in applicable:  # it has no effect, but the check of payloads would look for its target
                del result["$ref"]
                return result
            refs = self.refs if is_root or path is None else self.files.refs(path)
            try:
                place = schema.place_at("$ref")
                target = self.target(reference, path, place, refs)
                # A file that is the whole payload is a schema of its own, and so are its definitions.
                is_payload = (
                    is_root and not pointer and not target.pointer and not (schema.keys() - {"$ref"}) & ASSERTIONS
                )
                if (is_root or target.path != path) and not is_payload:
                    self.of_other_files.add(target)
                pointer_in_root = f"#/$defs/{self.names[target]}"
                if is_root and refs.uri_below_an_id(reference, place) is not None:
                    self.refers_by_uri = True
                    pointer_in_root = f"{refs.base}{pointer_in_root}"  # `#` is the part with the $id
                result["$ref"] = pointer_in_root
            except DiagnosticError as error:
                self.diagnostics.extend(error.diagnostics)
        return result

    def target(self, reference: str, path: Path | None, place: Place, refs: LocalRefs) -> FileTarget:
        """The target of a reference, which is copied the first time.

        Args:
            reference: the `$ref`.
            path: the file that it is in.
            place: its place.
            refs: the references of the schema or the file that it is a part of.

        Raises:
            DiagnosticError: the reference has no target in the definition folder.
        """
        target = FileTarget(*self.located(reference, path, place, refs))
        self.uses.setdefault(self.current, set()).add(target)
        if not self.copy(target):
            hint = similar_target(self.files.parsed[target.path], target.pointer, reference.partition("#")[0])
            raise UNRESOLVED_REFERENCE.error(place, f"expected a schema at {reference!r}, found none{hint}")
        return target

    def copy(self, target: FileTarget) -> bool:
        """Copy a target, unless that is done; returns whether it is a schema."""
        if target in self.names:
            return True
        schema = self.files.target(target.path, target.pointer, draft_07=self.draft_07)
        if not isinstance(schema, ObjectNode | bool):
            return False
        name = self.names[target] = self.free_name(target.path, target.pointer)
        self.copied[name] = schema
        if isinstance(schema, ObjectNode):  # rewritten later: it may refer to itself, and chains may be long
            self.pending.append((target, schema))
        return True

    def located(self, reference: str, path: Path | None, place: Place, refs: LocalRefs) -> tuple[Path, str]:
        """The file of the reference's target, and the JSON pointer of the target in it; arguments as above."""
        if path is not None and refs is not self.refs and refs.is_local(reference, place):
            if reference.startswith("#/") and refs.uri_below_an_id(reference, place) is None:
                return path, canonical_pointer(reference[1:])
            return path, refs.pointer(reference, place)
        uri, fragment = refs.resolved(reference, place)
        if (found := self.files.with_uri(uri, fragment, place, path, self.folder)) is not None:
            return found
        if is_remote(reference):
            hint = did_you_mean(uri, self.files.ids) or self.files.how_to_add(uri)
            message = f"expected a reference into the definition folder, found the remote {reference!r}{hint}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        if path is None:
            raise UNRESOLVED_REFERENCE.error(
                place, "expected a reference into the schema: a SchemaRegistry has no folder of files"
            )
        if (below := refs.uri_below_an_id(reference, place)) is not None:
            found_as = f"{reference!r}, which is {below!r} relative to the $id above"
            message = f"expected a part of this schema, found {found_as}{self.files.how_to_add(uri)}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        file, _, fragment = reference.partition("#")
        target = self.files.get(file, path, self.folder or path.parent, place, uri)[0]
        return target, self.files.pointer(target, fragment, place)

    def free_name(self, path: Path, fragment: str) -> str:
        """`common.json#/$defs/Money` → `Money`, or `CommonMoney` if the schema has a `Money` of its own."""
        last = pascal(unquote(fragment.rpartition("/")[2])) if fragment else ""
        stem = pascal(path.stem)
        candidates = chain([last or stem, f"{stem}{last}"], (f"{stem}{last}{number}" for number in count(2)))
        return next(name for name in candidates if name not in self.own_definitions and name not in self.copied)
