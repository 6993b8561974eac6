"""Cuts a JSON-safe object so that its JSON is not larger than a number of bytes.

A marker stands in the place of everything that is cut, and the result is valid JSON:

    text              its beginning, then "[cut: 1,234,567 characters, 10,000 kept]"
    lists             the first items, then "[cut: 900 of 1,000 items]"
    objects           the members that fit, then "[cut]": "[cut: 12 of 100 members]"
    long integers     "[cut: a number of 3,000 digits]"

The members of an object, and the items of a list, share its bytes: small values are kept, and large values get
equal shares of the rest. So long texts are cut first, and the keys of the outermost object are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from prefactor_core._payloads.snapshot import CUT_KEY, CutText, NumberedKey, Payload

__all__ = ["ESCAPED_SIZE", "cut_to_limit"]

ESCAPED_SIZE = 6
"""The most bytes that a character takes: a control character becomes `\\u0000`; one beyond ASCII takes up to four."""

_MIN_SIZE = 64  # every value can be cut to this many bytes: enough for the longest of the markers above
_MIN_ITEM_SIZE = 1_000  # in a list: a few complete items say more than small parts of all items
_SHORT_TEXT = 100  # characters
_MEASURED_LIMITS = 4
"""How many times the limit is measured, in characters: a payload may contain a long text many times."""

_quoted: Callable[[str], str] = encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def cut_to_limit(payload: Payload, limit: int) -> Payload:
    """Cut a payload if its JSON is larger than a limit.

    Args:
        payload: the payload.
        limit: the most bytes of its JSON, at least 1,024.

    Returns:
        The payload, or a copy that is cut. If its JSON was measured, `size` is exact.
    """
    if payload.size * ESCAPED_SIZE <= limit:
        return payload
    if payload.size <= 2 * limit:  # otherwise it is unlikely to fit, and serialising it may take long
        size = _json_size(payload.value)
        if size <= limit:
            return payload._replace(size=size)
    cut = _Cutter(limit).cut(payload.value, limit)
    return payload._replace(value=cut, size=_json_size(cut), cut=payload.cut or cut is not payload.value)


def _json_size(value: dict[str, Any]) -> int:
    return len(_encode(value).encode())


class _Sizes(NamedTuple):
    """The size of a container, and those of its members or items, without the names."""

    total: int
    members: list[int]


class _Cutter:
    """Cuts one payload. Sizes are in bytes of JSON."""

    def __init__(self, limit: int) -> None:
        self._too_large = limit + 1
        self._characters_left = _MEASURED_LIMITS * limit  # characters
        self._sizes: dict[int, _Sizes] = {}  # of containers, by id: they live as long as the payload

    def cut(self, value: Any, limit: int) -> Any:
        """The value, cut to `limit` bytes, which are at least `_MIN_SIZE` or the size of the value."""
        if self._size(value) <= limit:
            return value
        if isinstance(value, dict):
            return self._cut_object(value, limit)
        if isinstance(value, list):
            return self._cut_list(value, limit)
        if isinstance(value, str):
            return _cut_text(value, limit)
        return f"[cut: a number of {len(str(value)):,} digits]"

    def _cut_list(self, items: list[Any], space: int) -> list[Any]:
        space -= 2
        sizes = [size + 1 for size in self._measured(items).members]
        least = max(_MIN_SIZE, min(_MIN_ITEM_SIZE, space // 8)) + 1
        costs = [min(size, least) for size in sizes]
        kept = _count_fitting(costs, space)
        if kept < len(items):
            space -= _MIN_SIZE
            kept = _count_fitting(costs, space)
        share = max(_share(sizes[:kept], space) - 1, _MIN_SIZE)
        cut = [
            item if size <= share else self.cut(item, share) for item, size in zip(items[:kept], sizes, strict=False)
        ]
        return cut if kept == len(items) else [*cut, _marker(kept, len(items), "items")]

    def _cut_object(self, members: dict[str, Any], space: int) -> dict[str, Any]:
        space -= 2
        sizes = dict(zip(members, self._measured(members).members, strict=True))
        name_sizes = {name: self._size(name) + 2 for name in members}
        costs = {name: name_sizes[name] + min(size, _MIN_SIZE) for name, size in sizes.items()}
        kept = _fitting_names(costs, space)
        if len(kept) < len(members):
            space -= _MIN_SIZE
            kept = _fitting_names(costs, space)
        share = max(_share([sizes[name] for name in kept], space - sum(name_sizes[name] for name in kept)), _MIN_SIZE)
        cut = {name: members[name] if sizes[name] <= share else self.cut(members[name], share) for name in kept}
        return cut if len(kept) == len(members) else {**cut, CUT_KEY: _marker(len(kept), len(members), "members")}

    def _size(self, value: Any) -> int:
        value_type = type(value)
        if value_type is str:
            return len(_quoted(value).encode()) if len(value) <= _SHORT_TEXT else self._text_size(value)
        if value_type is dict or value_type is list:
            return self._measured(value).total
        if value_type is CutText:
            return self._too_large
        if value_type is NumberedKey:
            return len(_quoted(value).encode())
        return 4 if value is None else 5 if value_type is bool else len(repr(value))

    def _measured(self, value: Any) -> _Sizes:
        """The sizes of a container, which are measured once."""
        sizes = self._sizes.get(id(value))
        if sizes is None:
            members = list(map(self._size, value.values() if type(value) is dict else value))
            names = sum(map(self._size, value)) + len(value) if type(value) is dict else 0
            sizes = self._sizes[id(value)] = _Sizes(1 + max(len(value), 1) + sum(members) + names, members)
        return sizes

    def _text_size(self, text: str) -> int:
        """The exact size; or an upper bound, if the text must be cut anyway or measuring takes too long."""
        if len(text) >= self._too_large:
            return ESCAPED_SIZE * len(text) + 2
        self._characters_left -= len(text)
        if self._characters_left < 0:
            return ESCAPED_SIZE * len(text) + 2
        written = _quoted(text)
        return len(written) if written.isascii() else len(written.encode())


def _cut_text(text: str, limit: int) -> str:
    if len(text) <= limit and not isinstance(text, CutText) and len(_quoted(text).encode()) <= limit:
        return text  # its size was an upper bound
    full_length = text.full_length if isinstance(text, CutText) else f"{len(text):,} characters"
    beginning = _beginning(text, limit - len(f'"[cut: {full_length}, {len(text):,} kept]"'))
    return f"{beginning}[cut: {full_length}, {len(beginning):,} kept]"


def _beginning(text: str, limit: int) -> str:
    """As much of the text as fits into `limit` bytes."""
    text = str(text[: max(limit, 0)])
    written = _quoted(text)[1:-1].encode()
    if len(written) <= limit:
        return text
    part = written[:limit].decode(errors="ignore")
    start = part.rfind("\\", max(len(part) - 5, 0))  # an escape has two or six characters; the last may be cut
    try:
        return str(json.loads(f'"{part}"'))
    except ValueError:
        return str(json.loads(f'"{part[:start]}"'))


def _count_fitting(sizes: Sequence[int], limit: int) -> int:
    """How many fit, from the first on."""
    return sum(1 for total in accumulate(sizes) if total <= limit)


def _fitting_names(sizes: dict[str, int], space: int) -> list[str]:
    """The names of the members that fit, in their order. One that is too large is left out."""
    kept: list[str] = []
    for name, size in sizes.items():
        if size <= space:
            kept.append(name)
            space -= size
    return kept


def _share(sizes: Sequence[int], space: int) -> int:
    """The largest size that a value may have so that all fit, if larger ones are cut to it."""
    left = len(sizes)
    for size in sorted(sizes):
        if size * left > space:
            return space // left
        space -= size
        left -= 1
    return max(sizes, default=0)


def _marker(kept: int, of: int, what: str) -> str:
    return f"[cut: {of - kept:,} of {of:,} {what}]"
