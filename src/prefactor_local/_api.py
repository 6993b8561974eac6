"""The embedded API as an object: starts and stops the server, observes it, and controls it."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from prefactor_local._faults.fault import Fault
from prefactor_local._faults.plan import FaultPlan
from prefactor_local._operations.call import Call
from prefactor_local._operations.instances import instance_record
from prefactor_local._operations.operation import execute
from prefactor_local._operations.spans import schema_errors, span_record
from prefactor_local._operations.table import TERMINATE
from prefactor_local._operations.upgrade import compute_missing
from prefactor_local._server import admin
from prefactor_local._server.allowed_hosts import AllowedHosts
from prefactor_local._server.app import build_app
from prefactor_local._server.operation_thread import OperationThread
from prefactor_local._server.server_thread import ServerThread
from prefactor_local._server.view import view_app
from prefactor_local._server.view_access import ViewAccess
from prefactor_local._server.view_threads import ViewThreads
from prefactor_local._state.account import Account
from prefactor_local._state.callers import Caller
from prefactor_local._state.records import RecordedCall, RecordedRequest
from prefactor_local._state.settings import BulkMode, Settings, bulk_mode
from prefactor_local._state.store import WITHOUT_FILE, Store
from prefactor_local._view.reading import Reader
from prefactor_local._view.running_servers import RunningServer, announced
from prefactor_local._view.server_folders import described_folders
from prefactor_local._view.shapes import RunSummary

__all__ = ["LocalApi"]

logger = logging.getLogger("prefactor_local")

_TOLD = frozenset({"agent_instances/register", "agent_instances/finish", "agent_instances/terminate"})
_OWN_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - browsers refuse these
"""How a browser on this machine addresses a server that listens on every address."""


class LocalApi:
    """A Prefactor API on this machine, over a real socket, while its `with` or `async with` block runs.

    The server has its own thread and event loop. Every method may be called from any thread.

    Args:
        database: File that keeps the state, or `":memory:"`.
        strict_cancel: Whether cancelling an active instance or span is refused, as the API's documentation says;
            otherwise it is accepted.
        host: Address to listen on.
        port: Port to listen on; 0 for any free port.
        token: The account token to accept; default: a new one, kept with the database.
        keep_requests: Whether `requests` and `calls` are filled.
        faults: Faults to inject from the start.
        seed: Seed of the randomness in faults.
        refuse_ids: Whether a create request with an `id` from the client is refused (422 naming `id`).
        bulk: `"missing"`: the bulk endpoint answers 404; `"other_form"`: it executes the items but answers in a form
            that is not documented.
        allowed_hosts: Names under which clients address the server, besides those of loopback and `host`. Requests
            with another name in their header Host are refused (403), and so are requests of pages of other machines.
        view: Whether the server shows what was recorded in the browser, at `view_url`.
        announce: Whether other commands of this user, such as `prefactor-local show`, find the server and its viewer.
        on_run: Called with what the list of runs shows of a run, when it is registered and when it has ended, by the
            thread that executes operations: it must return soon, and raise nothing.

    Raises:
        OSError: The address cannot be used (on entry).
        ValueError: `bulk` has another value.
        sqlite3.Error: The file is not a database, or is one of another version of this package (on entry).
    """

    def __init__(
        self,
        *,
        database: str | Path = ":memory:",
        strict_cancel: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        keep_requests: bool = True,
        faults: Iterable[Fault] = (),
        seed: int = 0,
        refuse_ids: bool = False,
        bulk: BulkMode = "on",
        allowed_hosts: Iterable[str] = (),
        view: bool = True,
        announce: bool = False,
        on_run: Callable[[RunSummary], None] | None = None,
    ) -> None:
        self.requests: list[RecordedRequest] = []
        """The requests in order of arrival, whether or not they succeeded."""
        self.calls: list[RecordedCall] = []
        """The operations that were executed or refused, in that order: single requests and items of bulk requests.
        Without those that a fault answered."""
        self.violations: Counter[str] = Counter()
        """Violations of a run's life cycle, and uses of a key again with another body (`key_reused`), by name.

        `child_before_parent`, `parent_in_other_instance`, `span_create_before_instance_start`,
        `span_after_instance_finish`, `span_create_after_create`, `span_finish_before_create`,
        `span_finish_after_finish`, `span_finish_while_pending`, `span_finish_after_instance_finish`,
        `instance_create_after_create`, `instance_start_after_start`, `instance_finish_before_start`,
        `instance_finish_after_finish`, `quality_after_instance_finish`.

        Every arrival counts, except repetitions under a known key. Two creates without an `id` from the client and with
        different keys are two objects, not a violation. Operations on a terminated run are not violations.
        """
        self.replays: Counter[str] = Counter()
        """Numbers of repetitions under a known idempotency key, by operation, for example `agent_spans/create`."""
        self._database = database
        self._settings = Settings(strict_cancel=strict_cancel, refuse_ids=refuse_ids, bulk=bulk_mode(bulk))
        self._address = (host, port)
        self._hosts = AllowedHosts(host, allowed_hosts)
        self._given_token = token
        self._keep_requests = keep_requests
        self._view = view
        self._announce = announce and view
        self._on_run = on_run
        self._arrived = 0
        self._faults = FaultPlan(seed)
        for fault in faults:
            self._faults.add(fault)
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return f"<LocalApi {self.url if self._running else 'not running'}>"

    @property
    def url(self) -> str:
        """The URL of the server, for example `http://127.0.0.1:49152`."""
        return _url(self._address[0], self._current.port)

    @property
    def view_url(self) -> str:
        """The link that signs a browser in to the viewer of what was recorded. Whoever has it can read all of it.

        Raises:
            RuntimeError: There is none, because of `view=False`.
        """
        self._check_view()
        return self._current.here.view_url()

    def one_time_view_url(self, run_id: str = "") -> str:
        """A link for a program to start a browser with: other users of the machine see it, and it is valid only once.

        Args:
            run_id: The run that it leads to; default: all runs.

        Raises:
            RuntimeError: There is no viewer, because of `view=False`.
        """
        self._check_view()
        return self._current.here.view_url(run_id, code=self._current.access.new_code())

    def _check_view(self) -> None:
        if not self._view:
            raise RuntimeError("the embedded API has no viewer: it was made with view=False")

    @property
    def token(self) -> str:
        """The account token that is accepted."""
        return self._current.account.token

    def deployment_token(self, agent_id: str, environment_id: str | None = None) -> str:
        """A new token of one agent in one environment; default: the account's own environment."""
        account = self._current.account
        with account.store.transaction():
            return account.new_deployment_token(agent_id, environment_id)

    def instances(self) -> list[dict[str, Any]]:
        """The agent instances, in order of registration."""
        account = self._current.account
        with account.store.transaction(write=False):
            return [instance_record(account, row) for row in account.store.find_all("agent_instance")]

    def spans(self, instance_id: str | None = None) -> list[dict[str, Any]]:
        """The spans, of one instance or all, in order of arrival.

        Each is as in the API's answers, with `summary` (the rendered template) and `schema_errors`, a list of
        `{"part": "params" | "result" | "schema_name", "path": <JSON pointer>, "message": …}`.
        """
        account = self._current.account
        wanted = {} if instance_id is None else {"agent_instance_id": instance_id}
        with account.store.transaction(write=False):
            return [
                {**span_record(account, row), "schema_errors": schema_errors(account, row)}
                for row in account.store.find_all("agent_span", **wanted)
            ]

    def inject(self, fault: Fault) -> None:
        """Adds a fault for the next requests that match it. Earlier faults apply first."""
        self._faults.add(fault)

    def clear_faults(self) -> None:
        """Removes all pending faults. Requests that hang or are delayed are handled at once."""
        self._faults.clear()
        if self._running is not None:
            self._running.server.release()

    def pending_faults(self) -> list[tuple[Fault, int | None]]:
        """The faults that will still happen, in order, each with the number of times (None: no limit)."""
        return self._faults.pending()

    @property
    def refuse_ids(self) -> bool:
        """Whether a create request with an `id` from the client is refused. May be set while the server runs."""
        return self._settings.refuse_ids

    @refuse_ids.setter
    def refuse_ids(self, refuse: bool) -> None:
        self._settings.refuse_ids = refuse

    @property
    def bulk(self) -> BulkMode:
        """How the bulk endpoint answers. May be set while the server runs."""
        return self._settings.bulk

    @bulk.setter
    def bulk(self, mode: BulkMode) -> None:
        self._settings.bulk = bulk_mode(mode)

    def go_away(self) -> None:
        """Refuses connections and resets the open ones, until `come_back()`. The state is kept.

        Requests that wait because of a fault are dropped without being handled.
        """
        self._current.server.go_away()

    def come_back(self) -> None:
        """Listens again, on the same port."""
        self._current.server.come_back()

    def away_for(self, seconds: float) -> None:
        """Refuses connections for so many seconds, as after `go_away()`. Returns at once."""
        self._current.server.go_away(seconds)

    @contextmanager
    def away(self) -> Iterator[None]:
        """A block in which the server refuses connections, as between `go_away()` and `come_back()`."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    def report(self) -> dict[str, Any]:
        """The number of requests, the violations and replays, and the numbers of instances and spans by status."""
        store = self._current.account.store
        with store.transaction(write=False):
            instances, spans = store.count_by_status("agent_instance"), store.count_by_status("agent_span")
        return {
            "requests": self._arrived,
            "violations": dict(self.violations),
            "replays": dict(self.replays),
            "instances": instances,
            "spans": spans,
        }

    def reset_counters(self) -> None:
        """Clears requests, calls, violations and replays. Instances and spans stay."""
        self._arrived = 0
        for log in (self.requests, self.calls, self.violations, self.replays):
            log.clear()

    def terminate(self, instance_id: str, reason: str) -> None:
        """Terminates an active instance, as people do on the Prefactor platform.

        Raises:
            LocalApiError: There is no such instance (404), or it is not active (409).
        """
        call = Call(Caller(), instance_id, {"reason": reason})
        execute(self._current.account, TERMINATE, call)
        self._tell_of_run(self._current.reader, TERMINATE.name, instance_id)

    def __enter__(self) -> Self:
        if self._running is not None:
            raise RuntimeError("the embedded API is already running")
        store = Store(self._database)
        try:
            self._running = self._start(store)
        except BaseException:
            store.close()
            raise
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        running, self._running = self._current, None
        try:
            running.announcement.close()
            running.server.stop()
        finally:
            running.account.renderer.stop()
            running.threads.close()
            running.operations.close()
            running.account.store.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, exc_type, exc, traceback)

    @property
    def _current(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the embedded API is not running: use it in a `with` or `async with` block")
        return self._running

    def _start(self, store: Store) -> _Running:
        reader = Reader(store)
        account = Account(
            store,
            self._given_token,
            settings=self._settings,
            violations=self.violations,
            replays=self.replays,
            record=partial(self._record_call, reader),
        )
        compute_missing(account)
        operations, threads = OperationThread(), ViewThreads()
        access = ViewAccess(account.view_token, self._hosts)
        view = partial(view_app, reader, access, database=str(self._database), operations=operations, threads=threads)
        build = partial(
            build_app,
            account,
            self._faults,
            self._record_request,
            admin.routes(self),
            hosts=self._hosts,
            operations=operations,
            keep_bodies=self._keep_requests,
            view=view() if self._view else None,
        )
        server = ServerThread(build, *self._address)
        try:
            port = server.start()
        except BaseException:
            threads.close()
            operations.close()
            raise
        here, announcement = self._here(account, port), ExitStack()
        if self._announce and announcement.enter_context(announced(here)) is None:
            logger.warning("other commands do not find this server: it can write to none of %s", described_folders())
        return _Running(account, reader, operations, threads, server, port, here, access, announcement)

    def _here(self, account: Account, port: int) -> RunningServer:
        host, database = self._address[0], str(self._database)
        return RunningServer(
            url=_url(_OWN_ADDRESS.get(host, host), port),
            token=account.view_token,
            pid=os.getpid(),
            database=database if database in WITHOUT_FILE else str(Path(database).absolute()),
            started_at=time.time(),
        )

    def _record_call(self, reader: Reader, call: RecordedCall) -> None:
        if self._keep_requests:
            self.calls.append(call)
        if call.code is None and not call.replay:
            self._tell_of_run(reader, call.name, call.target)

    def _tell_of_run(self, reader: Reader, operation: str, run_id: str) -> None:
        """Calls `on_run` if an operation has registered or ended a run."""
        if self._on_run is None or operation not in _TOLD:
            return
        try:
            self._on_run(reader.summary(run_id))
        except Exception:
            # The operation is done: that nobody is told is no reason to answer with an error.
            logger.exception("cannot tell of a run")

    def _record_request(self, request: RecordedRequest) -> None:
        self._arrived += 1
        if self._keep_requests:
            self.requests.append(request)


class _Running(NamedTuple):
    account: Account
    reader: Reader
    operations: OperationThread
    threads: ViewThreads
    server: ServerThread
    port: int
    here: RunningServer
    access: ViewAccess
    announcement: ExitStack


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
