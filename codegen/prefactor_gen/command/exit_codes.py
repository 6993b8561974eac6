"""The exit codes of all commands."""

from __future__ import annotations

__all__ = ["DONE", "USAGE", "WRONG"]

DONE, WRONG, USAGE = 0, 1, 2
"""Fine; something is found or is not current; wrong usage, or a source that cannot be reached."""
