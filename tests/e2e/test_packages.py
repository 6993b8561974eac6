"""The structure of the distribution: what its packages need and export, and that they are typed."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.support.processes import ROOT, run

from prefactor_local._view.pages import script

PACKAGES = {
    "prefactor_api": "generated",
    "prefactor_spans": "generated",
    "prefactor_schema": "src",
    "prefactor_templates": "src",
    "prefactor_http": "src",
    "prefactor_core": "src",
    "prefactor_local": "src",
    "prefactor_gen": "codegen",
}
RUNTIME_LIBRARIES = {
    "certifi",
    "h11",
    "httpcore",
    "httpx",
    "jsonschema_rs",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
}


def folder(package: str) -> Path:
    return ROOT / PACKAGES[package] / package


def imported(package: str) -> set[str]:
    """The top-level names that the modules of a package import, anywhere."""
    nodes = (node for path in folder(package).rglob("*.py") for node in ast.walk(ast.parse(path.read_bytes())))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.slow
@pytest.mark.parametrize(
    "package", ["prefactor_api", "prefactor_schema", "prefactor_http", "prefactor_core", "prefactor_spans"]
)
def test_run_time_needs_no_extra(package: str) -> None:
    assert imported(package) - PACKAGES.keys() - sys.stdlib_module_names <= RUNTIME_LIBRARIES


def modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package: str) -> None:
    assert (folder(package) / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_in_all_exists_once(package: str) -> None:
    for module in modules(package):
        if module.__name__.startswith("prefactor_api."):  # the model generator writes no __all__
            continue
        names = module.__all__
        assert len(names) == len(set(names)), module.__name__
        for name in names:
            assert hasattr(module, name), f"{module.__name__}.{name}"


@pytest.mark.slow
def test_importing_the_client_loads_nothing_heavy(tmp_path: Path) -> None:
    """Agents run in small images: no generator, no server, and the engine only when a payload is checked."""
    code = (
        "import sys, json, prefactor_core, prefactor_spans; prefactor_spans.registry; "
        "print(json.dumps(list(sys.modules)))"
    )
    done = run([sys.executable, "-W", "error", "-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    others = {"datamodel_code_generator", "jinja2", "jsonschema", "starlette", "uvicorn", "yaml", "liquid"}
    assert not loaded & {*others, "jsonschema_rs"}


@pytest.mark.slow
def test_a_wheel_holds_the_packages_and_no_guides(tmp_path: Path) -> None:
    done = run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        assert archive.read("prefactor_local/_view/static/app.js").decode() == script()
        assert "[pytest11]\nprefactor = prefactor_pytest" in archive.read(entry_points).decode()
    assert {*(f"{package}/py.typed" for package in PACKAGES), "prefactor_pytest.py"} <= set(names)
    assert {name for name in names if name.startswith("prefactor_gen/_shipped/")}
    pages = {"app.css", "app.js", "icon.svg", "index.html"}
    assert {name.rpartition("/")[2] for name in names if "/static/" in name} == pages
    assert not [name for name in names if name.endswith(".md")]
    assert "prefactor_local/_view/bundle.py" not in names  # what has made app.js


@pytest.mark.slow
def test_a_generated_package_warns_about_overwritten_files(tmp_path: Path) -> None:
    """prefactor-core was installed after ours, and has replaced our `__init__`."""
    (tmp_path / "prefactor_core-0.5.3.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: prefactor-core\nVersion: 0.5.3\n"
    (tmp_path / "prefactor_core-0.5.3.dist-info" / "METADATA").write_text(metadata, encoding="utf-8")
    shutil.copytree(folder("prefactor_core"), tmp_path / "prefactor_core")
    shutil.copytree(folder("prefactor_http"), tmp_path / "prefactor_http")
    for lost in ("prefactor_core/__init__.py", "prefactor_core/schema_registry.py", "prefactor_http/__init__.py"):
        (tmp_path / lost).write_text("")
    done = run([sys.executable, "-c", "from prefactor_spans import registry"], tmp_path, {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert "prefactor-core is installed beside prefactor-sdk" in done.stderr
