"""What is current does not go from one test to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefactor_core.context_stack import _stack

__all__ = ["clean_context"]


@contextmanager
def clean_context() -> Iterator[None]:
    """In the block, no span is current that was current before. Afterwards that one is current again."""
    spans = _stack.get()
    _stack.set(())
    try:
        yield
    finally:
        _stack.set(spans)  # no token: the end may come in another context, as with fixtures of pytest
