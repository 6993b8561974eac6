"""A run as a file in one of several formats."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from prefactor_local._view.exports.chrome_trace import export_chrome
from prefactor_local._view.exports.html_page import export_html
from prefactor_local._view.exports.json_text import export_json
from prefactor_local._view.exports.otlp import export_otlp, export_otlp_protobuf
from prefactor_local._view.reading import Reader
from prefactor_local._view.shapes import RunExport

__all__ = ["FORMATS", "export_file", "export_name", "gather"]


class Format(NamedTuple):
    """A format.

    Attributes:
        suffix: of the file's name.
        full: whether long values are exported as a whole; otherwise they are cut as in the viewer.
    """

    encode: Callable[[RunExport], bytes]
    media_type: str
    suffix: str
    full: bool


FORMATS: Mapping[str, Format] = {
    "html": Format(export_html, "text/html; charset=utf-8", "html", full=False),
    "otlp": Format(export_otlp, "application/json", "otlp.json", full=True),
    "otlp-protobuf": Format(export_otlp_protobuf, "application/x-protobuf", "otlp.pb", full=True),
    "chrome": Format(export_chrome, "application/json", "trace.json", full=True),
    "json": Format(export_json, "application/json", "json", full=True),
}


def export_file(reader: Reader, run_id: str, name: str) -> bytes:
    """A run as a file.

    Args:
        reader: Reads it.
        run_id: The whole ID of the run.
        name: A key of `FORMATS`.

    Raises:
        NoSuchRunError: There is no such run.
    """
    return FORMATS[name].encode(gather(reader, run_id, full=FORMATS[name].full))


def export_name(run_id: str, name: str) -> str:
    """The name of the file: it says the run and the format, a key of `FORMATS`. It is safe in any header."""
    return f"run-{run_id}.{FORMATS[name].suffix}"


def gather(reader: Reader, run_id: str, *, full: bool) -> RunExport:
    """All of a run, its spans in the order of their arrival. What arrives while it is read may be part of it.

    Transactions are short, so that operations go between. Raises `NoSuchRunError`.
    """
    page = reader.rows(run_id, limit=sys.maxsize)
    rows = {row.seq: row for row in page["rows"]}  # a span that changes meanwhile is there twice
    return {
        "run": {**reader.run(run_id, full=full), "origin": page["origin"]},
        "rows": [rows[seq] for seq in sorted(rows)],
        "spans": [reader.span(rows[seq].id, full=full) for seq in sorted(rows)],
        "findings": reader.findings(run_id),
    }
