"""The files that `$ref`s may lead to: by path, by `$id`, or as the configuration says. Nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from prefactor_gen.definitions.python_types import types_uri
from prefactor_gen.definitions.reference_lock import is_same_file
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
from prefactor_gen.diagnostics.diagnostics import Diagnostic, DiagnosticError, Place
from prefactor_gen.diagnostics.rules import DUPLICATE_ID, UNRESOLVED_REFERENCE
from prefactor_gen.documents.json_text import parse_json
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.json_schema.drafts import (
    draft_of_uri,
    in_2020_12,
    in_a_known_draft,
    read_differently,
)
from prefactor_gen.json_schema.pointers import canonical_pointer, is_metaschema, resolve_pointer
from prefactor_gen.json_schema.references import NO_URI, LocalRefs
from prefactor_gen.json_schema.subschemas import all_schemas
from prefactor_schema.suggestions import closest_match

__all__ = ["SchemaFiles", "duplicate_ids", "is_absolute"]


class SchemaFiles:
    """The files of the definition folders, parsed once each.

    Never reads a file outside its folder, links included, unless the configuration allows it.

    Attributes:
        parsed: the content of each file that a `$ref` led to.
        ids: the documents that have an `$id`, or parts with one, by URI, each with the URI as it is written there.
        denied: the copies of schemas of another host that have an `$id`, which does not count, by URI.
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
        self.denied: dict[str, Document] = {}
        self._refs: dict[Path, LocalRefs] = {}
        self._found_by: dict[Path, str] = {}
        self._searched: set[tuple[str, Path | None]] = set()
        self._contents: dict[Path, bytes] = {}
        documents = list(documents)
        self._documents = {document.path for document in documents}
        found = [(document, _ids(document)) for document in documents]
        for document, ids in found:  # before those of parts: a part does not stand for a file
            self._add_ids(document, [uri for uri, is_own in ids.items() if is_own])
            self._add_types(document)
        for document, ids in found:
            self._add_ids(document, ids)

    def _add_types(self, document: Document) -> None:
        """Add the types of a registry as a document with a path where no file is read."""
        if document.path is None and isinstance(document.root, ObjectNode) and "$defs" in document.root:
            uri = types_uri(document.source)
            root = document.root.with_items([("$id", uri), ("$defs", document.root["$defs"])])
            self.ids[uri] = (Document(document.source, root, self.base / document.source), uri)

    def _add_ids(self, document: Document, uris: Iterable[str]) -> None:
        for uri in uris:
            if self.references.may_have_id(document.path, uri):
                self.ids.setdefault(unquote(uri), (document, uri))
            else:
                self.denied.setdefault(unquote(uri), document)

    def how_to_add(self, uri: str) -> str:
        """The end of a message about a reference to a URI without a target."""
        if (document := self.denied.get(unquote(uri))) is None:
            return self.references.copy_to_add(uri)
        hint = self.references.entry_to_add(uri, document.source)
        return f"; {document.source} has this $id, but is the copy of a URL of another host{hint}"

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
            if self.references.folders and not uri.startswith(NO_URI) and can_be_a_path(unquote(uri)):
                self._search(uri, folder, place)  # another file there may have this $id, too
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
                if unquote(uri) not in map(unquote, _ids(document)):
                    continue
                if self.references.may_have_id(path, uri):
                    owners.append(document)
                else:
                    self.denied.setdefault(unquote(uri), document)
        known = self.ids.get(unquote(uri), (None, ""))[0]
        if known is not None:
            owners = [known, *(each for each in owners if each.path != known.path)]
        if len(owners) > 1:
            message = f"expected one file with the $id {uri!r}, found {owners[0].source} and {owners[1].source}"
            raise DUPLICATE_ID.error(place, message)
        for document in owners:
            self._add_ids(document, _ids(document))  # adds nothing the second time
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
                hint = f", and no $id {uri!r}{self.how_to_add(uri)}"
            raise UNRESOLVED_REFERENCE.error(place, f"expected a JSON or YAML file, found no {reference!r}{hint}")
        return path, self._parse(path)


def duplicate_ids(documents: Iterable[Document], references: ReferenceSettings) -> Iterator[Diagnostic]:
    """Report files that have the same `$id`, or one that the configuration names another file for.

    A reference to it would mean either.
    """
    owners: dict[str, Document] = {}
    for document in documents:
        uri = next((each for each, is_own in _ids(document).items() if is_own), None)
        if uri is None or not isinstance(document.root, ObjectNode):
            continue
        if references.may_have_id(document.path, uri):
            owner = owners.setdefault(unquote(uri), document)
            said = f"which is also the $id of {owner.source}" if owner is not document else None
        else:
            said = _other_file(document, uri, references)
        if said is not None:
            message = f"expected an $id that no other file has, found {uri!r}, {said}"
            keyword = "$id" if "$id" in document.root else "id"
            yield DUPLICATE_ID.at(document.root.place_at(keyword), message)


def _other_file(document: Document, uri: str, references: ReferenceSettings) -> str | None:
    """That the configuration names a file with another content for the `$id` of a file."""
    copy = references.copy_of(uri)
    if copy is None or document.path is None or is_same_file(copy, document.path):
        return None
    return f"for which [tool.prefactor-gen.refs] names {display_name(copy, real_path(references.base))}"


def _ids(document: Document) -> dict[str, bool]:
    """The absolute URIs that the schemas of a file give themselves, and whether each is that of the whole file."""
    if document.path is None or not isinstance(document.root, ObjectNode):
        return {}
    refs = LocalRefs(in_a_known_draft(document.root))
    return {uri: uri == refs.base for uri in refs.uris if is_absolute(uri)}


def is_absolute(uri: str) -> bool:
    """Whether an `$id` is a URI with a scheme: references to others lead nowhere."""
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
