"""The files outside of a definition folder that its `$ref`s may lead to, as the project's configuration names them."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

__all__ = ["COPY_SUFFIXES", "ReferenceSettings", "can_be_a_path"]

COPY_SUFFIXES = frozenset({"", ".json", ".yaml", ".yml"})
"""Of files in a folder that stands for URLs, which often have no suffix."""

_ENDS = ("", ".json", ".yaml", ".yml")


def can_be_a_path(text: str) -> bool:
    """Whether the system can look for a file of this name: it has no null character and no half of a surrogate pair."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


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
        prefixes = [each for each in self.copies if wanted.startswith(unquote(each)) and self.copies[each].is_dir()]
        same = next((path for each, path in self.copies.items() if unquote(each) == wanted and path.is_file()), None)
        if same is not None or not prefixes or not can_be_a_path(wanted):
            return same
        address = max(prefixes, key=len)
        target, below = self.copies[address], wanted.removeprefix(unquote(address))
        paths = (Path(os.path.realpath(target / f"{below}{end}")) for end in _ENDS)
        return next((path for path in paths if self._is_readable(path, target)), None)

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
        if uri.lower().startswith("https:") and uri.isprintable():
            return f"; nothing is fetched here: to save a copy, run prefactor-gen refs add {shlex.quote(uri)}"
        name = unquote(uri).rstrip("/").rpartition("/")[2].rpartition(":")[2] or "schema"
        name = name if name.endswith(_ENDS[1:]) else f"{name}.json"
        line = f"{json.dumps(uri, ensure_ascii=False)} = {json.dumps(f'vendor/{name}', ensure_ascii=False)}"
        return f"; nothing is fetched: save a copy, and add to [tool.prefactor-gen.refs]: {line}"

    def described(self) -> Iterator[str]:
        """What decides which file a reference means, apart from the content of files."""
        for address, path in sorted(self.copies.items()):
            yield f"{address} = {Path(os.path.relpath(path, self.base)).as_posix()}"
        yield from (Path(os.path.relpath(each, self.base)).as_posix() for each in self.folders)
