"""A schema that was fetched, and the URLs that it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from prefactor_gen.definitions.definitions import SECTIONS
from prefactor_gen.diagnostics.diagnostics import DiagnosticError, printable
from prefactor_gen.documents.json_text import parse_json
from prefactor_gen.documents.nodes import JsonValue, ObjectNode
from prefactor_gen.documents.yaml_text import parse_yaml
from prefactor_gen.json_schema.drafts import in_a_known_draft
from prefactor_gen.json_schema.pointers import is_metaschema, resolve_pointer
from prefactor_gen.json_schema.references import REFERENCES, LocalRefs
from prefactor_gen.json_schema.subschemas import all_schemas
from prefactor_gen.remote.addresses import shown
from prefactor_gen.remote.errors import RemoteError

__all__ = ["RemoteSchema", "read_schema"]


@dataclass(frozen=True)
class RemoteSchema:
    """A schema that was fetched.

    Attributes:
        url: its URL, without fragment.
        text: its content.
        suffix: `.json` or `.yaml`.
        refers_to: the URLs of the other documents that it refers to, in their order, each once.
        own_id: the URI that it gives itself, if it does.
        inner_ids: the URIs that parts of it give themselves.
        defines_span_types: it is a definition file.
    """

    url: str
    text: str
    suffix: str
    refers_to: tuple[str, ...]
    own_id: str | None
    inner_ids: tuple[str, ...]
    defines_span_types: bool

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode()


def read_schema(url: str, content: bytes) -> RemoteSchema:
    """Read what was fetched.

    Raises:
        RemoteError: it is not a JSON Schema in JSON or YAML, or exceeds a limit.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise RemoteError(f"{shown(url)}: expected UTF-8 text") from None
    suffix = _suffix(url, text)
    try:
        root = (parse_json if suffix == ".json" else parse_yaml)(text.removeprefix("\ufeff"), shown(url))
    except DiagnosticError as error:
        place, message = error.diagnostics[0].place, error.diagnostics[0].message
        raise RemoteError(f"{place}: not JSON or YAML: {printable(message)}") from None
    if not isinstance(root, ObjectNode):
        raise RemoteError(f"{shown(url)}: expected a JSON Schema, found {_kind(root)}")
    refs = LocalRefs(in_a_known_draft(root), url)
    refers_to = tuple(dict.fromkeys(_remote_references(refs)))
    own_id = refs.base if isinstance(refs.root.get("$id"), str) else None
    inner_ids = tuple(uri for uri in refs.uris if uri != own_id)
    return RemoteSchema(url, text, suffix, refers_to, own_id, inner_ids, not root.keys().isdisjoint(SECTIONS))


def _suffix(url: str, text: str) -> str:
    named = PurePosixPath(urlsplit(url).path).suffix.lower()
    if named in {".yaml", ".yml"}:
        return ".yaml"
    return ".json" if text.lstrip("\ufeff \t\r\n").startswith(("{", "[", '"')) else ".yaml"


def _remote_references(refs: LocalRefs) -> Iterator[str]:
    """The URLs of the references out of a document, also in what its references lead to beside its schemas."""
    pending: list[ObjectNode] = [refs.root]
    seen = set[int]()
    for start in pending:  # the loop appends to the list
        for schema in all_schemas(start) if id(start) not in seen else ():
            seen.add(id(schema))
            for reference, uri, fragment in _references(schema, refs):
                if refs.is_local(reference, schema.place):
                    target = resolve_pointer(refs.root, fragment) if fragment.startswith("/") else None
                    pending.extend([target] if isinstance(target, ObjectNode) and id(target) not in seen else [])
                else:
                    yield uri


def _references(schema: ObjectNode, refs: LocalRefs) -> Iterator[tuple[str, str, str]]:
    """The references of a schema, with their URI and fragment."""
    for keyword in REFERENCES:
        reference = schema.get(keyword)
        if isinstance(reference, str) and not is_metaschema(reference):
            uri, fragment = refs.resolved(reference, schema.place_at(keyword))
            if not is_metaschema(uri):
                yield reference, uri, fragment


def _kind(value: JsonValue) -> str:
    kinds = {bool: "a truth value", str: "a text", type(None): "nothing"}
    return kinds.get(type(value), "a number" if isinstance(value, int | float) else "a list")
