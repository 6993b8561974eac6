"""The operations of the API: what each one checks, changes and returns. Imports `_state` and `_protocol`."""

from __future__ import annotations

__all__: list[str] = []
