"""The format of Prefactor IDs."""

import ast
import subprocess
import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefactor_http import _pfid, _random
from prefactor_http._random import RandomTexts, uuid4_text

EXAMPLE = "013xrzp12g3nqk8n" + "0" * 16  # from the API's documentation: time 1234567890000, partition 123456789


def test_example_of_the_documentation() -> None:
    assert _pfid.generate(123456789, milliseconds=1234567890000, randomness=bytes(10)) == EXAMPLE
    assert _pfid.partition_of(EXAMPLE) == 123456789
    assert _pfid.partition_of("013xrzp12g3nqk8ns6jadrqmpgrjkeny") == 123456789


@given(st.integers(0, 2**30 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_partition_survives(partition: int, milliseconds: int, randomness: bytes) -> None:
    made = _pfid.generate(partition, milliseconds=milliseconds, randomness=randomness)
    assert len(made) == 32
    assert _pfid.partition_of(made) == partition


def test_smallest_and_largest_parts() -> None:
    assert _pfid.generate(0, milliseconds=0, randomness=bytes(10)) == "0" * 32
    largest = _pfid.generate(2**30 - 1, milliseconds=2**48 - 1, randomness=b"\xff" * 10)
    assert largest == "7" + "z" * 31


def test_order_of_text_is_order_of_time() -> None:
    ids = [_pfid.generate(7, milliseconds=time) for time in (1, 32, 1000, 1001, 10**6, 2**48 - 1)]
    assert ids == sorted(ids)


def test_ids_differ() -> None:
    assert len({_pfid.generate(1, milliseconds=0) for _ in range(1000)}) == 1000


def test_a_random_partition_fits_into_an_id() -> None:
    partition = _pfid.random_partition()
    assert _pfid.partition_of(_pfid.generate(partition)) == partition


@pytest.mark.parametrize(
    "text",
    [
        "",
        "instance_123",
        EXAMPLE.upper(),
        EXAMPLE[:-1],
        EXAMPLE + "0",
        EXAMPLE + "\n",
        "8" + EXAMPLE[1:],
        EXAMPLE[:-1] + "i",
        EXAMPLE[:-1] + "Z",
    ],
)
def test_other_text_is_not_a_pfid(text: str) -> None:
    assert _pfid.partition_of(text) is None


@pytest.mark.parametrize("partition", [-1, 2**30])
def test_a_partition_out_of_range(partition: int) -> None:
    with pytest.raises(ValueError, match="partition"):
        _pfid.generate(partition)


@pytest.mark.parametrize("milliseconds", [-1, 2**48])
def test_a_time_out_of_range(milliseconds: int) -> None:
    with pytest.raises(ValueError, match="milliseconds"):
        _pfid.generate(1, milliseconds=milliseconds)


@pytest.mark.parametrize("randomness", [b"", bytes(11)])
def test_randomness_of_another_length(randomness: bytes) -> None:
    with pytest.raises(ValueError, match="randomness"):
        _pfid.generate(1, randomness=randomness)


def test_a_forked_process_makes_other_ids() -> None:
    program = """
import os
from prefactor_http import _pfid, _random
from prefactor_http._random import RandomTexts, uuid4_text
_pfid.generate(1)
child = os.fork()
if child: os.waitpid(child, 0)  # the lines are too long to be written at once
print([_pfid.generate(1, milliseconds=0) for _ in range(300)], flush=True)
"""
    lines = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    ids = [made for line in lines.splitlines() for made in ast.literal_eval(line)]
    assert len(set(ids)) == len(ids) == 600


def test_the_text_of_a_uuid() -> None:
    for number in (0, 1, 2**128 - 1, 2**127, 0x0123456789ABCDEF0123456789ABCDEF):
        randomness = number.to_bytes(16, "big")
        assert uuid4_text(randomness) == str(uuid.UUID(bytes=randomness, version=4))


def test_a_copy_of_the_machine_makes_other_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that is started twice later: both have what was read before, and other randomness from then on."""
    now = 1000.0
    monkeypatch.setattr(_random, "unix_time", lambda: now)
    monkeypatch.setattr("os.urandom", bytes)
    texts = RandomTexts(4, bytes.hex)
    assert texts.take() == "00000000"
    monkeypatch.setattr("os.urandom", lambda size: b"\1" * size)
    now += 0.5
    assert texts.take() == "00000000"
    now += 1.0
    assert texts.take() == "01010101"
