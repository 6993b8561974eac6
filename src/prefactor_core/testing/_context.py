"""What is current does not go from one test to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefactor_core import current
from prefactor_core._records.instance_stack import _instances
from prefactor_core.context_stack import _stack
from prefactor_core.current import set_default_instance

__all__ = ["clean_context"]


@contextmanager
def clean_context() -> Iterator[None]:
    """In the block, no span and no instance is current that was current before. Afterwards they are again."""
    spans, instances, default = _stack.get(), _instances.get(), current._default
    _stack.set(())
    _instances.set(())
    set_default_instance(None)
    try:
        yield
    finally:
        # No tokens: the end may come in another context, as with fixtures of pytest.
        _stack.set(spans)
        _instances.set(instances)
        set_default_instance(default)
