"""Makes a JSON-safe object fit into a number of bytes, as the JSON that is sent.

What is cut says so in its place, and what remains is valid JSON:

    text              its beginning, then "[cut: 1,234,567 characters, 10,000 kept]"
    lists             the first items, then "[cut: 900 of 1,000 items]"
    objects           the members that fit, then "[cut]": "[cut: 12 of 100 members]"
    long integers     "[cut: a number of 3,000 digits]"

The members of an object, or the items of a list, share its bytes: what is small stays whole, and the rest is shared
evenly by what is large. So a long text is cut before anything else, and the keys at the top stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from prefactor_core._snapshot import CUT_KEY, CutText, Payload

__all__ = ["ESCAPED_SIZE", "fit"]

ESCAPED_SIZE = 6
"""The bytes that one character takes at most: a control character becomes `\\u0000`, one beyond ASCII four bytes."""

_LEAST = 64  # everything can be cut to so many bytes, which hold the longest of the markers above
_LEAST_ITEM = 1_000  # of a list: rather some items as they are than all in shreds
_SHORT = 100  # characters
_MEASURED = 4  # times the limit: a text may stand in a payload many times, and takes its time each time

_quoted: Callable[[str], str] = encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def fit(payload: Payload, limit: int) -> Payload:
    """The payload, cut to `limit` bytes of JSON (1,024 at least) where it is larger, and then with its exact size."""
    if payload.size * ESCAPED_SIZE <= limit:
        return payload
    if payload.size <= 2 * limit:  # otherwise it hardly fits, and may take long to write
        size = _json_size(payload.value)
        if size <= limit:
            return payload._replace(size=size)
    cut = _Cutter(limit).cut(payload.value, limit)
    return payload._replace(value=cut, size=_json_size(cut), cut=payload.cut or cut is not payload.value)


def _json_size(value: dict[str, Any]) -> int:
    return len(_encode(value).encode())


class _Sizes(NamedTuple):
    """Of a container, and of each member or item without its name."""

    whole: int
    members: list[int]


class _Cutter:
    """Cuts one payload. Sizes are in bytes of JSON."""

    def __init__(self, limit: int) -> None:
        self._too_large = limit + 1
        self._unmeasured = _MEASURED * limit
        self._sizes: dict[int, _Sizes] = {}  # of containers, by id: they live as long as the payload

    def cut(self, value: Any, room: int) -> Any:
        """The value in at most `room` bytes, which are at least `_LEAST` or what it takes."""
        if self._size(value) <= room:
            return value
        if isinstance(value, dict):
            return self._cut_object(value, room)
        if isinstance(value, list):
            return self._cut_list(value, room)
        if isinstance(value, str):
            return _cut_text(value, room)
        return f"[cut: a number of {len(str(value)):,} digits]"

    def _cut_list(self, items: list[Any], room: int) -> list[Any]:
        room -= 2
        sizes = [size + 1 for size in self._measured(items).members]
        least = max(_LEAST, min(_LEAST_ITEM, room // 8)) + 1
        costs = [min(size, least) for size in sizes]
        kept = _how_many(costs, room)
        if kept < len(items):
            room -= _LEAST
            kept = _how_many(costs, room)
        share = max(_share(sizes[:kept], room) - 1, _LEAST)
        cut = [
            item if size <= share else self.cut(item, share) for item, size in zip(items[:kept], sizes, strict=False)
        ]
        return cut if kept == len(items) else [*cut, _marker(kept, len(items), "items")]

    def _cut_object(self, members: dict[str, Any], room: int) -> dict[str, Any]:
        room -= 2
        sizes = dict(zip(members, self._measured(members).members, strict=True))
        ends = {name: self._size(name) + 2 for name in members}
        costs = {name: ends[name] + min(size, _LEAST) for name, size in sizes.items()}
        kept = _which(costs, room)
        if len(kept) < len(members):
            room -= _LEAST
            kept = _which(costs, room)
        share = max(_share([sizes[name] for name in kept], room - sum(ends[name] for name in kept)), _LEAST)
        cut = {name: members[name] if sizes[name] <= share else self.cut(members[name], share) for name in kept}
        return cut if len(kept) == len(members) else {**cut, CUT_KEY: _marker(len(kept), len(members), "members")}

    def _size(self, value: Any) -> int:
        kind = type(value)
        if kind is str:
            return len(_quoted(value).encode()) if len(value) <= _SHORT else self._text_size(value)
        if kind is dict or kind is list:
            return self._measured(value).whole
        if kind is CutText:
            return self._too_large
        return 4 if value is None else 5 if kind is bool else len(repr(value))

    def _measured(self, value: Any) -> _Sizes:
        """The sizes of a container."""
        sizes = self._sizes.get(id(value))
        if sizes is None:
            members = list(map(self._size, value.values() if type(value) is dict else value))
            names = sum(map(self._size, value)) + len(value) if type(value) is dict else 0
            sizes = self._sizes[id(value)] = _Sizes(1 + max(len(value), 1) + sum(members) + names, members)
        return sizes

    def _text_size(self, text: str) -> int:
        """Exact, or an upper bound where it has to be cut anyway or measuring all would take too long."""
        if len(text) >= self._too_large:
            return ESCAPED_SIZE * len(text) + 2
        self._unmeasured -= len(text)
        if self._unmeasured < 0:
            return ESCAPED_SIZE * len(text) + 2
        written = _quoted(text)
        return len(written) if written.isascii() else len(written.encode())


def _cut_text(text: str, room: int) -> str:
    if len(text) <= room and not isinstance(text, CutText) and len(_quoted(text).encode()) <= room:
        return text  # its size was an upper bound
    whole = text.whole if isinstance(text, CutText) else f"{len(text):,} characters"
    beginning = _beginning(text, room - len(f'"[cut: {whole}, {len(text):,} kept]"'))
    return f"{beginning}[cut: {whole}, {len(beginning):,} kept]"


def _beginning(text: str, room: int) -> str:
    """As much of the text as takes at most `room` bytes."""
    text = str(text[: max(room, 0)])
    written = _quoted(text)[1:-1].encode()
    if len(written) <= room:
        return text
    part = written[:room].decode(errors="ignore")
    start = part.rfind("\\", max(len(part) - 5, 0))  # an escape has two characters or six; only the last may be cut
    try:
        return str(json.loads(f'"{part}"'))
    except ValueError:
        return str(json.loads(f'"{part[:start]}"'))


def _how_many(sizes: Sequence[int], room: int) -> int:
    """How many of the first fit."""
    return sum(1 for total in accumulate(sizes) if total <= room)


def _which(sizes: dict[str, int], room: int) -> list[str]:
    """The names of those that fit, in their order; one that is too large does not stop the others."""
    kept: list[str] = []
    for name, size in sizes.items():
        if size <= room:
            kept.append(name)
            room -= size
    return kept


def _share(sizes: Sequence[int], room: int) -> int:
    """The largest size that each may have so that all fit, with those that are smaller as they are."""
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > room:
            return room // left
        room -= size
        left -= 1
    return max(sizes, default=0)


def _marker(kept: int, of: int, what: str) -> str:
    return f"[cut: {of - kept:,} of {of:,} {what}]"
