"""What a deprecation says to use exists, templates go on to work, and dates are dates."""

# ruff: noqa: E501  # messages, whole

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.codegen.support import Project

from prefactor_gen.json_schema.deprecation import Deprecation

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
        "spans.py",
        "from prefactor_core import SchemaRegistry\n"
        "registry = SchemaRegistry()\n"
        "registry.register_type('agent', {'type': 'object', 'x-prefactor-deprecated': {'reason': 'Gone.'}}, title='A', "
        "description='A.')\n",
    )
    assert project.run("spans:registry", "--package", "made").code == 0
    assert '@deprecated("agent is deprecated: Gone."' in project.files()["_agent.py"]


def test_what_replaces_something_is_followed(project: Project) -> None:
    """To one that is not deprecated, or around a circle; also from a property to a span type."""
    uses = {"c:one": "c:two", "c:two": "c:one", "l:one": "l:two", "l:two": "l:three"}
    entries = [
        f"  - name: {name}\n    x-prefactor-deprecated:\n      use: {use}\n    params_schema: {{}}\n"
        for name, use in uses.items()
    ]
    member = "  - name: l:three\n    params_schema:\n      properties:\n        x: { x-prefactor-deprecated: { use: 'l:two' } }\n"
    project.write("schemas/a.yaml", "span_type_schemas:\n" + "".join(entries) + member)
    found = [line for line in project.run("check", "schemas", "--all").out.splitlines() if " PG039: " in line]
    assert [(line.split(":")[1], line.partition(" PG039: ")[2]) for line in found] == [
        ("4", "'c:one' is deprecated: use names 'c:two', which is deprecated, too, and leads back to itself: c:two → c:one → c:two"),
        ("8", "'c:two' is deprecated: use names 'c:one', which is deprecated, too, and leads back to itself: c:one → c:two → c:one"),
        ("12", "'l:one' is deprecated: use names 'l:two', which is deprecated, too: use l:three instead"),
        ("21", "this is deprecated: use names 'l:two', which is deprecated, too: use l:three instead"),
    ]  # fmt: skip
