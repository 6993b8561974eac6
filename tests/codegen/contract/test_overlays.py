"""`NAME.overlay.yaml`: what people add to an imported definition file, wherever definitions are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.codegen.contract.importing import ImportingProject, imported_once, tool
from tests.codegen.support import Project, forget, is_valid, only

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported_once(tmp_path_factory, tool(outputSchema={"type": "object"}), tool("find"), tool("old"))


@pytest.fixture
def importing(project: Project, imported: Path) -> ImportingProject:
    shutil.copytree(imported, project.root, dirs_exist_ok=True)
    return ImportingProject(project)


def overlay(importing: ImportingProject, text: str) -> None:
    importing.project.write("schemas/imported/shop.overlay.yaml", text)


def test_an_overlay_changes_what_is_generated(importing: ImportingProject) -> None:
    overlay(
        importing,
        """
        shop:refund:
          title: Pay back
          template: null
          params_schema:
            required: [invoice, amount]
            properties: { amount: { type: number }, invoice: { maxLength: 3 } }
        shop:old: null
        """,
    )
    assert importing.run().code == 0
    made = importing.project.load()
    assert not hasattr(made, "ShopOld")
    assert is_valid(made.ShopRefund.Params, {"invoice": "R-1", "amount": 2})
    assert not is_valid(made.ShopRefund.Params, {"invoice": "R-10", "amount": 2})
    assert not is_valid(made.ShopRefund.Params, {"invoice": "R-1"})
    assert importing.run("--check").code == 0
    overlay(importing, "shop:old: { title: Old }\n")
    assert importing.run("--check").code == 1  # the cache knows of the overlay
    assert importing.run("import", "--check").code == 0
    forget("made")


def test_mistakes_have_the_place_in_the_overlay(importing: ImportingProject) -> None:
    overlay(importing, "shop:refund:\n  params_schema: { properties: { invoice: { minumum: 1 } } }\n")
    (line, *_) = importing.run("check").out.splitlines()
    assert line.startswith(
        "schemas/imported/shop.overlay.yaml:2:45 /shop:refund/params_schema/properties/invoice/minumum"
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("shop:refnd: {}\n", "shop.overlay.yaml:1:1", "shop.yaml has no span type 'shop:refnd'; did you mean"),
        ("shop:refund: x\n", "shop.overlay.yaml:1:1", "expected the changes of 'shop:refund', or null to leave it out"),
        ("- x\n", "shop.overlay.yaml", "expected a mapping from the names of span types to changes"),
    ],
)
def test_a_wrong_overlay(importing: ImportingProject, text: str, place: str, message: str) -> None:
    overlay(importing, text)
    finding = only(importing.run("generate").findings)
    assert finding.position == f"schemas/imported/{place}"
    assert message in finding


@pytest.mark.parametrize(
    ("change", "code", "cause"),
    [
        (
            "params_schema: { properties: { invoice: { x-prefactor-redact: true } } }",
            "PG019",
            "2:45 /shop:find/params_schema/properties/invoice/x-prefactor-redact",
        ),
        (
            "params_schema: { properties: { invoice: null, other: { type: string } }, required: [] }",
            "PG018",
            "2:34 /shop:find/params_schema/properties/invoice",
        ),
        (
            "params_schema: { properties: { invoice: { type: integer } } }",
            "PG026",
            "2:45 /shop:find/params_schema/properties/invoice/type",
        ),
    ],
)
def test_what_an_overlay_has_caused_in_the_file_names_the_overlay(
    importing: ImportingProject, change: str, code: str, cause: str
) -> None:
    """The file is right without it, and only the overlay may be edited."""
    text = importing.file.read_text()
    importing.file.write_text(text.replace("type: string", "type: string\n          default: R-1"))
    overlay(importing, f"shop:find:\n  {change}\nshop:refund: {{ title: Refund }}\n")
    found = [each for each in importing.run("check").out.splitlines() if f" {code}: " in each]
    assert found[0].startswith("schemas/imported/shop.yaml:")
    assert found[0].endswith(f"; schemas/imported/shop.overlay.yaml:{cause} changes this definition")


SHARED = """\
$defs:
  Card: { type: object, properties: { number: { type: string } } }
span_type_schemas:
  - name: pay:charge
    params_schema:
      type: object
      properties:
        card_number: { type: string }
        card: { $ref: "pay.yaml#/$defs/Card" }
        other: { anyOf: [{ $ref: "#/$defs/Old" }, { type: "null" }] }
        cards: { type: array, items: { $ref: "pay.yaml#/$defs/Card" } }
      $defs: { Old: { type: object, properties: { pin: { type: string } } } }
"""
REDACT = "{ x-prefactor-redact: true }"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            f"card_numbr: {REDACT}",
            "no property 'card_numbr' here; did you mean 'card_number'?; what is added",
        ),
        ("nosuch: null", "no property 'nosuch' here; there is nothing to remove"),
        (f"card: {{ properties: {{ nmber: {REDACT} }} }}", "no property 'nmber' here; did you mean 'number'?"),
        (f"other: {{ properties: {{ number: {REDACT} }} }}", "no property 'number' here"),
        (f"cards: {{ items: {{ properties: {{ pin: {REDACT} }} }} }}", "no property 'pin' here"),
    ],
)
def test_what_an_overlay_changes_has_to_be_there(project: Project, change: str, message: str) -> None:
    project.write("schemas/pay.yaml", SHARED)
    project.write("schemas/pay.overlay.yaml", f"pay:charge:\n  params_schema:\n    properties:\n      {change}\n")
    finding = only(project.generate().findings)
    assert finding.position.startswith("schemas/pay.overlay.yaml:4:")
    assert f"pay.yaml has {message}" in finding


def test_an_overlay_changes_shared_schemas_and_adds_properties(project: Project) -> None:
    project.write("schemas/pay.yaml", SHARED)
    project.write(
        "schemas/pay.overlay.yaml",
        f"""
        $defs: {{ Card: {{ properties: {{ number: {REDACT} }} }} }}
        pay:charge:
          params_schema:
            properties:
              other: {{ properties: {{ pin: {REDACT} }} }}
              cards: {{ items: {{ properties: {{ number: {REDACT} }} }} }}
              new: {{ type: string }}
        """,
    )
    assert project.generate().code == 0
    assert '__redacted__ = ("number", "*")' in "".join(project.files().values())
    project.write("schemas/pay.overlay.yaml", "$defs: { Crad: { properties: { number: { minLength: 1 } } } }\n")
    assert "no schema in $defs 'Crad' here; did you mean 'Card'?" in only(project.generate().findings)


def test_all_mistakes_of_an_overlay_are_told(project: Project) -> None:
    project.write("schemas/pay.yaml", SHARED)
    text = f"pay:chrage: {{}}\npay:charge: {{ params_schema: {{ properties: {{ x: {REDACT} }} }} }}\n"
    project.write("schemas/pay.overlay.yaml", f"{text}$defs: {{ Old: {{ minLength: 1 }} }}\n")
    found = project.generate().findings
    assert [each.position.partition(":")[2] for each in found] == ["1:1", "2:46", "3:10"]
    assert "pay.yaml has no schema in $defs 'Old' here; pay:charge has one of its own: write $defs under " in found[2]


def test_what_the_overlay_keeps_of_the_source_is_told(importing: ImportingProject) -> None:
    """Otherwise, a redaction would end in silence: the source has renamed the property."""
    overlay(importing, "shop:refund: { params_schema: { properties: { invoice: { type: string, title: I } } } }\n")
    assert "until now" not in importing.import_tools(tool()).out
    other = {"type": "object", "properties": {"number": {"type": "string"}}}
    done = importing.import_tools(tool(inputSchema=other))
    assert "warning shop.overlay.yaml adds 'invoice' to shop:refund, which the source had until now; was" in done.out


def test_an_overlay_is_no_link_to_another_folder(importing: ImportingProject) -> None:
    importing.project.write("elsewhere.yaml", "shop:old: null\n")
    (importing.project.root / "schemas/imported/shop.overlay.yaml").symlink_to(
        importing.project.root / "elsewhere.yaml"
    )
    assert "expected a file of this folder, found a link" in only(importing.run("generate").findings)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("shpo.overlay.yaml", "there is no shpo.yaml"),
        ("shop.overlays.yaml", "its name is wrong"),
        ("changes.yaml", "its name is wrong"),
        ("shop.overlay.yaml", None),
    ],
)
def test_an_overlay_of_no_file(name: str, why: str | None, importing: ImportingProject) -> None:
    """Its changes would be lost, such as redactions."""
    importing.project.write(f"schemas/imported/{name}", "shop:refund: { title: T }\n")
    importing.project.write("schemas/overlay.yaml", "type: object\n")
    done = importing.run("check")
    message = f"{name}: error PG002: this file is the overlay of no file, because {why}: its changes would be lost; "
    assert (done.code, message + "'shop.overlay.yaml' would be one" in done.out) == (
        int(why is not None),
        why is not None,
    )


def test_examples_of_span_types_are_no_overlay(importing: ImportingProject) -> None:
    importing.project.write("schemas/examples.yaml", "shop:refund: { number: R-17 }\n")
    assert importing.run("check").code == 0


def test_a_file_that_is_no_overlay_of_another_one_holds_definitions(project: Project) -> None:
    project.write("schemas/map.overlay.json", {"span_schemas": {"map:overlay": {"type": "object"}}})
    assert project.generate().code == 0
