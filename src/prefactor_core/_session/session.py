"""A session exists between `initialize()` and `close()`: it holds the connections and the delivery."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import weakref
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakMethod

from prefactor_core._delivery.delivery import Delivery
from prefactor_core._delivery.ledger import DeliveryReport, Ledger
from prefactor_core._delivery.sender import Sender
from prefactor_core._log_once import LogOnce
from prefactor_core._process import sigterm
from prefactor_core._process.exit import drain_at_exit, forget
from prefactor_core._records.records import InstanceRecord
from prefactor_core._records.span_index import SpanIndex
from prefactor_core._session.registration import Registrar, Registration, may_start_without_api
from prefactor_core.config import PrefactorCoreConfig
from prefactor_core.exceptions import ClientClosedError
from prefactor_core.operations import Operation
from prefactor_core.queue import Queue, QueueClosedError
from prefactor_http._log import logger_of
from prefactor_http._transport import import_for
from prefactor_http.client import PrefactorHttpClient
from prefactor_http.endpoints.instance_writes import InstanceReceipt, InstanceWrites
from prefactor_http.exceptions import PrefactorConnectionError, PrefactorHttpError

if TYPE_CHECKING:
    from prefactor_core._spool.spool import Spool

__all__ = ["ApiSession", "Session"]

T = TypeVar("T")

# With `require_api_at_start=False`: how long the agent waits for the check of the token.
_START_SECONDS = 5.0
# More than a registration takes. The delivery thread may wait for a lock of the caller, if that is a signal handler.
_REGISTER_SECONDS = 1.5

logger = logger_of("prefactor_core")
_log_once = LogOnce()


class Session(Protocol):
    """What a client needs between `initialize()` and `close()`.

    The order of calls: `start`, `check`, `begin`, then `begin_close`, `close` and `after_close`; after a failed check,
    `abort`.
    """

    def start(self) -> None:
        """Start what `check` needs."""
        ...

    async def check(self) -> None:
        """Check that the session can be used.

        Raises:
            PrefactorHttpError: the API refuses the token, or does not answer while `require_api_at_start`.
            ClientClosedError: the session was closed meanwhile.
        """
        ...

    def begin(self) -> None:
        """Begin to deliver."""
        ...

    def abort(self) -> None:
        """End a session whose check has failed."""
        ...

    async def register(self, registration: Registration) -> str | None:
        """Register an agent instance, and wait for the answer for a second at most.

        Returns:
            Its id; None if the API does not answer in time. The caller then hands over the registration for delivery.

        Raises:
            PrefactorHttpError: the API refuses the instance.
            ClientClosedError: the session was closed meanwhile.
        """
        ...

    def hand_over(self, operation: Operation) -> None:
        """Accept an operation for delivery; never waits."""
        ...

    def refuse_other_threads(self) -> None:
        """Drop what other threads hand over from now on: the process ends, and this thread finishes the open runs."""
        ...

    def mints_ids(self) -> bool:
        """Whether the client generates span ids at the moment; otherwise the API does."""
        ...

    async def fetch(self, instance_id: str) -> InstanceReceipt:
        """An agent instance as the API has it. Runs on the delivery thread."""
        ...

    def use_header(self, sdk_header: str) -> None:
        """Send another X-Prefactor-SDK header from now on."""
        ...

    async def flush(self, timeout: float | None) -> DeliveryReport:
        """Wait until the operations that wait are delivered, for `timeout` seconds at most."""
        ...

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:
        """Begin to close: accept no more operations, and deliver those that wait.

        Args:
            timeout: seconds that delivery takes at most; None for `QueueConfig.close_timeout`.
            closed: called at the end.
        """
        ...

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Wait until the session is closed, for `timeout` seconds at most. `begin_close` comes first."""
        ...

    def after_close(self) -> None:
        """Undo what only the thread of the program can undo."""
        ...


class ApiSession:
    """A session with the API, as `Session` describes it.

    Args:
        config: the client's configuration.
        http: sends the requests; its connections are closed with the session.
        queue: a queue of the program's own.
        ledger: counts the operations.
        spans: the spans that can be found by id.
        on_registered: called with the record and the id of an instance whose queued registration was delivered.
        on_control: called with the instance's id and the reason when an answer says that it was terminated.
        background: a coroutine function that runs on the delivery thread while the session is open.
        owner: the client. When it is garbage-collected, the session is closed. So delivery must keep no reference to
            it, nor must `on_registered`, `on_control` and the coroutine.
        fail_open_runs: finishes the open runs as failed, when the process is about to be ended.

    Raises:
        QueueClosedError: the program's queue is closed.
    """

    def __init__(
        self,
        config: PrefactorCoreConfig,
        http: PrefactorHttpClient,
        queue: Queue[Operation] | None,
        *,
        ledger: Ledger,
        spans: SpanIndex,
        on_registered: Callable[[InstanceRecord, str], None],
        on_control: Callable[[str, str | None], None],
        background: Callable[[], Coroutine[Any, Any, None]],
        owner: object,
        fail_open_runs: WeakMethod[Callable[[str], None]],
    ) -> None:
        if queue is not None and queue.closed:
            raise QueueClosedError("the queue that the client was given is closed")
        self._config = config
        self._may_mint_ids = config.queue_config.span_ids == "auto"
        self._background = background
        self._owner = weakref.ref(owner)
        self._finalizer: weakref.finalize[Any, Any] | None = None
        self._fail_open_runs = fail_open_runs
        self._handles_sigterm = False
        self._only_thread: int | None = None
        self._http = http
        import_for(config.http_config)
        self._sender = Sender(http, spans, on_registered=on_registered, on_control=on_control)
        self._delivery = Delivery(
            config.queue_config,
            self._sender,
            ledger,
            request_timeout=config.http_config.request_timeout,
            on_error=config.on_error,
            queue=queue,
            spool=_new_spool(config),
        )
        self._registrar = Registrar(http, lambda: self._delivery.successes)

    def start(self) -> None:
        self._delivery.start()

    async def check(self) -> None:
        """Check the token: with retries if the API is required, else once, with a time limit."""
        try:
            if self._config.require_api_at_start:
                await self._delivery.call(self._http.validate_token())
            else:
                await self._delivery.call(_with_time_limit(self._sender.http.validate_token()))
        except PrefactorHttpError as error:
            if self._config.require_api_at_start or not may_start_without_api(error):
                raise
            logger.log(
                logging.ERROR if error.from_gateway else logging.WARNING,  # the address may be wrong
                "the API is unavailable, the client starts without it: %s (operations are kept, and sent when it is "
                "available)",
                error,
            )

    def begin(self) -> None:
        self._delivery.begin(self._background)
        drain_at_exit(self._delivery, self._fail_open_runs)
        if self._config.drain_on_sigterm is not False:
            sigterm.install(before_handlers=self._config.drain_on_sigterm is True)
            self._handles_sigterm = True
        if (owner := self._owner()) is not None:
            self._finalizer = weakref.finalize(
                owner, _owner_is_gone, self._delivery, os.getpid(), self._handles_sigterm
            )
            self._finalizer.atexit = False  # the end of the process drains every delivery

    def abort(self) -> None:
        self._delivery.abort()

    async def register(self, registration: Registration) -> str | None:
        if self._delivery.ends_with_process or self._delivery.paused or not self._registrar.expects_answer():
            return None
        try:
            return await self._delivery.call(self._registrar.register(registration), _REGISTER_SECONDS)
        except TimeoutError:
            return None
        except ClientClosedError:
            if not self._delivery.ends_with_process:
                raise
            return None  # as in `hand_over()`

    async def fetch(self, instance_id: str) -> InstanceReceipt:
        return await InstanceWrites(self._sender.http).get(instance_id)

    def hand_over(self, operation: Operation) -> None:
        if self._only_thread is not None and self._only_thread != threading.get_ident():
            self._delivery.drop(operation)
            return
        try:
            self._delivery.submit(operation)
        except QueueClosedError:
            if not self._delivery.ends_with_process:
                raise
            self._delivery.drop(operation)  # the program has not closed its client, and must not get an error

    def refuse_other_threads(self) -> None:
        self._only_thread = threading.get_ident()

    def mints_ids(self) -> bool:
        return self._may_mint_ids and self._delivery.mints_ids

    def use_header(self, sdk_header: str) -> None:
        self._http.sdk_header = sdk_header

    async def flush(self, timeout: float | None) -> DeliveryReport:
        return await self._delivery.flush(timeout)

    def begin_close(self, timeout: float | None, closed: Callable[[], None]) -> None:
        if self._finalizer is not None:
            self._finalizer.detach()
        done = self._delivery.begin_close(timeout)
        done.add_done_callback(lambda _: forget(self._delivery))
        done.add_done_callback(lambda _: closed())

    async def close(self, timeout: float | None) -> DeliveryReport:
        return await self._delivery.close(timeout)

    def after_close(self) -> None:
        if self._handles_sigterm:
            self._handles_sigterm = False
            sigterm.uninstall()


def _new_spool(config: PrefactorCoreConfig) -> Spool | None:
    queue = config.queue_config
    if queue.spool is None:
        return None
    # Imported here, since most programs have none.
    from prefactor_core._spool.files import about  # noqa: PLC0415
    from prefactor_core._spool.spool import Spool  # noqa: PLC0415

    described = about(config.http_config.api_url, config.http_config.api_token)
    return Spool(_absolute(queue.spool), described, max_bytes=queue.spool_max_bytes, sync=queue.spool_sync)


def _absolute(path: Path | str) -> Path:
    """The directory that a path names now: the program may change its working directory."""
    directory = os.path.expanduser(path)  # unlike Path.expanduser(), it does not raise without a home
    with contextlib.suppress(OSError):  # the working directory is gone
        directory = os.path.abspath(directory)
    return Path(directory)


def _owner_is_gone(delivery: Delivery, process: int, handles_sigterm: bool) -> None:
    """Close a session whose client was not closed. The garbage collector calls this inside of any code: do not wait."""
    if os.getpid() == process:  # not in a forked child, which leaves the delivery of its parent alone
        delivery.call_soon(partial(_close_session, delivery, handles_sigterm))


def _close_session(delivery: Delivery, handles_sigterm: bool) -> None:
    if _log_once("garbage"):
        logger.info(
            "a client that was not closed is garbage: it is closed when what waits is delivered (further ones are not "
            "logged)"
        )
    closing = delivery.begin_close(None)
    closing.add_done_callback(lambda _: forget(delivery))
    if handles_sigterm:
        closing.add_done_callback(lambda _: sigterm.uninstall())


async def _with_time_limit(request: Coroutine[Any, Any, T]) -> T:
    try:
        async with asyncio.timeout(_START_SECONDS):
            return await request
    except TimeoutError as error:
        raise PrefactorConnectionError(f"no answer within {_START_SECONDS:g} s") from error
