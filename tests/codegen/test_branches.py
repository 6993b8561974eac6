"""Members that stand in a branch: they are keywords, every valid call type-checks, and no type is too narrow."""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.codegen.schemas import DRAFT_07, TEXT, option
from tests.codegen.support import Made, Project, is_valid, load_package, run_silently, type_errors

from prefactor_schema import JsonSchema

Json: TypeAlias = dict[str, Any]

NAMES = ["a", "b", "kind", "o"]
OBJECTS: list[Json] = [{}, {"a": 1}, {"a": "x"}, {"a": 1, "b": "x"}, {"kind": "k1", "a": 1}, {"kind": "k2", "b": "x"}]
VALUES: dict[str, list[Any]] = {
    "a": [1, "x", None, "y"],
    "b": [1, "x", [1], ["x"]],
    "kind": ["k1", "k2", "k3"],
    "o": [*OBJECTS, 1],
}
MEMBERS: list[Any] = [
    {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}, {"enum": ["x", "y"]}, {"const": 1}, True,
    {"type": "array", "items": {"type": "integer"}}, {"$ref": "#/$defs/text"},
]  # fmt: skip
DEFINITIONS: Json = {
    "text": {"type": "string"},
    "named": {"properties": {"b": {"type": "string"}}, "required": ["b"]},
    "node": {"type": "object", "properties": {"a": {"type": "integer"}}, "anyOf": [{"$ref": "#/$defs/inner"}, True]},
    "inner": {"properties": {"o": {"$ref": "#/$defs/node"}}},
}


def objects(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """What an object schema, or a branch of one, says about its members."""
    member = st.sampled_from(MEMBERS) | inner.map(lambda schema: {"type": "object", **schema})
    members: dict[str, st.SearchStrategy[Any]] = {
        "a": member, "b": member, "kind": st.sampled_from([{"type": "string"}, {"enum": ["k1", "k2"]}]), "o": member,
    }  # fmt: skip
    return st.fixed_dictionaries(
        {"properties": st.fixed_dictionaries({}, optional=members)},
        optional={"required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True)},
    )


def told_apart(options: list[Json]) -> list[Json]:
    """Options that a required constant tells apart."""
    return [
        {**option, "properties": {**option["properties"], "kind": {"const": f"k{number}"}}, "required": ["kind"]}
        for number, option in enumerate(options, 1)
    ]


def branches(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Keywords that hold branches."""
    branch = inner | st.just({"$ref": "#/$defs/named"})
    options = st.lists(branch, min_size=2, max_size=3)
    condition = st.sampled_from([{"properties": {"kind": {"const": "k1"}}}, {"required": ["a"]}])
    conditional = st.fixed_dictionaries({"if": condition, "then": branch}, optional={"else": branch})
    return st.one_of(
        st.fixed_dictionaries({"oneOf": options}),
        st.fixed_dictionaries({"anyOf": options}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=2, max_size=3).map(told_apart)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=2, max_size=2).map(told_apart)}),
        conditional,
        st.fixed_dictionaries({"dependentSchemas": st.fixed_dictionaries({"a": branch})}),
        st.fixed_dictionaries({"allOf": st.lists(st.fixed_dictionaries({"oneOf": options}), min_size=1, max_size=2)}),
        st.fixed_dictionaries(
            {"allOf": st.lists(st.fixed_dictionaries({"if": condition, "then": branch}), min_size=1, max_size=2)}
        ),
        st.just({"$ref": "#/$defs/node"}),
    )


def with_branches(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.builds(combined, objects(inner), branches(objects(inner) | inner), st.booleans())


def combined(schema: Json, keywords: Json, has_kind: bool) -> Json:
    if not has_kind:
        return {**schema, **keywords}
    members = {**schema["properties"], "kind": {"enum": ["k1", "k2", "k3"]}}
    return {**schema, **keywords, "properties": members, "required": ["kind"]}


PLAIN = objects(st.just({"properties": {"a": {"type": "integer"}}}))
SCHEMAS = with_branches(PLAIN) | with_branches(with_branches(PLAIN))


def closed(schema: Json) -> Json:
    """The schema whose objects have only members that it names for them."""
    result = copy.deepcopy(schema)
    pending = [result]
    while pending:
        part = pending.pop()
        if part.get("type") == "object":
            part["unevaluatedProperties"] = False
        for value in part.values():
            inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else []
            pending.extend(each for each in (value, *inner) if isinstance(each, dict))
    return result


def payloads() -> Iterator[Json]:
    choices = [[None, *((name, value) for value in VALUES[name])] for name in NAMES]
    for chosen in itertools.product(*choices):
        yield dict(each for each in chosen if each is not None)


PAYLOADS = list(payloads())


def some(items: list[Json], count: int) -> list[Json]:
    """Different ones of the items, the same ones in every run."""
    return random.Random(len(items)).sample(items, min(count, len(items)))


def schemas_with_payloads(count: int) -> list[tuple[Json, list[Json]]]:
    """Random schemas, each with valid payloads of members that it names."""
    found: dict[str, tuple[Json, list[Json]]] = {}

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(SCHEMAS)
    def collect(schema: Json) -> None:
        whole = {"type": "object", **schema, "$defs": DEFINITIONS}
        matches = JsonSchema(closed(whole)).matches
        valid = [payload for payload in PAYLOADS if matches(payload)]
        if len(valid) > 5:
            found[json.dumps(schema)] = whole, valid

    collect()
    return list(found.values())


@pytest.mark.slow
def test_every_valid_call_type_checks_and_no_model_is_too_narrow(tmp_path: Path) -> None:
    cases = schemas_with_payloads(90)
    assert len(cases) > 20
    schemas = {f"s{number}": schema for number, (schema, _) in enumerate(cases)}
    (tmp_path / "spans.json").write_text(json.dumps({"span_schemas": schemas}))
    code, printed = run_silently(
        str(tmp_path / "spans.json"), "--output", str(tmp_path), "--package", "branched", "--no-cache"
    )
    assert code == 0, printed
    lines = [f"from branched import {', '.join(f'S{number}' for number in range(len(cases)))}"]
    for number, (_, valid) in enumerate(cases):
        lines.append(f"async def call_{number}(span: S{number}) -> None:")
        for payload in some(valid, 12):
            arguments = ", ".join(f"{name}={value!r}" for name, value in payload.items())
            lines.extend([f"    await span.start({arguments})", f"    await span.start_with({payload!r})"])
            if "o" not in payload:
                lines.append(f"    S{number}.Params({arguments})")
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "__init__.py").write_text("\n".join(lines))
    write_calls_that_fit_and_that_do_not(tmp_path)
    assert type_errors(tmp_path) == ""
    package = load_package(tmp_path, "branched")
    for number, (schema, _) in enumerate(cases):
        matches = JsonSchema(schema).matches
        params = getattr(package, f"S{number}").Params
        wrong = [payload for payload in PAYLOADS[::3] if is_valid(params, payload) != matches(payload)]
        assert not wrong, (schema, wrong[:3])


CARD = {"properties": {"method": {"const": "card"}, "number": {"type": "string"}}, "required": ["method", "number"]}
IBAN = {"properties": {"method": {"const": "iban"}, "acct": {"type": "string"}}, "required": ["method", "acct"]}
PAYMENT: Json = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number"}, "note": {"$ref": "#/$defs/Note"}},
    "oneOf": [CARD, IBAN],
    "$defs": {"Note": {"type": "object", "properties": {"text": {"type": "string"}}}},
}
REFUND: Json = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["full", "part"]},
        "target": {"type": "object", "properties": {"to": {"type": "string"}},
                   "anyOf": [{"properties": {"phone": {"type": "string"}}, "required": ["phone"]},
                             {"properties": {"email": {"type": "string"}}, "required": ["email"]}]},
    },
    "if": {"properties": {"kind": {"const": "part"}}},
    "then": {"properties": {"amount": {"type": "number"}}, "required": ["amount"]},
    "dependentSchemas": {"reason": {"properties": {"approved_by": {"type": "string"}}, "required": ["approved_by"]}},
}  # fmt: skip
CALLS = """
from made import Payment, PaymentParams, PaymentParamsNote, Refund, RefundParams, RefundParamsTarget

async def payment(span: Payment) -> None:
    await span.start(amount=1, method="card", number="4")
    await span.start(amount=1, method="iban", acct="DE1", note={"text": "x"})
    await span.start_with({"amount": 1, "method": "card", "number": "4"})
    PaymentParams(amount=1, method="card", number="4", note=PaymentParamsNote(text="x"))
    await span.start(amount=1)  # type: ignore[call-overload]
    await span.start(amount=1, method="card")  # type: ignore[call-overload]
    await span.start(amount=1, method="card", number=4)  # type: ignore[call-overload]
    await span.start(amount=1, method="iban", number="4")  # type: ignore[call-overload]
    await span.start(amount=1, method="cash", number="4")  # type: ignore[call-overload]
    await span.start_with({"amount": 1, "number": "4"})  # type: ignore[arg-type]

async def refund(span: Refund) -> None:
    await span.start(kind="full", target={"to": "dana", "phone": "1"}, reason="late", approved_by="kim")
    await span.start(kind="part", amount=2, target={"email": "d@example.org"})
    await span.start(kind="part")  # type: ignore[call-overload]
    await span.start(kind="full", target={"fax": "1"})  # type: ignore[call-overload]
    RefundParams(kind="part", amount=2, target=RefundParamsTarget(to="dana", email="d@example.org"))
"""


def write_calls_that_fit_and_that_do_not(folder: Path) -> None:
    """Members in a branch are keywords."""
    (folder / "some.json").write_text(json.dumps({"span_schemas": {"payment": PAYMENT, "refund": REFUND}}))
    code, printed = run_silently(str(folder / "some.json"), "--output", str(folder), "--package", "made")
    assert code == 0, printed
    (folder / "some_calls").mkdir()
    (folder / "some_calls" / "__init__.py").write_text(CALLS)


def fields(model: type[BaseModel]) -> list[str]:
    return list(model.model_fields)


def test_the_branches_of_results_are_keywords_too(project: Project) -> None:
    span_type = {"name": "pay", "params_schema": {"type": "object"}, "result_schema": PAYMENT}
    project.write("schemas/spans.json", {"span_type_schemas": [span_type]})
    assert project.generate().code == 0
    text = project.files()["_pay.py"]
    assert text.count("@overload") == 2
    assert "method: Literal['card'],\n" in text


def test_a_member_has_the_types_that_all_branches_say(made: Made) -> None:
    options = [
        {"properties": {"size": {"type": "integer"}, "color": {"type": "string"}}},
        {"properties": {"size": {"type": "string"}}},
    ]
    package = made(box={"properties": {"a": {}}, "anyOf": options})
    annotations = {name: str(field.annotation) for name, field in package.BoxParams.model_fields.items()}
    assert "int" in annotations["size"]
    assert "str" in annotations["size"]
    assert "Any" in annotations["color"]


def test_what_the_schema_says_itself_is_not_narrowed_by_a_branch(made: Made) -> None:
    package = made(box={"properties": {"a": {"type": "number"}}, "anyOf": [{"properties": {"a": {"const": 1}}}, True]})
    assert is_valid(package.BoxParams, {"a": 2})


def test_a_closed_object_has_no_members_of_branches(made: Made) -> None:
    closed_schema = {"properties": {"a": {}}, "additionalProperties": False, "anyOf": [{"properties": {"b": {}}}, True]}
    package = made(box=closed_schema)
    assert fields(package.BoxParams) == ["a"]


def test_members_of_all_branches_are_found(made: Made) -> None:
    """Also in branches of branches, behind references, in conditions, and those that are only required."""
    package = made(
        box={
            "properties": {"a": {}},
            "allOf": [
                {"oneOf": [{"$ref": "#/$defs/B"}, {"allOf": [{"properties": {"c": {}}}, {"required": ["d"]}]}]},
                {"if": {"properties": {"e": {}}}, "then": {"anyOf": [{"properties": {"f": {}}}]}, "else": {}},
            ],
            "dependentRequired": {"g": ["h"]},
            "$defs": {"B": {"properties": {"b": {}}}},
        }
    )
    assert sorted(fields(package.BoxParams)) == list("abcdefgh")


def test_options_of_a_union_have_the_members_of_their_branches(made: Made) -> None:
    package = made(
        box={
            "oneOf": [option("one", x=TEXT), {**option("two", y=TEXT), "anyOf": [{"properties": {"z": TEXT}}, True]}],
            "if": {"properties": {"kind": {"const": "one"}}},
            "then": {"properties": {"more": TEXT}},
        }
    )
    assert sorted(fields(package.BoxParamsOne)) == ["kind", "more", "x"]
    assert sorted(fields(package.BoxParamsTwo)) == ["kind", "more", "y", "z"]


def test_an_object_in_a_branch_is_a_class_of_its_own(made: Made) -> None:
    owner = {"type": "object", "properties": {"id": TEXT}, "required": ["id"]}
    package = made(box={"properties": {"a": {}}, "oneOf": [{"properties": {"owner": owner}, "required": ["owner"]}]})
    assert fields(package.BoxParamsOption1Owner) == ["id"]
    assert package.BoxParams(owner=package.BoxParamsOption1Owner(id="1")).owner.id == "1"


def test_branches_that_lead_back_to_their_object_end(made: Made) -> None:
    node = {"properties": {"value": TEXT}, "anyOf": [{"$ref": "#/$defs/Inner"}, {"required": ["value"]}]}
    inner = {"properties": {"child": {"type": "object", **node}}, "required": ["child"]}
    package = made(node={**node, "$defs": {"Inner": inner}})
    assert is_valid(package.NodeParams, {"child": {"child": {"value": "x"}}})
    assert not is_valid(package.NodeParams, {"child": {"child": {"value": 1}}})


def test_draft_07_ignores_branches_beside_a_reference(made: Made) -> None:
    target = {"type": "object", "properties": {"a": TEXT}}
    schema = {"$schema": DRAFT_07, "definitions": {"T": target}, "type": "object", "properties": {"t": {
        "$ref": "#/definitions/T", "anyOf": [{"properties": {"b": TEXT}}]}}}  # fmt: skip
    package = made(box=schema)
    assert fields(package.BoxParamsT) == ["a"]


def test_texts_and_names_of_members_in_a_branch_are_used(made: Made) -> None:
    member = {"type": "string", "description": "Who agreed.", "x-prefactor-name": "approver"}
    package = made(box={"properties": {"a": {}}, "anyOf": [{"properties": {"by": member}}, True]})
    assert fields(package.BoxParams) == ["a", "approver"]
    assert "approver: Sent as `by`. Who agreed." in inspect.getsource(sys.modules[package.Box.__module__])


def test_the_repr_hides_what_one_of_several_branches_redacts(made: Made) -> None:
    def owner(**keywords: Any) -> Json:
        return {"properties": {"owner": {"type": "object", "properties": {"id": {"type": "string", **keywords}}}}}

    redacted = owner(**{"x-prefactor-redact": True})
    package = made(
        box={"properties": {"a": {}}, "anyOf": [owner(), redacted]}, base={**owner(), "anyOf": [redacted, {}]}
    )
    for model in (package.BoxParams, package.BaseParams):
        shown = repr(model.model_validate({"owner": {"id": "secret"}}))
        assert "owner" in shown
        assert "secret" not in shown


def test_no_overloads_where_a_branch_may_be_meant_by_several_constants(project: Project) -> None:
    other = {"properties": {"method": {"type": "string"}}, "required": ["method"]}
    project.span_types(
        optional={**PAYMENT, "oneOf": [{**CARD, "required": ["number"]}, IBAN]},
        open={**PAYMENT, "anyOf": [CARD, other]} | {"oneOf": [{}]},
        same={**PAYMENT, "oneOf": [CARD, CARD]},
    )
    assert project.generate().code == 0
    assert all("@overload" not in text for text in project.files().values())


def test_members_of_branches_never_stop_a_build(made: Made) -> None:
    """Types that nest too deep, and only in a branch: the object has no keywords for them, and is checked as before."""
    last = 70
    chain = {f"d{n}": {"type": "object", "properties": {"next": {"$ref": f"#/$defs/d{n + 1}"}}} for n in range(last)}
    definitions = {**chain, f"d{last}": TEXT}
    branch = {"properties": {"b": {"$ref": "#/$defs/d0"}}}
    package = made(box={"properties": {"a": TEXT}, "anyOf": [branch], "$defs": definitions})
    assert fields(package.BoxParams) == ["a"]
    assert is_valid(package.BoxParams, {"a": "x", "b": {"next": {}}})
    assert not is_valid(package.BoxParams, {"b": {"next": 1}})
