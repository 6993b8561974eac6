"""Faults of several kinds that strike exact shares of all requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from prefactor_local._faults import Fault

__all__ = ["mixture"]


def mixture(shares: Iterable[tuple[float, Fault]]) -> Iterator[Fault]:
    """Every fault with the rate that gives it its share of all matching requests, though earlier ones take theirs.

    Raises:
        ValueError: the shares add up to more than 1.
    """
    left = 1.0
    for share, fault in shares:
        if share > left + 1e-9:
            raise ValueError("the rates add up to more than 1")
        if share > 0:
            yield replace(fault, rate=min(1.0, share / left))
            left -= share
