"""What the generated models accept and return: exact JSON values, absent apart from null, the names of the wire."""

# ruff: noqa: E501  # schemas, whole

from __future__ import annotations

import itertools
import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from numbers import Integral
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema.validators import Draft7Validator, Draft202012Validator
from pydantic import BaseModel, ValidationError
from tests.codegen.schemas import DRAFT_07, OBJECT, OBJECT_WITH_X, option, properties
from tests.codegen.support import CASES, Made, Project, is_valid, load_package, only, run_process

from prefactor_core._payloads.snapshot import members_of
from prefactor_core.typed import MISSING
from prefactor_gen.json_schema.drafts import DRAFT_04, DRAFTS


class Five(IntEnum):
    FIVE = 5


def accepts(model: type[BaseModel], payload: object) -> bool:
    """Return whether the model accepts a payload; check that it then returns it unchanged."""
    if not is_valid(model, payload):
        return False
    dumped = model.model_validate(payload, by_alias=True, by_name=False).model_dump(mode="json", by_alias=True)
    assert dumped == payload
    assert exact(dumped) == exact(payload), "integers stay integers"
    return True


def exact(value: object) -> object:
    """Return the value with the types of its scalars: 1, 1.0 and true are equal in Python."""
    if isinstance(value, dict):
        return {key: exact(member) for key, member in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return (type(value).__name__, value)


class TestScalars:
    @pytest.fixture
    def model(self, made: Made) -> Any:
        schema = properties(
            integer={"type": "integer"}, number={"type": "number"}, boolean={"type": "boolean"}, text={"type": "string"}
        )
        return made(agent=schema).AgentParams

    @pytest.mark.parametrize(
        "payload",
        [
            {"integer": 1},
            {"integer": 10**30},
            {"number": 1},
            {"number": 1.5},
            {"boolean": False},
            {"text": ""},
            {"other": [1]},
        ],
    )
    def test_takes(self, payload: dict[str, Any], model: type[BaseModel]) -> None:
        assert accepts(model, payload)

    @pytest.mark.parametrize(
        "payload",
        [
            {"integer": "1"}, {"integer": True}, {"integer": 1.5}, {"integer": None}, {"number": "1"}, {"number": True},
            {"boolean": 1}, {"boolean": "true"}, {"text": 1}, {"text": None},
        ],
    )  # fmt: skip
    def test_refuses(self, payload: dict[str, Any], model: type[BaseModel]) -> None:
        assert not accepts(model, payload)

    def test_a_whole_number_is_an_integer(self, model: Any) -> None:
        assert exact(model.model_validate({"integer": 5.0}).integer) == ("int", 5)

    @pytest.mark.parametrize("name", ["number", "integer", "const"])
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal(1), 1 + 0j], ids=repr)
    def test_a_number_that_json_cannot_express(self, value: object, name: str, made: Made) -> None:
        """JSON has no NaN and no infinities; a Decimal and a complex are sent as text."""
        model = made(
            agent=properties(number={"type": "number"}, integer={"type": "integer"}, const={"const": 1})
        ).AgentParams
        assert not accepts(model, {name: value})
        with pytest.raises(ValidationError):
            model(**{name: value})

    @pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
    @pytest.mark.parametrize("name", ["number", "integer"])
    def test_json_text_with_such_a_number(self, name: str, text: str, model: Any) -> None:
        with pytest.raises(ValidationError):
            model.model_validate_json(f'{{"{name}": {text}}}')

    def test_number_types_beside_int_and_float(self, model: Any) -> None:
        """Numbers of a program that are sent as JSON numbers."""
        value = model(number=Fraction(1, 2), integer=Five.FIVE)
        assert exact(value.model_dump(mode="json")) == exact({"number": 0.5, "integer": 5})
        assert exact(model.model_validate_json('{"number": 1.5, "integer": 2.0}').model_dump()) == exact(
            {"number": 1.5, "integer": 2}
        )


@pytest.mark.parametrize(
    "options",
    [
        [{"const": None}, {"type": "null"}],
        [{"type": ["null"]}, {"enum": [None]}, {"anyOf": [{"type": "null"}]}],
        [{"type": "null"}, {"type": "null"}],
    ],
)
def test_a_union_of_nothing_but_null(options: list[Any], made: Made) -> None:
    model = made(agent=properties(x={"anyOf": options}, y={"type": "array", "items": {"anyOf": options}})).AgentParams
    assert accepts(model, {"x": None, "y": [None]})
    assert not accepts(model, {"x": 1})
    assert not accepts(model, {"y": [1]})


class TestDiscriminatedUnions:
    """Unions of objects, each with a constant that identifies it."""

    @pytest.fixture
    def module(self, made: Made) -> Any:
        circle, rect = option("circle", r={"type": "number"}), option("rect", w={"type": "number"}, next={"$ref": "#"})
        shape = {"oneOf": [circle, {**rect, "minProperties": 3}, {"type": "null"}]}
        return made(agent=properties("shape", shape=shape, list={"type": "array", "items": shape}))

    @pytest.mark.parametrize(
        "shape",
        [{"kind": "circle", "r": 1}, {"kind": "rect", "w": 1, "next": {"shape": {"kind": "circle", "r": 1.5}}}, None],
    )
    def test_takes(self, shape: Any, module: Any) -> None:
        assert accepts(module.AgentParams, {"shape": shape})
        assert accepts(module.AgentParams, {"shape": None, "list": [shape]})

    @pytest.mark.parametrize(
        ("shape", "where", "message"),
        [
            ({"kind": "circle"}, ("circle", "r"), "Field required"),
            (
                {"kind": "rect", "w": 1, "next": {"shape": {"kind": "circle", "r": "1"}}},
                ("rect", "next", "shape", "circle", "r"),
                "Input should be a number",
            ),
        ],
    )
    def test_a_mismatch_is_reported_for_the_identified_option_only(
        self, shape: Any, where: tuple[str, ...], message: str, module: Any
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            module.AgentParams.model_validate({"shape": shape})
        (error,) = [each for each in caught.value.errors() if each["type"] != "none_required"]
        assert (tuple(step for step in error["loc"] if "union" not in str(step)), error["msg"]) == (
            ("shape", *where),
            message,
        )

    @pytest.mark.parametrize(
        "shape", [{"kind": "oval"}, {"r": 1}, {"kind": ["circle"], "r": 1}, {"kind": None}, 3, "circle", []]
    )
    def test_refuses(self, shape: Any, module: Any) -> None:
        assert not accepts(module.AgentParams, {"shape": shape})

    def test_names(self, module: Any) -> None:
        circle = module.AgentParamsShapeCircle(kind="circle", r=1)
        assert module.AgentParams(shape=circle).model_dump() == {"shape": {"kind": "circle", "r": 1}}
        assert "AgentParamsListItemRect" in module.__all__

    @pytest.mark.parametrize(
        ("options", "names"),
        [
            ([option("a"), option("a", x={}), option("b")], ["Option1", "Option2", "B"]),
            ([option("a"), properties(x={"type": "string"}), option("?")], ["A", "Option2", "Option3"]),
            ([option("a"), properties("k", k={"enum": ["one", "two"]})], ["A", "Option2"]),
            (
                [option("option-2"), option("item"), option("item 3"), option("items")],
                ["Option2", "Item", "Item3", "Items"],
            ),
            ([option("x"), properties("k", k={"enum": ["one"]}), option("9")], ["X", "One", "9"]),
            ([option("a"), properties(x={"type": "string"})], ["A", "Option2"]),
            ([properties(x={"type": "string"})], ["Option1"]),
            ([option("a"), properties(a={"const": "a"})], ["A", "Option2"]),
            ([{"allOf": [option("a"), OBJECT_WITH_X]}, {"allOf": [{"required": ["kind"]}, option("b")]}], ["A", "B"]),
            ([properties(version={"const": "2"}, **option(name)["properties"]) for name in "ab"], ["A", "B"]),
        ],
    )
    def test_constants_that_give_no_distinct_names(self, options: list[Any], names: list[str], made: Made) -> None:
        made_names = made(agent=properties(y={"oneOf": options})).__all__
        assert {f"AgentParamsY{name}" for name in names} <= set(made_names)

    def test_names_that_are_already_taken(self, made: Made) -> None:
        options = {"oneOf": [option("a"), option("b")]}
        schema = properties(y=options, y_a=properties(z={}))
        names = {"AgentParamsYOption1", "AgentParamsYB", "AgentParamsYA"}
        assert names <= set(made(agent={**schema, "description": "What has another name keeps it."}).__all__)

    def test_names_where_the_options_share_keywords(self, made: Made) -> None:
        """And whether a reference or the union is met first."""
        members = {
            "y": {"type": "object", "oneOf": [option("a"), option("b")]},
            "x": {"$ref": "#/properties/y/oneOf/0"},
        }
        for names in (("x", "y"), ("y", "x")):
            module = made(agent=properties(**{name: members[name] for name in names}))
            assert {"AgentParamsYA", "AgentParamsYB"} <= set(module.__all__)
            assert accepts(module.AgentParams, {"x": {"kind": "a"}, "y": {"kind": "b"}})

    def test_a_constant_that_cannot_become_a_name(self, made: Made) -> None:
        """Any text is a valid constant: it is never a reason to refuse a schema."""
        options = {"oneOf": [option("\u203f"), option("x" * 30_000), option("b")]}
        names = {"AgentParamsYOption1", "AgentParamsYOption2", "AgentParamsYB"}
        assert names <= set(made(agent=properties(y=options)).__all__)

    @pytest.mark.parametrize("beside", [{}, {"type": "object", "required": ["kind"]}])
    @pytest.mark.parametrize("order", [("x", "y"), ("y", "x")])
    def test_a_reference_behind_an_option_that_is_false(
        self, order: tuple[str, str], beside: dict[str, Any], made: Made
    ) -> None:
        members = {"x": {"$ref": "#/properties/y/oneOf/1"}, "y": {"oneOf": [False, option("a"), option("b")], **beside}}
        model = made(agent=properties(**{name: members[name] for name in order})).AgentParams
        assert accepts(model, {"x": {"kind": "a"}, "y": {"kind": "b"}})
        assert not accepts(model, {"x": {"kind": "b"}})

    def test_a_reference_into_an_option(self, made: Made) -> None:
        schema = properties(first={"$ref": "#/properties/y/oneOf/0"}, y={"oneOf": [option("a"), option("b")]})
        module = made(agent=schema)
        assert {"AgentParamsYA", "AgentParamsYB"} <= set(module.__all__)
        assert accepts(module.AgentParams, {"first": {"kind": "a"}, "y": {"kind": "b"}})


class Long:
    """An integer as numpy has them."""

    def __int__(self) -> int:
        return 2**53 + 1

    def __float__(self) -> float:
        return float(2**53)


Integral.register(Long)


@pytest.mark.parametrize("name", ["integer", "number"])
def test_a_long_integer_of_another_class_keeps_its_digits(name: str, made: Made) -> None:
    model: Any = made(agent=properties(integer={"type": "integer"}, number={"type": "number"})).AgentParams
    assert exact(model(**{name: Long()}).model_dump(mode="json")) == exact({name: 2**53 + 1})


class TestMultiples:
    STEPS = (0.01, 0.1, 0.5, 1.5, 1e-8, 2, 3.0)
    VALUES = (0, 1, 3, 5, 0.5, 1.1, 12.5, 19.99, 0.07, 100.1, 0.005, -0.3, 1e20, 12391239123, 10**400, True)

    @pytest.mark.parametrize("types", ["number", "integer", ["number", "null"]])
    def test_the_decimal_digits_are_what_counts(self, types: Any, made: Made) -> None:
        """19.99 is a multiple of 0.01, but not as doubles, which is how jsonschema divides them."""
        steps = {f"x{index}": {"type": types, "multipleOf": step} for index, step in enumerate(self.STEPS)}
        model = made(agent=properties(**steps)).AgentParams
        for name, value in itertools.product(steps, self.VALUES):
            number = Fraction(value if isinstance(value, int) else repr(value))
            multiple = (number / Fraction(repr(steps[name]["multipleOf"]))).denominator == 1
            expected = value is not True and multiple and (types != "integer" or number.denominator == 1)
            assert is_valid(model, {name: value}) == expected, (steps[name], value)

    def test_a_default(self, project: Project) -> None:
        project.span_types(agent=properties(x={"type": "number", "multipleOf": 0.01, "default": 19.99}))
        assert project.generate().findings == []


@pytest.mark.parametrize(
    "value",
    [
        timedelta(seconds=1),
        datetime(2026, 1, 2, tzinfo=UTC),
        date(2026, 1, 2),
        UUID(int=1),
        b"x",
        Decimal("1.5"),
        {1, 2},
        Five.FIVE,
    ],
    ids=repr,
)
def test_a_schema_check_sees_what_is_sent(value: object, made: Made) -> None:
    """The client writes a model in a payload, not pydantic: a timedelta becomes a number, not a text."""
    rule = {"not": {"type": ["number", "array"]}}
    module = made(agent=properties(x=rule))
    (sent,) = module.Agent._payload(module.AgentParams.model_construct(x=value)).values()
    try:
        taken = module.AgentParams(x=value) is not None
    except ValidationError:
        taken = False
    assert taken == Draft202012Validator(rule).is_valid(sent)


def test_the_fields_that_a_subclass_adds_are_sent(made: Made) -> None:
    module = made(agent=properties(x=properties(y={"type": "integer"})))

    class More(module.AgentParamsX):  # type: ignore[misc, name-defined]
        z: str

    params = module.AgentParams(x=More(y=1, z="mine"))
    assert module.Agent._payload(params) == {"x": {"y": 1, "z": "mine"}}


def test_a_subclass_of_a_model_that_is_not_built_yet(made: Made) -> None:
    module = made(agent=properties(x=properties(y=properties(z={"type": "integer"}))))

    class More(module.AgentParamsX):  # type: ignore[misc, name-defined]
        mine: str

    assert More.model_validate({"y": {"z": 1}, "mine": "a"}).y == module.AgentParamsXY(z=1)


def test_a_model_that_was_built_as_a_part_of_another_is_sent(made: Made) -> None:
    """Pydantic before 2.14 could not write a class that had only been built as a part of another one."""
    module = made(agent=properties(x=properties(next={"$ref": "#"}, day={"format": "date"})))
    payload = {"x": {"day": "2026-11-27", "next": {"x": {}, "more": 1}}}
    assert members_of(module.AgentParams.model_validate(payload)) == payload


class TestToDict:
    """`to_dict()` of generated models: the payload as it is sent."""

    def test_it_has_json_names_and_values_and_leaves_out_what_is_absent(self, made: Made) -> None:
        inner = properties(**{"class": {}, "day": {"format": "date"}, "gone": {}})
        item = {"$ref": "#/$defs/Item"}
        schema = properties(x=item, more={"type": "array", "items": item})
        module = made(agent={**schema, "$defs": {"Item": inner}})
        model = module.AgentParamsItem(class_=None, day=date(2026, 1, 2), other=(1, 2.5))
        params = module.AgentParams(x=model, more=[model])
        sent = {"class": None, "day": "2026-01-02", "other": [1, 2.5]}
        assert (model.to_dict(), params.to_dict()) == (sent, {"x": sent, "more": [sent]})
        assert module.Agent._payload(params) == params.to_dict()
        assert list(map(module.AgentParamsItem.to_dict, params.more)) == [sent]

    def test_it_is_a_copy(self, made: Made) -> None:
        given = {"x": {"any": [1]}}
        params = made(agent=properties(x={"type": "object"})).AgentParams(**given)
        params.to_dict()["x"]["any"].append(2)
        assert params.to_dict() == {"x": {"any": [1]}}

    def test_maps_and_unions_of_objects(self, made: Made) -> None:
        shapes = {"oneOf": [option("circle"), option("rect")]}
        module = made(map={"type": "object", "additionalProperties": option("circle")}, union=shapes)
        assert module.MapParams({"a": {"kind": "circle"}}).to_dict() == {"a": {"kind": "circle"}}
        union = module.UnionParams(module.UnionParamsRect(kind="rect"))
        assert (union.to_dict(), union.root.to_dict()) == ({"kind": "rect"}, {"kind": "rect"})

    @pytest.mark.filterwarnings("error")
    def test_a_property_of_this_name_is_a_field(self, made: Made) -> None:
        module = made(agent={**properties("to_dict", to_dict={"type": "string"}), "minProperties": 1})
        assert module.AgentParams(to_dict="mine").to_dict == "mine"
        with pytest.raises(ValidationError):
            module.AgentParams()
        assert module.Agent._payload(module.AgentParams(to_dict="mine")) == {"to_dict": "mine"}

    def test_a_subclass_of_the_program(self, made: Made) -> None:
        module = made(agent=properties(x={"type": "integer"}))

        class More(module.AgentParams):  # type: ignore[misc, name-defined]
            z: str

        assert More(x=1, z="a").to_dict() == {"x": 1, "z": "a"}


class TestAbsence:
    @pytest.fixture
    def model(self, made: Made) -> Any:
        return made(agent=properties("name", name={"type": ["string", "null"]}, note={"type": "string"})).AgentParams

    def test_absent_is_not_null(self, model: Any) -> None:
        value = model(name=None)
        assert value.note is MISSING
        assert value.model_dump() == {"name": None}
        assert not accepts(model, {"name": "x", "note": None})
        assert not accepts(model, {"note": "x"})

    def test_a_default_is_not_filled_in(self, made: Made) -> None:
        model = made(agent=properties(x={"type": "string", "default": "x"})).AgentParams
        assert model().model_dump() == {}


class TestNames:
    @pytest.fixture
    def module(self, made: Made) -> Any:
        members = {"class": {"type": "string"}, "content-type": {"type": "string"}, "copy": {"type": "boolean"}}
        return made(agent=properties("class", **members))

    def test_the_constructor_takes_python_names_and_the_wire_its_own(self, module: Any) -> None:
        value = module.AgentParams(class_="a", content_type="b", copy_=True)
        assert value.model_dump() == {"class": "a", "content-type": "b", "copy": True}

    def test_validation_takes_the_names_of_the_wire(self, module: Any) -> None:
        assert accepts(module.AgentParams, {"class": "a", "content-type": "b"})
        assert module.AgentParams.model_validate({"class": "a"}).class_ == "a"

    def test_validation_takes_no_python_names(self, module: Any) -> None:
        for name in ("model_validate", "model_validate_json"):
            validate = getattr(module.AgentParams, name)
            given = (lambda payload: payload) if name == "model_validate" else json.dumps
            assert validate(given({"class": "a", "class_": 1})).model_dump() == {"class": "a", "class_": 1}
            assert validate(given({"class_": "a"}), by_name=True).model_dump() == {"class": "a"}
            with pytest.raises(ValidationError):
                validate(given({"class_": "a"}))

    def test_validation_by_python_names_alone(self, module: Any) -> None:
        model = module.AgentParams.model_validate({"class_": "a"}, by_alias=False)
        assert model.model_dump() == {"class": "a"}

    def test_a_map_takes_no_python_names_either(self, made: Made) -> None:
        model: Any = made(agent={"type": "object", "additionalProperties": properties(**{"class": {}})}).AgentParams
        payload = {"a": {"class_": 1}}
        assert model.model_validate(payload).model_dump() == payload
        assert model.model_validate_json(json.dumps(payload)).model_dump() == payload

    def test_the_literal_has_the_names_of_the_wire(self, module: Any) -> None:
        assert set(module.AgentParamsDict.__annotations__) == {"class", "content-type", "copy"}


class TestCatalog:
    def test_modules_load_when_they_are_used(self, project: Project) -> None:
        project.span_types(one=OBJECT, two=OBJECT)
        project.generate()
        code = (
            "import sys; import made\n"
            "assert not [name for name in sys.modules if name.startswith('made.')]\n"
            "assert made.SPAN_TYPES['one'] is made.One\n"
            "assert 'made._one' in sys.modules and 'made._two' not in sys.modules\n"
            "assert dir(made) == made.__all__ and list(made.SPAN_TYPES) == ['one', 'two']\n"
            "assert 'jsonschema_rs' not in sys.modules and 'datamodel_code_generator' not in sys.modules"
        )
        result = run_process(cwd=project.package.parent, code=code)
        assert result.returncode == 0, result.stderr

    def test_unknown_names(self, made: Made) -> None:
        module = made(agent=OBJECT)
        with pytest.raises(AttributeError, match="has no attribute 'nope'"):
            module.nope  # noqa: B018

    def test_the_definitions_are_complete(self, made: Made) -> None:
        schema = {**properties(x={"type": "array", "uniqueItems": True, "x-mine": 1}), "minProperties": 1, "title": "T"}
        (entry,) = made(agent=schema).registry.to_agent_schema_version("v1")["span_type_schemas"]
        assert entry["params_schema"] == schema


@pytest.fixture(scope="module")
def span_types(cases: Path) -> Any:
    return load_package(cases, "cases_package").SPAN_TYPES


@pytest.mark.parametrize("name", list(CASES))
def test_a_model_accepts_what_its_schema_accepts(name: str, span_types: Any) -> None:
    """A validator of JSON Schema decides what is expected of the payloads in `cases.yaml`."""
    schema, payloads = CASES[name]["schema"], CASES[name]["payloads"]
    model = span_types[f"t:{name}"].Params
    validator = (Draft7Validator if schema.get("$schema") == DRAFT_07 else Draft202012Validator)(schema)
    assert {str(payload): accepts(model, payload) for payload in payloads} == {
        str(payload): validator.is_valid(payload) for payload in payloads
    }


# Keywords that types cannot express: schema, a payload that matches, one that does not.
UNTYPED: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "uniqueItems": (properties(x={"type": "array", "uniqueItems": True}), {"x": [1, True]}, {"x": [1, 1.0]}),
    "contains": (properties(x={"type": "array", "contains": {"type": "string"}}), {"x": [1, "a"]}, {"x": [1]}),
    "minProperties": ({"type": "object", "minProperties": 1}, {"a": 1}, {}),
    "propertyNames": ({"type": "object", "propertyNames": {"pattern": "^a"}}, {"ab": 1}, {"b": 1}),
    "dependentRequired": ({**OBJECT_WITH_X, "dependentRequired": {"x": ["y"]}}, {"x": "a", "y": 1}, {"x": "a"}),
    "not": ({**OBJECT_WITH_X, "not": {"required": ["x"]}}, {}, {"x": "a"}),
    "if": ({**OBJECT_WITH_X, "if": {"required": ["x"]}, "then": {"required": ["y"]}}, {"x": "a", "y": 1}, {"x": "a"}),
    "unevaluatedProperties": ({**OBJECT_WITH_X, "unevaluatedProperties": False}, {"x": "a"}, {"y": 1}),
    "anyOf": ({**OBJECT_WITH_X, "anyOf": [{"required": ["x"]}, {"required": ["y"]}]}, {"y": 1}, {"z": 1}),
    "oneOf": (properties(x={"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]}), {"x": 2.5}, {"x": 3}),
    "enum": (properties(x={"enum": [1.5, {"a": 1}]}), {"x": {"a": 1}}, {"x": {"a": True}}),
    "const": (properties(x={"const": [1]}), {"x": [1]}, {"x": [True]}),
    "prefixItems": (properties(x={"type": "array", "prefixItems": [{"type": "string"}]}), {"x": ["a", 1]}, {"x": [1]}),
    "patternProperties": (
        properties(x={"type": "object", "patternProperties": {"^a": {"type": "string"}}}), {"x": {"b": 1}}, {"x": {"a": 1}}
    ),
    "additionalProperties": (
        {"allOf": [{**OBJECT_WITH_X, "additionalProperties": False}, properties(y={})]}, {"x": "a"}, {"x": "a", "y": 1}
    ),
    "minimum": (properties(x={"minimum": 1}), {"x": "a"}, {"x": 0}),
    "items": (properties(x={"items": {"type": "string"}}), {"x": 1}, {"x": [1]}),
    "pattern": (properties(x={"enum": ["a", "b"], "pattern": "a"}), {"x": "a"}, {"x": "b"}),
    "type": (properties(x={"allOf": [{"type": "string"}, {"type": "integer"}]}), {}, {"x": 1}),
    "false": (properties(x=False), {}, {"x": 1}),
    "required": (properties(x={"required": ["a"]}), {"x": "no object"}, {"x": {}}),
    "minItems": (properties(x={"required": ["a"], "minItems": 1}), {"x": [1]}, {"x": []}),
    "properties": (properties(x={"properties": {"a": {"type": "string"}}}), {"x": [1]}, {"x": {"a": 1}}),
    "dependencies": ({"$schema": DRAFT_07, **OBJECT_WITH_X, "dependencies": {"x": ["y"]}}, {}, {"x": "a"}),
    "additionalItems": (
        {"$schema": DRAFT_07, **properties(x={"type": "array", "items": [{}], "additionalItems": {"type": "string"}})},
        {"x": [1, "a"]},
        {"x": [1, 1]},
    ),
    "additionalItems beside a boolean": (
        {"$schema": DRAFT_07, **properties(x={"items": True, "additionalItems": False}, y={"uniqueItems": True})},
        {"x": [1]},
        {"y": [1, 1]},
    ),
    "nested": (
        {**properties(x={"$ref": "#/$defs/a%25b"}), "$defs": {"a%b": properties(y={"not": {"type": "null"}})}},
        {"x": {"y": 1}},
        {"x": {"y": None}},
    ),
}  # fmt: skip


def test_a_mismatch_has_a_path_and_a_message_without_the_value(made: Made) -> None:
    model = made(agent=properties(x={"type": "array", "items": properties(y={"uniqueItems": True})})).AgentParams
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"x": [{}, {"y": ["secret", "secret"]}]})
    (error,) = caught.value.errors(include_input=False)
    assert (error["loc"], error["msg"]) == (("x", 1, "y"), "Items should be unique")


MISMATCHES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[tuple[str | int, ...], str]]]] = {
    "then": (
        {"properties": {"kind": {"enum": ["card", "bank"]}, "iban": {"type": "string"}, "bic": {"type": "string"}}}
        | {"if": {"properties": {"kind": {"const": "bank"}}}, "then": {"required": ["kind", "iban", "bic"]}},
        {"kind": "bank"},
        [(("iban",), "Field required, because of then"), (("bic",), "Field required, because of then")],
    ),
    "a property called then": (
        {**properties(then={"uniqueItems": True}), "if": {"required": ["x"]}, "else": properties(then={"minItems": 1})},
        {"then": [1, 1]},
        [(("then",), "Items should be unique")],
    ),
    "else": (
        {**properties(then={"uniqueItems": True}), "if": {"required": ["x"]}, "else": properties(then={"minItems": 1})},
        {"then": []},
        [(("then",), "Input should have at least 1 item, because of else")],
    ),
    "a union with numbers": (
        properties(x={"type": ["string", "number"]}, y={"type": ["integer", "string"]}),
        {"x": None, "y": None},
        [
            (("x", "number"), "Input should be a number"),
            (("x", "str"), "Input should be a valid string"),
            (("y", "str"), "Input should be a valid string"),
            (("y", "integer"), "Input should be an integer"),
        ],
    ),
    "dependentRequired": (
        properties(x={"dependentRequired": {"a": ["b", "c"]}, "type": "object"}),
        {"x": {"a": 1, "c": 2}},
        [(("x", "b"), "Field required because a is present")],
    ),
    "prefixItems": (
        properties(x={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
        {"x": ["a", "b"]},
        [(("x", 1), "Input should be an integer, found a string")],
    ),
    "oneOf": (
        properties(x={"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        {"x": {"a": 1, "b": 2}},
        [(("x",), "Input should match exactly one option of oneOf, but matches several")],
    ),
    "false": (
        properties(x={"type": "object", "properties": {"y": False}}),
        {"x": {"y": 1}},
        [(("x", "y"), "No value is allowed here")],
    ),
}  # fmt: skip


def test_the_path_to_a_wrong_number_in_a_union(made: Made) -> None:
    number = {"type": ["number", "string", "null"], "minimum": 1}
    with pytest.raises(ValidationError) as caught:
        made(agent=properties(x=number, y={"type": "integer", "minimum": 1})).AgentParams(x=0, y=0)
    assert [error["loc"] for error in caught.value.errors()] == [("x", "number"), ("x", "str"), ("y",)]


@pytest.mark.parametrize("case", MISMATCHES)
def test_the_message_of_a_schema_check(case: str, made: Made) -> None:
    schema, payload, expected = MISMATCHES[case]
    with pytest.raises(ValidationError) as caught:
        made(agent=schema).AgentParams.model_validate(payload)
    # Python may keep a union in the order in which another one of the same types was written.
    assert sorted((error["loc"], error["msg"]) for error in caught.value.errors()) == sorted(expected)


@pytest.mark.parametrize("keyword", sorted(UNTYPED))
def test_a_keyword_that_types_cannot_express_is_checked(keyword: str, made: Made) -> None:
    schema, valid, invalid = UNTYPED[keyword]
    model = made(agent=schema).AgentParams
    assert accepts(model, valid)
    with pytest.raises(ValidationError) as caught:
        model.__pydantic_validator__.validate_python(invalid, by_alias=True, by_name=False)
    assert caught.value.errors()


def test_a_part_that_names_the_same_draft(made: Made) -> None:
    part = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **properties(**{"$schema": {"type": "integer"}, "price": {"multipleOf": 0.01}}),
        "patternProperties": {r"^\d$": False},
    }
    model = made(agent={**properties(x={"$ref": "#/$defs/part"}), "$defs": {"part": part}}).AgentParams
    valid: list[dict[str, Any]] = [{"\u0663": 1}, {"price": 19.99}, {"$schema": 1}]
    invalid: list[dict[str, Any]] = [{"3": 1}, {"price": 0.001}, {"$schema": "a"}]
    for payload in valid:
        assert accepts(model, {"x": payload})
    for payload in invalid:
        assert not accepts(model, {"x": payload})


@pytest.mark.parametrize(
    "schema",
    [
        {
            **OBJECT_WITH_X,
            "title": "T",
            "description": "D",
            "$comment": "C",
            "examples": [{}],
            "default": {},
            "x-unknown": 1,
        },
        properties(x={"type": "string", "format": "email", "contentEncoding": "base64", "deprecated": True}),
        properties(x={"type": "string", "minimum": 5, "items": {}}),
    ],
)
def test_keywords_that_do_not_affect_validity_give_no_diagnostic(schema: dict[str, Any], project: Project) -> None:
    project.span_types(agent=schema)
    result = project.generate()
    assert (result.code, result.findings) == (0, [])


DRAFT = "https://json-schema.org/draft/2020-12/schema"


class TestMetaschemas:
    """A `$ref` to the metaschema of the schema's own draft: the schema check follows it, the type is any."""

    def test_the_schema_that_a_payload_holds_is_checked(self, made: Made) -> None:
        schema = properties("schema", schema={"$ref": DRAFT}, own={"allOf": [{"$ref": DRAFT}, {"type": "object"}]})
        old = {"$schema": DRAFT_07, **properties(count={"$ref": f"{DRAFT_07}/definitions/nonNegativeInteger"})}
        module = made(agent=schema, old=old)
        for taken in ({"schema": {"type": "object"}}, {"schema": True, "own": {}}):
            assert accepts(module.AgentParams, taken)
        for refused in ({"schema": {"type": "strng"}}, {"schema": {}, "own": True}, {}):
            assert not accepts(module.AgentParams, refused)
        assert accepts(module.OldParams, {"count": 1})
        assert not accepts(module.OldParams, {"count": -1})

    def test_explain_says_what_checks_it(self, project: Project) -> None:
        project.span_types(agent=properties(schema={"$ref": DRAFT}))
        assert (
            "/properties/schema/$ref: checked against the schema itself"
            in project.run("check", "schemas", "--explain").out
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("own", DRAFTS)
    @pytest.mark.parametrize("other", DRAFTS)
    def test_the_metaschema_of_another_draft(self, own: str, other: str, made: Made) -> None:
        model = made(agent={"$schema": own, **properties(x={"$ref": other})}).AgentParams
        assert accepts(model, {"x": {"properties": {"a": {"minimum": 1}}}})
        assert not accepts(model, {"x": {"properties": {"a": {"minimum": "1"}}}})
        is_04 = other == DRAFT_04
        assert accepts(model, {"x": {"minimum": 1, "exclusiveMinimum": True}}) == is_04
        assert accepts(model, {"x": True}) != is_04

    def test_a_part_that_the_metaschema_does_not_have(self, project: Project) -> None:
        project.span_types(agent=properties(schema={"$ref": f"{DRAFT}#/nope"}))
        line = only(project.generate().findings)
        assert "PG006: payloads cannot be checked against this schema: " in line
        assert "does not exist" in line


def test_a_wrong_default_that_is_allowed(project: Project) -> None:
    wrong = {"type": "string", "default": None}
    project.span_types(agent=properties(x=wrong))
    assert project.generate().code == 0
    project.span_types(agent=properties(x={**wrong, "x-prefactor-allow": {"PG026": "As pydantic writes it."}}))
    assert project.generate().findings == []


def test_arrays_in_nothing_but_arrays(made: Made) -> None:
    tree = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
    model = made(agent={**properties(x={"$ref": "#/$defs/Tree"}), "$defs": {"Tree": tree}}).AgentParams
    assert accepts(model, {"x": [[], [[]]]})
    assert not accepts(model, {"x": ["a"]})
    assert not accepts(model, {"x": [[1]]})
