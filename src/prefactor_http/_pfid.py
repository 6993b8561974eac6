"""Prefactor IDs (PFIDs).

A PFID is 158 bits as 32 characters of Crockford base32, in lower case: 48 bits of Unix time in milliseconds, 30 bits of
partition, 80 random bits. All IDs of an account have the same partition, so the partition of an instance's ID is enough
to make IDs for its spans.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache

from prefactor_http._clock import unix_time_ns
from prefactor_http._random import RandomTexts

__all__ = ["generate", "partition_of", "random_partition"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_CHARACTER_OF_BYTE = bytes(ord(_ALPHABET[byte % 32]) for byte in range(256))
_PFID = re.compile(rf"[0-7][{_ALPHABET}]{{31}}")
_PARTITION_BITS = 30
_MAX_PARTITION = (1 << _PARTITION_BITS) - 1
_MAX_MILLISECONDS = (1 << 48) - 1
_RANDOM_BYTES = 10


def partition_of(text: str) -> int | None:
    """The partition of a PFID, or None if the text is not a PFID."""
    if not _PFID.fullmatch(text):
        return None
    partition = 0
    for character in text[10:16]:
        partition = partition << 5 | _VALUES[character]
    return partition


def generate(partition: int, *, milliseconds: int | None = None, randomness: bytes | None = None) -> str:
    """A new PFID.

    Args:
        partition: From 0 to 2**30 - 1.
        milliseconds: Unix time; default: now.
        randomness: 10 bytes; default: from the operating system. A forked process never repeats IDs.

    Raises:
        ValueError: An argument is out of range.
    """
    if not 0 <= partition <= _MAX_PARTITION:
        raise ValueError(f"partition must be from 0 to {_MAX_PARTITION}, not {partition}")
    if milliseconds is None:
        milliseconds = max(unix_time_ns() // 1_000_000, 0)  # a test may travel to any time
    if not 0 <= milliseconds <= _MAX_MILLISECONDS:
        raise ValueError(f"milliseconds must be from 0 to {_MAX_MILLISECONDS}, not {milliseconds}")
    if randomness is None:
        begin, middle = _fixed_parts(milliseconds >> 20, partition)
        time = f"{_PAIRS[milliseconds >> 10 & 1023]}{_PAIRS[milliseconds & 1023]}"
        return f"{begin}{time}{middle}{_random_characters.take()}"
    if len(randomness) != _RANDOM_BYTES:
        raise ValueError(f"randomness must be {_RANDOM_BYTES} bytes, not {len(randomness)}")
    # 16 characters hold 80 bits, two more than there are: the first character is 0 to 7.
    beginning = _characters(milliseconds << _PARTITION_BITS | partition, 80)
    return beginning + _characters(int.from_bytes(randomness, "big"), 80)


@lru_cache(maxsize=16)
def _fixed_parts(high_bits: int, partition: int) -> tuple[str, str]:
    """What the ids of a quarter of an hour have in common: the high bits of the time, and the partition."""
    return _characters(high_bits, 30), _characters(partition, _PARTITION_BITS)


# Each character is made of a byte of its own, which is quicker than arithmetic.
_random_characters = RandomTexts(16, lambda randomness: randomness.translate(_CHARACTER_OF_BYTE).decode("ascii"))


def _characters(number: int, bits: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(bits - 10, -1, -10)])


def random_partition() -> int:
    """The partition of a new account."""
    return secrets.randbits(_PARTITION_BITS)
