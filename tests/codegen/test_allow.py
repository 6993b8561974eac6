"""`x-prefactor-allow`: findings that are meant, with their reason; and templates that are fine."""

from __future__ import annotations

import pytest
from tests.codegen.support import Project

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


def codes(project: Project) -> list[str]:
    return [line.split()[1] + " " + line.partition(" PG")[2][:3] for line in project.generate().findings]


EMAIL_FOUND = "/span_type_schemas/0/params_schema/properties/email: 020"
PHONE_FOUND = "/span_type_schemas/0/params_schema/properties/reply/properties/phone: 020"


def test_without_an_allowance(project: Project) -> None:
    mail(project)
    assert [code.replace("warning", "").strip() for code in codes(project)] == [EMAIL_FOUND, PHONE_FOUND]


@pytest.mark.parametrize("place", ["on_definition", "on_schema"])
def test_an_allowance_holds_for_all_that_it_stands_in(place: str, project: Project) -> None:
    mail(project, **{place: "x-prefactor-allow: {PG020: These are ours.}"})
    assert project.generate().findings == []
    assert project.run("check", "schemas", "--strict").code == 0


def test_an_allowance_holds_there_only(project: Project) -> None:
    mail(project, on_property="x-prefactor-allow: {PG020: These are ours.}")
    assert codes(project) == [EMAIL_FOUND]


def test_an_allowance_in_a_file_that_is_referred_to(project: Project) -> None:
    project.write(
        "schemas/shared.yaml", "x-prefactor-allow: {PG020: It is ours.}\nproperties: {email: {type: string}}\n"
    )
    project.span_types(agent={"type": "object", "properties": {"sender": {"$ref": "shared.yaml"}}})
    assert project.generate().findings == []


def test_what_is_wrong_makes_no_allowance_unused(project: Project) -> None:
    project.write(
        "schemas/a.yaml",
        "span_schemas:\n  a: {x-prefactor-allow: {PG020: Ours.}, properties: {email: {type: objekt}}}\n",
    )
    (line,) = project.generate().findings
    assert "PG006" in line


def test_an_allowance_of_the_definition_does_not_go_to_the_api(project: Project) -> None:
    mail(project, on_definition="x-prefactor-allow: {PG020: These are ours.}")
    project.generate()
    assert "x-prefactor-allow" not in "".join(project.files().values())


@pytest.mark.parametrize(
    ("allowance", "told"),
    [
        ("{PG020: ''}", "error PG025: expected the reason why PG020 is allowed"),
        ("{PG020: 1}", "error PG025: expected the reason why PG020 is allowed"),
        ("{PG006: It is fine.}", "error PG025: PG006 cannot be allowed; expected one of PG015, "),
        ("{email: It is fine.}", "error PG025: 'email' is not a rule; expected one of PG015, "),
        ("PG020", """error PG025: expected {"PG…": "the reason"} in x-prefactor-allow"""),
    ],
)
def test_an_allowance_that_is_wrong(allowance: str, told: str, project: Project) -> None:
    mail(project, on_schema=f"x-prefactor-allow: {allowance}")
    result = project.generate()
    assert result.code == 1
    assert told in result.err


def test_a_property_of_that_name_allows_nothing(project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"x-prefactor-allow": {"type": "string"}}})
    assert project.generate().findings == []


FINE = [
    "plain text",
    "{{ city }} {{ place.road }} {{ stops[0].name }} {{ stops.size }} {{ answer | upcase }}",
    "{% for stop in stops %}{{ stop.anything }}{% endfor %}",
    "{% assign name = city %}{{ name }}",
    "{{ free.anything.at.all }} {{ inherited }} {{ place['road'] }}",
]
ODD = {
    "{{ citty }}": "'citty' is no property of params or result; did you mean 'city'?",
    "{{ place.town }}": "'town' is no property of 'place'",
    "{% if unknown %}x{% endif %}": "'unknown' is no property of params or result",
    "{{ city.name }}": "'name' is no property of 'city'",
    "{% for stop in stopps %}{% endfor %}": "'stopps' is no property of params or result; did you mean 'stops'?",
}


def trip(project: Project, template: str) -> list[str]:
    text = {"type": "string"}
    params = {
        "allOf": [{"properties": {"inherited": text}}],
        "properties": {
            "city": text,
            "place": {"$ref": "#/$defs/place"},
            "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
            "free": {"type": "object"},
        },
        "$defs": {"place": {"properties": {"road": text}}, "stop": {"properties": {"name": text}}},
    }
    result = {"properties": {"answer": text}}
    entry = {"name": "trip", "template": template, "params_schema": params, "result_schema": result}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    return project.generate().findings


@pytest.mark.parametrize("template", FINE)
def test_a_template_that_is_fine(template: str, project: Project) -> None:
    assert trip(project, template) == []


@pytest.mark.parametrize("template", ODD)
def test_a_template_that_shows_nothing(template: str, project: Project) -> None:
    (line,) = trip(project, template)
    assert f"warning PG018: {line.partition('PG018: ')[2]}" in line
    assert ODD[template] in line


def test_an_open_payload_may_hold_what_a_template_shows(project: Project) -> None:
    entry = {"name": "a", "template": "{{ x }}", "params_schema": {"properties": {"y": {}}, "additionalProperties": {}}}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    assert project.generate().findings == []


def test_a_name_of_two_alphabets(project: Project) -> None:
    project.span_types(agent={"type": "object", "properties": {"p\u0430ge": {}}})
    assert "mixes Cyrillic and Latin letters" in project.generate().err
