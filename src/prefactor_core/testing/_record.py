"""The context manager that records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager

from prefactor_core._findings import FindingKind
from prefactor_core._session.recording_session import Recording, not_recording
from prefactor_core.client import PrefactorCoreClient
from prefactor_core.testing._context import clean_context
from prefactor_core.testing._recorded import Recorded

__all__ = ["clean_context", "not_recording", "record"]


@contextmanager
def record(
    *clients: PrefactorCoreClient, strict: bool = True, allow: Collection[FindingKind] = ()
) -> Iterator[Recorded]:
    """Record what clients hand over, in place of delivering it.

    Every client of this process that is opened in the block records, on any thread and in any event loop or none. It
    needs no address, no token and no thread. No span is current at the beginning of the block. Blocks may be nested:
    the innermost one records. Other processes, such as those that a test starts, are not recorded.

    Args:
        clients: clients that are open already, and record in the block, too.
        strict: whether the end of the block raises what `Recorded.verify()` raises, unless that has raised it already
            or an exception leaves the block.
        allow: the kinds of findings that `verify()` does not raise; see `Recorded.findings()`.

    Raises:
        AssertionError: at the end of the block, if there are findings that `verify()` has not raised, with `strict`.
        TypeError: one of `clients` is no client.
        ValueError: `allow` has an unknown kind.
    """
    __tracebackhide__ = True
    for client in clients:
        if not isinstance(client, PrefactorCoreClient):
            raise TypeError(f"record() takes clients that are open already, not {type(client).__name__}")
    recording = Recording()
    recorded = Recorded(recording, allow)
    with recording.active(), clean_context(), ExitStack() as stack:
        for client in clients:
            stack.enter_context(client._recorded())
        yield recorded
    if strict and (mistakes := recorded._mistakes()):
        raise AssertionError(mistakes)
