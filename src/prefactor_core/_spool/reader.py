"""Reads a spool file without changing it, also that of a running process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from prefactor_core._spool.database import check_format, readable

__all__ = ["SpoolReader"]


class SpoolReader:
    """A context manager that closes the file.

    Raises:
        sqlite3.Error: the file cannot be read.
        UnknownFormatError: another version of this package has written it.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        self._connection.text_factory = readable
        try:
            check_format(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def heads(self) -> Iterator[dict[str, Any]]:
        """What is known about each operation, without its payload, in their order."""
        query = "SELECT CAST(substr(body, 1, instr(body, char(10))) AS TEXT) FROM operations ORDER BY number"
        for (head,) in self._connection.execute(query):
            yield json.loads(head)

    def operations(self) -> Iterator[dict[str, Any]]:
        """The operations, with their payloads, in their order."""
        for (body,) in self._connection.execute("SELECT CAST(body AS TEXT) FROM operations ORDER BY number"):
            head, _, payload = body.partition("\n")
            yield {**json.loads(head), "payload": json.loads(payload)}

    def open_runs(self) -> int:
        """How many runs were started and not finished."""
        (count,) = self._connection.execute("SELECT count(*) FROM open WHERE kind = 'run'").fetchone()
        return int(count)

    def about(self) -> dict[str, str]:
        """What is known about the file."""
        return dict(self._connection.execute("SELECT name, value FROM about"))
