"""`prefactor-gen refs remove`: takes copies of schemas away, with their entries and their hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefactor_gen.command.config import TABLE, ConfigError
from prefactor_gen.command.refs.changes import definitions_with_copies, tell_changes
from prefactor_gen.command.refs.project import RefsProject, read_refs_project
from prefactor_gen.command.toml_edit import without_keys
from prefactor_gen.command.writing import writing
from prefactor_gen.definitions.reference_lock import LOCK, content_hash, lock_text
from prefactor_gen.definitions.sources import display_name
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.package.output_folder import Change, write
from prefactor_schema.suggestions import did_you_mean

__all__ = ["remove"]


def remove(project: RefsProject, urls: Sequence[str]) -> bool:
    """Remove the copies of some URLs, their entries in pyproject.toml and their hashes; print what was removed.

    Args:
        project: the project.
        urls: their URLs; a fragment is left out.

    Returns:
        Whether the definitions can still be read: nothing refers to what was removed.

    Raises:
        ConfigError: a URL has no copy, a copy was edited or saved by hand, or something cannot be written.
    """
    chosen = list(dict.fromkeys(url.partition("#")[0] for url in urls))
    for url in chosen:
        _check(project, url)
    before = definitions_with_copies(project)
    changes = [*_files(project, chosen), *_pyproject(project, chosen), *_lock(project, chosen)]
    with writing():
        write(changes)
    for each in changes:
        print(printable(f"{display_name(each.path, project.base)} {'removed' if each.new is None else 'written'}"))
    now = read_refs_project()
    return tell_changes(before, definitions_with_copies(now), now)


def _check(project: RefsProject, url: str) -> None:
    """Refuse what is no copy that `refs` has fetched, and that is as it was then."""
    path = project.references.copy_of(url)
    if url.endswith("/") and url in project.entries:
        raise ConfigError(f"refs: {url!r} is a folder of copies; name the URLs of its schemas")
    if url not in project.locked and url not in project.entries:
        known = [*project.locked, *(each for each in project.entries if not each.endswith("/"))]
        raise ConfigError(f"refs: {url!r} has no copy here{did_you_mean(url, known)}")
    if path is None:
        return
    shown = display_name(path, project.base)
    if url not in project.locked:
        raise ConfigError(f"refs: {shown} was not fetched by refs; remove it and its entry yourself")
    if not path.is_relative_to(project.base):
        raise ConfigError(f"refs: {shown} is outside of the project; remove it and its entry yourself")
    if content_hash(path.read_bytes()) != project.locked[url]:
        raise ConfigError(f"refs: {shown} was edited here; remove it yourself first, or undo the edits")


def _files(project: RefsProject, chosen: Sequence[str]) -> Iterator[Change]:
    """The copies of these URLs that stand for no other one."""
    kept = {project.references.copy_of(each) for each in (*project.entries, *project.locked) if each not in chosen}
    found = dict.fromkeys(map(project.references.copy_of, chosen))
    yield from (Change(path, None, None) for path in found if path is not None and path not in kept)


def _pyproject(project: RefsProject, chosen: Sequence[str]) -> Iterator[Change]:
    entries = [each for each in chosen if each in project.entries]
    if not entries:
        return
    text = without_keys(project.pyproject, f"{TABLE}.refs", entries)
    if text is None:
        keys = ", ".join(map(repr, entries))
        raise ConfigError(f"pyproject.toml cannot be edited here; remove {keys} from [tool.{TABLE}.refs] yourself")
    yield Change(project.base / "pyproject.toml", project.pyproject, text)


def _lock(project: RefsProject, chosen: Sequence[str]) -> Iterator[Change]:
    kept = {url: each for url, each in project.locked.items() if url not in chosen}
    if kept != project.locked:
        yield Change(project.base / LOCK, None, lock_text(kept) if kept else None)
