"""What a deprecation says to use exists, templates go on to work, and dates are dates."""

# messages, whole

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.codegen.support import Project

from prefactor_gen.json_schema.deprecation import Deprecation

pytestmark = pytest.mark.slow

OLD: dict[str, Any] = {"type": "string", "x-prefactor-deprecated": {"use": "prompt"}}
TEXT = {"type": "string"}


def written(project: Project, properties: dict[str, Any], **entry: Any) -> list[str]:
    """The codes that `check` reports of a span type and of another one, `agent:new`."""
    params = {"type": "object", "properties": properties}
    entries = [
        {"name": name, "title": "T", "description": "D", "params_schema": params, **more}
        for name, more in (("agent:old", entry), ("agent:new", {"params_schema": {"type": "object"}}))
    ]
    project.write("schemas/a.json", {"span_type_schemas": entries})
    lines = project.run("check", "schemas", "--all").out.splitlines()
    return [code for line in lines for code in ("PG035", "PG038", "PG039") if f" {code}: " in line]


def deprecated(**said: str) -> dict[str, Any]:
    return {"x-prefactor-deprecated": said}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ text }}", ["PG035"]),
        ("{{ text }}: {{ user.id }}", ["PG035"]),
        ("{{ prompt | default: text }}", []),
        ("{% if prompt %}{{ prompt }}{% else %}{{ text }}{% endif %}", []),
        ("{{ user.nick }}", ["PG035"]),
        ("{{ user.nick }} {{ user.id }}", []),
        ("{{ account.id }}", ["PG035"]),
        ("{{ account.id }} {{ user.id }}", []),
    ],
)
def test_a_template_shows_what_replaces_a_deprecated_property(
    template: str, found: list[str], project: Project
) -> None:
    user = {"type": "object", "properties": {"id": TEXT, "nick": TEXT | deprecated(use="id")}}
    account = {"type": "object", "properties": {"id": TEXT}, **deprecated(use="user")}
    properties = {"prompt": TEXT, "text": OLD, "user": user, "account": {"$ref": "#/$defs/Account"}}
    params = {"type": "object", "properties": properties, "$defs": {"Account": account}}
    assert written(project, {}, template=template, params_schema=params) == found


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("prompt", []),
        ("user.id", []),
        ("tags[].id", []),
        ("id", []),
        ("agent:new", []),
        ("agent:older", ["PG039"]),
        ("prompts", ["PG039"]),
        ("text", ["PG039"]),
        ("older", ["PG039"]),
        ("user.name", ["PG039"]),
        ("prompt and user", ["PG039"]),
    ],
)
def test_what_replaces_a_property(use: str, found: list[str], project: Project) -> None:
    user = {"type": "object", "properties": {"id": TEXT}}
    tags = {"type": "array", "items": user}
    properties = {"prompt": TEXT, "text": TEXT | deprecated(use=use), "older": OLD, "user": user, "tags": tags}
    assert written(project, properties) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (deprecated(use="agent:new"), []),
        (deprecated(reason="Nobody reads it."), []),
        ({"deprecated": True}, ["PG038"]),
        (deprecated(since="1.2"), ["PG038"]),
        (deprecated(use="agent:nwe"), ["PG039"]),
        (deprecated(use="agent:old"), ["PG039"]),
        (deprecated(use="agent:nwe") | {"x-prefactor-allow": {"PG039": "another package has it"}}, []),
    ],
)
def test_what_replaces_a_span_type(said: dict[str, Any], found: list[str], project: Project) -> None:
    assert written(project, {}, **said) == found


def test_an_option_may_be_replaced_by_another_one(project: Project) -> None:
    options = [{"const": "a"}, {"const": "b", **deprecated(use="a")}]
    assert written(project, {"x": {"oneOf": options}}, template="{{ x }}") == []


def test_quality_schemas_are_checked_too(project: Project) -> None:
    schema = {"type": "object", "properties": {"score": TEXT | deprecated(use="rating")}}
    project.write(
        "schemas/a.json", {"quality_schemas": [{"name": "q", "title": "T", "description": "D", "schema": schema}]}
    )
    assert (
        "PG039: 'score' is deprecated: use names 'rating', which does not exist" in project.run("check", "schemas").out
    )


def test_dates_need_no_quotes_in_yaml(project: Project) -> None:
    text = """
        span_type_schemas:
          - name: agent:old
            params_schema: { type: object }
            x-prefactor-deprecated: { use: agent:new, since: 2026-11-27, until: 2027-03-01 }
          - { name: agent:new, params_schema: { type: object } }
        """
    project.write("schemas/a.yaml", text)
    assert project.generate().findings == []
    said = "agent:old is deprecated since 2026-11-27: use agent:new instead. Supported until 2027-03-01."
    assert project.load().AgentOld.__deprecated__ == said


def test_a_date_is_a_day_of_the_calendar() -> None:
    said = Deprecation(since="2026-11-27", until="2027-03-01")
    assert (said.since_date, said.until_date) == (date(2026, 11, 27), date(2027, 3, 1))
    for text in (None, "2.0", "2027-W01-1", "2027-02-30", "20270301", "2027-03-01T00:00"):
        assert Deprecation(until=text).until_date is None


def test_the_old_form_deprecates_a_span_type_by_its_schema(project: Project) -> None:
    project.span_types(agent={"type": "object", **deprecated(use="agent:new")}, **{"agent:new": {"type": "object"}})
    assert project.generate().findings == []
    assert '@deprecated("agent is deprecated: use agent:new instead."' in project.files()["_agent.py"]


def test_a_registry_deprecates_a_span_type_by_the_schema_of_its_params(project: Project) -> None:
    project.write(
        "deprecated_spans.py",
        "from prefactor_core import SchemaRegistry\n"
        "registry = SchemaRegistry()\n"
        "registry.register_type('agent', {'type': 'object', 'x-prefactor-deprecated': {'reason': 'Gone.'}}, title='A', "
        "description='A.')\n",
    )
    assert project.run("deprecated_spans:registry", "--package", "made").code == 0
    assert '@deprecated("agent is deprecated: Gone."' in project.files()["_agent.py"]


def reported(project: Project, *entries: dict[str, Any]) -> list[str]:
    """The findings of PG039, each with its pointer."""
    project.write(
        "schemas/a.json", {"span_type_schemas": [{"params_schema": {"type": "object"}, **e} for e in entries]}
    )
    lines = project.run("check", "schemas").out.splitlines()
    return [" ".join(line.split(" ")[1:]) for line in lines if " PG039: " in line]


def test_what_replaces_a_replacement(project: Project) -> None:
    uses = {"a:a": "a:b", "a:b": "a:c", "a:c": "a:d", "x:x": "x:y", "x:y": "x:x"}
    entries = [{"name": name, **deprecated(use=use)} for name, use in uses.items()]
    properties = {"old": TEXT | deprecated(use="a:b")}
    new = {"name": "a:d", "params_schema": {"type": "object", "properties": properties}}
    text = "is deprecated: use names"
    assert reported(project, *entries, new) == [
        f"/span_type_schemas/0/x-prefactor-deprecated/use: warning PG039: 'a:a' {text} 'a:b', "
        "which is deprecated, too: use a:d instead",
        f"/span_type_schemas/1/x-prefactor-deprecated/use: warning PG039: 'a:b' {text} 'a:c', "
        "which is deprecated, too: use a:d instead",
        f"/span_type_schemas/3/x-prefactor-deprecated/use: warning PG039: 'x:x' {text} 'x:y', "
        "which is deprecated, too, and leads back to 'x:x'",
        f"/span_type_schemas/4/x-prefactor-deprecated/use: warning PG039: 'x:y' {text} 'x:x', "
        "which is deprecated, too, and leads back to 'x:y'",
        "/span_type_schemas/5/params_schema/properties/old/x-prefactor-deprecated/use: warning PG039: this "
        f"{text} 'a:b', which is deprecated, too: use a:d instead",
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"until": "soon"}, "expected a version or a date, as 2027-03-01, in until"),
        ({"until": "24.12.2026"}, "expected a version or a date, as 2027-03-01, in until"),
        ({"until": "2026/12/24"}, "expected a version or a date, as 2027-03-01, in until"),
        ({"until": "2026.11.2"}, None),
        ({"until": "1.12.4567"}, None),
        ({"since": "2.0", "until": "1.0"}, "until of x-prefactor-deprecated is before since"),
        ({"since": "1.9", "until": "1.10"}, None),
        ({"since": "2.0.0", "until": "2"}, None),
        ({"since": "v2", "until": "2027-01-01"}, None),
        ({"since": "2026.Q3", "until": "r45"}, None),
    ],
)
def test_versions(said: dict[str, str], message: str | None, project: Project) -> None:
    entry = {"name": "a:b", "params_schema": {"type": "object"}, **deprecated(reason="R", **said)}
    project.write("schemas/a.json", {"span_type_schemas": [entry]})
    found = project.run("check", "schemas")
    assert (found.code, message is None or message in found.out) == (0 if message is None else 1, True)
