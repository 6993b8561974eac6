"""The format of Prefactor IDs."""

import pytest

from prefactor_local import _pfid

EXAMPLE = "013xrzp12g3nqk8n"


def test_a_documented_example_decodes() -> None:
    parts = _pfid.decode(EXAMPLE + "s6jadrqmpgrjkeny")
    assert (parts.timestamp, parts.partition) == (1234567890000, 123456789)


def test_encode_is_the_inverse_of_decode() -> None:
    made = _pfid.generate(2**30 - 1, 2**48 - 1)
    assert _pfid.encode(_pfid.decode(made)) == made
    assert made[:16] == "7" + "z" * 15
    assert _pfid.encode(_pfid.Pfid(0, 0, 0)) == "0" * 32


def test_later_ids_sort_after_earlier_ones() -> None:
    assert _pfid.generate(7, 1000) < _pfid.generate(7, 1001)
    assert _pfid.generate(7) != _pfid.generate(7)


@pytest.mark.parametrize(
    "text", ["", "0" * 31, "0" * 33, "8" + "0" * 31, "0" * 31 + "i", "0" * 31 + "Z", "0" * 32 + "\n"]
)
def test_other_text_is_no_id(text: str) -> None:
    assert not _pfid.is_pfid(text)
    with pytest.raises(ValueError, match="not a Prefactor ID"):
        _pfid.decode(text)


@pytest.mark.parametrize("parts", [(-1, 0, 0), (2**48, 0, 0), (0, 2**30, 0), (0, 0, 2**80)])
def test_parts_that_do_not_fit_are_refused(parts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        _pfid.encode(_pfid.Pfid(*parts))
