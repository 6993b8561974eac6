"""The state of one account: its data in SQLite, its life cycle rules, settings and counters. Imports `_protocol`."""

from __future__ import annotations

__all__: list[str] = []
