"""The size bound: exact for every payload, whatever it holds."""

import json
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefactor_core._payloads.size_limit import ESCAPED_SIZE, cut_to_limit
from prefactor_core._payloads.snapshot import snapshot_object
from prefactor_http._request import encode_json

LIMIT = 1024
MEGABYTE = 1_048_576


def fitted(payload: dict[str, Any], limit: int = LIMIT) -> dict[str, Any]:
    copied = snapshot_object(payload, "payload")
    kept = cut_to_limit(copied, limit)
    size = len(encode_json(kept.value))
    assert size <= limit
    assert size <= kept.size * ESCAPED_SIZE
    assert kept.cut == (copied.cut or kept.value != copied.value)
    return kept.value


texts = st.text(max_size=40) | st.builds(operator.mul, st.text(min_size=1, max_size=5), st.integers(1, 2000))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([7**100, 7**3500]) | texts,
    lambda children: (
        st.lists(children, max_size=60)
        | st.builds(operator.mul, st.lists(children, max_size=1), st.integers(0, 100))
        | st.dictionaries(texts, children, max_size=30)
    ),
    max_leaves=15,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.dictionaries(texts, values, max_size=10), st.integers(LIMIT, 20_000))
def test_every_payload_fits(payload: dict[str, Any], limit: int) -> None:
    value = fitted(payload, limit)
    json.loads(encode_json(value))
    if len(encode_json(snapshot_object(payload, "payload").value)) <= limit:
        assert value == snapshot_object(payload, "payload").value
    assert fitted(payload, limit) == value, "the result depends only on the payload"


def test_a_long_text_is_cut_before_anything_else() -> None:
    value = fitted({"model": "gpt-4", "prompt": "x" * 5000, "messages": [{"role": "user"}] * 5})
    assert (value["model"], value["messages"]) == ("gpt-4", [{"role": "user"}] * 5)
    kept = value["prompt"].index("[")
    assert value["prompt"][kept:] == f"[cut: 5,000 characters, {kept:,} kept]"
    assert kept > 700, "the available room is used"


def test_long_texts_share_the_room_that_short_ones_leave() -> None:
    value = fitted({"a": "x" * 5000, "b": "short", "c": "y" * 900_000})
    assert value["b"] == "short"
    assert abs(len(value["a"]) - len(value["c"])) < 20


def test_a_list_keeps_its_first_items_and_the_number_of_the_others() -> None:
    value = fitted({"id": 1, "rows": [{"n": number} for number in range(1000)], "end": True})
    *rows, marker = value["rows"]
    assert rows == [{"n": number} for number in range(len(rows))]
    assert marker == f"[cut: {1000 - len(rows)} of 1,000 items]".replace(f"{1000 - len(rows)}", f"{1000 - len(rows):,}")
    assert (value["id"], value["end"], len(rows) > 50) == (1, True, True)


def test_an_object_keeps_the_members_that_fit() -> None:
    value = fitted({f"key {number}": "x" * 30 for number in range(100)})
    assert value["key 0"] == "x" * 30
    assert value["[cut]"] == f"[cut: {100 - len(value) + 1} of 100 members]"
    assert list(fitted({"k" * 5000: 1, "b": 2})) == ["b", "[cut]"]


@pytest.mark.parametrize("text", ["\x00" * 3000, '"' * 3000, "\\" * 3000, "ß" * 3000, "🎈" * 3000, 'a"\\\x01ß' * 800])
def test_text_is_cut_between_characters(text: str) -> None:
    value = fitted({"text": text})["text"]
    beginning = value[: value.rindex("[cut: ")]
    assert text.startswith(beginning)
    assert len(encode_json({"text": value})) > LIMIT - 10
    assert value.endswith(f"{len(text):,} characters, {len(beginning):,} kept]")


def test_a_long_number() -> None:
    assert fitted({"n": 10**2000}) == {"n": "[cut: a number of 2,001 digits]"}


def test_the_marker_has_the_length_of_the_original() -> None:
    assert fitted({"a": "ß" * 12_000_000})["a"].endswith("[cut: 12,000,000 characters, 485 kept]")
    assert "[cut: 12,000,000 bytes, " in fitted({"a": b"\xff" * 12_000_000})["a"]
    assert "[cut: 12,000,000 bytes, " in fitted({"a": bytearray("aß".encode() * 4_000_000)})["a"]


HOSTILE: dict[str, Callable[[], dict[str, Any]]] = {
    "a text of 100 MB": lambda: {"a": "x" * 100_000_000, "b": 1},
    "a wide text of 100 MB": lambda: {"a": "ß" * 50_000_000, "b": 1},
    "a text of 1 MB, 100,000 times": lambda: {"a": ["x" * 1_000_000] * 100_000, "b": 1},
    "a wide text of 1 MB, 100,000 times": lambda: {"a": ["ß" * 500_000] * 100_000, "b": 1},
    "escapes": lambda: {"a": ["\x00" * 100_000] * 100, "b": 1},
    "a list of a million": lambda: {"b": 1, "a": list(range(1_000_000))},
    "nested objects": lambda: {
        "b": 1,
        "a": {f"{x}": {f"{y}": {"z": "text" * 20} for y in range(200)} for x in range(200)},
    },
    "5 MB of members": lambda: {"b": 1, **{f"k{number}": "text" * 25 for number in range(50_000)}},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_hostile_payloads_take_bounded_time(case: str) -> None:
    assert fitted(HOSTILE[case](), MEGABYTE)["b"] == 1
