"""Values and schemas that the engine cannot read, or that would take for ever: none of them ends the process."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.schemas import properties
from tests.support.processes import run

from prefactor_schema import JsonSchema, SchemaError


def operation(name: str) -> dict[str, Any]:
    members = {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "op": {"const": name}}
    return {"type": "object", "properties": members, "required": ["op", "left"]}


def expression(union: str) -> dict[str, Any]:
    return {union: [{"type": "integer"}, operation("add"), operation("mul"), operation("neg")]}


def nested(levels: int, leaf: object) -> Any:
    for level in range(levels):
        leaf = {"left": leaf, "op": ("add", "mul", "neg")[level % 3]}
    return leaf


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_a_mistake_deep_in_unions_is_found(union: str) -> None:
    """The engine's own list of errors doubles at each level."""
    (found,) = JsonSchema(expression(union)).mismatches(nested(60, "x"))
    assert (len(found.path), found.message) == (60, "Input should be an integer or an object, found a string")


def test_a_lone_surrogate() -> None:
    schema = JsonSchema({"type": "object", "additionalProperties": {"type": "string", "maxLength": 1}})
    assert schema.mismatches({"\ud800": "\udfff"}) == ()
    assert [each.message for each in schema.mismatches({"\ud800": "\udfffab"})] == [
        "Input should have at most 1 character"
    ]


def test_integers_of_thousands_of_digits() -> None:
    schema = JsonSchema({"items": {"type": "integer", "minimum": 0}})
    assert schema.mismatches([10**5000, "\ud800"])
    assert schema.mismatches([-(10**4200)])
    assert schema.mismatches([10**4200]) == ()


class Text(str):
    pass


def test_subclasses_of_str() -> None:
    assert JsonSchema({"properties": {"a": {"type": "string"}}}).mismatches({Text("a"): Text("b")}) == ()


def test_a_value_that_json_cannot_express() -> None:
    (found,) = JsonSchema({"type": "string"}).mismatches(object())
    assert (found.text, found.checked) == ("Could not be checked: it is not JSON (ValueError)", False)


def test_a_value_that_is_nested_too_deeply() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    (found,) = JsonSchema({"items": {"$ref": "#"}}).mismatches(value)
    assert found.text == "Could not be checked: it has more than 128 levels"
    while isinstance(value, list):  # otherwise its deletion would recurse
        value = value.pop()


LOOPS = [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"anyOf": [{"$ref": "#"}, {"not": {"$ref": "#"}}]}]


@pytest.mark.parametrize("schema", LOOPS)
def test_references_that_never_end(schema: dict[str, Any]) -> None:
    JsonSchema(schema).mismatches({"a": 1})


# Wrong schemas, with the message and the path of the mistake.
WRONG: list[tuple[Any, str, tuple[Any, ...]]] = [
    ({"type": "strng"}, "is not valid under any", ("type",)),
    ({"properties": {"a": {"pattern": "("}}}, 'is not a "regex"', ("properties", "a", "pattern")),
    ({"$ref": "#/nowhere"}, "does not exist", ()),
    ({"$ref": "http://127.0.0.1:9/x.json"}, "not present in a registry", ()),
    (None, "", ()),
    ("x", "", ()),
]


@pytest.mark.parametrize(("schema", "message", "path"), WRONG)
def test_a_wrong_schema(schema: Any, message: str, path: tuple[Any, ...]) -> None:
    for _ in range(2):
        with pytest.raises(SchemaError) as caught:
            JsonSchema(schema).mismatches({})
        assert message in caught.value.message
        assert caught.value.path == path


MANY_NAMES = [f"r{number}" for number in range(20_000)]
NAMES = MANY_NAMES[:1_000]
# A million mismatches with a schema of some kilobytes: the engine would list them in 20 seconds and 2 GB.
MILLIONS: list[tuple[dict[str, Any], Any, str]] = [
    ({"allOf": [{"$ref": "#/$defs/r"}] * 1_000, "$defs": {"r": {"required": NAMES}}}, {}, "r0: Field required"),
    ({"items": {"allOf": [{"required": NAMES}] * 10}}, [{}] * 100, "0.r0: Field required"),
    ({"items": {"allOf": [{"$ref": "#/$defs/n"}] * 1_000}, "$defs": {"n": {"type": "null"}}}, [1] * 1_000, "0: Input"),
    ({"required": MANY_NAMES}, {}, "r0: Field required"),
    ({"dependentRequired": {"a": MANY_NAMES}}, {"a": 1}, "r0: Field required because a is present"),
]


@pytest.mark.parametrize(("schema", "value", "first"), MILLIONS, ids=[first for _, _, first in MILLIONS])
def test_a_million_mismatches_are_not_listed(schema: dict[str, Any], value: Any, first: str) -> None:
    (found,) = JsonSchema(schema).mismatches(value)
    assert str(found).startswith(first)


@pytest.mark.parametrize(
    "inner",
    [
        {"$defs": {str(number): {"$anchor": f"a{number}"} for number in range(1_000)}},
        {"properties": {str(number): {"$ref": "#/$defs/x"} for number in range(1_000)}, "$defs": {"x": {}}},
        {"$defs": {str(number): {"$id": str(number)} for number in range(1_000)}},
    ],
    ids=["anchors", "references", "identifiers"],
)
def test_long_uris_are_not_repeated_without_end(inner: dict[str, Any]) -> None:
    """A larger schema of this kind, of one megabyte, would take 17 seconds and 4 GB."""
    JsonSchema({"$id": f"http://a/{'b' * 7_000}/", **inner}).check_schema()
    schema = JsonSchema({"$id": f"http://a/{'b' * 8_000}/", **inner})
    for _ in range(2):
        with pytest.raises(SchemaError, match="more than 8,000,000 characters: each \\$id, anchor and reference"):
            schema.matches({"x": 1})


@pytest.mark.parametrize("levels", [300, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_schema_that_is_nested_too_deeply(levels: int) -> None:
    schema: Any = {}
    for _ in range(levels):
        schema = {"items": schema}
    with pytest.raises(SchemaError):
        JsonSchema(schema).check_schema()
    while schema:
        schema = schema.popitem()[1]


# A process ends when native code has no stack left: this runs in one of its own.
SMALL_STACKS = """
import sys, threading
sys.path[:0] = {path!r}
from prefactor_schema import JsonSchema
from tests.schema.test_hostile import chain, expression, nested

def check():
    for schema in (expression("anyOf"), expression("oneOf"), chain("anyOf"), chain("allOf"), chain("oneOf")):
        for leaf in (1, "x"):
            JsonSchema(schema).mismatches(nested(63, leaf))
    schema = {{"type": "integer"}}
    for _ in range(60):
        schema = {{"properties": {{"a": schema}}}}
    JsonSchema(schema).mismatches({{"a": 1}})

threading.stack_size(256 * 1024)
thread = threading.Thread(target=check)
thread.start()
thread.join()
print("done", threading.stack_size())
"""


def chain(keyword: str) -> dict[str, Any]:
    """Return a schema that checks each level of a value against a hundred nested schemas."""
    definitions: dict[str, Any] = {
        f"d{number}": {keyword: [{"type": "null"} if keyword != "allOf" else {}, {"$ref": f"#/$defs/d{number + 1}"}]}
        for number in range(100)
    }
    definitions["d100"] = {"type": ["object", "integer"], "properties": {"left": {"$ref": "#/$defs/d0"}}}
    return {"$ref": "#/$defs/d0", "$defs": definitions}


@pytest.mark.slow
def test_threads_with_a_small_stack(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", SMALL_STACKS.format(path=sys.path)], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done 262144\n", "")


def test_the_stack_size_of_new_threads_is_not_changed() -> None:
    schemas = [JsonSchema(expression("anyOf")) for _ in range(20)]
    threads = [threading.Thread(target=schema.mismatches, args=(nested(40, "x"),)) for schema in schemas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert threading.stack_size() == 0


def test_the_engine_is_imported_at_the_first_check(tmp_path: Path) -> None:
    program = (
        "import sys; from prefactor_schema import JsonSchema; s = JsonSchema({'type': 'string'}); "
        "assert 'jsonschema_rs' not in sys.modules; s.mismatches('a'); assert 'jsonschema_rs' in sys.modules"
    )
    done = run([sys.executable, "-c", program], tmp_path)
    assert done.returncode == 0, done.stderr


def recursive(**members: Any) -> dict[str, Any]:
    return properties(next={"$ref": "#"}, **members)


def test_options_without_a_constant_that_identifies_them() -> None:
    """An explanation of each option would double at each level."""
    options = [recursive(a={"type": "integer"}), recursive(b={"type": "string"}), {"type": "integer"}]
    value: Any = "x"
    for _ in range(60):
        value = {"next": value}
    assert [each.message for each in JsonSchema({"anyOf": options}).mismatches(value)] == [
        "Input should match one of the options"
    ]


@pytest.mark.parametrize("draft", ["draft-04", "draft-06"])
def test_older_drafts_have_the_limits_of_texts_too(draft: str) -> None:
    schema = {"$schema": f"http://json-schema.org/{draft}/schema#", "pattern": r"(?=.*[A-Z])(?=.*\d).{8,}"}
    (found,) = JsonSchema(schema).mismatches("a" * 500_000)
    assert found.text == "Could not be checked: it has texts of more than 5,000 characters"
    assert JsonSchema(schema).mismatches("Abcdefg1") == ()


def test_many_texts_for_a_pattern_that_needs_backtracking() -> None:
    (found,) = JsonSchema({"items": {"pattern": "(?=a)a*a*a*a*b"}}).mismatches(["a" * 4_900] * 50)
    assert found.text == "Could not be checked: its texts have more than 100,000 characters"


def test_two_patterns_for_the_same_name() -> None:
    schema = JsonSchema({"patternProperties": {r"\cA": {"type": "integer"}, r"\x01": {"minimum": 5}}})
    assert [bool(schema.mismatches({"\x01": value})) for value in (5, 4, "x")] == [False, True, True]


# The process forks while a schema is being compiled, or a signal handler checks something meanwhile.
INTERRUPTED = """
import os, signal, sys, threading, time
from prefactor_schema import JsonSchema
NODE = {"anyOf": [{"type": "object", "properties": {"left": {"$ref": "#"}}}, {"type": "integer"}]}
DEEP = 1
for _ in range(60):
    DEEP = {"left": DEEP}

def compile_some(*_):
    for _ in range(5):
        JsonSchema({"$defs": {str(n): {"pattern": f"^(?!x){n}"} for n in range(20)}, **NODE}).mismatches(DEEP)

if sys.argv[1] == "fork":
    threads = [threading.Thread(target=lambda: [compile_some() for _ in range(10)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = []
    for _ in range(20):
        child = os.fork()
        if not child:
            compile_some()
            os._exit(0)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    for thread in threads:
        thread.join()
else:
    signal.signal(signal.SIGALRM, compile_some)
    for number in range(60):
        signal.setitimer(signal.ITIMER_REAL, 0.0002 * (1 + number % 10))
        compile_some()
    signal.setitimer(signal.ITIMER_REAL, 0)
print("done", threading.stack_size())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("by", "processes"), [("fork", 4), ("signal", 1)])
def test_the_engine_may_be_interrupted(by: str, processes: int, tmp_path: Path) -> None:
    for _ in range(processes):  # only the first use in a process is critical
        done = run([sys.executable, "-W", "ignore", "-c", INTERRUPTED, by], tmp_path)
        assert (done.returncode, done.stdout) == (0, "done 0\n"), done.stderr


def test_a_schema_can_be_copied_and_pickled() -> None:
    schema = JsonSchema({"type": "string"})
    for _ in range(2):
        copied = pickle.loads(pickle.dumps(copy.deepcopy(schema)))
        assert copied.mismatches("a") == ()
        assert schema.mismatches(1)
