"""Prefactor IDs: 48 bits of unix milliseconds, 30 bits of partition and 80 random bits as 32 base32 characters."""

from __future__ import annotations

import re
import secrets
import time
from typing import NamedTuple

__all__ = ["PARTITION_BITS", "Pfid", "decode", "encode", "generate", "is_pfid", "random_partition"]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
TIMESTAMP_BITS, PARTITION_BITS, RANDOM_BITS = 48, 30, 80
_PYTHON = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""To the digits that int() knows."""
_PFID = re.compile(f"[0-7][{ALPHABET}]{{31}}")


class Pfid(NamedTuple):
    """What an ID says: when it was made (unix milliseconds), in which partition, and its random part."""

    timestamp: int
    partition: int
    random: int


def is_pfid(text: str) -> bool:
    """Whether the text has the form of a Prefactor ID (lower case only, as the platform checks it)."""
    return _PFID.fullmatch(text) is not None


def encode(pfid: Pfid) -> str:
    """The 32 characters of an ID. Raises ValueError if a part does not fit its bits."""
    for part, bits in zip(pfid, (TIMESTAMP_BITS, PARTITION_BITS, RANDOM_BITS), strict=True):
        if not 0 <= part < 1 << bits:
            raise ValueError(f"{part} does not fit {bits} bits")
    return _base32(pfid.timestamp, 10) + _base32(pfid.partition, 6) + _base32(pfid.random, 16)


def decode(text: str) -> Pfid:
    """The parts of an ID. Raises ValueError if the text is no Prefactor ID."""
    if not is_pfid(text):
        raise ValueError("not a Prefactor ID")
    return Pfid(_number(text[:10]), _number(text[10:16]), _number(text[16:]))


def generate(partition: int, timestamp: int | None = None) -> str:
    """A new ID in the partition, made now or at the given unix milliseconds."""
    milliseconds = time.time_ns() // 1_000_000 if timestamp is None else timestamp
    return encode(Pfid(milliseconds, partition, secrets.randbits(RANDOM_BITS)))


def random_partition() -> int:
    return secrets.randbits(PARTITION_BITS)


def _base32(number: int, length: int) -> str:
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (length - 1), -1, -5))


def _number(characters: str) -> int:
    return int(characters.translate(_PYTHON), 32)
