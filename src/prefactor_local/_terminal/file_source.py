"""Reads runs from a database file."""

from __future__ import annotations

from prefactor_local._view.exports import export_file
from prefactor_local._view.reading import Reader

__all__ = ["FileSource"]


class FileSource(Reader):
    """The runs of a database, as a `RunSource`."""

    def export(self, run_id: str, form: str) -> bytes:
        return export_file(self, run_id, form).content
