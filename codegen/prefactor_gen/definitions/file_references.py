"""Resolves `$ref`s to other files of the definition folder, by copying their targets into the schema's `$defs`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from prefactor_gen.definitions.definitions import Copies, FileTarget, SchemaSource
from prefactor_gen.definitions.python_names import pascal
from prefactor_gen.definitions.reference_settings import ReferenceSettings, can_be_a_path
from prefactor_gen.definitions.sources import (
    SUFFIXES,
    Document,
    display_name,
    is_definition_file,
    neighbours,
    parse_file,
    read_file,
    real_path,
)
from prefactor_gen.diagnostics.diagnostics import Checked, Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import UNRESOLVED_REFERENCE
from prefactor_gen.documents.json_text import parse_json
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.drafts import (
    draft_of,
    draft_of_uri,
    in_2020_12,
    in_a_known_draft,
    read_differently,
    whole_in_2020_12,
)
from prefactor_gen.json_schema.keywords import ASSERTIONS
from prefactor_gen.json_schema.pointers import canonical_pointer, is_metaschema, is_remote, resolve_pointer, step
from prefactor_gen.json_schema.references import NO_URI, LocalRefs, applicable_schemas, similar_target
from prefactor_gen.json_schema.subschemas import all_schemas, located_schemas, map_subschemas
from prefactor_schema.suggestions import closest_match, did_you_mean

__all__ = ["FileCopier", "SchemaFiles", "duplicate_ids", "inline_files"]


class SchemaFiles:
    """The files of the definition folders, parsed once each.

    Never reads a file outside its folder, links included, unless the configuration allows it.

    Attributes:
        parsed: the content of each file that a `$ref` led to.
        ids: the documents that have an `$id`, or parts with one, by URI, each with the URI as it is written there.
    """

    def __init__(
        self,
        base: Path,
        documents: Iterable[Document] = (),
        references: ReferenceSettings | None = None,
        read: Callable[[Path, str], JsonValue] = parse_file,
    ) -> None:
        self.base = base.resolve()
        self.references = references or ReferenceSettings(base)
        self.read = read
        self.parsed: dict[Path, JsonValue] = {}
        self.ids: dict[str, tuple[Document, str]] = {}
        self._refs: dict[Path, LocalRefs] = {}
        self._found_by: dict[Path, str] = {}
        self._searched: set[tuple[str, Path | None]] = set()
        self._contents: dict[Path, bytes] = {}
        documents = list(documents)
        self._documents = {document.path for document in documents}
        for document in documents:
            self._add_ids(document)

    def _add_ids(self, document: Document) -> None:
        for uri in _ids(document):
            self.ids.setdefault(unquote(uri), (document, uri))

    def with_uri(
        self, uri: str, fragment: str, place: Place, path: Path | None, folder: Path | None
    ) -> tuple[Path, str] | None:
        """The file that has this URI, and the JSON pointer of the target; None if there is none.

        It is the file with this `$id` in the definition folders, the copy of the URL that the configuration names, or
        the file with this `$id` beside a definition file or in the folders that the configuration names.

        Args:
            uri: the URI without its fragment.
            fragment: the fragment.
            place: the place of the reference.
            path: the file of the reference.
            folder: its definition folder, if it has one.

        Raises:
            DiagnosticError: the file cannot be read or has no such part, or two files have this `$id`.
        """
        found = self._with_id(uri, fragment, place)
        if found is not None:
            return found
        if is_metaschema(uri):
            path = self._metaschema(uri)
            return path, self.pointer(path, fragment, place)
        if (copy := self.references.copy_of(uri)) is not None:
            self._found_by.setdefault(copy, uri)
            self._parse(copy)
            return copy, self.pointer(copy, fragment, place)
        if not can_be_a_path(unquote(uri)):
            return None
        if uri.startswith(NO_URI):
            relative = unquote(uri.removeprefix(NO_URI))
            if path is None or is_definition_file(path.parent / relative):  # a file is meant by its path first
                return None
        self._search(uri, folder, place)
        return self._with_id(uri, fragment, place)

    def _search(self, uri: str, folder: Path | None, place: Place) -> None:
        """Look for a file with this `$id` beside the definition files and in the folders of the configuration."""
        if (unquote(uri), folder) in self._searched:
            return
        last = unquote(uri).rstrip("/").rpartition("/")[2]  # is in the file, whose $id may be relative
        words = [each.encode() for each in {last, quote(last)}]
        owners: list[Document] = []
        for path in neighbours(folder, self.references):
            if path not in self._documents and any(word in self._content(path) for word in words):
                try:
                    document = Document(display_name(path, self.base), self._read(path), path, folder)
                except DiagnosticError:  # it is no concern of the definitions unless they refer to it
                    continue
                if unquote(uri) in map(unquote, _ids(document)):
                    owners.append(document)
        if len(owners) > 1:
            message = f"expected one file with the $id {uri!r}, found {owners[0].source} and {owners[1].source}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        for document in owners:
            self._add_ids(document)
        self._searched.add((unquote(uri), folder))

    def _content(self, path: Path) -> bytes:
        """The content of a file beside the definitions; empty if it cannot be read."""
        if path not in self._contents:
            try:
                self._contents[path] = read_file(path, str(path))
            except DiagnosticError:
                self._contents[path] = b""
        return self._contents[path]

    def _read(self, path: Path) -> JsonValue:
        return self.read(path, display_name(path, self.base))

    def _metaschema(self, uri: str) -> Path:
        """The path that stands for the metaschema of a draft."""
        from prefactor_gen.json_schema.metaschema import metaschema_of

        draft = draft_of_uri(uri)
        assert draft is not None  # noqa: S101  # it is a metaschema
        path = Path(f"metaschema {draft.removesuffix('/schema').rpartition('/')[2]}")
        if path not in self.parsed:
            self.parsed[path] = parse_json(json.dumps(metaschema_of(draft)), draft)
        return path

    def _parse(self, path: Path) -> JsonValue:
        if path not in self.parsed:
            self.parsed[path] = self._read(path)
        return self.parsed[path]

    def _with_id(self, uri: str, fragment: str, place: Place) -> tuple[Path, str] | None:
        document, written = self.ids.get(unquote(uri), (None, ""))
        if document is None or document.path is None:
            return None
        self.parsed.setdefault(document.path, document.root)
        return document.path, self.refs(document.path).pointer(f"{written}#{fragment}", place)

    def pointer(self, path: Path, fragment: str, place: Place) -> str:
        """The JSON pointer of a fragment of a file, for a reference at this place.

        Raises:
            DiagnosticError: the file has no such anchor.
        """
        if fragment and not fragment.startswith("/"):
            return self.anchor(path, fragment, place)
        return canonical_pointer(fragment)

    def anchor(self, path: Path, name: str, place: Place) -> str:
        """The JSON pointer of an anchor of a file, for a reference at this place.

        Raises:
            DiagnosticError: the file has no such anchor.
        """
        refs = self.refs(path)
        try:
            return refs.pointer(f"#{name}", refs.root.place)
        except DiagnosticError:
            message = f"no schema in {display_name(path, self.base)} has the anchor {name!r}"
            raise UNRESOLVED_REFERENCE.error(place, message) from None

    def names_draft(self, path: Path) -> bool:
        """Whether a file that was parsed says which draft it is written in."""
        root = self.parsed[path]
        return isinstance(root, ObjectNode) and "$schema" in root

    def target(self, path: Path, pointer: str, *, draft_07: bool) -> JsonValue | None:
        """The target of a JSON pointer in a file, as a part of a schema of draft-07 or of 2020-12."""
        whole = self.parsed[path]
        root = self.refs(path).root if isinstance(whole, ObjectNode) else whole
        target = resolve_pointer(root, pointer)
        if not isinstance(target, ObjectNode):
            return target
        if "$schema" in target:
            target = in_a_known_draft(target)
        named = target if "$schema" in target or not isinstance(root, ObjectNode) else root
        return in_2020_12(target) if named.is_draft_07 and not draft_07 else target

    def needs_2020_12(self, path: Path, pointer: str) -> bool:
        """Whether the target of a JSON pointer in a file says that it is in a later draft, and draft-07 differs."""
        root = self.refs(path).root
        target = resolve_pointer(root, pointer)
        if not isinstance(target, ObjectNode):
            return False
        named = in_a_known_draft(target) if "$schema" in target else root
        if "$schema" not in named or named.is_draft_07:
            return False
        return any(any(read_differently(each)) for each in all_schemas(target))

    def refs(self, path: Path) -> LocalRefs:
        """The references inside a file that was parsed."""
        if path not in self._refs:
            root = self.parsed[path]
            root = in_a_known_draft(root) if isinstance(root, ObjectNode) else ObjectNode(place=Place(str(path)))
            self._refs[path] = LocalRefs(root, self._found_by.get(path, NO_URI))
        return self._refs[path]

    def get(self, reference: str, source: Path, folder: Path, place: Place, uri: str) -> tuple[Path, JsonValue]:
        """The file that a `$ref` in `source` names, or this URI if there is no such file.

        Raises:
            DiagnosticError: it is not a file of the folder, or cannot be read.
        """
        name = unquote(reference)
        path = real_path(source.parent / name) if can_be_a_path(name) else None
        if path is not None and not path.is_relative_to(folder) and not self.references.allows(path):
            hint = self.references.folder_to_add(path) if is_definition_file(path) else ""
            message = f"expected a file of the definition folder, found {reference!r}, which is outside{hint}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        if path is None or not is_definition_file(path):
            hint = "" if path is None else _similar_file(path, real_path(source))
            if not hint and not uri.startswith(NO_URI):
                hint = f", and no $id {uri!r}{self.references.copy_to_add(uri)}"
            raise UNRESOLVED_REFERENCE.error(place, f"expected a JSON or YAML file, found no {reference!r}{hint}")
        return path, self._parse(path)


def duplicate_ids(documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """Report files that have the same `$id`: a reference to it would mean either."""
    owners: dict[str, Document] = {}
    for document in documents:
        uri = _own_id(document)
        if uri is None:
            continue
        owner = owners.setdefault(unquote(uri), document)
        if owner is not document and isinstance(document.root, ObjectNode):
            message = f"expected an $id that no other file has, found {uri!r}, which is also the $id of {owner.source}"
            keyword = "$id" if "$id" in document.root else "id"
            yield UNRESOLVED_REFERENCE.at(document.root.place_at(keyword), message)


def _own_id(document: Document) -> str | None:
    """The absolute URI that a file gives itself, without its fragment."""
    if document.path is None or not isinstance(document.root, ObjectNode):
        return None
    uri = LocalRefs(in_a_known_draft(document.root)).base
    return uri if uri in _ids(document) else None


def _ids(document: Document) -> list[str]:
    """The absolute URIs that the schemas of a file give themselves."""
    if document.path is None or not isinstance(document.root, ObjectNode):
        return []
    return [uri for uri in LocalRefs(in_a_known_draft(document.root)).uris if _has_scheme(uri)]


def _has_scheme(uri: str) -> bool:
    try:
        return bool(urlsplit(uri).scheme)
    except ValueError:  # not a URI
        return False


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
            hint = similar_target(self.files.parsed[target.path], target.pointer)
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
            hint = did_you_mean(uri, self.files.ids) or self.files.references.copy_to_add(uri)
            message = f"expected a reference into the definition folder, found the remote {reference!r}{hint}"
            raise UNRESOLVED_REFERENCE.error(place, message)
        if path is None:
            raise UNRESOLVED_REFERENCE.error(
                place, "expected a reference into the schema: a SchemaRegistry has no folder of files"
            )
        if (below := refs.uri_below_an_id(reference, place)) is not None:
            found_as = f"{reference!r}, which is {below!r} relative to the $id above"
            message = f"expected a part of this schema, found {found_as}{self.files.references.copy_to_add(uri)}"
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
