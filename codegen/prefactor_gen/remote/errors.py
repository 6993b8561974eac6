"""The error of what cannot be read over the network."""

from __future__ import annotations

from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["RemoteError"]


class RemoteError(Exception):
    """Something cannot be read over the network. The message says what, why, and what to do, on one line."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))
