"""The package's surface: names, models, version, and the warning about a second distribution."""

import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from tests.support.lazy_packages import names_at_run_time, names_for_type_checkers

import prefactor_http
from prefactor_http import endpoints, models
from prefactor_http.models import AgentForUpdate, AgentSpan, QualitySchemaForCreate, types
from prefactor_local import LocalApi

SCHEMAS = Path(__file__).parents[2] / "schemas" / "api"

MODULES = [
    importlib.import_module(info.name) for info in pkgutil.walk_packages(prefactor_http.__path__, "prefactor_http.")
]


@pytest.mark.parametrize("module", [prefactor_http, *MODULES], ids=lambda module: module.__name__)
def test_all_names_exist_and_are_complete(module: Any) -> None:
    assert len(set(module.__all__)) == len(module.__all__)
    defined = {
        name
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
        and name.isidentifier()  # pydantic adds parametrised generics, with brackets in their names
        and not name.startswith("_")
    }
    for name in module.__all__:
        assert hasattr(module, name)
    is_internal = module.__name__.rpartition(".")[2].startswith("_")
    assert is_internal or defined <= set(module.__all__)


def test_package_is_typed() -> None:
    assert (Path(prefactor_http.__file__).parent / "py.typed").exists()


def test_version_is_that_of_the_distribution() -> None:
    assert prefactor_http.__version__ == version("prefactor-sdk")


@pytest.mark.parametrize("name", ["AgentStatus", "FinishStatus", "InstancePurpose"])
def test_words_are_those_of_the_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / "types.json").read_text(encoding="utf-8"))
    assert list(get_args(getattr(types, name))) == schema["$defs"][name]["enum"]


def test_every_schema_of_the_wire_has_its_model() -> None:
    inlined = {
        "AgentStatus",
        "FinishStatus",
        "InstancePurpose",
        "ActionPermission",
        "DataInclusion",
        "DataClassification",
    }
    for path in SCHEMAS.glob("*.json"):
        names = set(json.loads(path.read_text(encoding="utf-8"))["$defs"])
        module = importlib.import_module(f"prefactor_http.models.{path.stem}")
        assert names - inlined - {"ControlSignal"} <= set(module.__all__)


def test_models_ignore_unknown_fields_and_share_no_defaults() -> None:
    values = {"type": "agent_span", "id": "s", "agent_instance_id": "i", "schema_name": "n", "status": "active"}
    first, second = (AgentSpan.model_validate({**values, "unknown": 1}) for _ in range(2))
    first.payload["x"] = 1
    assert second.payload == {}
    assert first.model_extra is None


def test_schema_is_an_alias() -> None:
    by_alias = QualitySchemaForCreate.model_validate({"name": "n", "schema": {"type": "object"}})
    assert by_alias.schema_ == {"type": "object"}
    assert by_alias.model_dump(by_alias=True, exclude_none=True) == {"name": "n", "schema": {"type": "object"}}


def test_absent_is_none() -> None:
    assert AgentForUpdate().model_dump() == dict.fromkeys(AgentForUpdate.model_fields)
    assert models.AgentInstanceSpanCounts().total == 0


def import_with(path: Path, *distributions: str) -> str:
    for name in distributions:
        info = path / f"{name.replace('-', '_')}-0.4.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.4.3\n", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", "import prefactor_http, prefactor_http.models; import prefactor_http"],
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stderr


def test_a_second_distribution_of_the_package_is_warned_about_once(tmp_path: Path) -> None:
    warning = import_with(tmp_path, "prefactor-http")
    assert warning.count("UserWarning") == 1
    assert "prefactor-http is installed beside prefactor-sdk" in warning
    assert "then install prefactor-sdk again, as its README shows." in warning


def test_core_alone_beside_ours_is_warned_about_too(tmp_path: Path) -> None:
    """Its `prefactor_core` is imported then, and reaches our `prefactor_http`."""
    assert "prefactor-core is installed beside prefactor-sdk" in import_with(tmp_path, "prefactor-core")


def test_no_warning_without_it(tmp_path: Path) -> None:
    assert import_with(tmp_path, "prefactor-other") == ""


@pytest.mark.parametrize("package", [prefactor_http, models, endpoints])
def test_type_checkers_and_programs_find_the_same_names(package: ModuleType) -> None:
    assert names_at_run_time(package) == names_for_type_checkers(package)
    found = [name for names in names_at_run_time(package).values() for name in names]
    assert sorted(found) == sorted(package.__all__)


def test_importing_the_package_does_not_import_httpx() -> None:
    code = "import prefactor_http, sys; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_request_does_not_import_httpx(api: LocalApi) -> None:
    """Its import takes longer than all others, and holds up the agent at the first span."""
    code = f"""
import asyncio, sys
from prefactor_http import HttpClientConfig, PrefactorHttpClient
async def ping():
    async with PrefactorHttpClient(HttpClientConfig({api.url!r}, {api.token!r})) as client:
        await client.validate_token()
asyncio.run(ping())
print(sorted({{"httpx", "httpcore", "anyio"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
