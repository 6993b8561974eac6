"""The result of a span while it is collected: each part is merged into it when `set_result` gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefactor_core._payloads.snapshot import NO_PAYLOAD, Payload

__all__ = ["CollectedResult", "merged"]


class CollectedResult:
    """Collects the parts of a result. A part takes time in proportion to its own size, however many there are.

    What is collected is limited whenever it has grown by the limit, so that the time for this does not add up either.

    Args:
        max_bytes: the limit of a payload.
        limit_size: cuts a payload to the limit, if it is larger.
    """

    def __init__(self, max_bytes: int, limit_size: Callable[[Payload], Payload]) -> None:
        self._max_bytes = max_bytes
        self._limit_size = limit_size
        self._members: dict[str, Any] = {}
        self._collected = NO_PAYLOAD

    @property
    def is_empty(self) -> bool:
        """Whether no part was given."""
        return self._collected is NO_PAYLOAD

    def add(self, part: Payload) -> None:
        """Merge a part, which is owned by this object from now on. A later value of a key replaces an earlier one."""
        self._members.update(part.value)
        self._collected = _joined(self._collected, part, self._members)
        if self._collected.size > 2 * self._max_bytes:
            copied = self._members.copy()  # another thread may add a part meanwhile
            self._collected = self._limit_size(self._collected._replace(value=copied))
            self._members = self._collected.value

    def with_last(self, part: Payload) -> Payload:
        """What is collected, with a last part, which is owned by the result."""
        return part if self.is_empty else merged(self._collected, part)


def merged(first: Payload, later: Payload) -> Payload:
    """A payload with the members of two. The later value of a key counts."""
    return _joined(first, later, {**first.value, **later.value})


def _joined(first: Payload, later: Payload, members: dict[str, Any]) -> Payload:
    return Payload(
        members,
        first.size + later.size,
        cut=first.cut or later.cut,
        unreadable=first.unreadable or later.unreadable,
        depth=max(first.depth, later.depth),
        given=first.given or later.given,
    )
