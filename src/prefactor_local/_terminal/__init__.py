"""The commands of `prefactor-local`: serve, show, tail, open, export. `commands.py` has the list of them."""

from __future__ import annotations

__all__: list[str] = []
