"""The states of a client, and its session. Each transition between two states is made by exactly one caller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from prefactor_core._delivery.ledger import DeliveryReport
from prefactor_core._process.fork import abandon
from prefactor_core._session.waiting import run_and_wait
from prefactor_core.exceptions import ClientAlreadyInitializedError, ClientClosedError, ClientNotInitializedError

if TYPE_CHECKING:
    from prefactor_core._session.session import Session

__all__ = ["LifeCycle", "State"]


class State(Enum):
    """The state of a client. The values are used in messages."""

    NEW = "not initialised"
    OPENING = "being initialised"
    OPEN = "initialised"
    CLOSING = "being closed"
    CLOSED = "closed"


# The state that a forked child begins in, where it differs from its parent's.
_IN_CHILD = {State.OPENING: State.NEW, State.CLOSING: State.CLOSED}


class LifeCycle:
    """The states of a client. Every method works from any thread and any event loop."""

    def __init__(self) -> None:
        # Reentrant: a session that ends at once calls back within `begin_close`.
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._open: Session | None = None  # the session if it is open, for the hot path
        self._state = State.NEW
        self._make_session: Callable[[], Session] | None = None

    @property
    def state(self) -> State:
        """The state of the client."""
        return self._state

    @property
    def session(self) -> Session | None:
        """The session, in any state."""
        return self._session

    def open_session(self) -> Session:
        """The session of an open client.

        Raises:
            ClientNotInitializedError: the client is not open yet. Its subclass ClientClosedError: it is closed.
        """
        session = self._open
        if session is not None:
            return session
        if self._state is State.OPEN:
            return self._reopen()
        if self._state in {State.CLOSING, State.CLOSED}:
            raise ClientClosedError("the client is closed")
        raise ClientNotInitializedError(
            "the client is not initialised: use `with` or `async with`, or call initialize() first"
        )

    async def open(self, make_session: Callable[[], Session]) -> None:
        """Open a session.

        Args:
            make_session: makes the session, and later a new one in a forked child that goes on with the open client.

        Raises:
            ClientAlreadyInitializedError: there is an open session.
            ClientClosedError: `close()` was called meanwhile.
        """
        session = self._enter_opening(make_session)
        try:
            await session.check()
        except BaseException:
            self._abort_opening(session)
            raise
        self._enter_open(session)

    def open_and_wait(self, make_session: Callable[[], Session]) -> None:
        """As `open`, in a function. Only the check runs on another thread: signals are handled by the main thread."""
        session = self._enter_opening(make_session)
        try:
            run_and_wait(session.check())
        except BaseException:
            self._abort_opening(session)
            raise
        self._enter_open(session)

    async def close(self, timeout: float | None) -> DeliveryReport:
        """Close the session, or wait until another caller has closed it, for `timeout` seconds at most.

        Every call returns the report of the session.
        """
        session = self._enter_closing(timeout)
        if session is None:
            return DeliveryReport()
        report = await session.close(timeout)
        self._enter_closed(session)
        session.after_close()
        return report

    def close_and_wait(self, timeout: float | None) -> DeliveryReport:
        """As `close`, in a function."""
        session = self._enter_closing(timeout)
        if session is None:
            return DeliveryReport()
        report = run_and_wait(session.close(timeout))
        self._enter_closed(session)
        session.after_close()
        return report

    def replace_session(self, session: Session, other: Session) -> None:
        """Use another session from now on, unless the client is not open with this one any more."""
        with self._lock:
            if self._is_current(session, State.OPEN):
                self._session = self._open = other

    def renew_after_fork(self) -> None:
        """In a forked child: abandon the parent's session. An open client stays open, and makes its own when used."""
        self._lock = threading.RLock()
        abandon(self._session)
        self._session = self._open = None
        self._state = _IN_CHILD.get(self._state, self._state)

    def _reopen(self) -> Session:
        """Make the session of an open client that was forked, unless another thread is just changing the state."""
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
                raise ClientAlreadyInitializedError(f"the client is already {self._state.value}")
            session = make_session()
            session.start()
            self._make_session = make_session
            self._session, self._state = session, State.OPENING
            return session

    def _enter_open(self, session: Session) -> None:
        with self._lock:
            if not self._is_current(session, State.OPENING):
                raise ClientClosedError("the client was closed while it was being initialised")
            session.begin()
            self._open, self._state = session, State.OPEN

    def _abort_opening(self, session: Session) -> None:
        with self._lock:
            if self._is_current(session, State.OPENING):  # otherwise `close()` ends it
                session.abort()
                self._session, self._state = None, State.NEW

    def _enter_closing(self, timeout: float | None) -> Session | None:
        with self._lock:
            session = self._session
            if session is None:
                if self._state is State.OPEN:  # a forked child that has not used the client
                    self._state = State.CLOSED
                return None
            if self._state in {State.OPENING, State.OPEN}:
                self._open, self._state = None, State.CLOSING
            is_closing = self._state is State.CLOSING
        if is_closing:  # without the lock: a signal handler may interrupt this, and close the client itself
            session.begin_close(timeout, lambda: self._enter_closed(session))
        return session

    def _enter_closed(self, session: Session) -> None:
        with self._lock:
            if self._is_current(session, State.CLOSING):
                self._state = State.CLOSED

    def _is_current(self, session: Session, state: State) -> bool:
        return self._session is session and self._state is state
