"""What the API looks like from outside: paths, answers, errors, the form of strings. Imports no other folder."""

from __future__ import annotations

__all__: list[str] = []
