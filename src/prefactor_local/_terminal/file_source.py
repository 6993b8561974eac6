"""Reads runs from a database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from prefactor_local._state.damage import damage_reported
from prefactor_local._state.store import Store
from prefactor_local._terminal.answers import DETAILS, FINDINGS, ROWS, RUNS, SPAN, checked_id
from prefactor_local._terminal.errors import CommandError
from prefactor_local._view.errors import NoSuchRunError
from prefactor_local._view.exports.formats import export_file
from prefactor_local._view.reading import Reader
from prefactor_local._view.shapes import Finding, RowsPage, RunDetails, RunsPage, SpanDetails

__all__ = ["FileSource"]

_Shape = TypeVar("_Shape")
_Answer = TypeVar("_Answer")


class FileSource:
    """The runs of a database, as a `RunSource`. It changes nothing.

    Args:
        file: The database. If a server starts to use it, what that writes is seen.

    Raises:
        CommandError: The file cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open()

    def close(self) -> None:
        self._store.close()

    def find_run(self, wanted: str) -> str:
        return self._read(lambda reader: checked_id(reader.find_run(wanted)))

    def runs(self, *, before: int | None = None, status: str | None = None) -> RunsPage:
        return self._checked(RUNS, lambda reader: reader.runs(before=before, status=status))

    def run(self, run_id: str) -> RunDetails:
        return self._checked(DETAILS, lambda reader: reader.run(run_id))

    def rows(self, run_id: str, *, after: int = 0) -> RowsPage:
        return self._checked(ROWS, lambda reader: reader.rows(run_id, after=after))

    def span(self, span_id: str, *, full: bool = False) -> SpanDetails:
        return self._checked(SPAN, lambda reader: reader.span(span_id, full=full))

    def findings(self, run_id: str) -> list[Finding]:
        return self._checked(FINDINGS, lambda reader: reader.findings(run_id))

    def export(self, run_id: str, form: str) -> bytes:
        return self._read(lambda reader: export_file(reader, run_id, form))

    def _checked(self, shape: TypeAdapter[_Shape], read: Callable[[Reader], _Shape]) -> _Shape:
        return self._read(lambda reader: shape.validate_python(read(reader)))

    def _read(self, read: Callable[[Reader], _Answer]) -> _Answer:
        if self._store.is_outdated():
            self._store.close()
            self._open()
        try:
            with damage_reported(NoSuchRunError):
                return read(self._reader)
        except sqlite3.Error as error:
            raise CommandError(f"cannot read the database {self._file}: {error}") from None

    def _open(self) -> None:
        try:
            self._store = Store.open_for_reading(self._file)
        except FileNotFoundError as error:
            raise CommandError(str(error)) from None
        except (OSError, ValueError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise CommandError(f"cannot read the database {self._file}: {reason}") from None
        self._reader = Reader(self._store)
