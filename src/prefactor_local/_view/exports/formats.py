"""The formats of exports by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from prefactor_local._view.exports.chrome_trace import export_chrome
from prefactor_local._view.exports.gathering import RunSource, gather
from prefactor_local._view.exports.html_page import export_html
from prefactor_local._view.exports.json_export import export_json
from prefactor_local._view.exports.otlp import export_otlp, export_otlp_protobuf
from prefactor_local._view.shapes import RunExport

__all__ = ["FORMATS", "ExportedFile", "Format", "export_file", "export_name"]


class Format(NamedTuple):
    """A format.

    Attributes:
        suffix: of the file's name.
        full: whether long values are exported as a whole, unless it is asked for otherwise.
    """

    encode: Callable[[RunExport], bytes]
    media_type: str
    suffix: str
    full: bool


class ExportedFile(NamedTuple):
    """A file.

    Attributes:
        name: says the run and the format; safe on any file system and in any header.
    """

    name: str
    media_type: str
    content: bytes


FORMATS: Mapping[str, Format] = {
    "html": Format(export_html, "text/html; charset=utf-8", "html", full=False),
    "otlp": Format(export_otlp, "application/json", "otlp.json", full=True),
    "otlp-protobuf": Format(export_otlp_protobuf, "application/x-protobuf", "otlp.pb", full=True),
    "chrome": Format(export_chrome, "application/json", "trace.json", full=True),
    "json": Format(export_json, "application/json", "json", full=True),
}


def export_file(source: RunSource, run_id: str, name: str, *, full: bool | None = None) -> ExportedFile:
    """A run as a file.

    Args:
        source: What to read it from.
        run_id: The whole ID of the run.
        name: A key of `FORMATS`.
        full: Whether long values are there as a whole; None: as the format has it.

    Raises:
        NoSuchRunError: There is no such run.
    """
    form = FORMATS[name]
    export = gather(source, run_id, full=form.full if full is None else full)
    return ExportedFile(export_name(run_id, name), form.media_type, form.encode(export))


def export_name(run_id: str, name: str) -> str:
    """The name of the file: it says the run and the format, a key of `FORMATS`."""
    return f"run-{run_id}.{FORMATS[name].suffix}"
