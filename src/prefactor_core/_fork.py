"""Forked children. What the parent's threads use (delivery thread, event loop, connections) is abandoned there: never
used, since the threads are not there, and never closed, since the parent goes on with the same sockets and selectors.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

__all__ = ["Renewable", "abandon", "in_child", "renew_in_child"]


class Renewable(Protocol):
    """What a forked child has to make anew."""

    def _renew_after_fork(self) -> None:
        """Called in the child, before anything else runs there. Locks may be held by threads that are not there."""
        ...


_renewable: WeakSet[Renewable] = WeakSet()
_abandoned: list[object] = []


def abandon(thing: object) -> None:
    """Keep something for ever, so that it is not closed by being collected."""
    _abandoned.append(thing)


def in_child(callback: Callable[[], None]) -> None:
    """Call a function in every forked child, before anything else runs there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=callback)


def renew_in_child(thing: Renewable) -> None:
    """Renew something in every forked child, as long as it lives."""
    _renewable.add(thing)


def _renew() -> None:
    for thing in list(_renewable):
        thing._renew_after_fork()


in_child(_renew)
