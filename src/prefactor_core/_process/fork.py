"""What happens in forked children.

A child abandons the delivery thread, the event loop and the connections of its parent. It never uses them, since the
threads do not exist in the child, and never closes them, since the parent goes on with the same sockets and selectors.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

__all__ = ["Renewable", "abandon", "in_child", "renew_in_child"]


class Renewable(Protocol):
    """An object that has to be renewed in a forked child."""

    def _renew_after_fork(self) -> None:
        """Called in the child before anything else runs there. Locks may be held by threads that do not exist there."""
        ...


_renewable: WeakSet[Renewable] = WeakSet()
_abandoned: list[object] = []


def abandon(obj: object) -> None:
    """Keep an object for ever, so that the garbage collector does not close it."""
    _abandoned.append(obj)


def in_child(callback: Callable[[], None]) -> None:
    """Call a function in every forked child, before anything else runs there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=callback)


def renew_in_child(obj: Renewable) -> None:
    """Renew an object in every forked child, as long as it exists."""
    _renewable.add(obj)


def _renew() -> None:
    for obj in list(_renewable):
        obj._renew_after_fork()


in_child(_renew)
