"""Reads the sources of imports: several at a time where they wait for servers."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from itertools import count

from prefactor_gen.command.imports.project import ImportProject, in_folder
from prefactor_gen.command.imports.sources import WAITING, source_named, with_defaults
from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.importing.lock import LockEntry
from prefactor_gen.importing.span_types import Imported

__all__ = ["read_source", "read_sources"]

_AT_ONCE = 8
"""Servers that are asked at a time."""
_SECONDS_TO_LOOK = 0.2
"""Python sees Ctrl-C between two waits; one that comes just before a wait does not end it."""


def read_source(kind: str, name: str, given: Mapping[str, object], project: ImportProject) -> Imported:
    """What a source has now.

    Args:
        kind: which source.
        name: the name of the import.
        given: its options, as the lock has them.
        project: the project, whose folder its paths are relative to.

    Raises:
        SourceError: it cannot be read.
        RemoteError: it cannot be read over the network.
    """
    with _reading_in(project):
        _tell(f"reading {name} ({kind})")
        return _read(kind, name, given, project)


def read_sources(entries: Mapping[str, LockEntry], project: ImportProject) -> dict[str, Future[Imported]]:
    """What the sources of imports have now, all read: by name, each with what `read_source` returns or raises."""
    futures: dict[str, Future[Imported]] = {name: Future() for name in entries}
    of_servers = deque(name for name, entry in entries.items() if entry.source in WAITING)
    of_others = deque(name for name, entry in entries.items() if entry.source not in WAITING)
    numbers = count(1)

    def read_each(names: deque[str]) -> None:
        with contextlib.suppress(IndexError):  # none is left
            while True:
                read(names.popleft())

    def read(name: str) -> None:
        entry = entries[name]
        _tell(f"reading {next(numbers)} of {len(entries)}: {name} ({entry.source})")
        _fulfil(futures[name], lambda: _read(entry.source, name, entry.options, project))

    with _reading_in(project):
        # Threads that do not keep the program alive: after Ctrl-C, it does not wait for a server that says nothing.
        for _ in range(min(_AT_ONCE, len(of_servers))):
            threading.Thread(target=read_each, args=(of_servers,), daemon=True).start()
        read_each(of_others)  # here, because modules of the project are not made for threads
        while wait(futures.values(), timeout=_SECONDS_TO_LOOK).not_done:
            pass
    return futures


def _read(kind: str, name: str, given: Mapping[str, object], project: ImportProject) -> Imported:
    source = source_named(kind)
    options = with_defaults(source, given)
    options.name = name
    return source.read(options, project.base)


@contextlib.contextmanager
def _reading_in(project: ImportProject) -> Iterator[None]:
    # What a module of the project prints is no part of the report.
    with in_folder(project.base), contextlib.redirect_stdout(sys.stderr):
        yield


def _fulfil(future: Future[Imported], read: Callable[[], Imported]) -> None:
    try:
        imported = read()
    except BaseException as error:  # otherwise, waiting for it would not end
        future.set_exception(error)
        if not isinstance(error, Exception):  # Ctrl-C
            raise
    else:
        future.set_result(imported)


def _tell(text: str) -> None:
    """Say on a terminal what is done now, because servers take long."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{printable(text)} …\n")  # at once: other threads write, too
        sys.stderr.flush()
