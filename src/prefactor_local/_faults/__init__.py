"""Faults on request: which requests they hit, and what happens to these. Imports `_state` and `_protocol`."""

from __future__ import annotations

__all__: list[str] = []
