"""Prefactor IDs: 32 Crockford base32 characters = 48 bits of unix milliseconds, 30 of partition, 80 of randomness.

All ids of an account share its partition, so a span's id can be minted here, in the partition of its instance's id.
"""

from __future__ import annotations

import os
import re
import time

__all__ = ["generate", "partition_of"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_VALID = re.compile(r"[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}")
_MAX_PARTITION = (1 << 30) - 1
_MAX_MILLISECONDS = (1 << 48) - 1


def partition_of(identifier: str) -> int | None:
    """The partition of a PFID, or None when `identifier` is no PFID."""
    if not _VALID.fullmatch(identifier):
        return None
    partition = 0
    for character in identifier[10:16]:
        partition = partition << 5 | _VALUES[character]
    return partition


def generate(partition: int, *, milliseconds: int | None = None, randomness: bytes | None = None) -> str:
    """A new PFID.

    Args:
        partition: 0 to 2**30 - 1.
        milliseconds: unix time, now by default.
        randomness: 10 bytes, from the system by default (so a forked child never repeats its parent's ids).

    Raises:
        ValueError: an argument is out of range.
    """
    if not 0 <= partition <= _MAX_PARTITION:
        raise ValueError(f"a partition is 0 to {_MAX_PARTITION}, not {partition}")
    if milliseconds is None:
        milliseconds = time.time_ns() // 1_000_000
    if not 0 <= milliseconds <= _MAX_MILLISECONDS:
        raise ValueError(f"milliseconds are 0 to {_MAX_MILLISECONDS}, not {milliseconds}")
    randomness = os.urandom(10) if randomness is None else randomness
    if len(randomness) != 10:
        raise ValueError(f"randomness is 10 bytes, not {len(randomness)}")
    # 48 + 30 + 80 bits in 32 characters of 5: two bits are left, so the first character is 0 to 7.
    number = milliseconds << 110 | partition << 80 | int.from_bytes(randomness, "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(150, -1, -10)])
