import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefactor_core import _pfid

EXAMPLE = "013xrzp12g3nqk8n" + "0" * 16  # API.md 1.3: time 1234567890000, partition 123456789


def test_example_of_the_documentation() -> None:
    assert _pfid.generate(123456789, milliseconds=1234567890000, randomness=bytes(10)) == EXAMPLE
    assert _pfid.partition_of(EXAMPLE) == 123456789


@given(st.integers(0, 2**30 - 1), st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_partition_survives(partition: int, milliseconds: int, randomness: bytes) -> None:
    minted = _pfid.generate(partition, milliseconds=milliseconds, randomness=randomness)
    assert len(minted) == 32
    assert _pfid.partition_of(minted) == partition


def test_order_of_text_is_order_of_time() -> None:
    ids = [_pfid.generate(7, milliseconds=time) for time in (1, 32, 10**6, 2**48 - 1)]
    assert ids == sorted(ids)


def test_ids_differ() -> None:
    assert len({_pfid.generate(1, milliseconds=0) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["", "instance_123", EXAMPLE.upper(), EXAMPLE[:-1], "8" + EXAMPLE[1:], EXAMPLE + "\n"])
def test_other_text_is_no_pfid(text: str) -> None:
    assert _pfid.partition_of(text) is None


def test_values_out_of_range() -> None:
    with pytest.raises(ValueError, match="partition"):
        _pfid.generate(2**30)
    with pytest.raises(ValueError, match="milliseconds"):
        _pfid.generate(1, milliseconds=-1)
    with pytest.raises(ValueError, match="randomness"):
        _pfid.generate(1, randomness=b"")
