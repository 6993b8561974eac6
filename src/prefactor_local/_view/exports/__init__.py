"""Exports of a run as a file: JSON, OTLP/JSON, a Chrome trace, and a page that shows itself."""

from __future__ import annotations

from prefactor_local._view.exports.formats import FORMATS, export_file, export_name

__all__ = ["FORMATS", "export_file", "export_name"]
