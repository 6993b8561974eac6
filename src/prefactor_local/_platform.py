"""What all operations of one embedded API share: its store, clock, IDs, tokens, rules and counters."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prefactor_http import _pfid
from prefactor_local._errors import bad_authtoken, conflict, invalid_action, unauthorized, validation_errors
from prefactor_local._lifecycle import Verdict
from prefactor_local._requestlog import RecordedCall
from prefactor_local._requests import timestamp
from prefactor_local._settings import Settings
from prefactor_local._store import Record, Store

__all__ = ["Call", "Caller", "Platform"]


@dataclass(frozen=True)
class Caller:
    """Who asks: an account token (both None), or a token of one agent in one environment."""

    agent_id: str | None = None
    environment_id: str | None = None

    @property
    def is_account(self) -> bool:
        return self.agent_id is None

    def may_see(self, agent_id: str) -> bool:
        return self.agent_id in {None, agent_id}


@dataclass(frozen=True)
class Call:
    """One request to an operation.

    Attributes:
        target: the ID in the path, of the thing that the operation is about.
        bulk: it is an item of a bulk request.
    """

    caller: Caller
    target: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    bulk: bool = False


class Platform:
    """One account with its data.

    Args:
        token: the account token; None for the stored one, made with the database.
        violations: counts breaches of a run's life cycle, by name.
        replays: counts repetitions that were given the first answer again, by operation.
        record: is given every operation that was carried out or refused.

    Attributes:
        schema_versions: by ID, those in use. They never change.
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
        self.schema_versions: dict[str, Record] = {}
        with store.transaction():
            self.partition = int(store.setting("partition", str(_pfid.random_partition())))
            self.account_id = store.setting("account_id", self.new_id())
            self.default_environment_id = store.setting("environment_id", self.new_id())
            self.token = token or store.setting("token", f"local-{secrets.token_urlsafe(24)}")

    def now(self) -> str:
        return timestamp(datetime.now(UTC))

    def new_id(self) -> str:
        return _pfid.generate(self.partition)

    def claim_id(self, table: str, wanted: str | None, violation: str | None = None) -> str:
        """The ID that a client assigned in advance, or a new one. `violation` is counted if it is taken.

        Raises:
            LocalApiError: 422 naming `id` if it is no ID of this account, or if none may be given; 409 `conflict`
                if it is taken. The two differ so that a client can tell a repetition from an ID that is never accepted.
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
        """Raises LocalApiError (422) naming the field if the value is no ID of this account."""
        partition = _pfid.partition_of(value)
        if partition is None:
            raise validation_errors({name: ["is not a valid id"]})
        if partition != self.partition:
            raise validation_errors({name: ["belongs to another partition"]})

    def apply(self, verdict: Verdict) -> None:
        """Count the violations. Raises LocalApiError (409 `invalid_action`) if the verdict is a refusal."""
        self.violations.update(verdict.violations)
        if verdict.refusal is not None:
            raise invalid_action(verdict.refusal)

    def caller(self, authorization: str | None) -> Caller:
        """Who a request's Authorization header stands for. Raises LocalApiError (401)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("An Authorization header with a Bearer token is required.")
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return Caller()
        with self.store.transaction():
            scoped = self.store.one("token", token=token)
        if scoped is None:
            raise bad_authtoken()
        return Caller(scoped["agent_id"], scoped["environment_id"])

    def new_deployment_token(self, agent_id: str, environment_id: str | None) -> str:
        token = f"local-deployment-{secrets.token_urlsafe(24)}"
        environment = environment_id or self.default_environment_id
        self.store.insert("token", token=token, agent_id=agent_id, environment_id=environment)
        return token


def answer(details: Record, **beside: object) -> Record:
    """The envelope of a success."""
    return {"status": "success", "details": details, **beside}
