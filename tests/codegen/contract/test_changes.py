"""Each kind of change, by an example: what it is called, where, and whom it breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema.validators import Draft202012Validator
from tests.codegen.contract.comparing import (
    EMPTY,
    TEXT,
    changes,
    changes_of_params,
    definitions,
    span_type,
    told,
)

from prefactor_gen.comparison.changes import Proof
from prefactor_gen.diagnostics.change_rules import CHANGE_RULES

pytestmark = pytest.mark.slow


def one_of(*options: Any) -> dict[str, Any]:
    return {"oneOf": list(options)}


def members(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def closed(*required: str, **properties: Any) -> dict[str, Any]:
    return {**members(*required, **properties), "additionalProperties": False}


def kind(name: str, **properties: Any) -> dict[str, Any]:
    return members("kind", kind={"const": name}, **properties)


def number(**keywords: Any) -> dict[str, Any]:
    return {"type": "number", **keywords}


def text(**keywords: Any) -> dict[str, Any]:
    return {"type": "string", **keywords}


def array(**keywords: Any) -> dict[str, Any]:
    return {"type": "array", **keywords}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


# The old schema of the property x, the new one, and what is told.
OF_A_VALUE: list[tuple[Any, Any, list[str]]] = [
    ({"type": ["string", "null"]}, TEXT, ["PD201 x: null removed (E/–)"]),
    ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, ["PD201 x: null removed (E/–)"]),
    (True, TEXT, ["PD201 x: type string added (E/–)"]),
    ({"type": "integer"}, number(), ["PD202 x: number added (–/E)"]),
    (TEXT, {"anyOf": [{"type": "null"}, TEXT]}, ["PD202 x: null added (–/E)"]),
    (TEXT, {}, ["PD202 x: type string removed (–/E)"]),
    (TEXT, {"type": "integer"}, ["PD203 x: string became integer (E/E)"]),
    ({"enum": ["a"]}, {"enum": [1]}, ["PD203 x: string became number (E/E)"]),
    (number(minimum=0), number(minimum=1), ["PD204 x: minimum 0 became minimum 1 (E/–)"]),
    (number(minimum=0), number(exclusiveMinimum=0), ["PD204 x: minimum 0 became exclusiveMinimum 0 (E/–)"]),
    (TEXT, text(maxLength=9), ["PD204 x: maxLength 9 added (E/–)"]),
    (array(), array(uniqueItems=True), ["PD204 x: uniqueItems true added (E/–)"]),
    (number(multipleOf=2), number(multipleOf=3),
     ["PD204 x: multipleOf 2 became multipleOf 3 (E/–)", "PD205 x: multipleOf 2 became multipleOf 3 (–/w)"]),
    (text(maxLength=9), text(maxLength=10), ["PD205 x: maxLength 9 became maxLength 10 (–/w)"]),
    (array(minItems=1), array(), ["PD205 x: minItems 1 removed (–/w)"]),
    ({"enum": ["EUR", "JPY"]}, {"enum": ["EUR"]}, ['PD206 x: "JPY" removed (E/–)']),
    ({"enum": ["EUR"]}, {"enum": ["EUR", "GBP"]}, ['PD207 x: "GBP" added (–/w)']),
    ({"const": "EUR"}, {"enum": ["EUR", "GBP"]}, ['PD207 x: "GBP" added (–/w)']),
    ({"enum": ["EUR"]}, one_of({"const": "EUR", "description": "Euro"}, {"const": "GBP"}),
     ['PD207 x: "GBP" added (–/w)', "PD301 x: description added (n/n)"]),
    (TEXT, {"enum": ["a", "b"]}, ['PD208 x: became one of "a", "b" (E/–)']),
    ({"enum": ["a", "b"]}, TEXT, ['PD209 x: is no longer one of "a", "b" (–/E)']),
    (TEXT, text(pattern="^a"), ['PD210 x: pattern "^a" added (E/–)']),
    (text(pattern="^a"), text(pattern="^b"), ['PD210 x: pattern "^a" became pattern "^b" (E/E)']),
    (text(pattern="^a"), TEXT, ['PD211 x: pattern "^a" removed (–/w)']),
    (TEXT, text(format="date"), ['PD212 x: format "date" added (w/–)']),
    (text(format="date"), TEXT, ['PD213 x: format "date" removed (–/w)']),
    (text(format="date"), text(format="uuid"),
     ['PD212 x: format "date" became "uuid" (w/–)', 'PD213 x: format "date" became "uuid" (–/w)']),
    (one_of(kind("card", n=TEXT), kind("cash")), one_of(kind("card", n=TEXT)),
     ['PD214 x: the option kind "cash" removed (E/–)']),
    (one_of(kind("cash")), one_of(kind("cash"), kind("card", n=TEXT)),
     ['PD215 x: the option kind "card" added (–/E)', "PD102 x.n: added (n/–)"]),
    (one_of(number(minimum=9), number(maximum=0)), one_of(number(minimum=9), number(maximum=0), number(multipleOf=5)),
     ["PD215 x: oneOf changed: its options overlap, or are too many (E/E)"]),
    (one_of(kind("card", n=TEXT), kind("cash")), one_of(kind("cash"), kind("card", n=text(maxLength=3))),
     ["PD204 x.n: maxLength 3 added (E/–)"]),
    (array(prefixItems=[TEXT]), array(prefixItems=[TEXT, TEXT]),
     ["PD216 x: had 1 items with schemas of their own, and has 2 (E/–)"]),
    (array(prefixItems=[TEXT, TEXT]), array(prefixItems=[TEXT, number()]),
     ["PD203 x[1]: string became number (E/E)"]),
    (array(items=TEXT), array(items=text(minLength=1)), ["PD204 x[]: minLength 1 added (E/–)"]),
    (array(), array(contains=TEXT), ["PD217 x: contains added (E/–)"]),
    (array(contains=TEXT), array(contains=number()), ["PD217 x: contains changed (E/E)"]),
    (TEXT, text(**{"not": {"const": "a"}}), ["PD218 x: not added (E/–)"]),
    (TEXT, text(**{"x-prefactor-redact": True}), ["PD219 x: redacted now: readers find a placeholder (–/E)"]),
    (TEXT, text(nullable=True), ['PD221 x: "nullable" added: its meaning is not known (E/E)']),
    (TEXT, text(madeUp=1), ['PD221 x: "madeUp" added: its meaning is not known (E/E)']),
    (TEXT, text(title="A", **{"x-internal": 1}), ["PD301 x: title added (n/n)"]),
    (text(description="A"), text(description="B"), ["PD301 x: description changed (n/n)"]),
    (text(default="a"), text(default="b"), ['PD304 x: default "a" became "b" (–/w)']),
    (TEXT, text(deprecated=True), ["PD305 x: deprecated (n/n)"]),
    (mapping(TEXT), mapping(True), ["PD112 x.*: further properties take more (–/E)"]),
    (mapping(True), mapping(TEXT), ["PD111 x.*: further properties take less (E/–)"]),
    (mapping(TEXT), mapping(text(minLength=1)), ["PD204 x.*: minLength 1 added (E/–)"]),
    (EMPTY, {"type": "object", "propertyNames": {"maxLength": 3}}, ["PD111 x: propertyNames added (E/–)"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), OF_A_VALUE)
def test_a_change_of_a_value(old: Any, new: Any, expected: list[str]) -> None:
    assert told(changes_of_params(members(x=old), members(x=new))) == expected


# The old params, the new ones, and what is told.
OF_AN_OBJECT: list[tuple[Any, Any, list[str]]] = [
    (members(a=TEXT), members(), ["PD101 a: removed (w/E)"]),
    (closed(a=TEXT), closed(), ["PD101 a: removed (E/E)"]),
    (members(a={}), members(), ["PD101 a: removed (w/E)"]),
    (members(), members(a=TEXT), ["PD102 a: added (n/–)"]),
    (closed(), closed(a=TEXT), ["PD102 a: added (n/w)"]),
    (mapping(TEXT), {**mapping(TEXT), **members(a=text(minLength=1))},
     ["PD102 a: added (n/–)", "PD204 a: minLength 1 added (E/–)"]),
    (members(), members("a", a=text(default="b")), ["PD103 a: added and required (E/–)"]),
    (members(a=TEXT), members(b=text(**{"x-prefactor-renamed-from": "a"})), ["PD104 b: renamed from a (E/E)"]),
    (members(a=TEXT), members("b", b=text(maxLength=3, **{"x-prefactor-renamed-from": "a"})),
     ["PD104 b: renamed from a (E/E)", "PD105 b: became required (E/–)", "PD204 b: maxLength 3 added (E/–)"]),
    (members(a=TEXT), members("a", a=TEXT), ["PD105 a: became required (E/–)"]),
    (members("a", a=TEXT), members(a=TEXT), ["PD106 a: became optional (–/E)"]),
    (members(a=TEXT), {**members(a=TEXT), "dependentRequired": {"a": ["b"]}},
     ["PD107: dependentRequired added (E/–)"]),
    ({**members(a=TEXT), "if": {"required": ["a"]}, "then": {"required": ["b"]}}, members(a=TEXT),
     ["PD108: if, then removed (–/w)"]),
    (members(a=TEXT), closed(a=TEXT), ["PD109: takes no further properties (E/–)"]),
    (members(a=TEXT), {**members(a=TEXT), "unevaluatedProperties": False},
     ["PD109: takes no further properties (E/–)"]),
    (closed(a=TEXT), members(a=TEXT), ["PD110: takes further properties (–/w)"]),
    (members(a=members(b=TEXT)), members(a=members(b=TEXT, c=TEXT)), ["PD102 a.c: added (n/–)"]),
    (members(a=members(b=TEXT)), members(a=TEXT), ["PD203 a: object became string (E/E)"]),
    ({}, EMPTY, []),
    ({"properties": {"a": TEXT}}, members(a={"type": "null"}), ["PD203 a: string became null (E/E)"]),
    ({"allOf": [members(a=TEXT)], "unevaluatedProperties": False},
     {"allOf": [members(a=TEXT, b=TEXT)], "unevaluatedProperties": False}, ["PD102 b: added (n/w)"]),
    ({**EMPTY, "patternProperties": {"^a": TEXT}}, {**EMPTY, "patternProperties": {"^a": text(maxLength=2)}},
     ["PD204 *: maxLength 2 added (E/–)"]),
    ({**EMPTY, "minProperties": 1}, {**EMPTY, "minProperties": 2},
     ["PD204: minProperties 1 became minProperties 2 (E/–)"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), OF_AN_OBJECT)
def test_a_change_of_an_object(old: Any, new: Any, expected: list[str]) -> None:
    assert told(changes_of_params(old, new)) == expected


def test_every_change_of_values_has_a_payload_that_shows_it() -> None:
    """The payload is asked for by two validators: the engine of payloads, and jsonschema."""
    examples = [*((members(x=old), members(x=new)) for old, new, _ in OF_A_VALUE)]
    examples += [(old, new) for old, new, _ in OF_AN_OBJECT]
    for old, new in examples:
        for each in changes_of_params(old, new):
            assert each.proof is not Proof.UNPROVEN, (old, new, each)
            if each.witness is not None:
                valid = [Draft202012Validator(schema).is_valid(each.witness.value) for schema in (old, new)]
                assert valid == [each.witness.was_valid, not each.witness.was_valid], (old, new, each)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"title": "A step"}, ["PD301: title changed (n/n)"]),
        ({}, {"title": "agent:step"}, []),
        ({"description": ""}, {}, []),
        ({}, {"description": "It."}, ["PD301: description changed (n/n)"]),
        ({}, {"template": "{{ a }}"}, ["PD302: template added (–/n)"]),
        ({"template": "{{ a }}"}, {}, ["PD302: template removed (–/n)"]),
        ({}, {"deprecated": True}, ["PD305: deprecated (n/n)"]),
    ],
)
def test_a_change_of_a_text(old: Any, new: Any, expected: list[str]) -> None:
    params = members(a=TEXT)
    before, after = definitions(span_type(params, **old)), definitions(span_type(params, **new))
    assert told(changes(before, after)) == expected


def test_span_types_that_come_go_and_are_renamed() -> None:
    old = definitions(span_type(EMPTY, name="a"), span_type(EMPTY, name="b"), span_type(members(x=TEXT), name="c"))
    renamed = span_type(members(x=TEXT, y=TEXT), name="e", **{"x-prefactor-renamed-from": "c"})
    new = definitions(span_type(EMPTY, name="b"), span_type(EMPTY, name="d"), renamed)
    found = changes(old, new)
    assert [(each.span_type, line) for each, line in zip(found, told(found), strict=True)] == [
        ("a", "PD001: removed (E/E)"),
        ("d", "PD002: added (n/n)"),
        ("e", "PD003: renamed from c (E/E)"),
        ("e", "PD102 y: added (n/–)"),
    ]


def test_a_template_that_shows_what_is_gone() -> None:
    template = "{{ a }} {{ b }}"
    old = definitions(span_type(members(a=TEXT), members(b=TEXT), template=template))
    new = definitions(span_type(members(a=TEXT), members(c=TEXT), template=template))
    assert told(changes(old, new))[0] == (
        "PD303: the template shows 'b', but 'b' is not a property of params or result (–/E)"
    )


def test_results_that_come_and_go() -> None:
    nothing, result = span_type(EMPTY), span_type(EMPTY, members("r", r=TEXT))
    assert told(changes(definitions(result), definitions(nothing))) == ["PD005: removed (E/E)"]
    assert told(changes(definitions(nothing), definitions(result))) == [
        "PD006: added (–/n)",
        "PD103 r: added and required (E/w)",
    ]
    optional, closed_result = span_type(EMPTY, members(r=TEXT)), span_type(EMPTY, closed())
    assert told(changes(definitions(nothing), definitions(optional))) == ["PD006: added (–/n)"]
    assert told(changes(definitions(nothing), definitions(closed_result))) == []
    anything = span_type(EMPTY, {})
    assert told(changes(definitions(nothing), definitions(anything))) == ["PD006: added (–/n)"]
    assert told(changes(definitions(anything), definitions(nothing))) == ["PD005: removed (E/E)"]
    filled = span_type(EMPTY, {"type": "object", "minProperties": 1})
    assert told(changes(definitions(nothing), definitions(filled)))[1:] == ["PD204: minProperties 1 added (E/–)"]


def test_quality_schemas() -> None:
    a, b = ({"name": name, "schema": members(score=number())} for name in "ab")
    loose = {"name": "b", "schema": members(score=TEXT)}
    old, new = definitions(span_type(EMPTY), quality=[a, b]), definitions(span_type(EMPTY), quality=[loose])
    found = changes(old, new)
    assert told(found) == ["PD004: removed (E/E)", "PD203 score: number became string (E/E)"]
    assert [each.identity for each in found] == ["PD004 a quality", "PD203 b quality score"]


def test_a_schema_that_cannot_be_compared() -> None:
    found = changes_of_params({"type": "object", "$ref": "#/$defs/none"}, EMPTY)
    assert told(found) == [
        "PD007: cannot be compared: the old schema is not valid: Pointer '/$defs/none' does not exist (E/E)"
    ]
    [invalid] = changes_of_params({"type": "objekt"}, EMPTY)
    assert invalid.rule.code == "PD007"


def deprecated_until(until: str) -> dict[str, Any]:
    return text(**{"x-prefactor-deprecated": {"use": "b", "until": until}})


def test_what_is_deprecated_may_go_when_its_time_has_come() -> None:
    rest = {"b": TEXT}
    for until, expected in {
        "2026-11-28": "PD306 a: removed; it was supported until 2026-11-28 (n/n)",
        "2026-11-29": "PD307 a: removed before 2026-11-29, until when it is supported (E/E)",
        "2.0": "PD101 a: removed; it was supported until 2.0, but only dates are compared (w/E)",
    }.items():
        assert told(changes_of_params(members(a=deprecated_until(until), **rest), members(**rest))) == [expected]
    old = span_type(EMPTY, name="a", **{"x-prefactor-deprecated": {"until": "2026-11-01"}})
    assert told(changes(definitions(old, span_type(EMPTY)), definitions(span_type(EMPTY)))) == [
        "PD306: removed; it was supported until 2026-11-01 (n/n)"
    ]


def test_a_deprecation_leaves_time() -> None:
    near, far = deprecated_until("2026-12-01"), deprecated_until("2027-03-01")
    assert told(changes_of_params(members(a=TEXT), members(a=near))) == [
        "PD305 a: deprecated: use b instead. Supported until 2026-12-01 (n/n)",
        "PD308 a: until 2026-12-01 is 3 days from now; expected at least 90 days (w/w)",
    ]
    assert told(changes_of_params(members(a=TEXT), members(a=far)))[1:] == []
    assert told(changes_of_params(members(a=near), members(a=near))) == []
    assert len(changes_of_params(members(a=TEXT), members(a=near), grace=3)) == 1


def test_what_was_announced_is_not_changed_unseen() -> None:
    early, late = (members(a=deprecated_until(day)) for day in ("2027-03-01", "2027-06-01"))
    assert told(changes_of_params(late, early)) == [
        "PD305 a: deprecated: use b instead. Supported until 2027-03-01 (n/n)",
        "PD309 a: until 2027-03-01 was 2027-06-01 (E/E)",
    ]
    assert [each.rule.code for each in changes_of_params(early, late)] == ["PD305"]
    assert told(changes_of_params(early, members(a=TEXT))) == ["PD305 a: not deprecated any more (n/n)"]
    old = span_type(EMPTY, **{"x-prefactor-deprecated": {"until": "2027-06-01"}})
    assert told(changes(definitions(old), definitions(span_type(EMPTY)))) == ["PD305: not deprecated any more (n/n)"]


def test_a_former_name_that_is_not_used_is_told() -> None:
    def hint(former: str, path: str = "by", **more: Any) -> str:
        by = text(**{"x-prefactor-renamed-from": former})
        found = changes_of_params(members(author=TEXT, other=TEXT), members(by=by, other=TEXT, **more))
        return next(each.hint for each in found if each.path == path)

    assert hint("auther") == "x-prefactor-renamed-from: there was no auther; did you mean 'author'?"
    assert hint("other") == "x-prefactor-renamed-from: other is still there"
    assert hint("author") == ""
    again = text(**{"x-prefactor-renamed-from": "author"})
    assert "another one was renamed from author" in hint("author", "second", second=again)
    old = definitions(span_type(EMPTY, name="a:b"))
    new = definitions(span_type(EMPTY, name="c:d", **{"x-prefactor-renamed-from": "a:bb"}))
    assert [each.hint for each in changes(old, new)] == [
        "",
        "x-prefactor-renamed-from: there was no a:bb; did you mean 'a:b'?",
    ]


def test_a_large_union_is_compared_option_by_option() -> None:
    def union(last: Any) -> dict[str, Any]:
        names = [f"k{number}" for number in range(60)]
        options = {name: kind(name, v=last if name == "k59" else TEXT) for name in names}
        return {**members(x=one_of(*({"$ref": f"#/$defs/{name}"} for name in names))), "$defs": options}

    assert told(changes_of_params(union(TEXT), union(number()))) == ["PD203 x.v: string became number (E/E)"]


def test_undeclared_values_count_if_the_project_says_so() -> None:
    [change] = changes_of_params(members(), members(a=TEXT), count_undeclared=True)
    assert told([change]) == ["PD102 a: added (E/–)"]
    assert change.witness is not None
    assert change.witness.was_valid


def test_formats_that_are_checked() -> None:
    assert told(changes_of_params(members(a=TEXT), members(a=text(format="date")), assert_formats=True)) == [
        'PD212 a: format "date" added (E/–)'
    ]
    assert told(changes_of_params(members(a=text(format="date")), members(a=TEXT), assert_formats=True)) == [
        'PD213 a: format "date" removed (–/w)'
    ]


def test_a_guess_is_only_a_hint() -> None:
    found = changes_of_params(members(c=members("id", id=TEXT)), members(c=members("key", key=TEXT)))
    assert [each.hint for each in found if each.rule.code == "PD101"] == [
        "renamed? c.key: x-prefactor-renamed-from: id"
    ]
    assert [each.hint for each in changes_of_params(members(a=TEXT), members(b=number())) if each.hint] == []


def test_fingerprints_stay_whatever_stands_around_the_change() -> None:
    [one] = changes_of_params(members(a=TEXT), members(a=number()))
    found = changes_of_params(members(a=TEXT, z=TEXT), {"$defs": {"x": {}}, **members(a=number(), z=number())})
    assert one.fingerprint in {each.fingerprint for each in found}
    assert json.loads(json.dumps(one.fingerprint)) == one.fingerprint


def test_every_rule_of_values_has_an_example() -> None:
    lines = [line for _, _, expected in (*OF_A_VALUE, *OF_AN_OBJECT) for line in expected]
    codes = {line[:5].rstrip(":") for line in lines}
    ours = {code for code in CHANGE_RULES if code[2] in "12"}
    assert ours - codes == {"PD220"}


def test_every_rule_says_why_and_what_to_do() -> None:
    for rule in CHANGE_RULES.values():
        assert rule.explanation.count(". ") >= 1 or rule.code[2] == "4", rule.code
