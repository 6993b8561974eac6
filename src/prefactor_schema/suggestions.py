"""Suggestions for misspelled names: "did you mean 'params'?"."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["closest_match", "did_you_mean"]


def closest_match(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that is most similar to this one, or None if none is similar.

    Args:
        name: The name that was given.
        known: The names that exist. The time this takes grows with their number and length.
        cutoff: The least similarity, from 0 (any name) to 1 (equal names only).
    """
    from difflib import get_close_matches  # an agent without a mistake in its names never needs it

    matches = get_close_matches(name, list(known), 1, cutoff)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message that suggests the closest known name; empty if none is similar."""
    match = closest_match(name, known)
    return "" if match is None else f"; did you mean {match!r}?"
