"""Reads the files of a commit. Nothing is checked out, and nothing is fetched."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from prefactor_gen.comparison.operands.operands import OperandError
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.diagnostics.limits import MAX_BYTES, MAX_FOLDER_ENTRIES
from prefactor_schema.suggestions import closest_match

__all__ = ["Entry", "GitRepository"]

_OF_A_HOOK: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""git sets them for hooks; with them it would not look for the repository of the folder that it runs in."""
_TAG_OR_COMMIT: Final = re.compile(r"v?\d.*|[0-9a-f]{7,40}")
_MAX_TOTAL: Final = 32 * MAX_BYTES
_LINK: Final = "120000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, a link or a submodule of a commit. The path is relative to the repository."""

    mode: str
    kind: str
    identifier: str
    size: int
    path: str

    @property
    def is_link(self) -> bool:
        return self.mode == _LINK


class GitRepository:
    """The repository that a folder is in.

    Attributes:
        folder: the folder.
        prefix: the path of the folder in the repository: "" or `packages/agent`.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self._short: dict[str, str] = {}

    @classmethod
    def of(cls, folder: Path) -> GitRepository | None:
        """The repository of a folder; None if it is in none.

        Raises:
            OperandError: git cannot be run, or refuses to read the repository.
        """
        done = _run(["rev-parse", "--show-prefix"], folder)
        if done.returncode == 0:
            return cls(folder, os.fsdecode(done.stdout).removesuffix("\n").rstrip("/"))
        if b"not a git repository" in done.stderr:
            return None
        raise OperandError(_reason(done))

    def commit(self, ref: str) -> str | None:
        """The identifier of the commit that a ref means; None if there is none."""
        if ref.startswith("-") or not ref or "\0" in ref:
            return None
        done = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", check=False)
        return done.stdout.decode().strip() or None if done.returncode == 0 else None

    def short(self, commit: str) -> str:
        """The identifier as people write it."""
        if commit not in self._short:
            self._short[commit] = self._git("rev-parse", "--short", commit).stdout.decode().strip()
        return self._short[commit]

    def merge_base(self, one: str, other: str) -> str | None:
        """The last commit that two commits have in common; None if the repository has none."""
        return self._git("merge-base", one, other, check=False).stdout.decode().strip() or None

    @property
    def is_shallow(self) -> bool:
        """Whether the repository lacks commits, as those of CI often do."""
        return self._git("rev-parse", "--is-shallow-repository").stdout == b"true\n"

    @property
    def is_empty(self) -> bool:
        """Whether the repository has no commit yet."""
        return self.commit("HEAD") is None and not self.refs()

    def refs(self) -> list[str]:
        """The names of branches and tags, as people write them."""
        names = self._git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
        return os.fsdecode(names.stdout).splitlines()

    def fetch_command(self, ref: str) -> str:
        """The command that fetches a ref with all commits that it is made of; empty if the ref names no remote."""
        remote = self._remote_of(ref)
        if remote is None:
            return f"git fetch --unshallow --tags {self.remotes[0]}" if self.is_shallow and self.remotes else ""
        branch = ref.removeprefix(f"{remote}/")
        depth = " --unshallow" if self.is_shallow else ""
        return f"git fetch{depth} {remote} +refs/heads/{branch}:refs/remotes/{ref}"

    def unknown(self, text: str) -> str:
        """The end of a message about a text that is no ref: what to do, or what may be meant."""
        ref, colon, path = text.partition(":")
        if colon and path and self.commit(ref) is not None:
            return f"; did you mean 'git:{text}'?"
        kind = "shallow clone" if self.is_shallow else "clone of some branches" if self._lacks_branches else ""
        if kind and self._remote_of(text) is not None:
            return f"; this is a {kind}, first {self.fetch_command(text)}"
        near, advice = self._similar(text), self._to_fetch(text) if kind else ""
        if near is not None:
            other = f" If not, this is a {kind}: first {advice}" if advice and not near.endswith(f"/{text}") else ""
            return f"; did you mean {near!r}?{other}"
        if advice:
            return f"; this is a {kind}, first {advice}"
        command = self.fetch_command(text)
        return f"; perhaps {command}" if command else ""

    def _similar(self, text: str) -> str | None:
        """The ref that is probably meant: the branch of a remote, or a similar name of the same remote."""
        known = self.refs()
        if (same := next((each for each in known if each.partition("/")[2] == text), None)) is not None:
            return same
        remote = self._remote_of(text)
        prefix = f"{remote}/" if remote is not None else ""  # which is the same in all of them, and no similarity
        names = [each.removeprefix(prefix) for each in known if each.startswith(prefix)]
        name = text.removeprefix(prefix)
        near = closest_match(name, [each for each in names if name and each.startswith(name)] or names)
        return None if near is None else f"{prefix}{near}"

    def _to_fetch(self, text: str) -> str:
        """What to do about a name that may be that of a branch, or of a tag or commit, of a remote."""
        if not self.remotes:
            return ""
        remote = self.remotes[0]
        if _TAG_OR_COMMIT.fullmatch(text):
            return f"git fetch{' --unshallow' if self.is_shallow else ''} --tags {remote}"
        return f"{self.fetch_command(f'{remote}/{text}')}, and compare with {remote}/{text}"

    @cached_property
    def remotes(self) -> list[str]:
        """The names of the remotes."""
        return os.fsdecode(self._git("remote").stdout).splitlines()

    def _remote_of(self, text: str) -> str | None:
        """The remote that a name begins with."""
        return next((each for each in self.remotes if text.startswith(f"{each}/")), None)

    @property
    def _lacks_branches(self) -> bool:
        """Whether only some branches of the first remote are fetched, as `git clone --single-branch` has it."""
        if not self.remotes:
            return False
        fetched = self._git("config", "--get-all", f"remote.{self.remotes[0]}.fetch", check=False).stdout
        return bool(fetched) and b"*" not in fetched

    def entries(self, commit: str, paths: Sequence[str]) -> list[Entry]:
        """The files, links and submodules of a commit at or below paths of the repository, which may not exist.

        Raises:
            OperandError: there are too many.
        """
        wanted = [] if "" in paths else list(paths)
        options = ("-r", "-z", "-l", "--full-tree")
        listed = os.fsdecode(self._git("--literal-pathspecs", "ls-tree", *options, commit, "--", *wanted).stdout)
        found = [_entry(line) for line in listed.split("\0") if line]
        if len(found) > MAX_FOLDER_ENTRIES:
            message = f"at {self.short(commit)} there are more than {MAX_FOLDER_ENTRIES:,} files in {', '.join(paths)}"
            raise OperandError(f"{message}; name the folder of the definitions")
        return found

    def content(self, commit: str, path: str) -> bytes | None:
        """The content of one file of a commit; None if there is none."""
        for each in self.entries(commit, [path]):
            if each.path == path and each.kind == "blob" and not each.is_link:
                return next(self._contents(commit, [each]))
        return None

    def file_with(self, commit: str, text: str, name: str) -> str | None:
        """The first file of this name, in any folder of a commit, that has a text; None if there is none."""
        options = ("--files-with-matches", "--full-name", "-z", "-F")
        command = ("grep", *options, "-e", text, commit, "--", f":(top)*{name}")
        found = os.fsdecode(self._git(*command, check=False).stdout).split("\0")[0]
        return found.partition(":")[2] or None

    def save(self, commit: str, entries: Iterable[Entry], folder: Path) -> None:
        """Write files of a commit into a folder. A link is written as the file of the commit that it leads to.

        Raises:
            OperandError: a file is too large or has a name that is no path, a link leads to no file of the commit,
                or a submodule is among them, whose files are in another repository.
        """
        files = [self._file(commit, each) for each in entries]
        for (path, _), content in zip(files, self._contents(commit, [each for _, each in files]), strict=True):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _file(self, commit: str, entry: Entry) -> tuple[str, Entry]:
        """The path of an entry, and the file that has its content."""
        at = f"at {self.short(commit)} {printable(entry.path)}"
        if not _is_inside(entry.path):
            raise OperandError(f"{at} is no path of the repository")
        if entry.kind == "commit":
            raise OperandError(f"{at} is a submodule, whose files are not in this repository")
        if not entry.is_link:
            return entry.path, entry
        target = os.fsdecode(next(self._contents(commit, [entry])))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
        found = self.entries(commit, [path]) if _is_inside(path) else []
        file = next((each for each in found if each.path == path and each.kind == "blob" and not each.is_link), None)
        if file is None:
            raise OperandError(f"{at} is a link, which leads to no file of the commit: {printable(target)}")
        return entry.path, file

    def _contents(self, commit: str, entries: Sequence[Entry]) -> Iterator[bytes]:
        for each in entries:
            if each.size > MAX_BYTES:
                message = f"at {self.short(commit)} {printable(each.path)} has more than {MAX_BYTES:,} bytes"
                raise OperandError(message)
        if sum(each.size for each in entries) > _MAX_TOTAL:
            raise OperandError(f"at {self.short(commit)} the definitions have more than {_MAX_TOTAL:,} bytes")
        if not entries:
            return
        # Unlike `git archive`, this does not leave out or change what .gitattributes marks for archives.
        names = "".join(f"{each.identifier}\n" for each in entries).encode()
        output = memoryview(self._git("cat-file", "--batch", stdin=names).stdout)
        for each in entries:
            end = bytes(output[:200]).index(b"\n")
            if not bytes(output[:end]).endswith(f" blob {each.size}".encode()):
                raise OperandError(f"at {self.short(commit)} git cannot read {printable(each.path)}")
            yield bytes(output[end + 1 : end + 1 + each.size])
            output = output[end + 1 + each.size + 1 :]

    def _git(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        done = _run(arguments, self.folder, stdin)
        if check and done.returncode:
            raise OperandError(_reason(done))
        return done


def _run(arguments: Sequence[str], folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}  # a clone without blobs fetches those that are read
    command = ["git", *arguments]
    try:
        return subprocess.run(  # noqa: S603  # a fixed command; what users write is never an option of it
            command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False
        )
    except OSError as error:
        raise OperandError(f"cannot run git: {error.strerror}") from None


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git says, on one line. Its advice, as about a folder of another owner, is part of it."""
    lines = [line.strip() for line in os.fsdecode(done.stderr).splitlines() if line.strip()]
    return printable(f"git: {' '.join(lines).removeprefix('fatal: ')}" if lines else f"git failed ({done.returncode})")


def _entry(line: str) -> Entry:
    said, _, path = line.partition("\t")
    mode, kind, identifier, size = said.split()
    return Entry(mode, kind, identifier, int(size) if size.isdecimal() else 0, path)


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and not {"..", ".git"} & set(parts) and "\\" not in path
