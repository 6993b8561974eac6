"""The run as JSON, for programs."""

from __future__ import annotations

from collections.abc import Iterable

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.shapes import RunExport

__all__ = ["export_json"]


def export_json(export: RunExport) -> bytes:
    """A run as JSON in UTF-8: a `RunExport`, with a line for each span, for tools that search and compare lines."""
    run = export["run"]
    types = dict(sorted(run["span_types"].items()))
    head = json_text({**run, "span_types": types})
    lists = [
        f'"rows":{_lines(export["rows"])}',
        f'"spans":{_lines(export["spans"])}',
        f'"findings":{_lines(export["findings"])}',
    ]
    return ",\n".join([f'{{"run":{head}', *lists]).encode() + b"}\n"


def _lines(values: Iterable[object]) -> str:
    lines = ",\n".join(map(json_text, values))
    return f"[\n{lines}\n]" if lines else "[]"
