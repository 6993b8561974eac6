"""What a word was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean", "meant"]


def meant(word: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The known word that is most like this one, if any is."""
    near = get_close_matches(word, list(known), 1, alike)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question as the end of a message; empty where nothing is like the word."""
    near = meant(word, known)
    return "" if near is None else f"; did you mean {near!r}?"
