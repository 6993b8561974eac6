"""Exports of a run as a file: JSON, OTLP/JSON, a Chrome trace, and a page that shows itself."""

from __future__ import annotations

from prefactor_local._view.exports.chrome_trace import export_chrome
from prefactor_local._view.exports.formats import FORMATS, ExportedFile, Format, export_file, export_name
from prefactor_local._view.exports.gathering import RunSource, gather
from prefactor_local._view.exports.html_page import export_html
from prefactor_local._view.exports.json_export import export_json
from prefactor_local._view.exports.otlp import export_otlp, export_otlp_protobuf

__all__ = [
    "FORMATS",
    "ExportedFile",
    "Format",
    "RunSource",
    "export_chrome",
    "export_file",
    "export_html",
    "export_json",
    "export_name",
    "export_otlp",
    "export_otlp_protobuf",
    "gather",
]
