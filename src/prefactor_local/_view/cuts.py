"""Cuts payloads: what is too long to be shown at once, and what nobody reads."""

from __future__ import annotations

import re

from prefactor_local._view.pointers import below
from prefactor_local._view.shapes import Cut, Json, Side

__all__ = ["shortened"]

_MOST_CHARS = 64 * 1024
_MOST_ITEMS = 1_000
_MOST_LEVELS = 100
_MOST_DATA_CHARS = 1_024
_DATA_URI = re.compile(r"data:([\w.+-]{1,100}/[\w.+-]{1,100})?(;[\w.+-]{1,100}(=[^;,]{0,100})?){0,5},", re.ASCII)
_BASE64 = re.compile(
    r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])(?:[A-Za-z0-9+/\r\n]++|[A-Za-z0-9_\r\n-]++)={0,2}\s*+"
)  # possessive: line breaks are in two parts, and trying each of them in both would take minutes


def shortened(value: Json, side: Side, cuts: list[Cut]) -> Json:
    """A copy of a payload without what is not shown at once, which is added to `cuts`."""
    return _shortened(value, side, "", cuts, 0)


def _shortened(value: Json, side: Side, pointer: str, cuts: list[Cut], level: int) -> Json:
    if isinstance(value, str):
        return _short_text(value, side, pointer, cuts)
    if not isinstance(value, dict | list):
        return value
    shown = _MOST_ITEMS if level < _MOST_LEVELS else 0
    if len(value) > shown:
        cuts.append({"side": side, "pointer": pointer, "kind": "items", "size": len(value)})
    if isinstance(value, list):
        return [
            _shortened(item, side, below(pointer, index), cuts, level + 1) for index, item in enumerate(value[:shown])
        ]
    members = list(value.items())[:shown]
    return {name: _shortened(member, side, below(pointer, name), cuts, level + 1) for name, member in members}


def _short_text(text: str, side: Side, pointer: str, cuts: list[Cut]) -> str:
    if len(text) > _MOST_DATA_CHARS:
        cut: Cut = {"side": side, "pointer": pointer, "kind": "data", "size": len(text)}
        if (uri := _DATA_URI.match(text)) is not None:
            cuts.append({**cut, "media_type": uri[1] or "text/plain"})
            return ""
        if _BASE64.fullmatch(text):
            cuts.append(cut)
            return ""
    if len(text) > _MOST_CHARS:
        cuts.append({"side": side, "pointer": pointer, "kind": "text", "size": len(text)})
        return text[:_MOST_CHARS]
    return text
