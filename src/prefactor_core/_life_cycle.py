"""Which session a client has, and how far it is: every step from one state to the next is taken by one caller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum

from prefactor_core import _fork
from prefactor_core._ledger import DeliveryReport
from prefactor_core._session import Session
from prefactor_core.exceptions import ClientAlreadyInitializedError, ClientClosedError, ClientNotInitializedError

__all__ = ["LifeCycle", "State"]


class State(Enum):
    """How far a client is; the value says it in words."""

    NEW = "not initialised"
    OPENING = "being initialised"
    OPEN = "initialised"
    CLOSING = "being closed"
    CLOSED = "closed"


# What a forked child makes of what its parent was doing.
_IN_CHILD = {State.OPENING: State.NEW, State.CLOSING: State.CLOSED}


class LifeCycle:
    """The states of a client. Every method works from any thread and any event loop."""

    def __init__(self) -> None:
        # Reentrant: a session that ends at once calls back while it is told to.
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._open: Session | None = None  # what the hot path reads
        self._state = State.NEW
        self._make_session: Callable[[], Session] | None = None

    @property
    def state(self) -> State:
        """How far the client is."""
        return self._state

    @property
    def session(self) -> Session | None:
        """The session, in any state."""
        return self._session

    def open_session(self) -> Session:
        """The session of an open client.

        Raises:
            ClientNotInitializedError: it is not open yet; ClientClosedError, which is one, when it is not any more.
        """
        session = self._open
        if session is not None:
            return session
        if self._state is State.OPEN:
            return self._reopen()
        if self._state in {State.CLOSING, State.CLOSED}:
            raise ClientClosedError("the client is closed")
        raise ClientNotInitializedError("use `async with` or initialize() first")

    async def open(self, make_session: Callable[[], Session]) -> None:
        """Open a session.

        Args:
            make_session: makes it; and another one in a forked child that goes on with the open client.

        Raises:
            ClientAlreadyInitializedError: there is one.
            ClientClosedError: `close()` was called meanwhile.
        """
        session = self._enter_opening(make_session)
        try:
            await session.check()
        except BaseException:
            self._give_up(session)
            raise
        self._enter_open(session)

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Close the session, or wait for who closes it, at most `timeout` seconds; its report, again and again."""
        session = self._enter_closing(timeout)
        if session is None:
            return DeliveryReport()
        report = await session.close(timeout)
        self._enter_closed(session)
        return report

    def renew_after_fork(self) -> None:
        """In a forked child: the session is the parent's. An open client stays open: its own is made when used."""
        self._lock = threading.RLock()
        _fork.abandon(self._session)
        self._session = self._open = None
        self._state = _IN_CHILD.get(self._state, self._state)

    def _reopen(self) -> Session:
        """The client is open, but has no session: it was forked. Or the state is just changing."""
        with self._lock:
            if self._session is None and self._state is State.OPEN and self._make_session is not None:
                session = self._make_session()
                session.start()
                session.begin()
                self._session = self._open = session
        return self.open_session()

    def _enter_opening(self, make_session: Callable[[], Session]) -> Session:
        with self._lock:
            if self._state not in {State.NEW, State.CLOSED}:
                raise ClientAlreadyInitializedError(f"the client is {self._state.value} already")
            session = make_session()
            session.start()
            self._make_session = make_session
            self._session, self._state = session, State.OPENING
            return session

    def _enter_open(self, session: Session) -> None:
        with self._lock:
            if not self._is(session, State.OPENING):
                raise ClientClosedError("the client was closed while it was initialised")
            session.begin()
            self._open, self._state = session, State.OPEN

    def _give_up(self, session: Session) -> None:
        with self._lock:
            if self._is(session, State.OPENING):  # otherwise close() ends it
                session.abort()
                self._session, self._state = None, State.NEW

    def _enter_closing(self, timeout: float | None) -> Session | None:
        with self._lock:
            session = self._session
            if session is not None and self._state in {State.OPENING, State.OPEN}:
                self._open, self._state = None, State.CLOSING
                session.begin_close(timeout, lambda: self._enter_closed(session))
            elif session is None and self._state is State.OPEN:  # a forked child has not used it
                self._state = State.CLOSED
            return session

    def _enter_closed(self, session: Session) -> None:
        with self._lock:
            if self._is(session, State.CLOSING):
                self._state = State.CLOSED

    def _is(self, session: Session, state: State) -> bool:
        return self._session is session and self._state is state
