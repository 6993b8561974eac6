"""Stage 7: rendered files → the output folder, all or nothing; or a comparison with it."""

from __future__ import annotations

import difflib
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HEADER_PREFIX", "Change", "compare", "content_hash", "is_current", "package_headers", "seal", "write"]

HEADER_PREFIX = "# prefactor-gen: "
CATALOG = "__init__.py"


@dataclass(frozen=True)
class Change:
    """A file that is written, rewritten or removed (`new` is None)."""

    path: Path
    old: str | None
    new: str | None

    def diff(self, base: Path) -> str:
        """The change as a unified diff, with paths relative to `base`."""
        name = Path(os.path.relpath(self.path, base)).as_posix()
        old, new = (self.old or "").splitlines(keepends=True), (self.new or "").splitlines(keepends=True)
        return "".join(difflib.unified_diff(old, new, f"{name} (current)", f"{name} (generated)"))


def content_hash(text: str) -> str:
    """The name of a text's content."""
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def package_headers(fingerprint: str, files: Mapping[str, str]) -> tuple[str, ...]:
    """The catalog's header lines: what the package was made from, and the hash of each of its other files."""
    hashes = (f"file {name} {content_hash(text)}" for name, text in sorted(files.items()))
    return (f"fingerprint {fingerprint}", *hashes)


def seal(catalog: str) -> str:
    """Add the hash of the catalog itself, so that an edit of it is noticed too."""
    first, rest = catalog.split("\n", 1)
    return f"{first}\n{HEADER_PREFIX}catalog {content_hash(catalog)}\n{rest}"


def is_current(folder: Path, fingerprint: str) -> bool:
    """Say whether the folder holds what this fingerprint generates, unedited: reads files, generates nothing."""
    try:
        text = (folder / CATALOG).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return False
    lines = text.split("\n")
    headers = [line.removeprefix(HEADER_PREFIX).split(" ") for line in lines if line.startswith(HEADER_PREFIX)]
    recorded = {tuple(words[:-1]): words[-1] for words in headers}
    own = recorded.pop(("catalog",), None)
    unsealed = "\n".join(line for line in lines if not line.startswith(f"{HEADER_PREFIX}catalog "))
    if own != content_hash(unsealed) or recorded.pop(("fingerprint",), None) != fingerprint:
        return False
    files = {words[1]: digest for words, digest in recorded.items() if words[0] == "file"}
    return _generated_files(folder) == {CATALOG, *files} and all(
        _hash_of(folder / name) == digest for name, digest in files.items()
    )


def compare(folder: Path, files: Mapping[str, str]) -> list[Change]:
    """What would change if these files became the content of the folder. Other files are left alone."""
    changes = [Change(folder / name, _read(folder / name), text) for name, text in sorted(files.items())]
    stale = _generated_files(folder) - files.keys()
    changes.extend(Change(folder / name, _read(folder / name), None) for name in sorted(stale))
    return [change for change in changes if change.old != change.new]


def write(changes: Iterable[Change]) -> None:
    """Make the changes. Each file is replaced in one step; the catalog, which vouches for the rest, comes last."""
    for change in sorted(changes, key=lambda change: (change.path.name == CATALOG, change.path)):
        if change.new is None:
            change.path.unlink()
            continue
        change.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=change.path.parent, prefix=".prefactor-gen-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(change.new)
            mode = change.path.stat().st_mode & 0o777 if change.path.exists() else 0o666 & ~_umask()
            os.chmod(temporary, mode)
            os.replace(temporary, change.path)
        except BaseException:
            os.unlink(temporary)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _hash_of(path: Path) -> str | None:
    text = _read(path)
    return None if text is None else content_hash(text)


def _generated_files(folder: Path) -> set[str]:
    """The names of the folder's files that carry our mark, and the marker for type checkers."""
    if not folder.is_dir():
        return set()
    found = {path.name for path in folder.glob("*.py") if _is_generated(path)}
    return found | ({"py.typed"} if (folder / "py.typed").exists() else set())


def _is_generated(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().startswith(b"# Generated by prefactor-gen.")
