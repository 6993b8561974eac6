"""`prefactor-gen refs update`: takes the schemas that are at the URLs of the copies now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prefactor_gen.command.config import ConfigError
from prefactor_gen.command.refs_add import short_hash, tell_left
from prefactor_gen.command.refs_files import write_copies
from prefactor_gen.command.refs_project import RefsProject, read_refs_project
from prefactor_gen.definitions.definitions import Definitions
from prefactor_gen.definitions.reference_lock import content_hash
from prefactor_gen.diagnostics.diagnostics import Checked, printable
from prefactor_gen.documents.nodes import to_plain
from prefactor_gen.remote.fetching import Fetcher
from prefactor_gen.vendoring.collecting import collect
from prefactor_gen.vendoring.placement import Copy
from prefactor_schema.suggestions import did_you_mean

__all__ = ["update"]

_MAX_NAMES = 20


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
    if not chosen:
        print("prefactor-refs.lock names no schema that pyproject.toml names, too")
    with Fetcher(project.hosts(*chosen)) as fetcher:
        collected = collect(chosen, fetcher.fetch, project.has_target)
    placement = project.placement()
    copies = [placement.place(each) for each in collected.schemas.values()]
    changed = [(each, _said(project, each)) for each in copies if not each.is_current]
    hashes = {url: content_hash(each.content) for url, each in collected.schemas.items()}
    kept = {url: each for url, each in project.locked.items() if project.references.names(url)}
    before = _definitions(project) if changed else None
    write_copies(project, copies, {**kept, **hashes})
    for _, line in changed:
        print(line)
    current = len(copies) - len(changed)
    if current:
        print(f"{current} of {len(copies)} copies {'is' if current == 1 else 'are'} current")
    tell_left(collected)
    return (before is None or _tell_span_types(before, _definitions(read_refs_project()))) and not collected.left


def _chosen(project: RefsProject, urls: Sequence[str]) -> list[str]:
    """The URLs to fetch: without any, those of the lock file that the configuration still names."""
    for url in urls:
        if url not in project.locked and url not in project.entries:
            hint = did_you_mean(url, [*project.locked, *project.entries]) or f"; refs add {url} saves one"
            raise ConfigError(f"refs: {url!r} has no copy here{hint}")
    return list(urls) or [url for url in sorted(project.locked) if project.references.names(url)]


def _said(project: RefsProject, copy: Copy) -> str:
    """What happens to a copy that is not current."""
    after = short_hash(copy.schema.content)
    if not copy.path.is_file():
        return f"{copy.shown} written ({after})"
    content = copy.path.read_bytes()
    locked = project.locked.get(copy.schema.url)
    edited = "" if locked in {None, content_hash(content)} else "; it was edited here"
    return f"{copy.shown} updated ({short_hash(content)} → {after}){edited}"


def _definitions(project: RefsProject) -> Checked[Definitions]:
    """The definitions of the project with what they refer to."""
    from prefactor_gen.pipeline.resolved_definitions import resolved_definitions

    settings = replace(project.package.settings, references=project.references)
    package = project.package
    return resolved_definitions(package.sources, project.base, package.folder, settings)


def _tell_span_types(before: Checked[Definitions], after: Checked[Definitions]) -> bool:
    """Print which definitions the copies change, and what is wrong with them now; returns whether nothing is."""
    found = [each for each in after.diagnostics if each not in before.diagnostics]
    for each in found:
        print(each)
    old, new = _contents(before.value), _contents(after.value)
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    if changed:
        shown = ", ".join(map(printable, changed[:_MAX_NAMES]))
        more = f" and {len(changed) - _MAX_NAMES} more" if len(changed) > _MAX_NAMES else ""
        print(f"changes {shown}{more}; prefactor-gen diff HEAD says whom that breaks")
    return not found


def _contents(definitions: Definitions) -> dict[str, object]:
    """The schemas of each definition, without their places."""
    span_types: dict[str, object] = {
        item.name: [to_plain(each.schema) for each in (item.params, item.result) if each is not None]
        for item in definitions.span_types
    }
    return span_types | {f"quality {each.name}": to_plain(each.schema.schema) for each in definitions.quality}
