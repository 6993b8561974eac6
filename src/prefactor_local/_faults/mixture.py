"""Rates for faults that exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from prefactor_local._faults.fault import Fault

__all__ = ["mixture"]


def mixture(shares: Iterable[tuple[float, Fault]]) -> Iterator[Fault]:
    """The faults, each with the rate that makes it hit its share of all matching requests.

    A fault is tried only on the requests that no earlier one has hit, so its rate is higher than its share.

    Args:
        shares: Each a share of all requests, from 0 to 1, and the fault that hits it.

    Raises:
        ValueError: The shares add up to more than 1.
    """
    left = 1.0
    for share, fault in shares:
        if share > left + 1e-9:
            raise ValueError("the rates add up to more than 1")
        if share > 0:
            yield replace(fault, rate=min(1.0, share / left))
            left -= share
