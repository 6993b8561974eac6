"""The files outside of a definition folder that its `$ref`s may lead to, as the project's configuration names them."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["COPY_SUFFIXES", "ReferenceSettings", "can_be_a_path", "is_fetchable", "same_host"]

COPY_SUFFIXES = frozenset({"", ".json", ".yaml", ".yml"})
"""Of files in a folder that stands for URLs, which often have no suffix."""

_ENDS = ("", ".json", ".yaml", ".yml")


def can_be_a_path(text: str) -> bool:
    """Whether the system can look for a file of this name: it has no null character and no half of a surrogate pair."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def is_fetchable(url: str) -> bool:
    """Whether `prefactor-gen refs add` takes this URL."""
    from prefactor_gen.remote.addresses import check_address  # loads asyncio
    from prefactor_gen.remote.errors import RemoteError

    try:
        check_address(url)
    except RemoteError:
        return False
    return True


@dataclass(frozen=True)
class ReferenceSettings:
    """The keys `refs` and `reference-folders` of the configuration. Nothing is ever fetched.

    Attributes:
        base: the project folder.
        copies: the file that stands for a URL, or the folder that stands for all URLs that begin so and end with `/`.
        folders: folders whose files may be referred to by path and by `$id`.
        locked: the hashes of the schemas that were fetched, by URL, as the lock file has them.
    """

    base: Path = field(default_factory=Path)
    copies: Mapping[str, Path] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    locked: Mapping[str, str] = field(default_factory=dict)

    def allows(self, path: Path) -> bool:
        """Whether a `$ref` may lead to this file, whose links are resolved, from any folder."""
        return any(path.is_relative_to(each) for each in (*self.folders, *self.copies.values()))

    def names(self, url: str) -> bool:
        """Whether an entry names this URL, or the folder for all URLs that begin like it."""
        return url in self.copies or any(each.endswith("/") and url.startswith(each) for each in self.copies)

    def copied_files(self) -> set[Path]:
        """The files that stand for one URL each, by an entry or by the lock file."""
        locked = map(self.copy_of, self.locked)
        return {path for path in (*locked, *self.copies.values()) if path is not None and path.is_file()}

    def copy_of(self, uri: str) -> Path | None:
        """The file that stands for a URL, by the longest entry that begins it. The URL may leave out the suffix.

        Returns:
            None if no entry has the URL, or if there is no such file in the folder of the entry.
        """
        wanted = unquote(uri)
        same = self._by_address.get(wanted)
        if same is not None and same.is_file():
            return same
        prefixes = [each for each in self._folder_addresses if wanted.startswith(each)]
        if not prefixes or not can_be_a_path(wanted):
            return None
        address = max(prefixes, key=len)
        target, below = self._by_address[address], wanted.removeprefix(address)
        paths = (Path(os.path.realpath(target / f"{below}{end}")) for end in _ENDS)
        return next((path for path in paths if self._is_readable(path, target)), None)

    @cached_property
    def _by_address(self) -> dict[str, Path]:
        """The entries by their URLs without escapes."""
        return {unquote(url): path for url, path in self.copies.items()}

    @cached_property
    def _folder_addresses(self) -> list[str]:
        return [each for each, path in self._by_address.items() if path.is_dir()]

    def may_have_id(self, path: Path | None, uri: str) -> bool:
        """Whether a reference to a URI may lead to a file because it has this `$id`.

        A copy of a schema could otherwise stand for one of another host, or of another entry.
        """
        copy = self.copy_of(uri) if self.copies else None
        if copy is not None:
            return copy == path
        urls = self._urls.get(path, ()) if path is not None else ()
        return not urls or any(same_host(uri, each) for each in urls)

    @cached_property
    def _urls(self) -> dict[Path, list[str]]:
        """The URLs with a host that single files stand for, by entry or by lock file."""
        found: dict[Path, list[str]] = {}
        for url in filter(_host, (*self.copies, *self.locked)):
            if (path := self.copy_of(url)) is not None:
                found.setdefault(path, []).append(url)
        return found

    @staticmethod
    def _is_readable(path: Path, folder: Path) -> bool:
        return path.suffix.lower() in COPY_SUFFIXES and path.is_relative_to(folder) and os.path.isfile(path)

    def folder_to_add(self, path: Path) -> str:
        """The end of a message that says how a file outside may be referred to."""
        folders = [Path(os.path.relpath(each, self.base)).as_posix() for each in (*self.folders, path.parent)]
        line = f"reference-folders = {json.dumps(folders, ensure_ascii=False)}"
        return f"; to allow it, add to [tool.prefactor-gen]: {line}"

    def copy_to_add(self, uri: str) -> str:
        """The end of a message that says how a file may stand for a URL."""
        if is_fetchable(uri):
            return f"; nothing is fetched here: to save a copy, run prefactor-gen refs add {shlex.quote(uri)}"
        name = unquote(uri).rstrip("/").rpartition("/")[2].rpartition(":")[2] or "schema"
        name = name if name.endswith(_ENDS[1:]) else f"{name}.json"
        return f"; nothing is fetched: save a copy, and{self._entry(uri, f'vendor/{name}')}"

    def entry_to_add(self, uri: str, path: str) -> str:
        """The end of a message that says how this file may stand for a URL."""
        return f"; if it is meant,{self._entry(uri, path)}"

    @staticmethod
    def _entry(uri: str, path: str) -> str:
        line = f"{json.dumps(uri, ensure_ascii=False)} = {json.dumps(path, ensure_ascii=False)}"
        return f" add to [tool.prefactor-gen.refs]: {line}"

    def described(self) -> Iterator[str]:
        """What decides which file a reference means, apart from the content of files."""
        for address, path in sorted(self.copies.items()):
            yield f"{address} = {Path(os.path.relpath(path, self.base)).as_posix()}"
        yield from (Path(os.path.relpath(each, self.base)).as_posix() for each in self.folders)


def same_host(uri: str, url: str) -> bool:
    """Whether a URI is of the host of a URL, or of none, as a URN is."""
    return _host(uri) in {_host(url), ""}


def _host(uri: str) -> str:
    """The host of a URI, with its port if that is an unusual one; empty if it has none, as an URN."""
    try:
        parts = urlsplit(uri)
        return f"{parts.hostname or ''}:{parts.port}" if parts.port not in {None, 80, 443} else parts.hostname or ""
    except ValueError:  # not a URL
        return ""
