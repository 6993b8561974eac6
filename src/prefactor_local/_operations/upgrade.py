"""Computes what an earlier version of this package has not stored with its spans."""

from __future__ import annotations

import logging

from prefactor_local._operations.spans import computed
from prefactor_local._state.account import Account
from prefactor_local._state.damage import damage_reported
from prefactor_local._state.layout import UNCOMPUTED
from prefactor_local._state.store import WRITER_SECONDS

__all__ = ["compute_missing"]

logger = logging.getLogger("prefactor_local")

_BATCH = 500
_MANY = 5_000
_SPANS = f"SELECT * FROM agent_span WHERE seq <= ? ORDER BY seq DESC LIMIT {_BATCH}"  # noqa: S608 - a number


def compute_missing(account: Account) -> None:
    """Computes the summaries and mismatches of spans in a file that was upgraded.

    The newest come first, in short transactions. If it is interrupted, the next call goes on.

    Raises:
        sqlite3.DatabaseError: The file is damaged.
    """
    with account.store.transaction(write=False), damage_reported():
        left = int(account.store.value(UNCOMPUTED) or 0)
    if left > _MANY:
        logger.warning("the database is brought up to date: about %s spans", f"{left:,}")
    while left:
        with account.store.transaction(), damage_reported():
            left = _compute_some(account)
    account.store.wait_for_writers(WRITER_SECONDS)


def _compute_some(account: Account) -> int:
    """Computes some, and returns the highest `seq` of those that are left; 0 if there are none."""
    left = int(account.store.value(UNCOMPUTED) or 0)  # another server may be at it
    rows = account.store.records(_SPANS, left)
    for row in rows:
        account.store.update("agent_span", row["id"], **computed(account, row))
    left = rows[-1]["seq"] - 1 if len(rows) == _BATCH else 0
    account.store.set_value(UNCOMPUTED, str(left) if left else None)
    return left
