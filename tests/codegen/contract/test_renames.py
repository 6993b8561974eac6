"""x-prefactor-renamed-from in definition files."""

from __future__ import annotations

from tests.codegen.support import Project

RENAMED = """\
span_type_schemas:
  - name: agent:new
    x-prefactor-renamed-from: agent:old
    params_schema:
      type: object
      properties:
        key: { type: string, x-prefactor-renamed-from: id }
"""


def test_it_changes_nothing_of_what_is_generated(project: Project) -> None:
    project.write("schemas/a.yaml", RENAMED)
    assert project.run("check", "schemas").code == 0
    assert project.generate().code == 0
    generated = {path.name: path.read_text("utf-8") for path in (project.root / "generated").rglob("*.py")}
    without = RENAMED.replace("    x-prefactor-renamed-from: agent:old\n", "")
    project.write("schemas/a.yaml", without)
    assert project.generate().code == 0
    for path in (project.root / "generated").rglob("*.py"):
        assert path.read_text("utf-8").splitlines()[3:] == generated[path.name].splitlines()[3:]


def test_it_belongs_to_a_property_and_is_a_name(project: Project) -> None:
    project.write("schemas/a.yaml", RENAMED.replace("renamed-from: id", "renamed-from: 3"))
    assert "PG015: expected the name that the property had before in x-prefactor-renamed-from" in (
        project.run("check", "schemas").out
    )
    project.write(
        "schemas/a.yaml", RENAMED.replace("type: object\n", "type: object\n      x-prefactor-renamed-from: a\n")
    )
    assert "PG015: x-prefactor-renamed-from belongs to the schema of a property" in project.run("check", "schemas").out
    project.write("schemas/a.yaml", RENAMED.replace("agent:old", "[]"))
    assert "expected text in x-prefactor-renamed-from" in project.run("check", "schemas").out


def test_what_is_still_there_was_not_renamed(project: Project) -> None:
    more = "        id: { type: string }\n  - { name: agent:old, params_schema: { type: object } }\n"
    project.write("schemas/a.yaml", RENAMED + more)
    found = [line for line in project.run("check", "schemas", "--all").out.splitlines() if "PG015" in line]
    assert [line.partition(": ")[2] for line in found] == [
        f"warning PG015: x-prefactor-renamed-from: there still is a {what}"
        for what in (
            "span type 'agent:old': nothing has been renamed",
            "property 'id', so that nothing has been renamed",
        )
    ]
