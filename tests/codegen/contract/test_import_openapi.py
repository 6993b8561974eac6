"""`prefactor-gen import openapi`: operations of OpenAPI documents become span types that compile."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from tests.codegen.support import Project, Result

from prefactor_gen.importing.openapi import openapi_source

pytestmark = pytest.mark.slow

PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}


def answers(schema: object, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def body(schema: object, *, required: bool = True, media_type: str = "application/json") -> dict[str, Any]:
    return {"required": required, "content": {media_type: {"schema": schema}}}


class Pets:
    """Imports a document named `pets`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.configure()

    def run(self, paths: object, *options: str, version: str = "3.0.3", **document: Any) -> Result:
        info = {"title": "Pets", "version": "1.2"}
        text = json.dumps({"openapi": version, "info": info, "paths": paths, **document})
        self.project.write("pets.json", text)
        return self.project.run("import", "openapi", "pets.json", *options)

    def operations(self, operations: Sequence[dict[str, Any]], **components: Any) -> list[dict[str, Any]]:
        """The span types of some operations; what does not compile would be an error."""
        paths = {f"/{number}/{{id}}": {"post": each} for number, each in enumerate(operations)}
        result = self.run(paths, components={"schemas": components})
        assert result.code == 0, result
        return list(self.file()["span_type_schemas"])

    def file(self) -> dict[str, Any]:
        return dict(yaml.safe_load((self.project.root / "schemas/imported/pets.yaml").read_text("utf-8")))


@pytest.fixture
def pets(project: Project) -> Pets:
    return Pets(project)


def test_an_operation_becomes_a_span_type(pets: Pets) -> None:
    """Path, query and body are the params. Headers and cookies are not, for they carry what authenticates."""
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}, "description": "At most."}
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "X-Key", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
    ]
    update = {
        "operationId": "updatePet",
        "summary": "Update a pet",
        "description": "Changes its name.",
        "deprecated": True,
        "parameters": [limit],
        "requestBody": body({"$ref": "#/components/schemas/Pet"}),
        "responses": {"404": {}, **answers({"$ref": "#/components/schemas/Pet"})},
    }
    components = {"schemas": {"Pet": PET, "Unused": PET}}
    result = pets.run({"/pets/{id}": {"parameters": shared, "put": update}}, components=components)
    assert (result.code, result.out) == (0, "Pets 1.2: 1 operation → schemas/imported/pets.yaml\n"), result.err
    assert pets.file() == {
        "$defs": {"Pet": PET},
        "span_type_schemas": [
            {
                "name": "pets:updatePet",
                "title": "Update a pet",
                "description": "Changes its name.",
                "template": "Update a pet: {{ id }}",
                "deprecated": True,
                "params_schema": {
                    "type": "object",
                    "required": ["id", "name"],
                    "properties": {
                        "id": {"type": "string"},
                        "name": {"type": "string"},
                        "limit": {"type": "integer", "description": "At most."},
                    },
                },
                "result_schema": {"$ref": "pets.yaml#/$defs/Pet"},
            }
        ],
    }
    assert pets.project.run("check").code == 0


KEYWORDS: list[tuple[object, object]] = [
    ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
    ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
    ({"type": "number", "maximum": 9, "exclusiveMaximum": False}, {"type": "number", "maximum": 9}),
    (
        {"allOf": [{"$ref": "#/components/schemas/Pet"}], "nullable": True, "description": "One."},
        {"anyOf": [{"allOf": [{"$ref": "pets.yaml#/$defs/Pet"}]}, {"type": "null"}], "description": "One."},
    ),
    (
        {"anyOf": [{"type": "string"}], "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
    ),
    ({"type": "string", "example": "R", "xml": {}, "x-go": 1}, {"type": "string", "examples": ["R"]}),
    ({"type": "integer", "format": "int64"}, {"type": "integer"}),
    ({"type": "string", "format": "password"}, {"type": "string", "x-prefactor-redact": True}),
    (
        {"type": "string", "x-prefactor-redact": True, "x-prefactor-class": "A"},
        {"type": "string", "x-prefactor-redact": True},
    ),
    ({"type": "file", "description": "A file."}, {"description": "A file."}),
    ({"properties": {"nullable": {"type": "string"}}}, {"properties": {"nullable": {"type": "string"}}}),
    ({"type": "object", "required": True}, {"type": "object"}),
    (
        {"required": ["id", "a", "a"], "properties": {"id": {"type": "string", "readOnly": True}, "a": {}}},
        {"required": ["a"], "properties": {"id": {"type": "string", "readOnly": True}, "a": {}}},
    ),
]


def test_keywords_of_openapi_become_those_of_json_schema(pets: Pets) -> None:
    members = {f"x{number}": schema for number, (schema, _) in enumerate(KEYWORDS)}
    (entry,) = pets.operations([{"requestBody": body({"type": "object", "properties": members})}], Pet=PET)
    converted = entry["params_schema"]["properties"]
    for number, (_, expected) in enumerate(KEYWORDS):
        assert converted[f"x{number}"] == expected


def test_a_discriminator_says_which_option_a_value_is(pets: Pets) -> None:
    """In JSON Schema, both options of this `oneOf` would match, and so none of the values would."""
    kinds = {name: {"type": "object", "properties": {"kind": {"type": "string"}}} for name in ("Cat", "Dog")}
    union = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"d1": "#/components/schemas/Dog", "d2": "Dog"}},
    }
    (entry,) = pets.operations([{"requestBody": body({"type": "object", "properties": {"pet": union}})}], **kinds)
    cat, dog = entry["params_schema"]["properties"]["pet"]["oneOf"]
    assert cat["allOf"][1] == {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "Cat"}}}
    assert dog["allOf"][1]["properties"] == {"kind": {"enum": ["d1", "d2"]}}


BODIES: list[tuple[dict[str, Any], set[str], list[str] | None]] = [
    (body({"type": "array", "items": {"type": "string"}}), {"body"}, ["body"]),
    (body({"anyOf": [PET, {"type": "object"}]}, required=False), {"body"}, None),
    (body({**PET, "nullable": True}), {"body"}, ["body"]),
    (body(PET, required=False), {"name"}, None),
    (body(PET, media_type="application/x-www-form-urlencoded"), {"name"}, ["name"]),
    (body(PET, media_type="application/vnd.pets+json; v=1"), {"name"}, ["name"]),
    (body(PET, media_type="image/png"), set(), None),
    (
        body({"allOf": [PET, {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}]}),
        {"name", "age"},
        ["name", "age"],
    ),
    (body({"allOf": [PET, PET]}), {"body"}, ["body"]),
]


def test_the_body_of_a_request(pets: Pets) -> None:
    """The members of an object are params. What is more than that, or no object, is one param."""
    entries = pets.operations([{"requestBody": request_body} for request_body, _, _ in BODIES])
    for entry, (_, properties, required) in zip(entries, BODIES, strict=True):
        params = entry["params_schema"]
        assert (set(params["properties"]), params.get("required")) == (properties, required)


def test_parameters_with_the_name_of_a_member_of_the_body(pets: Pets) -> None:
    parameters = [
        {"name": "name", "in": place, "required": True, "schema": {"type": "integer"}} for place in ("query", "path")
    ]
    (entry,) = pets.operations([{"requestBody": body(PET), "parameters": parameters}])
    params = entry["params_schema"]
    assert params["required"] == ["name__path", "name", "name__query"]
    assert params["properties"]["name"] == {"type": "string"}


RESPONSES: list[tuple[dict[str, Any], object]] = [
    ({"204": {"description": "Done."}}, None),
    ({}, None),
    (answers(PET, "201"), PET),
    ({"200": {}, **answers(PET, "2XX")}, PET),
    (
        answers({"type": "array", "items": {"type": "string"}}),
        {
            "type": "object",
            "required": ["result"],
            "properties": {"result": {"type": "array", "items": {"type": "string"}}},
        },
    ),
    (answers({}), {"type": "object", "required": ["result"], "properties": {"result": {}}}),
    (answers({"oneOf": [PET, PET]}), {"type": "object", "oneOf": [PET, PET]}),
    ({"200": {"content": {"text/csv": {}}}}, {"type": "object"}),
    ({"200": {"content": {"application/json-seq": {"schema": PET}}}}, {"type": "object"}),
    ({"200": {"content": {"application/*": {"schema": PET}}}}, PET),
]


def test_the_result_is_the_first_success_with_json(pets: Pets) -> None:
    entries = pets.operations([{"responses": responses} for responses, _ in RESPONSES])
    assert [entry.get("result_schema") for entry in entries] == [expected for _, expected in RESPONSES]


def test_one_component_in_both_directions(pets: Pets) -> None:
    """What is read-only is required of responses alone. So requests have a component of their own."""
    tag = {"type": "object", "properties": {"label": {"type": "string"}}}
    pet = {
        "type": "object",
        "required": ["id", "tag"],
        "properties": {"id": {"type": "string", "readOnly": True}, "tag": {"$ref": "#/components/schemas/Tag"}},
    }
    reference = {"$ref": "#/components/schemas/Pet"}
    operation = {"requestBody": body({"type": "array", "items": reference}), "responses": answers(reference)}
    pets.operations([operation], Pet=pet, Tag=tag)
    shared = pets.file()["$defs"]
    assert shared.keys() == {"Pet", "PetRequest", "Tag"}
    assert (shared["Pet"]["required"], shared["PetRequest"]["required"]) == (["id", "tag"], ["tag"])


def test_names_of_components_that_differ_in_other_characters(pets: Pets) -> None:
    """What reaches a component with two classes has two, too, however far away it is."""
    names = ["Pet", "pet", "P é", "P ü"]
    chain = {
        name: {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/{after}"}}}
        for name, after in zip(names, [*names[1:], "last"], strict=True)
    }
    last = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}}
    reference = {"$ref": "#/components/schemas/Pet"}
    operation = {"requestBody": body({"type": "array", "items": reference}), "responses": answers(reference)}
    pets.operations([operation], **chain, last=last)
    made = ["P", "PRequest", "PRequest_2", "P_2", "Pet", "PetRequest", "last", "lastRequest", "petRequest_2", "pet_2"]
    assert list(pets.file()["$defs"]) == made


def test_components_that_refer_to_each_other_and_to_other_files(pets: Pets) -> None:
    """The operation, the components and `properties` may stand in files of their own, relative to each other."""
    pets.project.write("parts/get.yaml", "{operationId: get, responses: {'200': {$ref: 'answers.yaml#/ok'}}}")
    pets.project.write(
        "parts/answers.yaml", "ok: {content: {application/json: {schema: {$ref: '../models/pet.yaml'}}}}"
    )
    pets.project.write("models/pet.yaml", "{type: object, properties: {$ref: 'members.yaml#/all'}}")
    pets.project.write("models/members.yaml", "all: {friend: {$ref: pet.yaml}, name: {type: string}}")
    assert pets.run({"/pets": {"get": {"$ref": "parts/get.yaml"}}}).code == 0
    friend = {"$ref": "pets.yaml#/$defs/pet"}
    assert pets.file()["$defs"] == {
        "pet": {"type": "object", "properties": {"friend": friend, "name": {"type": "string"}}}
    }


def test_openapi_3_1(pets: Pets) -> None:
    """Keywords beside a `$ref` count, and so does every keyword of JSON Schema."""
    schema = {"$ref": "#/components/schemas/Name", "maxLength": 9}
    components = {"schemas": {"Name": {"type": ["string", "null"], "exclusiveMinimum": 3, "contentEncoding": "base64"}}}
    members = {"type": "object", "properties": {"name": schema}}
    paths = {"/pets": {"post": {"operationId": "add", "requestBody": body(members)}}}
    assert pets.run(paths, version="3.1.0", components=components).code == 0
    (entry,) = pets.file()["span_type_schemas"]
    assert entry["params_schema"]["properties"]["name"] == {"$ref": "pets.yaml#/$defs/Name", "maxLength": 9}
    assert pets.file()["$defs"] == components["schemas"]


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("#/components/schemas/Nothing", "$ref to pets.json#/components/schemas/Nothing leads to nothing"),
        ("https://pets.dev/pet.json", "$ref 'https://pets.dev/pet.json' leads to the web, and nothing is fetched"),
        ("../../../pet.json", "leads out of the folder of the document and of the project"),
        ("other.yaml", "other.yaml: cannot read"),
        ("a%00b.yaml", "$ref 'a%00b.yaml': no file can have this name"),
        (f"#/servers/{'9' * 5_000}", "leads to nothing"),
    ],
)
def test_a_broken_reference_costs_one_operation(pets: Pets, reference: str, problem: str) -> None:
    broken = {"operationId": "broken", "responses": answers({"type": "array", "items": {"$ref": reference}})}
    result = pets.run({"/pets": {"get": broken, "post": {"operationId": "fine"}}}, servers=[{"url": "/"}])
    first, error = result.out.splitlines()
    assert (result.code, first) == (1, "Pets 1.2: 1 of 2 operations → schemas/imported/pets.yaml")
    assert error.startswith("  error pets:broken: ")
    assert problem in error
    assert [entry["name"] for entry in pets.file()["span_type_schemas"]] == ["pets:fine"]


def test_a_component_that_cannot_be_compiled_costs_the_operations_that_reach_it(pets: Pets) -> None:
    """Here, types are nested too deep, which only all of them together show."""
    names = [f"c{number}" for number in range(80)]
    chain = {
        name: {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/{after}"}}}
        for name, after in zip(names, [*names[1:], "Pet"], strict=True)
    }
    deep, fine = (answers({"$ref": f"#/components/schemas/{name}"}) for name in ("c0", "Pet"))
    paths = {
        "/pets": {"get": {"operationId": "deep", "responses": deep}, "put": {"operationId": "fine", "responses": fine}}
    }
    result = pets.run(paths, components={"schemas": {**chain, "Pet": PET}})
    assert (result.code, result.err) == (1, "")
    assert "  error pets:deep: PG029: " in result.out
    assert [entry["name"] for entry in pets.file()["span_type_schemas"]] == ["pets:fine"]
    assert pets.file()["$defs"] == {"Pet": PET}


PATHS = {
    "/pets": {"get": {"operationId": "listPets"}},
    "/pets/{pet_id}": {"get": {"operationId": "read_pet_pets__pet_id__get"}, "delete": {}},
}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["listPets", "read_pet_pets__pet_id__get", "delete_pets_pet_id"]),
        (["--names", "path"], ["get_pets", "get_pets_pet_id", "delete_pets_pet_id"]),
        (["--operation", "list*"], ["listPets"]),
        (["--operation", "GET /pets/*", "--operation", "listPets"], ["listPets", "read_pet_pets__pet_id__get"]),
        (["--operation", "delete_*"], ["delete_pets_pet_id"]),
    ],
)
def test_names_and_choice_of_operations(pets: Pets, options: list[str], names: list[str]) -> None:
    assert pets.run(PATHS, *options).code == 0
    assert [entry["name"] for entry in pets.file()["span_type_schemas"]] == [f"pets:{name}" for name in names]


def test_notes_have_the_names_of_the_span_types(pets: Pets) -> None:
    body: dict[str, object] = {"content": {"text/plain": {}}}
    result = pets.run({"/up": {"post": {"operationId": "up_up_post", "requestBody": body}}}, "--names", "path")
    assert "  note pets:post_up: the body is text/plain, which is not imported; JSON is" in result.out.splitlines()


def test_an_operation_id_that_occurs_twice(pets: Pets) -> None:
    result = pets.run({"/a": {"get": {"operationId": "get"}}, "/b": {"get": {"operationId": "get"}}})
    assert "  warning pets:get: GET /a has the same operationId; named 'get_b'" in result.out.splitlines()
    assert [entry["name"] for entry in pets.file()["span_type_schemas"]] == ["pets:get", "pets:get_b"]


def test_a_path_that_leads_nowhere_costs_its_own_operations(pets: Pets) -> None:
    result = pets.run({"/a": {"$ref": "a.yaml"}, "/b": {"get": {}}})
    assert (result.code, result.out.splitlines()) == (
        1,
        [
            "Pets 1.2: 1 of 2 operations → schemas/imported/pets.yaml",
            "  error pets:/a: a.yaml: cannot read: No such file or directory",
        ],
    )


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("swagger: '2.0'", [], "expected OpenAPI 3.0 or later, found Swagger 2.0; convert it first"),
        ("openapi: 3.0.0", [], "expected operations in paths, found none"),
        ("- 1", [], "expected an OpenAPI document, with openapi: 3.0.x or 3.1.x"),
        ("a: [", [], "pets.yaml:1:5: not valid YAML"),
        ("{openapi: 3.0.0, paths: {/p: {$ref: '#/paths/~1p'}}}", [], "leads back to itself"),
        (
            yaml.safe_dump({"openapi": "3.0.0", "paths": PATHS}),
            ["--operation", "lstPets"],
            "--operation: no operation is 'lstPets'; did you mean 'listPets'?",
        ),
    ],
)
def test_documents_that_cannot_be_imported(project: Project, text: str, options: list[str], message: str) -> None:
    project.write("pets.yaml", text)
    project.configure()
    result = project.run("import", "openapi", "pets.yaml", *options)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not (project.root / "schemas").exists()


def test_a_component_of_itself_alone(pets: Pets) -> None:
    """Nothing says what it is; the operation is left out, within a moment."""
    components = {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}}
    paths = {"/a": {"get": {"operationId": "a", "responses": answers({"$ref": "#/components/schemas/A"})}}}
    result = pets.run(paths, components=components)
    assert result.code == 1
    assert "error pets:a: " in result.out


ODD: list[object] = [None, True, 7, "x", "#", "#/x", [], ["x"], [{}], {}, {"x": 7}, {"$ref": 7}, [["x"]]]
PARTS = ["type", "format", "required", "properties", "allOf", "oneOf", "items", "enum", "discriminator", "nullable",
         "exclusiveMinimum", "additionalProperties", "example", "examples", "$ref"]  # fmt: skip


def test_values_of_any_type_anywhere(pets: Pets) -> None:
    """What is wrong costs its own operation, and nothing raises."""
    union = {"oneOf": [{"$ref": "#/components/schemas/Pet"}], "properties": {"kind": {}}}
    paths: dict[str, Any] = {"/fine": {"get": {}}}
    for number, odd in enumerate(ODD):
        for part in PARTS:
            request = body({**union, part: odd})
            paths[f"/{part}/{number}"] = {"post": {"requestBody": request, "responses": answers({part: odd})}}
        for part in ("parameters", "requestBody", "responses", "operationId", "summary", "deprecated"):
            paths[f"/operation/{part}/{number}"] = {"get": {part: odd}, "parameters": odd}
        paths[f"/parameter/{number}"] = {"get": {"parameters": [{"in": "query", "name": "q", "schema": odd}, odd]}}
        paths[f"/method/{number}"] = {"get": odd}
        paths[f"/item/{number}"] = odd
    document = {"openapi": "3.0.0", "paths": paths, "info": [], "components": {"schemas": {"Pet": PET}}}
    pets.project.write("pets.json", json.dumps(document))
    options = Namespace(document="pets.json", operation=None, names="path", name="pets")
    imported = openapi_source.read(options, pets.project.root)
    assert imported.span_types[0].name == "get_fine"
    assert len(imported.span_types) > len(ODD) * len(PARTS) / 2
