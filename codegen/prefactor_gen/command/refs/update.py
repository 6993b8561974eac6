"""`prefactor-gen refs update`: takes the schemas that are at the URLs of the copies now."""

from __future__ import annotations

from collections.abc import Sequence

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.refs.add import short_hash, tell_left
from prefactor_gen.command.refs.changes import definitions_with_copies, tell_changes
from prefactor_gen.command.refs.files import write_copies
from prefactor_gen.command.refs.ids import check_ids, tell_ids
from prefactor_gen.command.refs.project import RefsProject, read_refs_project
from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.definitions.reference_settings import is_fetchable
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.remote.fetching import Fetcher
from prefactor_gen.vendoring.collecting import collect
from prefactor_gen.vendoring.placement import Copy
from prefactor_schema.suggestions import did_you_mean

__all__ = ["update"]


def update(project: RefsProject, urls: Sequence[str]) -> bool:
    """Fetch copies again, and write those that have changed; print what changes.

    Args:
        project: the project.
        urls: their URLs; without any, all of the lock file.

    Returns:
        Whether all that the schemas refer to has a target, and the definitions can still be read.

    Raises:
        ConfigError: a URL has no copy, or something cannot be written.
        RemoteError: something cannot be fetched.
        PlacementError: a copy cannot be saved where the configuration says.
    """
    chosen = _chosen(project, urls)
    _tell_left_out(project, urls, chosen)
    with Fetcher(project.hosts(*chosen)) as fetcher:
        collected = collect(chosen, fetcher.fetch, project.has_target)
    placement = project.placement()
    copies = [placement.place(each) for each in collected.schemas.values()]
    check_ids(project, copies)
    changed = [(each, _said(project, each)) for each in copies if not each.is_current]
    hashes = {url: content_hash(each.content) for url, each in collected.schemas.items()}
    kept = {url: each for url, each in project.locked.items() if project.references.names(url)}
    before = definitions_with_copies(project) if changed else None
    others = write_copies(project, copies, {**kept, **hashes})
    for _, line in changed:
        print(printable(line))
    tell_ids(project, [each for each, _ in changed])
    if others:
        print(f"{' and '.join(others)} written")
    current = len(copies) - len(changed)
    if current:
        print(f"{current} of {len(copies)} copies {'is' if current == 1 else 'are'} current")
    tell_left(collected)
    if before is None:
        return not collected.left
    now = read_refs_project()
    return tell_changes(before, definitions_with_copies(now), now) and not collected.left


def _chosen(project: RefsProject, urls: Sequence[str]) -> list[str]:
    """The URLs to fetch: without any, those of the lock file that the configuration still names.

    Also those of entries without a copy and, if there is no lock file, those of all entries.
    """
    for url in urls:
        if url not in project.locked and url not in project.entries and project.references.copy_of(url) is None:
            hint = did_you_mean(url, [*project.locked, *project.entries]) or f"; refs add {url} saves one"
            raise ConfigError(f"refs: {url!r} has no copy here{hint}")
    if urls:
        return list(urls)
    again = (url for url in project.unlocked if not project.has_lock or project.references.copy_of(url) is None)
    kept = (url for url in project.locked if project.references.names(url))
    return sorted({*kept, *filter(is_fetchable, again)})


def _tell_left_out(project: RefsProject, urls: Sequence[str], chosen: Sequence[str]) -> None:
    """Say that nothing is fetched, or which copies are not because only the lock file would name their URLs."""
    if not chosen:
        print("pyproject.toml names no schema of the web that was fetched")
    for each in project.unlocked_folders if not urls and not project.has_lock else ():
        if is_fetchable(each):
            print(printable(f"{each}: without a lock file, name the URLs of its copies: refs update URL …"))


def _said(project: RefsProject, copy: Copy) -> str:
    """What happens to a copy that is not current."""
    after = short_hash(copy.schema.content)
    if not copy.path.is_file():
        return f"{copy.shown} written ({after})"
    content = copy.path.read_bytes()
    locked = project.locked.get(copy.schema.url)
    edited = "" if locked in {None, content_hash(content)} else "; it was edited here"
    return f"{copy.shown} updated ({short_hash(content)} → {after}){edited}"
