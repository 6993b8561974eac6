"""Looks into a spool, and delivers or exports what waits in it: `python -m prefactor_core.spool PATH`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefactor_core._spool.database import NeverWrittenError, UnknownFormatError
from prefactor_core._spool.files import about, is_in_use, spool_paths
from prefactor_core._spool.reader import SpoolReader
from prefactor_core.client import PrefactorCoreClient
from prefactor_core.config import PrefactorCoreConfig, QueueConfig
from prefactor_core.schema_registry import SchemaRegistry
from prefactor_http.config import HttpClientConfig, is_disabled
from prefactor_http.exceptions import PrefactorHttpError

__all__ = ["main"]

_DESCRIPTION = """
Looks into a spool, the directory of QueueConfig(spool=PATH) or PREFACTOR_SPOOL. "list" counts what waits, "deliver"
delivers what processes that have ended left there, and "export" writes all of it to a file, with the payloads as they
were recorded. "deliver" reads the address and the token of the API from PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
"""

_DAMAGED = (ValueError, LookupError, TypeError, AttributeError)  # what reading the text of an operation raises


_UNREADABLE = (
    sqlite3.Error,
    UnknownFormatError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


class _SpoolError(Exception):
    """What the command reports in one line."""


@dataclass
class _Waiting:
    """What waits for one agent."""

    types: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None

    def add(self, head: dict[str, Any]) -> None:
        self.types[head["type"]] += 1
        at = _utc(head["at"])
        self.oldest = at if self.oldest is None else min(self.oldest, at)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns its exit code: 0, or 1 if something could not be done."""
    options = _parse(arguments)
    try:
        if not options.path.is_dir():
            raise _SpoolError(f"there is no directory {options.path}")
        if options.command == "deliver":
            return _deliver(options.path)
        if options.command == "export":
            return _export(options.path, options.file)
        return _list(options.path)
    except (_SpoolError, OSError) as error:
        print(f"prefactor_core.spool: {error}", file=sys.stderr)
        return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m prefactor_core.spool", description=_DESCRIPTION)
    parser.add_argument("path", metavar="PATH", type=Path, help="the directory of the spool")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("list", help="count what waits, by agent and type (the default)")
    commands.add_parser("deliver", help="deliver what processes that have ended left")
    export = commands.add_parser("export", help="write what waits to a file, as JSON Lines")
    export.add_argument("file", metavar="FILE", type=Path, help="the file, which must not exist")
    return parser.parse_args(arguments)


def _list(directory: Path) -> int:
    is_readable = _look_into_each(directory, _list_one)
    corrupt = sorted(path.name for path in directory.glob("*.corrupt"))
    for name in corrupt:
        print(f"{name}: cannot be read")
    if not (corrupt or spool_paths(directory)):
        print("nothing waits")
    return 0 if is_readable else 1


def _list_one(path: Path, reader: SpoolReader) -> None:
    waiting: dict[str, _Waiting] = {}
    for head in reader.heads():
        waiting.setdefault(_agent(head), _Waiting()).add(head)
    count = sum(each.types.total() for each in waiting.values())
    state = "of a running process" if is_in_use(path) else "waits for the next process"
    print(f"{path.name}: {_count(count, 'operation')}, {_count(reader.open_runs(), 'open run')}, {state}")
    for agent, each in waiting.items():
        types = ", ".join(f"{number} {name}" for name, number in sorted(each.types.items()))
        print(f"  {agent}: {types}; the oldest of {each.oldest:%Y-%m-%d %H:%M:%S} UTC")


def _export(directory: Path, target: Path) -> int:
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise _SpoolError(f"{target} exists; name a new file") from error
    count = 0
    with open(descriptor, "w", encoding="utf-8") as file:

        def write(_: Path, reader: SpoolReader) -> None:
            nonlocal count
            for operation in reader.operations():
                file.write(json.dumps(operation) + "\n")
                count += 1

        is_readable = _look_into_each(directory, write)
    print(f"{_count(count, 'operation')} written to {target}")
    return 0 if is_readable else 1


def _deliver(directory: Path) -> int:
    missing = [name for name in ("PREFACTOR_API_URL", "PREFACTOR_API_TOKEN") if not os.environ.get(name)]
    if missing:
        raise _SpoolError(f"{' and '.join(missing)} must be set")
    if is_disabled():
        raise _SpoolError("PREFACTOR_DISABLED is set, so that nothing is delivered")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    http = HttpClientConfig()
    try:
        return asyncio.run(_deliver_all(directory, http))
    except PrefactorHttpError as error:
        raise _SpoolError(f"the API cannot be used: {error}") from error


async def _deliver_all(directory: Path, http: HttpClientConfig) -> int:
    config = PrefactorCoreConfig(
        http_config=http, queue_config=QueueConfig(spool=directory), schema_registry=SchemaRegistry()
    )
    client = PrefactorCoreClient(config)
    await client.initialize()
    report = await client.close(math.inf)
    print(f"{_count(report.delivered, 'operation')} delivered, {report.failed} failed, {report.pending} left")
    others: list[Path] = []
    described = about(http.api_url, http.api_token)

    def look(path: Path, reader: SpoolReader) -> None:
        if reader.about() != described or is_in_use(path):
            others.append(path)

    is_readable = _look_into_each(directory, look)
    if others:
        count = _count(len(others), "file")
        print(f"{count} of running processes, or of another address or token of the API, left alone")
    return 0 if is_readable and report.complete else 1


def _of_others(directory: Path, described: dict[str, str]) -> int:
    count = 0

    def look(path: Path, reader: SpoolReader) -> None:
        nonlocal count
        count += reader.about() != described or is_in_use(path)

    _look_into_each(directory, look)
    return count


def _look_into_each(directory: Path, look: Callable[[Path, SpoolReader], None]) -> bool:
    """Look into every file, and report those that cannot be read. Returns whether all can be."""
    is_readable = True
    for path in spool_paths(directory):
        try:
            with SpoolReader(path) as reader:
                look(path, reader)
        except NeverWrittenError:
            pass  # a process is just making it
        except _UNREADABLE as error:
            if not path.exists():
                continue  # its process has just removed it
            is_readable = False
            why = error if isinstance(error, sqlite3.Error | UnknownFormatError) else type(error).__name__
            print(f"prefactor_core.spool: {path} cannot be read: {why}", file=sys.stderr)
    return is_readable


def _agent(head: dict[str, Any]) -> str:
    return (head.get("instance") or {}).get("agent") or "(an agent without a name)"


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
