"""Serves the operations over HTTP, applies faults, and offers the admin endpoint. Imports all other folders."""

from __future__ import annotations

__all__: list[str] = []
