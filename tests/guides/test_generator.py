"""The guide to prefactor-gen: codegen/README.md."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from tests.guides.blocks import block, table
from tests.guides.running import mypy_errors, project, record, shell
from tests.support.processes import ROOT, run, script

from prefactor_gen.command import main as cli
from prefactor_gen.command.config import KEYS
from prefactor_gen.diagnostics import limits
from prefactor_gen.diagnostics import rules as all_rules
from prefactor_gen.diagnostics.diagnostics import Severity
from prefactor_gen.diagnostics.rules import RULES
from prefactor_templates import parsing

GUIDE = "codegen/README.md"
INIT = block(f"{GUIDE}#set-up-a-project/sh")
INITIALIZED = block(f"{GUIDE}#set-up-a-project/text")
DEFINITIONS = block(f"{GUIDE}#a-first-package/yaml")
CONFIGURATION = block(f"{GUIDE}#a-first-package/toml")
GENERATE = block(f"{GUIDE}#a-first-package/sh")
USE = block(f"{GUIDE}#a-first-package/python")
CLIENT = block(f"{GUIDE}#a-first-package/python/2")
USE_OF_MODEL = block(f"{GUIDE}#what-is-generated/python")
NESTED_MISTAKE = block(f"{GUIDE}#nested-objects/text")
NESTED = [block(f"{GUIDE}#nested-objects/python"), block(f"{GUIDE}#nested-objects/python/2")]
IN_PYTHON = block(f"{GUIDE}#definitions-in-python/python")
TYPES_IN_PYTHON = block(f"{GUIDE}#definitions-in-python/python/2")
MERGED = block(f"{GUIDE}#several-packages-in-one-agent/python")
CHECK = block(f"{GUIDE}#commands/sh")
CHECKED = block(f"{GUIDE}#commands/text")
PROJECTS = block(f"{GUIDE}#several-projects/sh")
PROJECTS_CHECKED = block(f"{GUIDE}#several-projects/text")
EDITORS = block(f"{GUIDE}#editors/sh")
HATCH = block(f"{GUIDE}#hatch/toml")
REFERENCES = block(f"{GUIDE}#definitions/yaml")
REFERRED = block(f"{GUIDE}#definitions/yaml/2")
BRANCHES = block(f"{GUIDE}#how-schemas-become-types/yaml")
OUTSIDE = block(f"{GUIDE}#references-out-of-the-folder/toml")
CI = block(f"{GUIDE}#ci-and-commits/yaml")
PRE_COMMIT = block(f"{GUIDE}#ci-and-commits/yaml/2")
PRE_COMMIT_REPOSITORY = block(f"{GUIDE}#ci-and-commits/yaml/3")
DOCUMENTED = block(f"{GUIDE}#docstrings/yaml")
DOCSTRING = block(f"{GUIDE}#docstrings/text")
DEPRECATED = block(f"{GUIDE}#deprecation/yaml")
DEPRECATION = block(f"{GUIDE}#deprecation/text")
ALLOWED = block(f"{GUIDE}#allowing-an-exception/yaml")
ALLOWED_FOR_OTHERS = block(f"{GUIDE}#allowing-an-exception/toml")


@pytest.fixture
def billing(tmp_path: Path) -> Path:
    """The project of "A first package"."""
    return project(tmp_path, {"schemas/billing.yaml": DEFINITIONS, "pyproject.toml": CONFIGURATION})


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    project(folder, {"schemas/billing.yaml": DEFINITIONS, "pyproject.toml": CONFIGURATION})
    done = shell(GENERATE, folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture
def generated(compiled: Path, tmp_path: Path) -> Path:
    """The project of "A first package" after the command that generates its package."""
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.slow
def test_a_project_is_set_up(tmp_path: Path) -> None:
    """What it tells to do next succeeds, and a wrong call is found."""
    agent = "from support_agent.spans import ExampleLookup\n\n\nasync def use(span: ExampleLookup) -> None:\n    "
    files = {
        "src/support_agent/__init__.py": "",
        "src/support_agent/agent.py": f'{agent}await span.start(query="tea")\n',
        "pyproject.toml": '[project]\nname = "support-agent"\n',
    }
    done = shell(INIT, project(tmp_path, files))
    assert (done.returncode, done.stdout, done.stderr) == (0, INITIALIZED, "")
    commands = re.findall(r"^  (\S+(?: \S+)*)", INITIALIZED, re.MULTILINE)
    done = shell("\n".join(commands), tmp_path)
    assert len(commands) == 3
    assert done.returncode == 0, done.stdout + done.stderr
    project(tmp_path, {"src/support_agent/agent.py": f"{agent}await span.start(query=3)\n"})
    assert 'Argument "query" to "start"' in shell("mypy src || true", tmp_path).stdout


@pytest.mark.slow
def test_a_first_package(generated: Path) -> None:
    first, second = record(generated / "src", "billing_spans", CLIENT, USE, use_of_model())
    assert first["payload"]["customer"] == {"id": "c-9"}
    assert first["result_payload"] == {"refund_id": "rf-1"}
    assert second["payload"]["approved_by"] == "dana"


def use_of_model() -> str:
    """The part of a program that starts a span by a model, in the block of a span."""
    start, span = USE.splitlines()[0], "async with instance.span(BillingRefund) as span:"
    body = textwrap.indent(USE_OF_MODEL + 'await span.complete(refund_id="rf-2")\n', "    ")
    return f"{start}\n{span}\n{body}"


@pytest.mark.slow
def test_nested_objects(generated: Path) -> None:
    spans = record(generated / "src", "billing_spans", CLIENT, *NESTED)
    assert [span["payload"]["customer"] for span in spans] == [{"id": "c-9"}] * 3
    header = "from prefactor_core import AgentInstanceHandle\nasync def use(instance: AgentInstanceHandle) -> None:\n"
    for program in NESTED:
        assert mypy_errors(header + textwrap.indent(program, "    "), generated / "src") == []
    wrong = USE.replace('{"id": "c-9"}', '{"id": "c-9", "nmae": "Bo"}')
    (problem,) = mypy_errors(header + textwrap.indent(wrong, "    "), generated / "src")
    assert NESTED_MISTAKE.splitlines()[0] in problem  # tests/typing has the messages of pyright


@pytest.mark.slow
def test_every_member_is_explained(generated: Path) -> None:
    program = "import billing_spans as package, json; print(json.dumps([dir(package.BillingRefund), dir(package)]))"
    printed = run([sys.executable, "-c", program], generated / "src").stdout
    members, names = ({name for name in each if not name.startswith("_")} for each in json.loads(printed))
    listed = [re.findall(r"`(\w+)", row[0]) for row in table(GUIDE, "what-is-generated")]
    assert members == {name for row in listed for name in row}
    classes = {name for name in names if name.startswith("Billing")}
    assert names - classes == {row[0].strip("`") for row in table(GUIDE, "what-is-generated", 1)}


@pytest.mark.slow
def test_references_lead_where_the_guide_says(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/billing.yaml": REFERENCES, "schemas/common.yaml": REFERRED})
    done = shell("prefactor-gen schemas --package billing_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    use = "from billing_spans import BillingInvoice\nasync def use(span: BillingInvoice) -> None:\n    await span.start"
    assert mypy_errors(f'{use}(customer={{"id": "c-9"}}, lines=[{{"text": "Tea", "price": 2}}])', tmp_path) == []
    assert len(mypy_errors(f'{use}(customer={{"id": 9}}, lines=[{{"price": "2"}}])', tmp_path)) > 0


@pytest.mark.slow
def test_docstrings_say_what_the_guide_shows(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/users.yaml": DOCUMENTED})
    done = shell("prefactor-gen schemas --package user_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    source = (tmp_path / "user_spans" / "_user_edit.py").read_text("utf-8")
    assert source.count(f'    """{DOCSTRING.strip()}"""\n') == 2
    assert source.count(f"            name: {DOCSTRING}") == 1
    for text in ("The params of `user:edit`: Edit of a profile.", "`address` of the params of `user:edit`."):
        assert f'    """{text}"""\n' in source
        assert text in Path(ROOT, GUIDE).read_text("utf-8")


@pytest.mark.slow
def test_the_use_of_a_deprecated_span_type_is_reported_as_shown(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/users.yaml": DEPRECATED, "schemas/edit.yaml": DOCUMENTED})
    done = shell("prefactor-gen schemas --package user_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    program = "# mypy: enable-error-code=deprecated\nfrom user_spans import UserRename\nUserRename.schema_name\n"
    (problem,) = mypy_errors(program, tmp_path)
    assert DEPRECATION.strip() in problem


@pytest.mark.slow
def test_branches_become_the_overloads_that_the_guide_says(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/billing.yaml": BRANCHES})
    done = shell("prefactor-gen schemas --package billing_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    use = "from billing_spans import BillingPayment\nasync def use(span: BillingPayment) -> None:\n    await span.start"
    calls = re.findall(r"`start(\(amount=…, method=[^`]+\))`", (ROOT / GUIDE).read_text("utf-8"))
    assert len(calls) == 2
    program = f"{use}{calls[0]}\n    await span.start{calls[1]}".replace("amount=…", "amount=1").replace("…", '"1"')
    assert mypy_errors(program, tmp_path) == []
    assert len(mypy_errors(f'{use}(amount=1, method="card", account="1")', tmp_path)) > 0
    explained = shell("prefactor-gen check schemas --explain billing:payment", tmp_path)
    assert "/oneOf: checked against the schema itself" in explained.stdout


@pytest.mark.slow
def test_literals_are_written_as_the_guide_says(tmp_path: Path) -> None:
    """What mypy needs a typed variable for; that only overloads are exact; and where formatted text is text alone."""
    lines = "lines: {type: array, items: {type: object, properties: {on: {type: string, format: date}}}}"
    definitions = BRANCHES.replace("properties: { amount:", f"properties: {{ {lines}, amount:")
    other = f"  - {{name: billing:list, params_schema: {{type: object, properties: {{{lines}}}}}}}\n"
    project(tmp_path, {"schemas/billing.yaml": definitions + other})
    done = shell("prefactor-gen schemas --package billing_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    names = "span: BillingPayment, other: BillingList, day: datetime.date"

    def errors(lines: Iterable[str]) -> list[str]:
        """The errors of a program that has each of the lines, from line 4, in a function of its own."""
        functions = [f"async def use_{number}({names}) -> None:\n    {line}" for number, line in enumerate(lines)]
        return mypy_errors("\n".join(["import datetime", "from billing_spans import *", *functions]), tmp_path)

    item = "BillingPaymentParamsLinesItemDict"
    accepted = [
        'await span.start(amount=1, method="card", number="1", lines=[{"on": day}])',
        'await other.start(lines=[{"on": day}, {"on": "2026-01-31"}])',
        'lines: tuple[BillingListParamsLinesItemDict, ...] = ({"on": day},); await other.start(lines=lines)',
        'await other.start_with({"lines": [{"on": day}]})',
        'params: BillingPaymentParamsDict = {"amount": 1, "method": "card", "number": 2}',
    ]
    refused = {
        'await span.start(amount=1, method="card", number="1", lines=[{"no": day}])': "No overload variant",
        f'lines: list[{item}] = [{{"no": day}}]': f'Extra key "no" for TypedDict "{item}"',
        'params: BillingPaymentParamsDict = {"amount": 1, "method": "card", "numbr": "2"}': 'Extra key "numbr"',
        'await other.start(lines=({"on": day}, {"on": day}))': 'has incompatible type "tuple[',
        'await other.start({"lines": []})': "Too many positional arguments",
        "BillingListParamsLinesItem(on=day)": 'has incompatible type "date"',
    }
    assert errors(accepted) == []
    found = errors(refused)
    for line, message in enumerate(refused.values()):
        assert message in "\n".join(error for error in found if error.startswith(f"program.py:{4 + 2 * line}:"))


@pytest.mark.slow
def test_references_out_of_the_folder_lead_where_the_guide_says(tmp_path: Path) -> None:
    copies = ["common/money.yaml", "billing/vendor/iban.json", "billing/vendor/bank/money.yml"]
    references = ["../../common/money.yaml", "https://bank.example/iban.json", "https://bank.example/types/money"]
    properties = {f"x{number}": {"$ref": each} for number, each in enumerate(references)}
    definitions = json.dumps({"span_schemas": {"agent": {"type": "object", "properties": properties}}})
    project(tmp_path, dict.fromkeys(copies, '{"type": "string"}'))
    project(tmp_path, {"billing/schemas/spans.json": definitions, "billing/pyproject.toml": OUTSIDE})
    done = shell("prefactor-gen", tmp_path / "billing")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_key_of_the_configuration_is_explained() -> None:
    assert [row[0].strip("`") for row in table(GUIDE, "configuration")] == list(KEYS)


@pytest.mark.parametrize("command", ["generate", "check"])
def test_every_option_is_explained(command: str, tmp_path: Path) -> None:
    shown = run([script("prefactor-gen"), command, "--help"], tmp_path).stdout
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown.partition("examples:")[0])) - {"--help"}
    assert options
    explained = {option for rows in (0, 1, 2) for row in table(GUIDE, "commands", rows) for option in row[0].split()}
    assert options <= {option.strip("`") for option in explained}


def test_every_command_is_explained(tmp_path: Path) -> None:
    shown = run([script("prefactor-gen"), "--help"], tmp_path).stdout
    commands = re.findall(r"^    ([a-z]+)", shown, re.MULTILINE)
    listed = [row[0].strip("`").removeprefix("prefactor-gen").strip() or "generate" for row in table(GUIDE, "commands")]
    assert listed == commands


@pytest.mark.slow
def test_check_reports_a_misspelled_keyword_as_shown(billing: Path) -> None:
    project(billing, {"schemas/billing.yaml": DEFINITIONS.replace("minimum", "minumum")})
    done = shell(CHECK, billing)
    assert (done.returncode, done.stdout + done.stderr) == (1, CHECKED)


@pytest.mark.slow
def test_several_projects_are_checked_as_shown(tmp_path: Path) -> None:
    definitions = {f"agents/{name}/schemas/billing.yaml": DEFINITIONS for name in ("billing", "support")}
    configurations = {f"agents/{name}/pyproject.toml": CONFIGURATION for name in ("billing", "support")}
    project(tmp_path, definitions | configurations)
    done = shell(f"prefactor-gen && {PROJECTS}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"src/billing_spans is up to date\n{PROJECTS_CHECKED}")


@pytest.mark.slow
def test_editors_get_schemas(tmp_path: Path) -> None:
    assert shell(EDITORS, tmp_path).returncode == 0
    for name in ("definitions", "pyproject"):
        assert json.loads((tmp_path / ".prefactor" / f"{name}.schema.json").read_text("utf-8"))


@pytest.mark.slow
def test_a_wheel_by_hatch(tmp_path: Path) -> None:
    """With definitions in YAML, with definitions in Python, and with the package inside the project's own."""
    variants = {
        "files": (HATCH, MERGED),
        "module": (HATCH.replace('["schemas"]', '["billing_agent.definitions:registry"]'), MERGED),
        "inside": (
            HATCH.replace('output = "src"', 'output = "src/billing_agent"')
            .replace('package = "billing_spans"', 'package = "spans"')
            .replace(', "src/billing_spans"', ""),
            MERGED.replace("import billing_spans", "from billing_agent import spans as billing_spans"),
        ),
    }
    for name, (pyproject, program) in variants.items():
        folder = project(
            tmp_path / name,
            {
                "pyproject.toml": pyproject,
                "schemas/billing.yaml": DEFINITIONS,
                "src/billing_agent/__init__.py": "",
                "src/billing_agent/definitions.py": IN_PYTHON,
            },
        )
        built = run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], folder)
        assert built.returncode == 0, built.stdout + built.stderr
        (wheel,) = (folder / "dist").glob("*.whl")
        names = "print(*sorted(item['name'] for item in registry.to_agent_schema_version('')['span_type_schemas']))"
        lines = ["import sys", f"sys.path.insert(0, {str(wheel)!r})", program, names]
        used = run([sys.executable, "-W", "error", "-c", "\n".join(lines)], tmp_path)
        expected = "agent:chat_turn agent:llm agent:retrieval agent:run agent:tool billing:refund\n"
        assert used.stdout == expected, used.stderr


@pytest.mark.slow
def test_types_of_a_program_are_definitions(tmp_path: Path) -> None:
    """Classes of types have their names, mistakes are found, and secrets are redacted."""
    project(tmp_path, {"billing_types.py": TYPES_IN_PYTHON})
    done = shell("prefactor-gen billing_types:registry --package billing_spans --output .", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    use = textwrap.dedent("""\
        from billing_spans import BillingFind, BillingRefund, CustomerDict
        from billing_types import Customer, Refund
        from pydantic import SecretStr
        customer: CustomerDict = {"id": "c-9", "mail": "secret"}
        async with instance.span(BillingRefund) as span:
            await span.start(invoice="R-17", customer=customer, card="secret")
            await span.complete(refund_id="rf-1", customer={"id": "c-9"})
        refund = Refund(invoice="R-17", customer=Customer(id="c-9", mail=SecretStr("secret")), card="secret")
        async with instance.span(BillingRefund) as span:
            await span.START_WITH
            await span.complete_with({"refund_id": "rf-1", "customer": customer})
        async with instance.span(BillingFind) as find:
            await find.start(customer=customer, limit=3)
            await find.complete(invoices=["R-17"])
    """)
    (start_with,) = re.findall(r"`(start_with\(BillingRefund.+)`", (ROOT / GUIDE).read_text("utf-8"))
    use = use.replace("START_WITH", start_with)
    spans = record(tmp_path, "billing_spans", use)
    refunds = [span for span in spans if span["schema_name"] == "billing:refund"]
    (find,) = (span for span in spans if span not in refunds)
    redacted = {"id": "c-9", "mail": "[redacted]"}
    refund = {"invoice": "R-17", "customer": redacted, "card": "[redacted]"}
    assert [span["payload"] for span in refunds] == [refund] * 2
    assert {"refund_id": "rf-1", "customer": redacted} in [span["result_payload"] for span in refunds]
    assert find["payload"] == {"customer": redacted, "limit": 3}
    assert find["result_payload"] == {"invoices": ["R-17"]}
    header = "from prefactor_core import AgentInstanceHandle\nasync def use(instance: AgentInstanceHandle) -> None:\n"
    program = header + textwrap.indent(use, "    ")
    assert mypy_errors(program, tmp_path) == []
    assert len(mypy_errors(program.replace("limit=3", 'limit="3"'), tmp_path)) == 1


@pytest.mark.slow
def test_ci_passes_and_fails(generated: Path) -> None:
    install, *commands = (step["run"] for step in yaml.safe_load(CI)["steps"] if "run" in step)
    assert install == f"pip install 'wheels/prefactor_sdk-{version('prefactor-sdk')}-py3-none-any.whl[gen]'"
    assert [shell(command, generated).returncode for command in commands] == [0, 0]
    project(generated, {"schemas/billing.yaml": DEFINITIONS.replace("reason", "email")})
    assert [shell(command, generated).returncode for command in commands] == [1, 1]


@pytest.mark.slow
def test_a_commit_stops_where_generated_files_are_not_current(generated: Path) -> None:
    project(generated, {".pre-commit-config.yaml": PRE_COMMIT})
    who = {f"GIT_{role}_{what}": "ada@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    shell("git init -q && git add -A && git commit -q -m First && pre-commit install", generated, **who)
    project(generated, {"schemas/billing.yaml": DEFINITIONS.replace("reason", "cause")})
    stopped = shell("git add -A && git commit -q -m Second", generated, **who)
    assert stopped.returncode == 1
    assert "files were modified by this hook" in stopped.stdout + stopped.stderr


def test_the_hooks_are_those_that_this_repository_offers() -> None:
    offered = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (elsewhere,) = yaml.safe_load(PRE_COMMIT_REPOSITORY)["repos"]
    assert elsewhere["hooks"] == [{"id": hook["id"]} for hook in offered]
    same = ("id", "entry", "files", "pass_filenames")
    (repository,) = yaml.safe_load(PRE_COMMIT)["repos"]
    assert [[hook[key] for key in same] for hook in repository["hooks"]] == [
        [hook[key] for key in same]
        for hook in offered
        if hook["id"] != "prefactor-gen-diff"  # which has its own guide
    ]


def check(*arguments: str) -> str:
    """What `prefactor-gen check` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        cli.run(["check", *arguments])
    return printed.getvalue()


@cache
def other_severities() -> set[tuple[str, Severity]]:
    """The codes that are reported with another severity than that of their rule, and that severity."""
    folder = ROOT / "codegen" / "prefactor_gen"
    text = "\n".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    found = re.findall(r"\b([A-Z_]+)\.at\(.*, Severity\.([A-Z]+)\)", text)
    return {(getattr(all_rules, name).code, Severity[severity]) for name, severity in found}


def severities(code: str) -> str:
    """The severities of a rule, the highest first."""
    has = {RULES[code].severity} | {severity for other, severity in other_severities() if other == code}
    *most, last = (severity for severity in Severity if severity in has)
    return f"{', '.join(most)} or {last}" if most else last


def test_rules_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its summary, as `check --explain` prints it, its severities, and whether an allowance is refused."""
    monkeypatch.chdir(tmp_path)
    codes = [f"PG{number:03}" for number in range(1, 100)]
    explained = {code: check("--explain", code) for code in codes}
    rules = {code: text.splitlines()[0].removeprefix(f"{code}: ") for code, text in explained.items() if text}
    allowed = dict.fromkeys(rules, "the reason")
    definition = {"name": "a:b", "x-prefactor-allow": allowed, "params_schema": {"type": "object"}}
    project(tmp_path, {"a.json": json.dumps({"span_type_schemas": [definition]})})
    refused = set(re.findall(r"(PG\d+) cannot be allowed", check("a.json", "--all")))
    rows = [(code, text, severities(code), "no" if code in refused else "yes") for code, text in rules.items()]
    assert table(GUIDE, "rules") == rows, "\n".join(f"| {' | '.join(row)} |" for row in rows)


def test_an_exception_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project(tmp_path, {"a.yaml": ALLOWED})
    assert check("a.yaml") == "no problems found\n"
    lines = [line for line in ALLOWED.splitlines() if "x-prefactor-allow" not in line]
    project(tmp_path, {"a.yaml": "\n".join(lines)})
    assert "warning PG020" in check("a.yaml")


def test_an_exception_is_allowed_for_a_schema_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"type": "object", "properties": {"userId": {"type": "string"}, "user_id": {"type": "string"}}}
    default = {"type": "object", "properties": {"id": {"type": "string", "default": None}}}
    files = {
        "schemas/vendor/crm/names.json": json.dumps({"span_schemas": {"names": names}}),
        "schemas/default.json": json.dumps({"span_schemas": {"crm:default": default}}),
    }
    table = '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "crm_spans"\n'
    project(tmp_path, {**files, "pyproject.toml": table})
    assert {rule for rule in ("PG022", "PG025", "PG026") if f"warning {rule}" in check()} == {"PG022", "PG026"}
    project(tmp_path, {"pyproject.toml": f"{table}\n{ALLOWED_FOR_OTHERS}"})
    assert check() == "no problems found\n"


LIMITS: dict[str, str] = {
    "size of a definition file": f"{limits.MAX_BYTES // 2**20} MiB",
    "characters in a definition file in YAML": f"{limits.MAX_YAML_CHARACTERS:,}",
    "values in a definition file": f"{limits.MAX_VALUES:,}",
    "files of any kind in a folder of definitions": f"{limits.MAX_FOLDER_ENTRIES:,}",
    "nesting in a definition file": f"{limits.MAX_DEPTH} levels",
    "span types in a package": f"{limits.MAX_SPAN_TYPES:,}",
    "characters in the name of a span type": f"{limits.MAX_NAME}",
    "characters in a template": f"{parsing.MAX_TEMPLATE:,}",
    "white space in a row in a template": f"{parsing.MAX_SPACE} characters",
    "numbers in a range in a template": f"{parsing.MAX_RANGE:,}",
    "characters in the name of a generated class": f"{limits.MAX_CLASS_NAME:,}",
    "members of one schema: properties, items, options, definitions and required names, with all that it refers to": (
        f"{limits.MAX_MEMBERS:,}"
    ),
    "types that one schema becomes": f"{limits.MAX_TYPES:,}",
    "types inside one another": f"{limits.MAX_TYPES_DEEP}",
    "schemas of one value inside one another, through `$ref`, `allOf` and the like": f"{limits.MAX_CHAIN}",
    "schemas that one value is checked against": f"{limits.MAX_PARTS:,}",
    "schemas that are looked at to join `allOf` members": f"{limits.MAX_VIEWS:,}",
    "values in a default or an example that is checked against its schema": f"{limits.MAX_CHECKED_VALUES:,}",
    "time to check the defaults and examples of one schema; the rest is a warning": (
        f"{limits.MAX_CHECK_SECONDS} seconds"
    ),
}
WIDER_PAST: dict[str, str] = {
    "values of an `enum`": f"{limits.MAX_LITERALS:,}",
    "characters in all values of an `enum`": f"{limits.MAX_LITERAL_TEXT:,}",
    "options of `anyOf` or `oneOf`": f"{limits.MAX_OPTIONS}",
}


def test_limits_are_listed() -> None:
    assert table(GUIDE, "limits") == list(LIMITS.items())
    assert table(GUIDE, "limits", 1) == list(WIDER_PAST.items())
    internal = {"MAX_COUNT"}
    of_templates = [name for name in LIMITS if name.endswith("in a template")]
    assert len(LIMITS) - len(of_templates) + len(WIDER_PAST) == len(set(limits.__all__) - internal)
