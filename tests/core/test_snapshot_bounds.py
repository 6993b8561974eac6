"""No payload freezes the agent: a snapshot takes steps in proportion to what it reads, and reads a limited amount."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from prefactor_core._payloads import snapshot as module
from prefactor_core._payloads.snapshot import members_of, snapshot, snapshot_object

CUT = "[cut: more than 100,000 values]"
SURROGATES = 20_000
STEPS = 100
"""The most lines of the module that are executed for each value, key and level."""


def steps_of(call: Callable[[], object]) -> int:
    """How many lines of the module a call executes."""
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return count

    def trace(frame: FrameType, _event: str, _argument: object) -> Any:
        return count if frame.f_code.co_filename == module.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return steps


def surrogate_keys(number: int) -> dict[Any, int]:
    return {f"{chr(0xD800 + each // 256)}{chr(0xDB00 + each % 256)}": each for each in range(number)}


def keys_with_the_numbers(number: int) -> dict[object, int]:
    taken: dict[object, int] = {f"?? ({each})": each for each in range(2, number)}
    return {**taken, **surrogate_keys(number)}


class Key:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


MANY: dict[str, Callable[[int], Any]] = {
    "surrogates": surrogate_keys,
    "surrogates, numbers taken": keys_with_the_numbers,
    "objects": lambda number: {Key("a"): 1 for _ in range(number)},
    "sets": lambda number: {frozenset({(each, "x" * 50)}) for each in range(number)},
    "dicts": lambda number: [{"a": [each], b"a": None} for each in range(number)],
    "deep": lambda number: [[[[[[each]]]]] for each in range(number)],
}


@pytest.mark.parametrize("case", MANY)
def test_twice_as_much_takes_at_most_twice_as_many_steps(case: str) -> None:
    small, large = (MANY[case](number) for number in (500, 1000))
    assert steps_of(lambda: snapshot(large)) <= 2.1 * steps_of(lambda: snapshot(small))


texts = st.sampled_from(["a", "?", "\ud800", "\udbff", "? (2)", "? (3)", "é", "1", "1 (2)", "null", ""])
keys = texts | st.sampled_from([1, 1.0, None, True, b"a", b"\xff", (1, "a"), Key("a"), Decimal(1), frozenset({1})])
payloads = st.recursive(
    texts | keys | st.integers(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(keys, inner, max_size=8) | st.tuples(inner, inner),
    max_leaves=60,
)


def parts(value: object) -> int:
    """How many values, keys and levels there are."""
    if isinstance(value, dict):
        return 1 + sum(parts(key) + parts(item) for key, item in value.items())
    return 1 + sum(map(parts, value)) if isinstance(value, list | tuple | frozenset) else 1


@given(payloads)
def test_the_steps_are_in_proportion_to_what_is_read(payload: Any) -> None:
    assert steps_of(lambda: snapshot(payload)) <= STEPS * (1 + parts(payload))


@given(st.dictionaries(keys, st.integers()))
def test_no_member_is_lost_and_no_name_occurs_twice(payload: dict[Any, int]) -> None:
    copied = snapshot(payload)
    assert isinstance(copied, dict)
    assert list(copied.values()) == list(payload.values())
    assert json.loads(json.dumps(copied)) == copied
    own = [key for key in payload if isinstance(key, str) and key.isascii()]
    assert [copied[key] for key in own] == [payload[key] for key in own]


def test_a_tool_answer_whose_keys_are_lone_surrogates() -> None:
    copied = snapshot(surrogate_keys(SURROGATES))
    assert isinstance(copied, dict)
    assert list(copied.values()) == list(range(SURROGATES))
    assert list(copied)[:3] == ["??", "?? (2)", "?? (3)"]


class Shared(BaseModel):
    thing: Any


class LongText(str):
    __slots__ = ()


def doubled(value: Any) -> Any:
    for _ in range(40):
        value = [value, value]
    return value


LARGE: dict[str, Callable[[], Any]] = {
    "a list": lambda: [0] * 1_000_000,
    "a dict": lambda: dict.fromkeys(map(str, range(200_000))),
    "a tuple": lambda: (0,) * 1_000_000,
    "bytes": lambda: b"x" * 10_000_000,
    "bytes that are not UTF-8": lambda: b"\xff" * 10_000_000,
    "a view": lambda: memoryview(b"x" * 10_000_000),
    "text": lambda: "ß" * 10_000_000,
    "text of a subclass": lambda: LongText("x" * 10_000_000),
    "an integer": lambda: 1 << 10_000_000,
    "an object": lambda: Key("x" * 1_000_000),
    "a model": lambda: Shared(thing=[0] * 90_000),
    "an exception": lambda: ValueError("x" * 1_000_000),
    "a set of long texts": lambda: frozenset({("x" * 1_000_000, 1), ("x" * 1_000_000, 2)}),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE)
def test_a_large_object_at_many_places(case: str) -> None:
    large = LARGE[case]()
    payload = snapshot_object({"places": [large] * 99_000}, "payload")
    assert len(payload.value["places"]) == 99_000


@pytest.mark.slow
def test_a_large_object_in_many_keys() -> None:
    long = "x" * 1_000_000
    copied = snapshot({(long, number): number for number in range(50_000)})
    assert isinstance(copied, dict)
    assert list(copied.values()) == list(range(50_000))


def test_a_model_with_an_object_that_multiplies() -> None:
    model = Shared(thing=doubled([1]))
    assert snapshot({"model": model, "after": 1}) == {"model": CUT, "after": 1}
    assert members_of(model) == {"[cut]": CUT}
    assert snapshot(Shared(thing={"a": [1, (2,)]})) == {"thing": {"a": [1, [2]]}}


class Endless(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return map(str, range(sys.maxsize))

    def __len__(self) -> int:
        return sys.maxsize


def test_the_rest_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = snapshot_object({"endless": Endless()}, "payload")
    assert (cut.cut, len(cut.value["endless"]), cut.value["endless"]["[cut]"]) == (True, 100_000, CUT)
    many = snapshot_object({"printed": [Key("x" * 9_000_000)] * 4}, "payload")
    assert (many.cut, many.value["printed"][-1]) == (True, "[cut: more than 20,000,000 characters]")
    seconds = iter(range(100))
    monkeypatch.setattr(module, "_clock", lambda: next(seconds))
    slow = snapshot_object({"slow": [Key("a"), Key("b"), Key("c"), 1], "after": [1]}, "payload")
    marker = "[cut: reading it took more than 2 seconds]"
    assert (slow.cut, slow.value) == (True, {"slow": ["a", "b", marker, 1], "after": [marker]})


class NoHash:
    def __init__(self) -> None:
        self.fails = False

    def __hash__(self) -> int:
        if self.fails:
            raise RuntimeError("no hash")
        return 1


class TextWithoutHash(str):
    fails = False

    def __hash__(self) -> int:
        if self.fails:
            raise RuntimeError("no hash")
        return 1


class NoClass(NoHash):
    @property
    def __class__(self) -> Any:
        raise RuntimeError("no class")

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


class Items(Mapping[Any, int]):
    """A mapping whose keys have no hash."""

    def __getitem__(self, key: Any) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        return iter([[1], "a"])

    def __len__(self) -> int:
        return 2


def test_a_key_that_fails_costs_only_itself() -> None:
    bad, text, odd = NoHash(), TextWithoutHash("t"), NoClass()
    payload: dict[Any, int] = {bad: 1, text: 2, "good": 3, odd: 4}
    bad.fails = text.fails = odd.fails = True
    copied = snapshot_object(payload, "payload")
    assert not copied.unreadable
    assert copied.value["good"] == 3
    assert sorted(copied.value.values()) == [1, 2, 3, 4]
    assert copied.value["t"] == 2
    assert snapshot(Items()) == {"a": 1, "[1]": 1}
