"""`prefactor-gen risk`: the report, the score, and what a project denies."""

# ruff: noqa: E501  # messages, whole

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from tests.codegen.support import Project

from prefactor_gen.definitions.data_risk import data_categories, risk_words
from prefactor_http.models import DataRisk

PROFILE = {
    "categories": {"financial_information": 8, "contact_information": 4, "minors_data": 0.5},
    "actions": {"financial_transactions": 1, "destroy_data": 2},
}


def risk(actions: set[str], params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """A complete declaration: `params` and `result` are a classification, and the set of categories by its side."""

    def part(classification: str, included: set[str]) -> dict[str, str]:
        words = {name: "included" if name in included else "excluded" for name in data_categories()}
        return {"classification": classification, **words}

    allowed = {name: "allowed" if name in actions else "disallowed" for name in risk_words()["action_profile"]}
    return {
        "action_profile": allowed,
        "params_data_categories": part(**params),
        "result_data_categories": part(**result),
    }


def data(classification: str = "public", *included: str) -> dict[str, Any]:
    return {"classification": classification, "included": set(included)}


def span_type(name: str, data_risk: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "params_schema": {"type": "object"}, "data_risk": data_risk, **more}


REFUND = span_type(
    "billing:refund",
    risk(
        {"financial_transactions"},
        data("internal", "contact_information", "financial_information"),
        data("confidential", "organisational_confidential"),
    ),
    result_schema={"type": "object"},
)


def write(project: Project, *span_types: dict[str, Any], settings: str = "", **more: Any) -> None:
    """A project with these span types, and with these lines in `[tool.prefactor-gen.risk]`."""
    project.write("schemas/spans.json", {"span_type_schemas": list(span_types), **more})
    configuration = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n[tool.prefactor-gen.risk]\n'
    project.write("pyproject.toml", configuration + settings)


def test_the_words_are_those_of_the_api() -> None:
    assert risk_words().keys() == DataRisk.model_fields.keys()
    assert len(data_categories()) == 17


def test_the_report(project: Project) -> None:
    both = risk({"destroy_data"}, data("secret", "minors_data"), data("public", "minors_data", "contact_information"))
    write(project, REFUND, span_type("crm:find"), span_type("crm:delete", both, result_schema={}))
    project.write("profile.json", PROFILE)
    result = project.run("risk", "--profile", "profile.json")
    assert result.out.partition("\n\n")[0].splitlines() == [
        "span type       class         actions  params   result     score",
        "billing:refund  confidential  money    2 of 17  1 of 17    12",
        "crm:delete      secret        destroy  1 of 17  2 of 17    9–10",
        "crm:find        unknown       unknown  unknown  no result  0",
    ]
    assert re.findall(r"note (PR.*)", result.out) == [
        "PR006: the risk profile does not count what 'billing:refund' declares: result.organisational_confidential",
        "PR003: 'crm:find' declares no data risk",
    ]
    assert (result.code, result.err) == (0, "")


def test_for_programs(project: Project) -> None:
    write(project, REFUND, settings='deny = ["contact_information"]\nprofile = "profile.json"')
    project.write("profile.json", PROFILE)
    result = project.run("risk", "--format", "json")
    report = json.loads(result.out)
    (found,) = report["span_types"]
    assert {key: found[key] for key in DataRisk.model_fields} == REFUND["data_risk"]
    assert (found["name"], found["score"], found["params_fields"]) == ("billing:refund", {"low": 12, "high": 12}, [])
    assert [each["code"] for each in report["findings"]] == ["PR001", "PR006"]
    assert result.code == 1


def test_what_is_denied(project: Project) -> None:
    fields = {
        "mail": {"x-prefactor-data": ["contact_information"]},
        "people": {"items": {"$ref": "#/$defs/Person"}},
        "hidden": {"x-prefactor-redact": True, "properties": {"mail": {"x-prefactor-data": ["contact_information"]}}},
    }
    person = {"properties": {"phone": {"x-prefactor-data": ["contact_information"]}}}
    params = {"type": "object", "properties": fields, "$defs": {"Person": person}}
    settings = """
        deny = ["financial_transactions", "params.contact_information", "params.organisational_confidential"]
        max-classification = "internal"
    """
    write(project, {**REFUND, "params_schema": params}, settings=settings)
    result = project.run("risk")
    pattern = re.compile(r"/data_risk/(\S+): (error PR.*)")
    assert [match.groups() for match in pattern.finditer(result.out)] == [
        (
            "action_profile/financial_transactions",
            "error PR001: 'billing:refund' allows financial_transactions, which [tool.prefactor-gen.risk] denies",
        ),
        (
            "params_data_categories/contact_information",
            "error PR001: the params of 'billing:refund' include contact_information (mail, people[].phone), which "
            "[tool.prefactor-gen.risk] denies",
        ),
        (
            "result_data_categories/classification",
            "error PR002: the classification of the result of 'billing:refund' is confidential; "
            "[tool.prefactor-gen.risk] allows at most internal",
        ),
    ]
    assert result.code == 1
    header, *lines = result.out.partition("to allow some, ")[2].splitlines()
    assert header == "add them to [tool.prefactor-gen.risk.allow]:"
    write(
        project,
        {**REFUND, "params_schema": params},
        settings=settings + "[tool.prefactor-gen.risk.allow]\n" + "\n".join(lines).replace('"why"', '"once"'),
    )
    allowed = project.run("risk")
    assert (allowed.code, "error" in allowed.out) == (0, False)


def test_what_is_unknown(project: Project) -> None:
    unknown: dict[str, Any] = {"action_profile": {}, "params_data_categories": {}, "result_data_categories": {}}
    complete = risk(set(), data(), data())
    part = span_type(
        "b", {**complete, "params_data_categories": {**complete["params_data_categories"], "minors_data": "unknown"}}
    )
    no_result = span_type("c", {**complete, "result_data_categories": {}})
    for settings, severity, code in (
        ("", "note", 0),
        ('deny = ["destroy_data"]', "warning", 1),
        ('max-classification = "secret"', "warning", 1),
        ('deny = ["destroy_data"]\nunknown = "note"', "note", 0),
        ('unknown = "error"', "error", 1),
    ):
        write(project, span_type("a", unknown), part, no_result, settings=settings)
        result = project.run("risk", "--strict")
        assert re.findall(r"(\w+ PR003: .*)", result.out) == [
            f"{severity} PR003: 'a' declares no data risk",
            f"{severity} PR003: unknown in data_risk of 'b': params.minors_data",
        ]
        assert result.code == code
        assert ('  "PR003 a" = "why"' in result.out) is bool(code)
    write(project, span_type("a"), settings='unknown = "ignore"')
    assert "PR003" not in project.run("risk").out


def test_a_category_whose_fields_are_all_redacted(project: Project) -> None:
    said = risk(set(), data("internal", "contact_information"), data("public", "minors_data"))
    mail = {"x-prefactor-data": ["contact_information"]}
    for properties, expected in (
        ({"mail": {**mail, "x-prefactor-redact": True}}, "are redacted (mail)"),
        ({"mail": {**mail, "x-prefactor-redact": True}, "other": mail}, ""),
        ({"mail": {}}, ""),
    ):
        write(project, span_type("a", said, params_schema={"type": "object", "properties": properties}))
        found = re.findall(r"note PR004: (.*)", project.run("risk").out)
        assert found[-1] == "the result of 'a' includes minors_data, but there is no result"
        assert len(found) == (2 if expected else 1)
        assert expected in found[0]


def test_an_exception_that_is_not_needed(project: Project) -> None:
    settings = """
        deny = ["financial_transactions"]
        [tool.prefactor-gen.risk.allow]
        "PR001 billing:* financial_transactions" = "that is what they are for"
        "PR001 billing:refund destroy_data" = "long ago"
    """
    write(project, REFUND, settings=settings)
    result = project.run("risk", "--strict")
    assert result.code == 1
    assert [line for line in result.out.splitlines() if "PR005:" in line] == [
        "pyproject.toml:9:9: warning PR005: 'PR001 billing:refund destroy_data' in [tool.prefactor-gen.risk.allow] allows "
        "nothing; remove it"
    ]
    write(project, {**REFUND, "name": "a[b]"}, {**REFUND, "name": "ab"}, settings=settings.replace("billing:*", "a[b]"))
    assert "PR001: 'a[b]'" not in project.run("risk").out
    assert "PR001: 'ab'" in project.run("risk").out


def test_an_exception_is_not_asked_for_in_a_part_of_the_sources(project: Project) -> None:
    write(project, REFUND, settings='allow = { "PR001 crm:delete destroy_data" = "it has to" }')
    assert project.run("risk", "--strict").code == 1
    assert project.run("risk", "--strict", "schemas/spans.json").code == 0


def test_a_quality_schema(project: Project) -> None:
    said = risk({"destroy_data"}, data(), data())
    quality = [{"name": "billing:refund", "schema": {"type": "object"}, "data_risk": said}]
    write(project, REFUND, settings='deny = ["destroy_data"]', quality_schemas=quality)
    result = project.run("risk")
    assert "billing:refund (quality)  public" in result.out
    assert 'to allow: "PR001 billing:refund quality destroy_data" = "why"' in result.out


def test_markdown_in_which_names_mean_nothing(project: Project) -> None:
    name = 'a|b`c</code><script>@all ```[x](javascript:1) \u202e\x1b[31m"\\'
    write(project, span_type(name, risk({"destroy_data"}, data(), data())), settings='deny = ["destroy_data"]')
    lines = project.run("risk", "--format", "markdown").out.splitlines()
    shown = r"a\x7cb`c</code><script>@all ```[x](javascript:1) \u202e\x1b[31m" + '"\\'
    assert lines[0] == "<!-- prefactor-gen risk -->"
    assert lines[3] == f"| ````{shown}```` | public | destroy_data | none | no result |"
    assert (lines[7], lines[9]) == ("````text", "````")
    assert lines[8].startswith("schemas/spans.json:1:")
    (line,) = [each for each in project.run("risk").out.splitlines() if each.startswith("to allow: ")]
    assert line.isprintable()
    assert tomllib.loads(line.removeprefix("to allow: ")) == {f"PR001 {name} destroy_data": "why"}


def test_a_field_has_a_denied_category_that_data_risk_leaves_out(project: Project) -> None:
    """Also if nothing has to be declared, and if the category is that of the names of members."""
    health = {"type": "string", "x-prefactor-data": ["health_and_medical"]}
    hidden = {**health, "x-prefactor-redact": True}
    params = {"properties": {"diagnosis": health, "hidden": hidden, "by": {"type": "object", "propertyNames": health}}}
    declared = risk(set(), data(), data())
    write(
        project,
        span_type("a:excluded", declared, params_schema=params),
        span_type("a:missing", params_schema=params),
        span_type("a:hidden", declared, params_schema={"properties": {"x": hidden}}),
        settings='deny = ["health_and_medical"]\nunknown = "ignore"\n',
    )
    result = project.run("risk")
    assert result.code == 1
    assert [line.partition("PR001: ")[2] for line in result.out.splitlines() if "PR001: " in line] == [
        f"the params of 'a:{name}' have health_and_medical by x-prefactor-data (diagnosis, by.* (name)), which [tool.prefactor-gen.risk] denies"
        for name in ("excluded", "missing")
    ]
    assert '"PR001 a:excluded params.health_and_medical" = "why"' in result.out


@pytest.mark.parametrize("said", [["health_and_medicall"], True, []])
def test_what_is_no_category_is_an_error(said: object, project: Project) -> None:
    params = {"properties": {"x": {"type": "string", "x-prefactor-data": said}}}
    write(project, span_type("a", risk(set(), data(), data()), params_schema=params))
    result = project.run("risk")
    assert (result.code, result.out, [each.rule for each in result.findings]) == (1, "", ["PG015"])


WRONG_SETTINGS = {
    "key": ("denny = []", "unknown key 'denny' in [tool.prefactor-gen.risk]; expected deny, max-classification, unknown, profile, allow; did you mean 'deny'?"),
    "text": ('deny = "destroy_data"', "expected deny = [\"…\"] in [tool.prefactor-gen.risk], found 'destroy_data'"),
    "denied": ('deny = ["result.contact_info"]', "found 'result.contact_info'; did you mean 'result.contact_information'?"),
    "action-in-a-part": ('deny = ["params.read_data"]', "found 'params.read_data'"),
    "unknown-class": ('max-classification = "unknown"', 'expected max-classification = "public" or "internal" or "confidential" or "restricted" or "secret" in [tool'),
    "unknown": ("unknown = true", 'expected unknown = "error" or "warning" or "note" or "ignore" in [tool.prefactor-gen.risk], found True'),
    "profile": ("profile = 1", 'expected profile = "risk-profile.yaml" in [tool.prefactor-gen.risk], found 1'),
    "allow": ('allow = ["PR001"]', 'expected "rule span-type key" = "reason" in [tool.prefactor-gen.risk.allow]'),
    "placeholder": ('allow = { "PR001 a destroy_data" = "why" }', 'expected the reason in place of "why" for '),
    "allow-all": ('allow = { "*" = "x" }', "expected a rule, and what it may find, such as \"PR003 crm:*\", in [tool.prefactor-gen.risk.allow], found '*'"),
    "near": ('unknown = "warn"', "found 'warn'; did you mean 'warning'?"),
    "no-reason": ('allow = { "PR001 a destroy_data" = " " }', "expected the reason why 'PR001 a destroy_data' is allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings(case: str, project: Project) -> None:
    settings, message = WRONG_SETTINGS[case]
    write(project, REFUND, settings=settings)
    result = project.run("risk")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("prefactor-gen: pyproject.toml: ")
    assert message in result.err
    assert project.run("check").code == 0  # which has nothing to do with it


WRONG_PROFILES: dict[str, tuple[str | bytes, str]] = {
    "none": ("", "profile.yaml: cannot read: No such file or directory"),
    "list": ("[]", "profile.yaml: expected an object with categories and actions"),
    "no-yaml": ("a: [", "profile.yaml:"),
    "no-text": (b"\xff", "profile.yaml: expected UTF-8 text"),
    "no-actions": ("categories: {}\n", "profile.yaml:1:1: expected an object in actions"),
    "section": ("categorys: {}\n", "profile.yaml:1:1 /categorys: unknown key 'categorys'; expected categories and actions; did you mean 'categories'?"),
    "category": ("categories: { minor_data: 1 }\nactions: {}", "profile.yaml:1:15 /categories/minor_data: unknown key 'minor_data' in categories; did you mean 'minors_data'?"),
    "weight": ("categories: { minors_data: 11 }\nactions: {}", "profile.yaml:1:15 /categories/minors_data: expected a number from 0 to 10 in minors_data"),
    "truth": ("categories: { minors_data: true }\nactions: {}", "expected a number from 0 to 10 in minors_data"),
    "huge": (f"categories: {{}}\nactions: {{ read_data: {'9' * 400} }}", "expected a number from 0 to 1,000 in read_data"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_PROFILES)
def test_a_wrong_profile(case: str, project: Project) -> None:
    content, message = WRONG_PROFILES[case]
    write(project, REFUND)
    if content:
        project.write("profile.yaml", content)
    result = project.run("risk", "--profile", "profile.yaml")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert message in result.err


def test_wrong_definitions(project: Project) -> None:
    write(
        project,
        span_type("a", {"action_profile": {"read_data": "yes"}}),
        span_type("b", None, params_schema={"$ref": "x.json"}),
    )
    result = project.run("risk")
    assert (result.code, result.out) == (1, "")
    assert {line.rule for line in result.findings} == {"PG002", "PG008"}
    write(project)
    assert project.run("risk").code == 1


@pytest.mark.slow
def test_several_projects(project: Project) -> None:
    for folder in ("one", "two"):
        project.write(f"{folder}/pyproject.toml", '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n')
        project.write(f"{folder}/schemas/a.json", {"span_type_schemas": [REFUND]})
    done = project.run("risk", "--format", "json")
    assert {folder: len(each["span_types"]) for folder, each in json.loads(done.out).items()} == {"one": 1, "two": 1}
