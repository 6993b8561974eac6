"""The block of one run: the context manager that `client.instance(...)` returns."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Never

from prefactor_core._session.waiting import run_and_wait
from prefactor_core.managers import AgentInstanceHandle

__all__ = ["InstanceScope"]


class InstanceScope(
    AbstractContextManager[AgentInstanceHandle, None], AbstractAsyncContextManager[AgentInstanceHandle, None]
):
    """What `client.instance(...)` returns: a context manager, for `with` and `async with`.

    Entering registers and starts an agent instance, which is the current instance of the block. Leaving finishes it,
    unless the block has done so: as `complete`, as `failed` after an exception, and as `cancelled` after a
    cancellation. Leaving raises nothing of its own. Each time that it is entered, it registers another instance.

    Entering raises what `PrefactorCoreClient.create_agent_instance` raises, and RuntimeError while it is entered.

    Args:
        register: registers an agent instance.
    """

    def __init__(self, register: Callable[[], Coroutine[Any, Any, AgentInstanceHandle]]) -> None:
        self._register = register
        self._handle: AgentInstanceHandle | None = None

    if not TYPE_CHECKING:  # type checkers report a missing attribute themselves

        def __getattr__(self, name: str) -> Never:
            hint = "; open the run first: `with … as instance`" if hasattr(AgentInstanceHandle, name) else ""
            message = f"{type(self).__name__!r} object has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=self)

    async def __aenter__(self) -> AgentInstanceHandle:
        self._check_is_left()
        return self._enter(await self._register())

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def __enter__(self) -> AgentInstanceHandle:
        self._check_is_left()
        return self._enter(run_and_wait(self._register()))

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.__exit__(exc_type, exc, traceback)

    def _check_is_left(self) -> None:
        if self._handle is not None:
            raise RuntimeError("this instance has already been entered: call instance() again for each run")

    def _enter(self, handle: AgentInstanceHandle) -> AgentInstanceHandle:
        handle.__enter__()
        self._handle = handle
        return handle
