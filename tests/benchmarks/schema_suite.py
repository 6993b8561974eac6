"""Do generated types accept what their schemas accept? `python -m tests.benchmarks.schema_suite`.

The official JSON-Schema-Test-Suite, its required tests of draft 2020-12 and draft-07, which comes with the source
distribution of jsonschema (pip gets it). Copies of what its schemas refer to at a host come with it, too. Each schema
becomes the property `value` of a span type's params, goes through the generator, and each instance of it through the
generated model and through the check of payloads. Prints a line for each keyword where they disagree, and totals;
`--details` names each case. Half a minute. Exits with 1 when a model or the check takes or refuses what it should not,
unless jsonschema errs alike.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError as NotValid
from jsonschema.protocols import Validator
from jsonschema.validators import Draft7Validator, Draft202012Validator
from pydantic import BaseModel, JsonValue, ValidationError

from prefactor_gen.definitions.reference_settings import ReferenceSettings
from prefactor_gen.diagnostics.diagnostics import Diagnostic, has_errors
from prefactor_gen.documents.nodes import to_plain
from prefactor_gen.pipeline.settings import Settings
from prefactor_gen.pipeline.stages import generate_package
from prefactor_schema import JsonSchema

DRAFTS: dict[str, type[Validator]] = {"draft2020-12": Draft202012Validator, "draft7": Draft7Validator}
MAPS = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
DATA = frozenset({"const", "default", "enum", "examples"})


@dataclass
class Group:
    """A schema of the suite, with its instances."""

    keyword: str
    name: str
    schema: dict[str, Any]
    tests: list[dict[str, Any]]
    validator: type[Validator]


@dataclass
class Tally:
    """The results of the instances, by keyword."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)

    def note(self, group: Group, what: str, text: str = "") -> None:
        self.counts.setdefault(group.keyword, Counter())[what] += 1
        if what != "agrees":
            self.details.append(f"{what}: {group.keyword}: {group.name}{text and ': '}{text}")

    @property
    def total(self) -> Counter[str]:
        return sum(self.counts.values(), Counter[str]())


def within(schema: Any) -> Any:
    """Return the schema with its references to itself adapted to the place `properties/value`."""
    if isinstance(schema, list):
        return [within(item) for item in schema]
    if isinstance(schema, dict) and not str(schema.get("$id", "#")).startswith("#"):
        return schema  # its references are its own
    return {key: _member(key, value) for key, value in schema.items()} if isinstance(schema, dict) else schema


def _member(key: str, value: Any) -> Any:
    if key in {"$ref", "$dynamicRef"} and isinstance(value, str) and (value == "#" or value.startswith("#/")):
        return f"#/properties/value{value[1:]}"
    if key in MAPS and isinstance(value, dict):
        return {name: within(item) for name, item in value.items()}
    return value if key in DATA else within(value)


def wrapped(schema: Any, validator: type[Validator]) -> dict[str, Any]:
    """Return an object schema whose property `value` has the schema."""
    if isinstance(schema, dict):
        schema = {key: value for key, value in within(schema).items() if key != "$schema"}
    return {"$schema": validator.META_SCHEMA["$schema"], "type": "object", "properties": {"value": schema}}


def suite(folder: Path) -> Path:
    """Return the tests in the source distribution of the installed version of jsonschema."""
    wanted = f"jsonschema=={importlib.metadata.version('jsonschema')}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    done = subprocess.run([*pip, "--no-binary", "jsonschema", "--dest", str(folder), wanted], check=False)
    if done.returncode:
        sys.exit(f"pip cannot get the source distribution of {wanted}")
    with tarfile.open(next(folder.glob("jsonschema-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("jsonschema-*/json/tests"))


def groups_of(tests: Path, draft: str) -> Iterator[Group]:
    for file in sorted((tests / draft).glob("*.json")):
        for group in json.loads(file.read_text("utf-8")):
            schema = wrapped(group["schema"], DRAFTS[draft])
            yield Group(file.stem, group["description"], schema, group["tests"], DRAFTS[draft])


class Compiler:
    """Generates packages into a folder, and imports them.

    Attributes:
        payloads: the schema of each params model, with what it refers to in other files.
    """

    def __init__(self, folder: Path, remotes: Path | None = None) -> None:
        self._folder = folder
        copies = {} if remotes is None else {"http://localhost:1234/": Path(os.path.realpath(remotes))}
        self._references = ReferenceSettings(folder, copies)
        self._number = 0
        self.payloads: dict[type[BaseModel], dict[str, Any]] = {}
        sys.path.insert(0, str(folder))

    def models(self, schemas: Mapping[str, dict[str, Any]]) -> dict[str, type[BaseModel]] | list[Diagnostic]:
        """Return the params models by class name, or the reason why there are none."""
        self._number += 1
        package = f"suite_{self._number}"
        (self._folder / "spans.json").write_text(json.dumps({"span_schemas": schemas}))
        generated = generate_package(
            ["spans.json"], self._folder, self._folder / package, Settings(references=self._references)
        )
        if has_errors(generated.diagnostics):
            return list(generated.diagnostics)
        (self._folder / package).mkdir()
        for name, text in generated.value.files.items():
            (self._folder / package / name).write_text(text, "utf-8")
        importlib.invalidate_caches()
        module = importlib.import_module(package)
        models = {name: getattr(module, f"{name}Params") for name in schemas}
        for item in generated.value.definitions.span_types:
            schema = to_plain(item.params.schema)
            assert isinstance(schema, dict)
            self.payloads[models[item.name]] = schema
        return models


def compiled(compiler: Compiler, groups: list[Group], tally: Tally) -> Iterator[tuple[Group, type[BaseModel]]]:
    """Return the models of the groups: generated together, or one by one if one of them is refused."""
    together = compiler.models({f"G{number}": group.schema for number, group in enumerate(groups)})
    if isinstance(together, dict):
        yield from zip(groups, together.values(), strict=True)
        return
    for group in groups:
        single = compiler.models({"G": group.schema})
        if isinstance(single, dict):
            yield group, single["G"]
        else:
            tally.note(group, "refused", f"{single[0].code} {single[0].message}")


def takes(model: type[BaseModel], payload: JsonValue) -> bool:
    try:
        model.__pydantic_validator__.validate_python(payload, by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


def oracle(group: Group, payload: JsonValue) -> bool | None:
    """Return whether jsonschema accepts an instance; None if it cannot decide."""
    try:
        group.validator(group.schema).validate(payload)
    except NotValid:
        return False
    except Exception:
        return None
    return True


def compare(group: Group, model: type[BaseModel], payload_schema: dict[str, Any], tally: Tally) -> None:
    schema = JsonSchema(payload_schema)
    for test in group.tests:
        payload = {"value": test["data"]}
        taken = [takes(model, payload), not schema.mismatches(payload)]
        if taken == [test["valid"], test["valid"]]:
            tally.note(group, "agrees")
            continue
        alike = " (jsonschema alike)" if {oracle(group, payload)} == {*taken} else ""
        tally.note(group, f"false {'reject' if test['valid'] else 'accept'}{alike}", test["description"])


def measure(draft: str, tests: Path, compiler: Compiler, *, details: bool) -> bool:
    by_keyword: dict[str, list[Group]] = {}
    for group in groups_of(tests, draft):
        by_keyword.setdefault(group.keyword, []).append(group)
    tally = Tally()
    for groups in by_keyword.values():
        for group, model in compiled(compiler, groups, tally):
            compare(group, model, compiler.payloads[model], tally)
    for keyword, counts in tally.counts.items():
        if counts.keys() != {"agrees"}:
            print(f"{draft} {keyword}: {as_text(counts)}")
    print(f"{draft}: {sum(map(len, by_keyword.values()))} schemas: {as_text(tally.total)}")
    if details:
        print(*tally.details, sep="\n")
    return not {"false accept", "false reject"} & tally.total.keys()


def as_text(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--details", action="store_true", help="name each case in which the two disagree")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tests = suite(Path(folder))
        compiler = Compiler(Path(folder), tests.parent / "remotes")
        results = [measure(draft, tests, compiler, details=options.details) for draft in DRAFTS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
