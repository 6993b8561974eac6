import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import sys
import types
import uuid
from collections import UserDict, UserString, deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, SecretStr, computed_field

from prefactor_core._payloads.snapshot import error_payload, snapshot, snapshot_object


class Colour(enum.Enum):
    RED = "red"


class Header(enum.StrEnum):
    ONE = "x-one"


class Name(str):
    pass


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    y: Any


class Model(BaseModel):
    class_: str = Field(alias="class")
    when: datetime.datetime


class Unwritable(BaseModel):
    model_config = {"arbitrary_types_allowed": True}
    thing: Any


class Mixed(BaseModel):
    model_config = {"arbitrary_types_allowed": True, "extra": "allow"}
    odd: Any = Field(serialization_alias="Odd")
    secret: SecretStr = Field(alias="Secret")
    left_out: int = Field(default=1, exclude=True)

    @computed_field
    def doubled(self) -> int:
        return self.left_out * 2


class OddRoot(RootModel[Any]):
    pass


@dataclasses.dataclass(eq=False)
class Node:
    name: str
    near: set["Node"] = dataclasses.field(default_factory=set)


class Weird(BaseException):
    pass


class WeirdRepr:
    def __repr__(self) -> str:
        raise Weird


class WeirdIteration(deque[int]):
    def __iter__(self) -> Any:
        raise Weird


class WeirdClass:
    @property
    def __class__(self) -> Any:
        raise Weird

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class BrokenMapping(UserDict[str, str]):
    def items(self) -> Any:
        raise RuntimeError("no")


NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, "2026-01-02T12:00:00+00:00"),
        (NOON.date(), "2026-01-02"),
        (datetime.timedelta(minutes=1, milliseconds=500), 60.5),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (decimal.Decimal("1.10"), "1.10"),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (b"text", "text"),
        (b"\xff\x00", "/wA="),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        ((1, "a"), [1, "a"]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (deque([1]), [1]),
        (range(3), [0, 1, 2]),
        (Point(1, Point(2, None)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Model.model_validate({"class": "c", "when": NOON}), {"class": "c", "when": "2026-01-02T12:00:00Z"}),
        (Unwritable(thing=Point(1, 2)), {"thing": {"x": 1, "y": 2}}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (float("nan"), "NaN"),
        ([float("inf"), float("-inf")], ["Infinity", "-Infinity"]),
        ("\ud800", "?"),
        (ValueError("bad"), {"type": "ValueError", "message": "bad"}),
        (SecretStr("x"), "SecretStr('**********')"),
        (UserString("text"), "text"),
        (Unwritable(thing=SecretStr("x")), {"thing": "**********"}),
    ],
)
def test_the_json_form_of_a_value(value: object, expected: object) -> None:
    copied = snapshot(value)
    json.dumps(copied, allow_nan=False).encode()
    assert copied == expected


def test_keys_become_text() -> None:
    keys = {2: "a", None: "b", False: "c", Colour.RED: "d", uuid.UUID(int=1): "e", 0.5: "f"}
    assert snapshot(keys) == {
        "2": "a",
        "null": "b",
        "false": "c",
        "red": "d",
        "00000000-0000-0000-0000-000000000001": "e",
        "0.5": "f",
    }


def test_a_circular_reference() -> None:
    cycle: dict[str, Any] = {"list": []}
    cycle["list"].append(cycle)
    assert snapshot(cycle) == {"list": ["[circular reference]"]}


def test_deep_nesting() -> None:
    deep: Any = "end"
    for _ in range(100_000):
        deep = [deep]
    assert "[nested too deeply]" in json.dumps(snapshot(deep))


def test_a_shared_object_is_copied_at_each_place() -> None:
    shared = {"a": 1}
    assert snapshot([shared, shared]) == [shared, shared]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({1: "a", "1": "b", 1.5: "c", "1.5": "d"}, {"1 (2)": "a", "1": "b", "1.5 (2)": "c", "1.5": "d"}),
        ({"1": "b", 1: "a", "1 (2)": "c"}, {"1": "b", "1 (3)": "a", "1 (2)": "c"}),
        ({"\ud800": 1, "?": 2}, {"? (2)": 1, "?": 2}),
        ({"é": 1, Colour.RED: 2, "red": 3}, {"é": 1, "red (2)": 2, "red": 3}),
    ],
)
def test_keys_that_become_the_same_text_are_all_kept(value: dict[Any, Any], expected: dict[str, Any]) -> None:
    assert snapshot(value) == expected


def test_sets_of_objects_that_refer_to_each_other() -> None:
    nodes = [Node(str(number)) for number in range(6)]
    for node in nodes:
        node.near |= set(nodes) - {node}
    text = json.dumps(snapshot({"node": nodes[0]}))
    assert "[circular reference]" in text


def doubled(double: Callable[[Any, int], Any], value: Any, times: int) -> Any:
    """Return an object that holds the value 2 ** times."""
    for number in range(times):
        value = double(value, number)
    return value


SHARED: dict[str, Callable[[], Any]] = {
    "lists": lambda: doubled(lambda value, _: [value, value], [1], 40),
    "mappings": lambda: doubled(lambda value, _: {"a": value, "b": value}, {"a": 1}, 40),
    "sets": lambda: doubled(lambda value, number: frozenset({value, (number, value)}), frozenset({1}), 40),
    "keys": lambda: {doubled(lambda value, _: (value, value), (1,), 17): 1},  # more would make the hash slow
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SHARED)
def test_shared_objects_do_not_multiply_without_end(case: str) -> None:
    assert "[cut: " in json.dumps(snapshot(SHARED[case]()))


def test_more_values_than_a_payload_may_hold() -> None:
    cut = snapshot({"numbers": range(10**9), "after": {"a": 1}, "empty": {}})
    assert isinstance(cut, dict)
    assert isinstance(cut["numbers"], list)
    assert len(cut["numbers"]) == 100_000 - 3 + 1
    assert cut["numbers"][-1] == "[cut: more than 100,000 values]"
    assert cut["after"] == {"[cut]": "[cut: more than 100,000 values]"}
    assert cut["empty"] == {}


def test_methods_of_a_payload_that_raise_a_base_exception() -> None:
    assert snapshot([WeirdRepr(), 1]) == ["[WeirdRepr without a printable form]", 1]
    assert snapshot({"a": WeirdIteration(), "b": 2}) == {"a": "[WeirdIteration without a printable form]", "b": 2}
    assert isinstance(snapshot(WeirdClass()), str)
    with pytest.raises(TypeError, match="must be a mapping"):
        snapshot_object(WeirdClass(), "payload")  # type: ignore[arg-type]


def test_a_stack_that_is_almost_used_up() -> None:
    deep: dict[str, Any] = {}
    payload = {"deep": deep}
    for _ in range(100):
        deep["d"] = {}
        deep = deep["d"]

    def call(depth: int) -> dict[str, Any]:
        return call(depth - 1) if depth else snapshot_object(payload, "payload").value

    used = 0
    frame: types.FrameType | None = sys._getframe()
    while frame := frame.f_back if frame else None:
        used += 1
    assert call(sys.getrecursionlimit() - used - 60) == {"unreadable": "[nested too deeply for the stack]"}


def test_pydantic_writes_the_fields_that_it_can() -> None:
    model = Mixed(odd=Point(1, 2), Secret=SecretStr("hush"), more=NOON)  # type: ignore[call-arg]
    assert snapshot(model) == {
        "Odd": {"x": 1, "y": 2},
        "Secret": "**********",
        "more": "2026-01-02T12:00:00Z",
        "doubled": 2,
    }
    broken = Mixed(odd=Broken(), Secret=SecretStr("hush"))
    assert snapshot(broken) == {"Odd": "[Broken without a printable form]", "Secret": "**********", "doubled": 2}
    assert snapshot(OddRoot(Broken())) == "[Broken without a printable form]"


def test_keys_of_a_subclass_of_str() -> None:
    copied = snapshot({Header.ONE: 1, Name("two"): 2, 3: 3, "3": 4})
    assert copied == {"x-one": 1, "two": 2, "3 (2)": 3, "3": 4}
    assert isinstance(copied, dict)
    assert {type(key) for key in copied if key != "3 (2)"} == {str}  # that one knows its own text


def test_values_without_a_json_form() -> None:
    assert snapshot(Broken()) == "[Broken without a printable form]"
    assert isinstance(snapshot(BrokenMapping(a="b")), str)
    assert snapshot(10**5000) == hex(10**5000)
    assert str(snapshot(type("Long", (), {"__repr__": lambda self: "x" * 20_000})())).endswith(
        "x[cut: 20,000 characters, 10,000 kept]"
    )


def test_it_is_a_copy() -> None:
    payload: dict[str, Any] = {"messages": [{"text": "a"}]}
    copied = snapshot(payload)
    payload["messages"][0]["text"] = "b"
    assert copied == {"messages": [{"text": "a"}]}


def test_payloads_are_mappings() -> None:
    assert snapshot_object(None, "payload").value == {}
    assert "a" in snapshot_object(BrokenMapping(a="b"), "payload").value["unreadable"]
    with pytest.raises(TypeError, match="payload must be a mapping, a model or a dataclass, not list"):
        snapshot_object([], "payload")  # type: ignore[arg-type]


def test_an_exception_as_a_result() -> None:
    assert error_payload(ZeroDivisionError("by zero")).value == {
        "error": {"type": "ZeroDivisionError", "message": "by zero"}
    }


texts = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(texts, children, max_size=5),
    max_leaves=20,
)


@given(json_values)
def test_json_values_are_unchanged(value: Any) -> None:
    assert snapshot(value) == value
