"""`x-prefactor-allow`: warnings that are allowed, with the reason; and the properties that a template shows."""

from __future__ import annotations

import pytest
from tests.codegen.schemas import OBJECT, TEXT, properties
from tests.codegen.support import Finding, Project, only

EMAIL = """\
span_type_schemas:
  - name: support:mail
    {on_definition}
    params_schema:
      type: object
      {on_schema}
      properties:
        email: {{type: string}}
        reply:
          type: object
          {on_property}
          properties: {{phone: {{type: string}}}}
"""


def mail(project: Project, **allowances: str) -> None:
    places = dict.fromkeys(("on_definition", "on_schema", "on_property"), "")
    project.write("schemas/a.yaml", EMAIL.format(**(places | allowances)))


def reported(project: Project) -> list[tuple[str, str]]:
    """Return the pointers and the rules of the diagnostics of a run."""
    return [(line.pointer, line.rule) for line in project.generate().findings]


EMAIL_FOUND = ("/span_type_schemas/0/params_schema/properties/email", "PG020")
PHONE_FOUND = ("/span_type_schemas/0/params_schema/properties/reply/properties/phone", "PG020")


def test_without_an_allowance(project: Project) -> None:
    mail(project)
    assert reported(project) == [EMAIL_FOUND, PHONE_FOUND]


@pytest.mark.parametrize("place", ["on_definition", "on_schema"])
def test_an_allowance_covers_everything_below_it(place: str, project: Project) -> None:
    mail(project, **{place: "x-prefactor-allow: {PG020: These are ours.}"})
    assert project.generate().findings == []
    assert project.run("check", "schemas", "--strict").code == 0


def test_an_allowance_covers_nothing_beside_it(project: Project) -> None:
    mail(project, on_property="x-prefactor-allow: {PG020: These are ours.}")
    assert reported(project) == [EMAIL_FOUND]


def test_an_allowance_in_a_referenced_file(project: Project) -> None:
    project.write(
        "schemas/shared.yaml", "x-prefactor-allow: {PG020: It is ours.}\nproperties: {email: {type: string}}\n"
    )
    project.span_types(agent=properties(sender={"$ref": "shared.yaml"}))
    assert project.generate().findings == []


def test_an_allowance_beside_an_error_is_not_reported_as_unused(project: Project) -> None:
    project.write(
        "schemas/a.yaml",
        "span_schemas:\n  a: {x-prefactor-allow: {PG020: Ours.}, properties: {email: {type: objekt}}}\n",
    )
    assert only(project.generate().findings).rule == "PG006"


def test_an_allowance_of_a_definition_is_not_sent_to_the_api(project: Project) -> None:
    mail(project, on_definition="x-prefactor-allow: {PG020: These are ours.}")
    project.generate()
    assert "x-prefactor-allow" not in "".join(project.files().values())


@pytest.mark.parametrize(
    ("allowance", "message"),
    [
        ("{PG020: ''}", "error PG025: expected the reason why PG020 is allowed"),
        ("{PG020: 1}", "error PG025: expected the reason why PG020 is allowed"),
        ("{PG006: It is fine.}", "error PG025: PG006 cannot be allowed; expected one of PG015, "),
        ("{email: It is fine.}", "error PG025: 'email' is not a rule; expected one of PG015, "),
        ("PG020", """error PG025: expected {"PG…": "the reason"} in x-prefactor-allow"""),
    ],
)
def test_a_wrong_allowance(allowance: str, message: str, project: Project) -> None:
    mail(project, on_schema=f"x-prefactor-allow: {allowance}")
    result = project.generate()
    assert result.code == 1
    assert message in result.err


def test_a_property_of_that_name_allows_nothing(project: Project) -> None:
    project.span_types(agent=properties(**{"x-prefactor-allow": TEXT}))
    assert project.generate().findings == []


VALID = [
    "plain text",
    "{{ city }} {{ place.road }} {{ stops[0].name }} {{ stops.size }} {{ answer | upcase }}",
    "{% for stop in stops %}{{ stop.anything }}{% endfor %}",
    "{% assign name = city %}{{ name }}",
    "{{ free.anything.at.all }} {{ inherited }} {{ place['road'] }}",
]
WRONG = {
    "{{ citty }}": "'citty' is not a property of params or result; did you mean 'city'?",
    "{{ place.town }}": "'town' is not a property of 'place'",
    "{% if unknown %}x{% endif %}": "'unknown' is not a property of params or result",
    "{{ city.name }}": "'name' is not a property of 'city'",
    "{% for stop in stopps %}{% endfor %}": "'stopps' is not a property of params or result; did you mean 'stops'?",
}


def trip(project: Project, template: str) -> list[Finding]:
    params = {
        "allOf": [{"properties": {"inherited": TEXT}}],
        "properties": {
            "city": TEXT,
            "place": {"$ref": "#/$defs/place"},
            "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
            "free": OBJECT,
        },
        "$defs": {"place": {"properties": {"road": TEXT}}, "stop": {"properties": {"name": TEXT}}},
    }
    result = {"properties": {"answer": TEXT}}
    entry = {"name": "trip", "template": template, "params_schema": params, "result_schema": result}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    return project.generate().findings


@pytest.mark.parametrize("template", VALID)
def test_a_valid_template(template: str, project: Project) -> None:
    assert trip(project, template) == []


@pytest.mark.parametrize("template", WRONG)
def test_a_template_that_shows_an_unknown_property(template: str, project: Project) -> None:
    line = only(trip(project, template))
    assert (line.severity, line.rule) == ("warning", "PG018")
    assert WRONG[template] in line


def test_a_template_may_show_any_property_of_an_open_payload(project: Project) -> None:
    entry = {"name": "a", "template": "{{ x }}", "params_schema": {"properties": {"y": {}}, "additionalProperties": {}}}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert project.generate().findings == []


def test_a_name_of_two_alphabets(project: Project) -> None:
    project.span_types(agent=properties(pаge={}))
    assert "mixes Cyrillic and Latin letters" in project.generate().err


def test_an_error_that_is_allowed_does_not_hide_the_module(project: Project) -> None:
    schema = "{type: object, x-prefactor-owner: me, properties: {key: {type: string, x-prefactor-redact: true}}}"
    allowed = "{PG019: The placeholder is meant., PG015: Another program reads it., PG021: No need.}"
    project.write(
        "schemas/a.yaml",
        f"span_type_schemas:\n  - {{name: a, x-prefactor-allow: {allowed}, template: '{{{{ key }}}}',\n"
        f"     params_schema: {schema}}}\n",
    )
    result = project.generate()
    assert (result.code, result.findings) == (0, [])
    assert project.load().A.schema_name == "a"
