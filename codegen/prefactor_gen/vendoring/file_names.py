"""The names of the files that copies of schemas are saved in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from prefactor_gen.definitions.sources import SUFFIXES
from prefactor_gen.vendoring.remote_schema import RemoteSchema

__all__ = ["is_portable", "name_in_folder", "possible_names"]

_MAX_NAME = 80
_SAFE_PATH = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,80}/){0,20}[A-Za-z0-9][\w.-]{0,80}", re.ASCII)
_NOT_PORTABLE = re.compile(r"(?i)(aux|con|nul|prn|com\d|lpt\d)(\..*)?|.*[. ]")


def possible_names(schema: RemoteSchema) -> Iterator[str]:
    """Names for the file of a schema, the best first; they never end."""
    parts = urlsplit(schema.url)
    last = PurePosixPath(unquote(parts.path.rstrip("/").rpartition("/")[2]))
    has_suffix = last.suffix.lower() in SUFFIXES
    host = _plain(parts.hostname or "host")
    stem = _plain(last.stem if has_suffix else last.name) or host
    stem = stem if is_portable(stem) else f"schema-{stem}"
    name = f"{stem}{last.suffix}" if has_suffix else stem
    yield _with_suffix(name, schema.suffix)
    yield _with_suffix(f"{host}-{name}", schema.suffix)
    yield from (_with_suffix(f"{stem}-{number}", schema.suffix) for number in count(2))


def name_in_folder(schema: RemoteSchema, address: str) -> str | None:
    """The path of a schema in the folder that stands for all URLs that begin so; None if it cannot be a path."""
    below = unquote(schema.url.removeprefix(address))
    if not _SAFE_PATH.fullmatch(below) or not is_portable(below):
        return None
    name = _with_suffix(below, schema.suffix)
    return name if name.startswith(below) else None  # the folder has it by the name that the URL says


def is_portable(path: str) -> bool:
    """Whether Windows can have files and folders of these names, which contain no other signs than usual ones."""
    return not any(_NOT_PORTABLE.fullmatch(part) for part in PurePosixPath(path).parts)


def _plain(name: str) -> str:
    """The name with other signs for what a file should not have in its name, and letters without accents."""
    decomposed = unicodedata.normalize("NFKD", name)
    ascii_only = "".join(each for each in decomposed if not unicodedata.combining(each))
    return re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_only)[:_MAX_NAME].strip("._-")


def _with_suffix(name: str, suffix: str) -> str:
    path = PurePosixPath(name)
    if path.suffix.lower() not in SUFFIXES:
        return f"{name}{suffix}"
    is_json_name = path.suffix.lower() == ".json"
    return name if is_json_name == (suffix == ".json") else f"{name.removesuffix(path.suffix)}{suffix}"
