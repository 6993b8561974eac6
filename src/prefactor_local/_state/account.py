"""One account: its data, IDs, tokens, settings and counters. All operations work on it."""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b

from prefactor_http import _pfid
from prefactor_local._protocol.errors import (
    bad_authtoken,
    conflict,
    invalid_action,
    storage_failed,
    unauthorized,
    validation_errors,
)
from prefactor_local._protocol.strings import format_timestamp
from prefactor_local._state.callers import Caller
from prefactor_local._state.damage import damage_reported
from prefactor_local._state.life_cycle import Verdict
from prefactor_local._state.records import RecordedCall
from prefactor_local._state.renderer import Renderer
from prefactor_local._state.settings import Settings
from prefactor_local._state.store import Record, Store

__all__ = ["Account"]

logger = logging.getLogger("prefactor_local")


class Account:
    """One account with its data.

    Args:
        store: The data.
        token: The account token; default: the stored one, which is generated with the database.
        settings: How operations behave.
        violations: Counts violations of a run's life cycle, by name.
        replays: Counts repetitions that got the first answer again, by operation.
        record: Called with every operation that was executed or refused.

    Attributes:
        renderer: Renders display templates.
        view_token: The token of the viewer. It is kept with the database, so that pages go on after a new start.
        schema_versions: A cache, by ID; schema versions never change.
    """

    def __init__(
        self,
        store: Store,
        token: str | None,
        *,
        settings: Settings,
        violations: Counter[str],
        replays: Counter[str],
        record: Callable[[RecordedCall], None],
    ) -> None:
        self.store = store
        self.settings = settings
        self.violations = violations
        self.replays = replays
        self.record = record
        self.renderer = Renderer()
        self._callers: dict[str, Caller] = {}  # by token; tokens are never revoked
        self._storage_problem = ""
        self.schema_versions: dict[str, Record] = {}
        with store.transaction(), damage_reported():
            self.partition = int(store.get_or_store("partition", str(_pfid.random_partition())))
            self.id = store.get_or_store("account_id", self.new_id())
            self.default_environment_id = store.get_or_store("environment_id", self.new_id())
            self.token = token or store.get_or_store("token", f"local-{secrets.token_urlsafe(24)}")
            self.view_token = store.get_or_store("view_token", secrets.token_urlsafe(24))

    def now(self) -> str:
        return format_timestamp(datetime.now(UTC))

    def new_id(self) -> str:
        return _pfid.generate(self.partition)

    def claim_id(self, table: str, wanted: str | None, violation: str | None = None) -> str:
        """The ID that the client chose, or a new one.

        Args:
            table: The table that the ID is for.
            wanted: The client's ID.
            violation: Counted if the ID is taken.

        Raises:
            LocalApiError: 422 naming `id`: it is not an ID of this account, or clients may not choose IDs. 409
                `conflict`: it is taken. The two differ so that a client can tell a repetition from an ID that is never
                accepted.
        """
        if wanted is None:
            return self.new_id()
        if self.settings.refuse_ids:
            raise validation_errors({"id": ["must not be given"]})
        self.check_id("id", wanted)
        if self.store.exists(table, id=wanted):
            self.violations.update([violation] if violation else [])
            raise conflict(f"An {table.replace('_', ' ')} with this id already exists.")
        return wanted

    def check_id(self, name: str, value: str) -> None:
        """Checks that the value of a field is an ID of this account.

        Raises:
            LocalApiError: 422 naming the field: it is not.
        """
        partition = _pfid.partition_of(value)
        if partition is None:
            raise validation_errors({name: ["is not a valid id"]})
        if partition != self.partition:
            raise validation_errors({name: ["belongs to another partition"]})

    def apply(self, verdict: Verdict) -> None:
        """Counts the violations of a verdict.

        Raises:
            LocalApiError: 409 `invalid_action`: the verdict is a refusal.
        """
        self.violations.update(verdict.violations)
        if verdict.refusal is not None:
            raise invalid_action(verdict.refusal)

    def known_caller(self, authorization: str | None) -> Caller | None:
        """As `caller`, if it can be said without the database; else None."""
        token = _bearer_token(authorization)
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return Caller()
        return self._callers.get(token)

    def caller(self, authorization: str | None) -> Caller:
        """The owner of the token in an Authorization header.

        Raises:
            LocalApiError: 401: there is no token, or it is unknown.
        """
        known, token = self.known_caller(authorization), _bearer_token(authorization)
        if known is not None:
            return known
        with self.transaction(write=False):
            scoped = self.store.find("token", token=token)
        if scoped is None:
            raise bad_authtoken()
        token_id = blake2b(token.encode(), digest_size=16).hexdigest()
        self._callers[token] = Caller(scoped["agent_id"], scoped["environment_id"], token_id)
        return self._callers[token]

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[None]:
        """A transaction of the store, for a request.

        Raises:
            LocalApiError: 503: SQLite cannot read or write, because the disk is full, for example. It is logged once
                for each reason, until something can be written.
        """
        try:
            with self.store.transaction(write=write):
                yield
        except sqlite3.DatabaseError as error:
            if type(error) not in {sqlite3.OperationalError, sqlite3.DatabaseError}:
                raise  # a bug
            if str(error) != self._storage_problem:
                logger.error("the database cannot be used: %s", error)
            self._storage_problem = str(error)
            raise storage_failed(str(error)) from None
        if write:
            self._storage_problem = ""

    def new_deployment_token(self, agent_id: str, environment_id: str | None) -> str:
        """A token of one agent in one environment; default: the account's own environment."""
        token = f"local-deployment-{secrets.token_urlsafe(24)}"
        environment = environment_id or self.default_environment_id
        self.store.insert("token", token=token, agent_id=agent_id, environment_id=environment)
        return token


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("An Authorization header with a Bearer token is required.")
    return token
