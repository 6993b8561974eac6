"""`prefactor-gen status`: what the source code of an agent uses, does not use, spells wrong, or should not use."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from jsonschema.validators import Draft7Validator
from tests.codegen.support import Project

from prefactor_gen.command.status import command as status
from prefactor_gen.diagnostics.usage_rules import USAGE_RULES
from prefactor_gen.usage import source_files

pytestmark = pytest.mark.slow

DEFINITIONS = """\
span_type_schemas:
  - name: agent:llm
    params_schema:
      type: object
      properties:
        prompt: { type: string }
        prompt_text: { type: string, x-prefactor-deprecated: { use: prompt } }
        old-key: { type: string, deprecated: true, x-prefactor-name: old }
        options: { type: object, properties: { seed: { type: integer, deprecated: true } } }
        tools:
          type: array
          items: { type: object, properties: { id: { deprecated: true } } }
    result_schema:
      type: object
      properties: { response: { type: string }, text: { type: string, deprecated: true } }
  - name: agent:tool
    params_schema: { type: object, properties: { name: { type: string } } }
  - name: agent:old
    x-prefactor-deprecated: { use: agent:llm, until: "2999-01-01" }
    params_schema: { type: object, properties: { name: { type: string } } }
"""
OLD_UNUSED = "agent:old is never used, and deprecated: remove it when nobody reads its spans"
CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "usage_cases.yaml").read_text("utf-8"))
ALL = "import made\nUSED = [made.AgentLlm, made.AgentTool]\n"
"""A file that uses what is not deprecated."""


@pytest.fixture
def agent(project: Project) -> Project:
    project.configure(output="src")
    project.write("schemas/spans.yaml", DEFINITIONS)
    return project


def found(project: Project, code: str, *arguments: str) -> list[str]:
    """What is printed about the code of src/agent.py, without PS001 and the numbers."""
    project.write("src/agent.py", dedent(code))
    return [line for line in project.run("status", *arguments).out.splitlines()[1:] if " PS001 " not in line]


def used(project: Project, code: str) -> set[str]:
    """The names of the span types that the code of src/agent.py uses."""
    project.write("src/agent.py", dedent(code))
    findings = json.loads(project.run("status", "--format", "json").out)
    unused = {each["message"].partition(" is never used")[0] for each in findings if each["code"] == "PS001"}
    return {"agent:llm", "agent:tool", "agent:old"} - unused


def test_what_is_printed(agent: Project) -> None:
    """The output of the specification."""
    agent.write(
        "src/plugins.py",
        "from prefactor_core import current_instance\n\n\ndef record(name):\n    current_instance().span(name)\n",
    )
    code = """\
        from made import AgentLlm
        from prefactor_core import AgentInstanceHandle


        async def run(instance: AgentInstanceHandle) -> None:
            async with instance.span("agent:llm"):
                pass
            async with instance.span("agent:lm"):
                pass
            async with instance.span(AgentLlm) as span:
                await span.start(prompt_text="Hi")
    """
    agent.write("src/agent.py", dedent(code))
    result = agent.run("status", "src")
    assert result.out.splitlines() == [
        "3 span types: 1 used, 2 unused",
        f"note    PS001 {OLD_UNUSED} (schemas/spans.yaml:18)",
        "note    PS001 agent:tool is never used (schemas/spans.yaml:16)",
        'warning PS002 src/agent.py:6: span("agent:llm") has a helper: span(AgentLlm)',
        "error   PS003 src/agent.py:8: span(\"agent:lm\") is unknown; did you mean 'agent:llm'?",
        "warning PS004 src/agent.py:11: start(prompt_text=…) is deprecated: use prompt",
        "note    PS005 src/plugins.py:5: span(name): cannot tell",
    ]
    assert (result.code, result.err) == (1, "")


def numbered(section: str) -> list[tuple[str, str, str]]:
    """The cases of a section, each with a span type of its own: its name, its class, and the code."""
    cases = CASES[section].items() if isinstance(CASES[section], dict) else enumerate(CASES[section])
    names = [(f"case{number}:a", f"Case{number}A", code) for number, (_, code) in enumerate(cases)]
    return [
        (name, made, code.replace("NAMES", f"names{number}").replace("NAME", name).replace("CLASS", made))
        for number, (name, made, code) in enumerate(names)
    ]


@pytest.mark.parametrize("section", ["used", "unused"])
def test_a_use(agent: Project, section: str) -> None:
    cases = numbered(section)
    agent.write("schemas/spans.yaml", json.dumps({"span_schemas": {name: {"type": "object"} for name, _, _ in cases}}))
    for number, (name, made, code) in enumerate(cases):
        agent.write(f"src/case{number}.py", code)
        names = f"from made import {made}\nfrom made import {made} as Renamed\nLLM = '{name}'\n"
        names += f"from typing import Final\nONE: Final = '{name}'\nTABLE: dict[str, str] = {{'llm': ONE}}\n"
        names += f"FINAL: Final[dict[str, str]] = {{'llm': '{name}'}}\n"
        agent.write(f"src/names{number}.py", names)
    unused = [line.split()[2] for line in agent.run("status").out.splitlines() if "PS001" in line]
    assert unused == ([] if section == "used" else [name for name, _, _ in cases])
    assert "PS005" not in agent.run("status").out


def test_a_package_inside_of_the_agents_own(project: Project) -> None:
    """Relative imports, and a re-export by the package around it."""
    project.configure(output="src/shop", package="spans")
    project.write("schemas/spans.yaml", DEFINITIONS)
    project.write("src/shop/__init__.py", "from .spans import AgentLlm\n")
    project.write("src/shop/tools/__init__.py", "")
    project.write(
        "src/shop/tools/search.py", "from ..spans import AgentTool as T\nfrom .. import AgentLlm\nX = T, AgentLlm\n"
    )
    project.write("jobs/nightly.py", "from shop import spans\nfrom shop.spans import SPAN_TYPES\nX = spans.AgentOld\n")
    lines = project.run("status").out.splitlines()
    assert lines[0] == "3 span types: 3 used, 0 unused"
    assert [line.split()[2] for line in lines[1:]] == ["jobs/nightly.py:3:"]


def test_spans_of_others(agent: Project) -> None:
    for number, code in enumerate(CASES["not ours"].values()):
        agent.write(f"src/case{number}.py", f"import prefactor_core\n{code}\n")
    assert found(agent, ALL) == []


@pytest.mark.parametrize(("section", "label"), [("unknown", "error   PS003"), ("cannot tell", "note    PS005")])
def test_what_is_reported_about_a_call(agent: Project, section: str, label: str) -> None:
    cases = CASES[section]
    for number, case in enumerate(cases):
        agent.write(f"src/case{number}.py", f"import prefactor_core\n{case['code']}\n")
    places = [
        f"{label} src/case{number}.py:{case['code'].count(chr(10)) + 2}: {case['line']}"
        for number, case in enumerate(cases)
    ]
    assert found(agent, ALL) == sorted(line.replace("\x1b", "\\x1b") for line in places)


def test_names_that_the_code_registers(agent: Project) -> None:
    for number, (name, _, code) in enumerate(numbered("registered")):
        agent.write(f"src/case{number}.py", f"import prefactor_core\n{code}\ndef f(i): i.span('{name}')\n")
    assert found(agent, ALL) == []


@pytest.mark.parametrize(
    "code",
    [
        "from prefactor_langchain import register_langchain_schemas",
        "registry.merge(load_registry())",
        "registry.register_type(name_of_tool(), {})",
        "client.instance(agent_schema_version=read_version())",
    ],
)
def test_span_types_from_elsewhere_make_an_unknown_name_a_note(agent: Project, code: str) -> None:
    start = "from prefactor_core import client, registry, names"
    assert found(agent, f"{start}\n{code}\ndef f(i): i.span('their:a')\n")[-1:] == [
        'note    PS003 src/agent.py:3: span("their:a") is unknown'
    ]


def test_another_generated_package(agent: Project) -> None:
    """The span types of a package that is installed or in the project are known, without importing it."""
    agent.write(
        "src/other/__init__.py",
        "# Generated by prefactor-gen.\n_SPAN_TYPES = {'other:a': 'OtherA'}\nraise SystemExit\n",
    )
    code = """
        import other
        import prefactor_spans
        def f(i):
            i.span("agent:retrieval")
            i.create_span("other:a")
            i.span(other.OtherA)
            i.span("other:b")
    """
    assert found(agent, code) == [
        'warning PS002 src/agent.py:5: span("agent:retrieval") has a helper: span(AgentRetrieval)',
        "error   PS003 src/agent.py:8: span(\"other:b\") is unknown; did you mean 'other:a'?",
    ]


def test_deprecated(agent: Project) -> None:
    start = "from prefactor_core import current_span, traced\n"
    start += "from made import AgentLlm, AgentLlmResult, AgentOld, AgentTool\n"
    start += "async def f(i, o, other, stack):\n    async with i.span(AgentLlm) as span:\n        "
    expected = []
    for number, case in enumerate(CASES["deprecated"], 10):
        agent.write(f"src/case{number}.py", f"{start}{case['code']}\n")
        expected += [f"warning PS004 src/case{number}.py:5: {text}" for text in case["lines"]]
    assert found(agent, ALL) == expected


def test_what_is_no_longer_supported_is_an_error(agent: Project) -> None:
    definitions = DEFINITIONS.replace('until: "2999', 'reason: It has no tools., until: "1999')
    agent.write("schemas/spans.yaml", definitions)
    assert found(agent, "import made\nX = made.AgentOld\n") == [
        "error   PS004 src/agent.py:2: made.AgentOld is deprecated: use agent:llm; It has no tools (supported until "
        "1999-01-01)"
    ]


def test_a_text_counts_where_the_code_cannot_tell(agent: Project) -> None:
    code = "import prefactor_core\nNAMES = ['agent:llm']\ndef f(i, name): i.span(name)\n"
    assert used(agent, code) == {"agent:llm"}
    assert used(agent, code.replace("i.span(name)", "0")) == set()


def test_a_name_with_a_known_start_leaves_the_others_certain(agent: Project) -> None:
    code = "import made\ndef f(i, tool): i.span(f'agent:t{tool}'); i.span('mcp:' + tool)\n"
    agent.write("src/agent.py", code)
    assert agent.run("status").out.splitlines() == [
        "3 span types: 0 used, 2 unused, 1 perhaps used",
        "warning PS001 agent:llm is never used (schemas/spans.yaml:2)",
        f"note    PS001 {OLD_UNUSED} (schemas/spans.yaml:18)",
        "note    PS001 agent:tool is perhaps used: the code makes names that begin with 'agent:t' "
        "(schemas/spans.yaml:16)",
        "note    PS005 src/agent.py:2: span(f'agent:t{tool}'): cannot tell",
    ]


def test_files_that_are_not_read(agent: Project) -> None:
    """What git ignores, environments, hidden folders, generated packages, links, and tests."""
    wrong = "import made\ndef f(i): i.span('a:b')\n"
    for name in ("out/a.py", ".hidden/a.py", "env/a.py", "node_modules/a.py", "tests/a.py", "src/test_a.py"):
        agent.write(name, wrong)
    agent.write("env/pyvenv.cfg", "")
    agent.write(".gitignore", "out/\n")
    agent.write("elsewhere/real.py", wrong)
    (agent.root / "src" / "link.py").symlink_to(agent.root / "elsewhere" / "real.py")
    agent.write("src/agent.py", ALL)
    assert agent.run().code == 0
    subprocess.run(["git", "init", "-q"], cwd=agent.root, check=True)
    places = [line.split()[2] for line in agent.run("status").out.splitlines() if "PS003" in line]
    assert places == ["elsewhere/real.py:2:"]
    assert "tests/a.py:2: " in agent.run("status", "tests").out
    assert "out/a.py:2: " in agent.run("status", "out/a.py").out


def test_without_git(agent: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    agent.write("src/build/a.py", "import made\ndef f(i): i.span('a:b')\n")
    assert found(agent, ALL) == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"import made\ndef f(:\n", "src/bad.py:2: cannot be read as Python here: invalid syntax"),
        (b"import made\nx = '\xff'\n", "src/bad.py:2: cannot be read as Python here: (unicode error)"),
        (b"import made\n\0", "src/bad.py"),
        (b"import made\nx = " + b"(" * 20_000, "src/bad.py"),
        (b"import made\n#" + b"x" * 9_000_000, "src/bad.py: cannot be read as Python here: more than 8 MiB of code"),
    ],
)
def test_a_file_that_cannot_be_read(agent: Project, content: bytes, text: str) -> None:
    agent.write("src/bad.py", content)
    agent.write("src/agent.py", "import made\nX = made.AgentLlm\n")
    lines = agent.run("status").out.splitlines()
    assert next(line for line in lines if "PS007" in line).startswith(f"warning PS007 {text}")
    assert lines[1].startswith("note    PS001 ")


def test_hostile_code_ends(agent: Project) -> None:
    """Cycles of names, of imports and of classes, and expressions that are nested deeply or mean very much."""
    deep = "+".join(["'a'"] * 700)
    chain = "".join(f".m{number}()" for number in range(200))
    many = "+".join(["(a or 'x' or 'y' or 'z')"] * 30)
    agent.write("src/ping.py", "from pong import *\nfrom pong import X\nimport made\n")
    agent.write("src/pong.py", "from ping import *\nfrom ping import X\nimport made\n")
    code = f"""
        import prefactor_core, ping
        from ping import X, Y
        a = b
        b = a
        class C(D): ...
        class D(C): ...
        def f(i, c: C, d: "D"):
            i.span(a); i.span(X); i.span(Y); i.span(C().z); c.span(d.x); i.span({deep})
            i.span({many}); i.span(i{chain})
    """
    assert all("PS005" in line for line in found(agent, code))


def test_a_notebook(agent: Project) -> None:
    cells = [
        {"cell_type": "markdown", "source": "i.span('a:b')"},
        {"cell_type": "code", "source": ["%pip install x\n", "!ls\n", "import made\n", "made?\n"]},
        {"cell_type": "code", "source": "%%bash\nnot python"},
        {"cell_type": "code", "source": "await made.run()\ni.span('agent:lm')"},
    ]
    agent.write("agent.ipynb", {"cells": cells})
    assert found(agent, ALL) == [
        "error   PS003 agent.ipynb, cell 4, line 2: span(\"agent:lm\") is unknown; did you mean 'agent:llm'?"
    ]
    agent.write("agent.ipynb", '{"cells": made')
    assert found(agent, ALL)[0].startswith("warning PS007 agent.ipynb: cannot be read as Python here: not valid JSON: ")


@pytest.mark.parametrize(
    "cell",
    [
        "%%time\ni.span(AgentLlm)",
        "\n%%timeit -n 10 import time\ni.span(AgentLlm)",
        "%%capture out\n%%time\ni.span(AgentLlm)",
        "%%some_magic\ni.span(AgentLlm)",
        "%time i.span(AgentLlm)",
        "x = %timeit -o -n1 i.span(AgentLlm)",
        "files = !ls 'a\ni.span(AgentLlm)",
        "!pip install \\\n    made\n??i\nx.*?\ni.span(AgentLlm)",
        "i.span(a\n%b if a\n!=b else AgentLlm)",
        "x = '\u2028'\ni.span(AgentLlm)",
        "%matplotlib inline\ni.span(a\n!=b or AgentLlm)",
    ],
)
def test_what_only_ipython_understands(agent: Project, cell: str) -> None:
    cells = ["from made import AgentLlm", cell]
    agent.write("agent.ipynb", {"cells": [{"cell_type": "code", "source": source} for source in cells]})
    lines = agent.run("status").out.splitlines()
    assert lines[0] == "3 span types: 1 used, 2 unused"
    assert not [line for line in lines if "PS007" in line]


def test_findings_of_a_notebook_are_in_the_order_of_its_cells(agent: Project) -> None:
    cells = ["import made", *(f"i.span('agent:lm{11 - number}')" for number in range(10))]
    agent.write("agent.ipynb", {"cells": [{"cell_type": "code", "source": source} for source in cells]})
    places = [re.findall(r"cell (\d+)", line) for line in found(agent, ALL)]
    assert places == [[str(number)] for number in range(2, 12)]


def test_a_wrong_cell_does_not_hide_the_others(agent: Project) -> None:
    cells = [
        "import made",
        "x = 1\nx = = 2",
        "%%time\nx = )",
        "%%bash\nif made",
        "%%unknown\nmade (",
        "i.span('agent:lm')",
    ]
    agent.write("agent.ipynb", {"cells": [{"cell_type": "code", "source": source} for source in cells]})
    assert found(agent, ALL) == [
        "error   PS003 agent.ipynb, cell 6, line 1: span(\"agent:lm\") is unknown; did you mean 'agent:llm'?",
        "warning PS007 agent.ipynb, cell 2, line 2: cannot be read as Python here: invalid syntax",
        "warning PS007 agent.ipynb, cell 3, line 2: cannot be read as Python here: unmatched ')'",
    ]


def test_ignored(agent: Project) -> None:
    agent.write(
        "pyproject.toml",
        (agent.root / "pyproject.toml").read_text()
        + """
[tool.prefactor-gen.status]
ignore = { "agent:o*" = "the old worker records it", "their:*" = "the integration", "gone:*" = "was removed" }
""",
    )
    code = ALL + "def f(i): i.span('their:x')\n"
    assert found(agent, code) == [
        "warning PS006 pyproject.toml:7: 'gone:*' covers nothing that is unused or unknown: remove it from ignore"
    ]
    assert agent.run("status").out.startswith("3 span types: 2 used, 0 unused, 1 ignored\n")
    assert found(agent, code, "src") == []
    assert agent.run("status", "--strict").code == 1
    assert agent.run("status", "src", "--strict").code == 0


REASON = "expected the reason why 'a' is ignored in [tool.prefactor-gen.status.ignore]"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("ignored = {}", "unknown key 'ignored' in WHERE; expected ignore; did you mean 'ignore'?"),
        ("ignore = []", 'expected "name:*" = "reason" in [tool.prefactor-gen.status.ignore], found []'),
        (
            "ignore = { a = ' ' }",
            f"{REASON}, found ' '",
        ),
        ("ignore = { a = 1 }", f"{REASON}, found 1"),
    ],
)
def test_a_wrong_table(agent: Project, table: str, message: str) -> None:
    agent.write(
        "pyproject.toml", (agent.root / "pyproject.toml").read_text() + f"[tool.prefactor-gen.status]\n{table}\n"
    )
    result = agent.run("status")
    expected = f"prefactor-gen: pyproject.toml: {message}\n".replace("WHERE", "[tool.prefactor-gen.status]")
    assert (result.code, result.out, result.err) == (2, "", expected)


def test_the_table_in_editors(agent: Project) -> None:
    editor = Draft7Validator(json.loads(agent.run("schema", "config").out))

    def accepts(table: dict[str, Any]) -> bool:
        return editor.is_valid({"tool": {"prefactor-gen": {"sources": ["schemas"], "status": table}}})

    assert accepts({"ignore": {"agent:*": "recorded by the integration"}})
    assert not accepts({"ignored": {}})
    assert not accepts({"ignore": {"agent:*": " "}})


@pytest.mark.slow
def test_several_projects(agent: Project) -> None:
    for folder in ("one", "two"):
        agent.write(f"{folder}/pyproject.toml", '[tool.prefactor-gen]\nsources = ["../schemas"]\npackage = "made"\n')
        agent.write(f"{folder}/agent.py", ALL)
    done = agent.run("status", "-C", "one", "-C", "two", "--format", "json")
    assert [each["source"] for each in json.loads(done.out)] == [
        "one/../schemas/spans.yaml",
        "two/../schemas/spans.yaml",
    ]


def test_wrong_use(agent: Project) -> None:
    agent.write("src/agent.py", ALL)
    agent.write("empty/notes.txt", "")

    def message(*arguments: str) -> str:
        result = agent.run("status", *arguments)
        assert (result.code, result.out) == (2, "")
        return result.err

    assert message("").startswith("prefactor-gen: expected a file or folder of source code, found no ''")
    assert message("nowhere") == "prefactor-gen: expected a file or folder of source code, found no 'nowhere'\n"
    assert message("empty/notes.txt").startswith(
        "prefactor-gen: expected a Python file, a notebook or a folder, found "
    )
    assert message("empty").startswith("prefactor-gen: expected Python files in empty, found none; ")
    agent.write("pyproject.toml", "[tool.other]\n")
    assert message().startswith("prefactor-gen: expected sources in [tool.prefactor-gen] of pyproject.toml, which ")
    agent.configure(sources=["app:registry"])
    assert message().startswith(
        "prefactor-gen: the definitions are in Python, which is not run: expected the generated "
    )


def test_a_tree_that_is_too_large(agent: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "MAX_FILES", 2)
    for number in range(3):
        agent.write(f"src/{number}.py", "")
    result = agent.run("status", "src")
    assert (result.code, result.out) == (2, "")
    assert result.err == "prefactor-gen: more than 2 source files in src; name the folders of the agent\n"


WRONG_DEFINITIONS = {
    "PG002": ["[{ name: 1 }]", "[{ name: a, params_schema: {}, data_risk: { read_dta: 1 } }]"],
    "PG006": ["[{ name: a, params_schema: { properties: { b: { type: bolean } } } }]"],
    "PG008": ['[{ name: a, params_schema: { $ref: "#/$defs/Nowhere" } }]'],
    "PG015": [
        "[{ name: a, params_schema: { properties: { b: { x-prefactor-redcat: true } } } }]",
        "[{ name: a, params_schema: { properties: { b: { x-prefactor-dta: [health_and_medical] } } } }]",
        "[{ name: a, params_schema: { properties: { b: { x-prefactor-data: [xx] } } } }]",
        "[{ name: a, params_schema: { properties: { b: { x-prefactor-renamed-from: 3 } } } }]",
    ],
}


@pytest.mark.parametrize("command", ["status", "risk"])
def test_wrong_definitions(agent: Project, command: str) -> None:
    """Both report what `check` finds, whatever is wrong."""
    agent.write("src/agent.py", ALL)
    for code, wrong in WRONG_DEFINITIONS.items():
        for each in wrong:
            agent.write("schemas/bad.yaml", f"span_type_schemas: {each}\n")
            result = agent.run(command)
            assert (result.code, result.out, f"error {code}" in result.err) == (1, "", True), each


def test_definitions_in_python_are_not_run(agent: Project) -> None:
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"
    registry += (
        "registry.register_type('mine:a', {'type': 'object'})\nregistry.register_type('mine:b', {'type': 'object'})\n"
    )
    agent.write("src/app.py", registry)
    agent.configure(sources=["app:registry"], output="src")
    assert agent.run().code == 0
    agent.write("src/app.py", registry + "raise SystemExit\n")
    assert agent.run("status").out.splitlines() == [
        "2 span types: 0 used, 2 unused",
        "warning PS001 mine:a is never used (src/app.py:3)",
        "warning PS001 mine:b is never used (src/app.py:4)",
    ]


def test_a_former_name_leads_to_the_one_of_now(agent: Project) -> None:
    said = "name: agent:tool\n    x-prefactor-renamed-from: desk:find"
    agent.write("schemas/spans.yaml", DEFINITIONS.replace("name: agent:tool", said))
    agent.generate()
    code = "from made import DeskFind\ndef f(i):\n    i.span(DeskFind)\n    i.span('desk:find')\n"
    assert found(agent, ALL + code) == [
        "error   PS003 src/agent.py:5: span(DeskFind) is unknown; did you mean 'AgentTool'?",
        "error   PS003 src/agent.py:6: span(\"desk:find\") is unknown; did you mean 'agent:tool'?",
    ]


def test_files_beside_definitions_in_python(agent: Project) -> None:
    """What is in files is read from them: the generated package knows no deprecation, and may be of older files."""
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\n"
    agent.write("src/app.py", registry + "registry.register_type('mine:a', {'type': 'object'})\n")
    agent.write("schemas/spans.yaml", DEFINITIONS.replace("2999", "2020"))
    agent.configure(sources=["schemas", "app:registry"], output="src")
    agent.generate()
    new = "  - { name: agent:new, params_schema: { type: object } }\n"
    agent.write("schemas/spans.yaml", DEFINITIONS.replace("2999", "2020") + new)
    code = f"{ALL}AND = made.MineA, made.AgentOld\n\ndef f(i):\n    i.span('agent:new')\n"
    assert found(agent, code) == [
        "error   PS004 src/agent.py:3: made.AgentOld is deprecated: use agent:llm (supported until 2020-01-01)",
        'warning PS002 src/agent.py:6: span("agent:new") has a helper: span(AgentNew)',
    ]


def test_formats(agent: Project) -> None:
    agent.write("src/agent.py", "import made\ndef f(i): i.span('agent:lm')\nX = made.AgentTool, made.AgentLlm\n")
    findings = json.loads(agent.run("status", "--format", "json").out)
    assert [(each["code"], each["severity"], each["source"], each["line"]) for each in findings] == [
        ("PS001", "note", "schemas/spans.yaml", 18),
        ("PS003", "error", "src/agent.py", 2),
    ]
    lines = agent.run("status", "--format", "github").out.splitlines()
    message = "span(\"agent:lm\") is unknown; did you mean 'agent:llm'?"
    assert lines[1] == f"::error file=src/agent.py,line=2,col=18,title=PS003::{message}"


def test_every_rule_is_explained(agent: Project) -> None:
    for code, rule in USAGE_RULES.items():
        assert rule.summary in agent.run("check", "--explain", code).out
    assert status.EXAMPLES in agent.run("status", "--help").out
