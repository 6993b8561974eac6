"""Cuts payloads: what is too long to be shown at once, and what nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Literal, TypeVar

from prefactor_local._protocol.pointers import pointer_of
from prefactor_local._view.shapes import Cut, Json, Side

__all__ = ["Shortening", "is_data"]

_Step = TypeVar("_Step", str, int)

_MOST_CHARS = 64 * 1024
_MOST_ITEMS = 1_000
_MOST_LEVELS = 100
_MOST_CHARS_IN_ALL = 1024 * 1024
_MOST_VALUES_IN_ALL = 20_000
_CHARS_WHEN_SPENT = 200
_MOST_DATA_CHARS = 1_024
_MOST_POINTER_CHARS = 256 * 1024
_DATA_URI = re.compile(r"data:([\w.+-]{1,100}/[\w.+-]{1,100})?(;[\w.+-]{1,100}(=[^;,]{0,100})?){0,5},", re.ASCII)
_BASE64 = re.compile(
    r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])(?:[A-Za-z0-9+/\r\n]++|[A-Za-z0-9_\r\n-]++)={0,2}\s*+"
)  # possessive: line breaks are in two parts, and trying each of them in both would take minutes


def is_data(text: str) -> bool:
    """Whether a text is a data URI or Base64 that is too long for anybody to read: only its size is shown."""
    return len(text) > _MOST_DATA_CHARS and bool(_DATA_URI.match(text) or _BASE64.fullmatch(text))


class Shortening:
    """Copies payloads without what is not shown at once, which is added to `cuts`.

    There are limits for each value and for all together: a thousand lists may have a thousand lists each. When those
    for all are spent, what stands beside the values so far is still there, but is empty, or a short beginning.

    Each cut has the pointer of its value, which repeats the names of all objects around it: a name may be a megabyte
    long. So a container whose cuts would have too long pointers together is itself cut.
    """

    def __init__(self, side: Side, cuts: list[Cut]) -> None:
        self._side = side
        self._cuts = cuts
        self._steps: list[str | int] = []
        self._chars = 0
        """How long the pointers of all cuts are together."""
        self._shown_chars = 0
        self._shown_values = 0

    @property
    def is_spent(self) -> bool:
        """Whether the limits for all values are spent."""
        return self._shown_chars > _MOST_CHARS_IN_ALL or self._shown_values > _MOST_VALUES_IN_ALL

    def shortened(self, value: Json) -> Json:
        """A copy of a payload, or of a part that is shown by itself."""
        self._shown_values += 1
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            self._shown_chars += value.bit_length() // 4  # it may have thousands of digits
        if isinstance(value, list):
            return [item for _, item in self._members(enumerate(value), len(value))]
        if isinstance(value, dict):
            return dict(self._members(value.items(), len(value)))
        return value

    def _members(self, members: Iterable[tuple[_Step, Json]], size: int) -> list[tuple[_Step, Json]]:
        """The members of an object, or the items of an array with their numbers, as far as they are shown."""
        cuts, chars = len(self._cuts), self._chars
        most = 0 if self.is_spent or len(self._steps) >= _MOST_LEVELS else _MOST_ITEMS
        if size > most:
            self._cut("items", size)
        shown: list[tuple[_Step, Json]] = []
        for step, member in islice(members, most):
            self._steps.append(step)
            self._shown_chars += len(step) if isinstance(step, str) else 0
            shown.append((step, self.shortened(member)))
            self._steps.pop()
            if self._chars - chars > _MOST_POINTER_CHARS:
                del self._cuts[cuts:]
                self._chars = chars
                self._cut("items", size)
                return []
        return shown

    def _text(self, text: str) -> str:
        if is_data(text):
            cut = self._cut("data", len(text))
            if (uri := _DATA_URI.match(text)) is not None:
                cut["media_type"] = uri[1] or "text/plain"
            return ""
        most = _CHARS_WHEN_SPENT if self.is_spent else _MOST_CHARS
        if len(text) > most:
            self._cut("text", len(text))
            text = text[:most]
        self._shown_chars += len(text)
        return text

    def _cut(self, kind: Literal["text", "items", "data"], size: int) -> Cut:
        cut: Cut = {"side": self._side, "pointer": pointer_of(self._steps), "kind": kind, "size": size}
        self._chars += len(cut["pointer"])
        self._cuts.append(cut)
        return cut
