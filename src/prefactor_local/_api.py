"""The embedded API as an object: start it, look into it, make it fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from prefactor_local import _instances, _spans
from prefactor_local._admin import routes
from prefactor_local._app import build
from prefactor_local._faults import Fault, FaultPlan
from prefactor_local._operations import TERMINATE, carry_out
from prefactor_local._platform import Call, Caller, Platform
from prefactor_local._requestlog import RecordedCall, RecordedRequest
from prefactor_local._server import ServerThread
from prefactor_local._settings import BulkMode, Settings, bulk_mode
from prefactor_local._store import Store

__all__ = ["LocalApi"]


class LocalApi:
    """A Prefactor API on this machine, over a real socket, while its `with` or `async with` block runs.

    The server has a thread and an event loop of its own; every method may be called from any thread.

    Args:
        database: file that keeps the state, or `":memory:"`.
        strict_cancel: refuse to cancel what is active, as the API's pages say; otherwise it is accepted.
        host: address to listen on.
        port: 0 for any free one.
        token: the account token to accept; by default one is made, and kept with the database.
        keep_requests: whether `requests` and `calls` are filled.
        faults: injected from the start.
        seed: of the randomness in faults.
        refuse_ids: refuse what a client creates with an `id` of its own (422 naming `id`).
        bulk: `"missing"`: the bulk endpoint answers 404; `"other_form"`: it carries out the items and answers in a
            form that is not the documented one.

    Raises:
        OSError: the address cannot be used (on entry).
        ValueError: `bulk` is none of these.
        sqlite3.Error: the file is no database, or one of another version of this package (on entry).
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
    ) -> None:
        self.requests: list[RecordedRequest] = []
        """What arrived, in order, whatever became of it."""
        self.calls: list[RecordedCall] = []
        """The operations that were carried out or refused, requests and items of bulk requests alike, in that order.
        What a fault answered is not among them."""
        self.violations: Counter[str] = Counter()
        """Breaches of a run's life cycle, and a key that was used again with another body (`key_reused`), by name.

        `child_before_parent`, `parent_in_other_instance`, `span_create_before_instance_start`,
        `span_after_instance_finish`, `span_create_after_create`, `span_finish_before_create`,
        `span_finish_after_finish`, `span_finish_while_pending`, `span_finish_after_instance_finish`,
        `instance_create_after_create`, `instance_start_after_start`, `instance_finish_before_start`,
        `instance_finish_after_finish`, `quality_after_instance_finish`. Each arrival counts, a repetition under a known
        key does not. What is created twice without an `id` of the client and under different keys cannot be told from
        two things; a run that was terminated may go on without breach.
        """
        self.replays: Counter[str] = Counter()
        """Repetitions under a known idempotency key, by operation, for example `agent_spans/create`."""
        self._database = database
        self._settings = Settings(strict_cancel=strict_cancel, refuse_ids=refuse_ids, bulk=bulk_mode(bulk))
        self._address = (host, port)
        self._given_token = token
        self._keep_requests = keep_requests
        self._arrived = 0
        self._faults = FaultPlan(seed)
        for fault in faults:
            self._faults.add(fault)
        self._running: _Running | None = None

    def __repr__(self) -> str:
        return f"<LocalApi {self.url if self._running else 'not running'}>"

    @property
    def url(self) -> str:
        """Where it listens, for example `http://127.0.0.1:49152`."""
        host, port = self._address[0], self._now.port
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def token(self) -> str:
        """The account token that it accepts."""
        return self._now.platform.token

    def deployment_token(self, agent_id: str, environment_id: str | None = None) -> str:
        """A new token of one agent in one environment (None for the account's own one)."""
        platform = self._now.platform
        with platform.store.transaction():
            return platform.new_deployment_token(agent_id, environment_id)

    def instances(self) -> list[dict[str, Any]]:
        """The agent instances, in order of registration."""
        platform = self._now.platform
        with platform.store.transaction():
            return [_instances.instance_record(platform, row) for row in platform.store.every("agent_instance")]

    def spans(self, instance_id: str | None = None) -> list[dict[str, Any]]:
        """The spans, of one instance or all, in order of arrival.

        Each is as the API shows it, with `summary` (the rendered template) and `schema_errors`, a list of
        `{"part": "params" | "result" | "schema_name", "path": <JSON pointer>, "message": …}`.
        """
        platform = self._now.platform
        wanted = {} if instance_id is None else {"agent_instance_id": instance_id}
        with platform.store.transaction():
            return [
                {**_spans.span_record(platform, row), "schema_errors": _spans.schema_errors(platform, row)}
                for row in platform.store.every("agent_span", **wanted)
            ]

    def inject(self, fault: Fault) -> None:
        """Let a fault happen to the next requests that match it, after those that were injected before."""
        self._faults.add(fault)

    def clear_faults(self) -> None:
        """Forget all faults that have not happened yet, and let requests that hang or are delayed go on."""
        self._faults.clear()
        if self._running is not None:
            self._running.server.release()

    def pending_faults(self) -> list[tuple[Fault, int | None]]:
        """The faults that are still to happen, in order, each with how often (None: always)."""
        return self._faults.waiting()

    @property
    def refuse_ids(self) -> bool:
        """Whether it refuses what a client creates with an `id` of its own. May be set while it runs."""
        return self._settings.refuse_ids

    @refuse_ids.setter
    def refuse_ids(self, refuse: bool) -> None:
        self._settings.refuse_ids = refuse

    @property
    def bulk(self) -> BulkMode:
        """How the bulk endpoint answers. May be set while it runs."""
        return self._settings.bulk

    @bulk.setter
    def bulk(self, mode: BulkMode) -> None:
        self._settings.bulk = bulk_mode(mode)

    def go_away(self) -> None:
        """Refuse connections and reset those that are open, until come_back(). The state is kept.

        Requests in progress are dropped unhandled if they are waiting for a fault.
        """
        self._now.server.go_away()

    def come_back(self) -> None:
        """Listen again, on the same port."""
        self._now.server.come_back()

    def away_for(self, seconds: float) -> None:
        """Go away, and come back after so many seconds. Does not wait for that."""
        self._now.server.go_away(seconds)

    @contextmanager
    def away(self) -> Iterator[None]:
        """A block in which it is away."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    def report(self) -> dict[str, Any]:
        """Number of requests, violations, replays, and numbers of instances and spans by status."""
        store = self._now.platform.store
        with store.transaction():
            instances, spans = store.count_by_status("agent_instance"), store.count_by_status("agent_span")
        return {
            "requests": self._arrived,
            "violations": dict(self.violations),
            "replays": dict(self.replays),
            "instances": instances,
            "spans": spans,
        }

    def reset_counters(self) -> None:
        """Forget requests, calls, violations and replays. Instances and spans stay."""
        self._arrived = 0
        for log in (self.requests, self.calls, self.violations, self.replays):
            log.clear()

    def terminate(self, instance_id: str, reason: str) -> None:
        """Stop an active instance, as people do on the platform.

        Raises:
            LocalApiError: there is no such instance (404), or it is not active (409).
        """
        call = Call(Caller(), instance_id, {"reason": reason})
        carry_out(self._now.platform, TERMINATE, call)

    def __enter__(self) -> Self:
        if self._running is not None:
            raise RuntimeError("the embedded API is running already")
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
        running, self._running = self._now, None
        try:
            running.server.stop()
        finally:
            running.platform.store.close()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, exc_type, exc, traceback)

    @property
    def _now(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the embedded API is not running: use it in a `with` or `async with` block")
        return self._running

    def _start(self, store: Store) -> _Running:
        platform = Platform(
            store,
            self._given_token,
            settings=self._settings,
            violations=self.violations,
            replays=self.replays,
            record=self._record_call,
        )
        admin = routes(self, platform.caller)
        server = ServerThread(partial(build, platform, self._faults, self._record, admin), *self._address)
        return _Running(platform, server, server.start())

    def _record_call(self, call: RecordedCall) -> None:
        if self._keep_requests:
            self.calls.append(call)

    def _record(self, request: RecordedRequest) -> None:
        self._arrived += 1
        if self._keep_requests:
            self.requests.append(request)


class _Running(NamedTuple):
    platform: Platform
    server: ServerThread
    port: int
