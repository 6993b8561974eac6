"""What a call that hands something over returns: an awaitable that has nothing to wait for, as a rule.

So one method serves both kinds of programs: `span.start(…)` in a function, and `await span.start(…)` in a coroutine.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, TypeAlias, TypeVar

if sys.version_info < (3, 12):
    import asyncio  # takes long to import, and what declares span types needs it for nothing else

__all__ = ["DONE", "Answer", "Done", "Handed", "awaitable_method"]

F = TypeVar("F", bound=Callable[..., object])

# Both are coroutines, so that what takes coroutines (`create_task`, `gather`, `run_coroutine_threadsafe`) takes them.
# Neither inherits from the other, and signatures name their union: type checkers report a call of a function that
# returns a coroutine, or a subclass of it, and is not awaited. They do not report one that returns such a union.


class Done(Coroutine[Any, Any, None]):
    """A coroutine that is done. It can be awaited any number of times, or not at all."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, None]:
        return
        yield

    def send(self, _value: Any, /) -> Any:
        raise StopIteration

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        raise _raised(typ, val, tb)

    def close(self) -> None:
        pass


class Answer(Coroutine[Any, Any, None]):
    """A coroutine that waits for an answer of the API. If it is not awaited, the answer is used when it comes.

    Args:
        wait: returns a coroutine that waits. It is called at the first step, so none is left that was never awaited.
    """

    __slots__ = ("_running", "_wait")

    def __init__(self, wait: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._wait = wait
        self._running: Coroutine[Any, Any, None] | None = None

    def __await__(self) -> Generator[Any, Any, None]:
        return self._wait().__await__()

    def send(self, value: Any, /) -> Any:
        if self._running is None:
            self._running = self._wait()
        return self._running.send(value)

    def throw(self, typ: Any, val: Any = None, tb: Any = None, /) -> Any:
        error = _raised(typ, val, tb)
        if self._running is None:
            raise error
        return self._running.throw(error)

    def close(self) -> None:
        if self._running is not None:
            self._running.close()


Handed: TypeAlias = Done | Answer
"""What a call that hands over returns. `await` it in a coroutine; in a function, leave it."""

DONE: Final = Done()


def awaitable_method(function: F) -> F:
    """Mark a function that returns an awaitable as a coroutine function, as it is documented.

    `asyncio.iscoroutinefunction` says so then, and mocks that are made of its class are awaitable.
    """
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function


def _raised(typ: Any, val: Any, tb: Any) -> BaseException:
    """The exception that the arguments of `Coroutine.throw` stand for."""
    error: BaseException = typ() if isinstance(typ, type) and val is None else typ if val is None else val
    return error if tb is None else error.with_traceback(tb)
