"""`prefactor-gen refs add`: saves a copy of a schema from the web, and of all that it refers to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from prefactor_gen.checks.schema_check import check_schema
from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.refs.files import write_copies
from prefactor_gen.command.refs.ids import check_ids, tell_ids
from prefactor_gen.command.refs.project import RefsProject
from prefactor_gen.command.report import print_text
from prefactor_gen.definitions.definitions import SchemaSource
from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.definitions.sources import SUFFIXES, Document, display_name, parse_file
from prefactor_gen.diagnostics.diagnostics import Diagnostic, Severity, printable
from prefactor_gen.documents.nodes import ObjectNode
from prefactor_gen.json_schema.drafts import in_a_known_draft
from prefactor_gen.remote.addresses import check_address
from prefactor_gen.remote.fetching import Fetcher
from prefactor_gen.vendoring.collecting import Collected, collect
from prefactor_gen.vendoring.placement import Copy

__all__ = ["add", "short_hash", "tell_left"]

_SHOWN_DIGITS = 8
_MAX_SHOWN = 20
_MAX_CHARACTERS = 500


def add(project: RefsProject, url: str, wanted: str | None) -> bool:
    """Fetch the schema at a URL, and write what it needs; print what was written.

    Args:
        project: the project.
        url: the URL; a fragment is left out.
        wanted: the file, or the folder with a slash at its end, relative to the working folder.

    Returns:
        Whether all that the schema refers to has a target, and nothing is wrong with what was saved.

    Raises:
        ConfigError: the URL or the path is wrong, or something cannot be written.
        RemoteError: something cannot be fetched.
        PlacementError: a copy cannot be saved there.
    """
    url = url.partition("#")[0]
    check_address(url)
    path = _checked_path(wanted)
    if (there := _there_already(project, url)) is not None:
        print(printable(there))
        return True
    with Fetcher(project.hosts(url)) as fetcher:
        collected = collect([url], fetcher.fetch, project.has_target)
    placement = project.placement()
    copies = [placement.place(each, path if each.url == url else _beside(path)) for each in collected.schemas.values()]
    _check_present(copies)
    check_ids(project, copies)
    hashes = {each.schema.url: content_hash(each.schema.content) for each in copies}
    is_new = {each.path for each in copies if not each.is_current}
    others = write_copies(project, copies, {**project.locked, **hashes})
    _tell(copies, is_new, collected)
    tell_ids(project, copies)
    if others:
        print(f"{' and '.join(others)} written")
    tell_left(collected)
    wrong = [found for each in copies for found in _wrong(each)]
    print_text(wrong, project.base, sys.stdout)
    return not (collected.left or wrong)


def _wrong(copy: Copy) -> Iterator[Diagnostic]:
    """What is wrong with a schema that was saved: it is not what was expected, or is refused where it is used."""
    root = parse_file(copy.path, copy.shown)
    if isinstance(root, ObjectNode) and not copy.schema.defines_span_types:
        source = SchemaSource(in_a_known_draft(root), Document(copy.shown, root), root.place, written=root)
        yield from (each for each in check_schema(source, is_payload=False) if each.severity is Severity.ERROR)


def tell_left(collected: Collected) -> None:
    """Print the references that are not fetched, with what to do."""
    for each in collected.left[:_MAX_SHOWN]:
        print(f"{printable(each.referrer)} refers to {printable(each.url[:_MAX_CHARACTERS])}: {each.reason}")
    if (more := len(collected.left) - _MAX_SHOWN) > 0:
        print(f"and {more} more references that are not fetched")


def short_hash(content: bytes) -> str:
    """The beginning of a hash, for people."""
    name, _, digits = content_hash(content).partition("-")
    return f"{name}-{digits[:_SHOWN_DIGITS]}…"


def _checked_path(wanted: str | None) -> Path | None:
    if wanted is None:
        return None
    if "://" in wanted:
        raise ConfigError("refs: expected a PATH after the URL, found another URL; add one URL at a time")
    path = Path.cwd() / wanted
    is_folder = wanted.endswith(("/", "\\")) or path.is_dir()
    if "\0" in wanted or not wanted or not (is_folder or path.suffix.lower() in SUFFIXES):
        raise ConfigError(
            f"refs: expected a PATH that ends with .json, .yaml or .yml, or with / for a folder, found {wanted!r}"
        )
    return path


def _beside(path: Path | None) -> Path | None:
    """The folder of what a schema refers to: that of the schema."""
    return path if path is None or path.suffix.lower() not in SUFFIXES else path.parent


def _there_already(project: RefsProject, url: str) -> str | None:
    copy = project.references.copy_of(url)
    if copy is not None and url in project.locked:
        return f"{display_name(copy, project.base)} is its copy already; refs update takes what is there now"
    document = project.ids.get(unquote(url), (None, ""))[0]
    if copy is None and document is not None:
        return f"{document.source} has this $id, so that a $ref to it has a target already"
    return None


def _check_present(copies: Iterable[Copy]) -> None:
    """Refuse to replace a file that somebody has saved by hand."""
    for each in copies:
        if each.path.exists() and not each.is_current:
            url = printable(each.schema.url)
            raise ConfigError(
                f"refs: {each.shown} is there already, and differs from the schema at {url}, which prefactor-gen refs "
                f"update {url} takes"
            )


def _tell(copies: list[Copy], is_new: set[Path], collected: Collected) -> None:
    for each in copies:
        url = each.schema.url
        done = f"{each.shown} {'written' if each.path in is_new else 'is there'} ({short_hash(each.schema.content)})"
        referrer = collected.referrers.get(url)
        print(printable(done if referrer is None else f"{referrer} refers to {url}: {done}"))
