"""JSON text that any reader of UTF-8 takes: of values that clients sent, and of the whole run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from prefactor_local._view.shapes import RunExport

__all__ = ["export_json", "json_text"]

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_LEVELS = 100
_TOO_DEEP = f"[nested more than {_MOST_LEVELS} levels deep]"


def json_text(value: object) -> str:
    """A value as JSON on one line, in the order in which it was recorded.

    A lone surrogate is escaped, for UTF-8 cannot express it. What nests too deeply to be encoded is cut: how deep that
    is depends on the version of Python.
    """
    try:
        text = _encode(value)
    except RecursionError:
        text = _encode(_cut(value, _MOST_LEVELS))
    return text if text.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


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


def _cut(value: object, levels: int) -> object:
    if isinstance(value, Mapping):
        return {name: _cut(item, levels - 1) for name, item in value.items()} if levels else _TOO_DEEP
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_cut(item, levels - 1) for item in value] if levels else _TOO_DEEP
    return value
