"""The names of the files that copies of schemas are saved in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from prefactor_gen.definitions.sources import SUFFIXES
from prefactor_gen.vendoring.remote_schema import RemoteSchema

__all__ = ["name_in_folder", "possible_names"]

_MAX_NAME = 80
_SAFE_PATH = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,80}/){0,20}[A-Za-z0-9][\w.-]{0,80}", re.ASCII)


def possible_names(schema: RemoteSchema) -> Iterator[str]:
    """Names for the file of a schema, the best first; they never end."""
    parts = urlsplit(schema.url)
    last = _plain(unquote(parts.path.rstrip("/").rpartition("/")[2])) or _plain(parts.hostname or "") or "schema"
    yield _with_suffix(last, schema.suffix)
    host = _plain(parts.hostname or "host")
    yield _with_suffix(f"{host}-{last}", schema.suffix)
    yield from (_with_suffix(f"{PurePosixPath(last).stem}-{number}", schema.suffix) for number in count(2))


def name_in_folder(schema: RemoteSchema, address: str) -> str | None:
    """The path of a schema in the folder that stands for all URLs that begin so; None if it cannot be a path."""
    below = unquote(schema.url.removeprefix(address))
    if not _SAFE_PATH.fullmatch(below):
        return None
    name = _with_suffix(below, schema.suffix)
    return name if name.startswith(below) else None  # the folder has it by the name that the URL says


def _plain(name: str) -> str:
    """The name with other signs for what a file should not have in its name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:_MAX_NAME].strip("._-")


def _with_suffix(name: str, suffix: str) -> str:
    path = PurePosixPath(name)
    if path.suffix.lower() not in SUFFIXES:
        return f"{name}{suffix}"
    is_json_name = path.suffix.lower() == ".json"
    return name if is_json_name == (suffix == ".json") else f"{name.removesuffix(path.suffix)}{suffix}"
