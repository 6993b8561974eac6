import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import types
import uuid
from collections import UserDict, deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr

from prefactor_core._snapshot import error_payload, snapshot, snapshot_object


class Colour(enum.Enum):
    RED = "red"


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
    ],
)
def test_what_becomes_of_a_value(value: object, expected: object) -> None:
    copied = snapshot(value)
    json.dumps(copied, allow_nan=False).encode()
    assert copied == expected


def test_keys_are_text_as_json_has_it() -> None:
    keys = {2: "a", None: "b", False: "c", Colour.RED: "d", uuid.UUID(int=1): "e", 0.5: "f"}
    assert snapshot(keys) == {
        "2": "a",
        "null": "b",
        "false": "c",
        "red": "d",
        "00000000-0000-0000-0000-000000000001": "e",
        "0.5": "f",
    }


def test_cycles_and_depth() -> None:
    cycle: dict[str, Any] = {"list": []}
    cycle["list"].append(cycle)
    assert snapshot(cycle) == {"list": ["[circular reference]"]}
    deep: Any = "end"
    for _ in range(100_000):
        deep = [deep]
    assert "[nested too deeply]" in json.dumps(snapshot(deep))
    shared = {"a": 1}
    assert snapshot([shared, shared]) == [shared, shared]


def test_what_has_no_form() -> None:
    assert snapshot(Broken()) == "[Broken without a printable form]"
    assert isinstance(snapshot(BrokenMapping(a="b")), str)
    assert snapshot(10**5000) == hex(10**5000)
    assert len(str(snapshot(type("Long", (), {"__repr__": lambda self: "x" * 20_000})()))) == 10_000


def test_it_is_a_copy() -> None:
    payload: dict[str, Any] = {"messages": [{"text": "a"}]}
    copied = snapshot(payload)
    payload["messages"][0]["text"] = "b"
    assert copied == {"messages": [{"text": "a"}]}


def test_payloads_are_mappings() -> None:
    assert snapshot_object(None, "payload") == {}
    assert "a" in snapshot_object(BrokenMapping(a="b"), "payload")["unreadable"]
    with pytest.raises(TypeError, match="payload must be a mapping, not list"):
        snapshot_object([], "payload")  # type: ignore[arg-type]


def test_an_error_as_a_result() -> None:
    assert error_payload(ZeroDivisionError("by zero")) == {"error": {"type": "ZeroDivisionError", "message": "by zero"}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(json_values)
def test_json_stays_as_it_is(value: Any) -> None:
    assert snapshot(value) == value
