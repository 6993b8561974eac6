"""Which URIs copies of schemas give themselves: `$id` decides what a reference leads to, as a URL does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.refs.project import RefsProject
from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.definitions.reference_settings import same_host
from prefactor_gen.definitions.schema_files import is_absolute
from prefactor_gen.definitions.sources import display_name
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.vendoring.placement import Copy

__all__ = ["check_ids", "tell_ids"]

_MAX_SHOWN = 20


def check_ids(project: RefsProject, copies: Sequence[Copy]) -> None:
    """Refuse a copy with the `$id` of another file, or with the URL of another copy: a reference would mean either.

    Raises:
        ConfigError: there is one.
    """
    owners = {uri: document.path for uri, (document, _) in project.ids.items() if document.path is not None}
    owners.update((unquote(each.schema.url), each.path) for each in copies)
    contents = {each.path: content_hash(each.schema.content) for each in copies}
    for each in copies:
        own_id = each.schema.own_id
        if own_id is None or not _counts(project, each, own_id):
            continue
        path = project.references.copy_of(own_id) or owners.setdefault(unquote(own_id), each.path)
        if path != each.path and (contents.get(path) or _hash_of(path)) != contents[each.path]:
            raise ConfigError(
                f"refs: the schema at {printable(each.schema.url)} has the $id {printable(own_id)!r}, which leads to "
                f"{display_name(path, project.base)} already; keep one of them"
            )


def tell_ids(project: RefsProject, copies: Sequence[Copy]) -> None:
    """Print the `$id`s of copies that are not their URLs, with what that means."""
    lines = [line for each in copies for line in _lines(project, each)]
    for line in lines[:_MAX_SHOWN]:
        print(printable(line))
    if (more := len(lines) - _MAX_SHOWN) > 0:
        print(f"and {more} more parts with an $id")


def _lines(project: RefsProject, copy: Copy) -> Iterator[str]:
    own = [] if copy.schema.own_id is None else [copy.schema.own_id]
    for uri in filter(is_absolute, (*own, *copy.schema.inner_ids)):
        if unquote(uri) == unquote(copy.schema.url) or project.references.copy_of(uri) is not None:
            continue
        what = "the $id" if uri in own else "a part with the $id"
        if _counts(project, copy, uri):
            yield f"{copy.shown} has {what} {uri}: a $ref to that leads to it, too"
        else:
            hint = project.references.entry_to_add(uri, copy.shown)
            yield f"{copy.shown} has {what} {uri} of another host: no $ref to that leads to it{hint}"


def _hash_of(path: Path) -> str:
    """The hash of a file; empty if it cannot be read."""
    try:
        return content_hash(path.read_bytes())
    except OSError:
        return ""


def _counts(project: RefsProject, copy: Copy, uri: str) -> bool:
    """Whether a reference to an `$id` of a copy leads to it."""
    return same_host(uri, copy.schema.url) or project.references.copy_of(uri) == copy.path
