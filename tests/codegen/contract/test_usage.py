"""`prefactor-gen status`: what an agent's source uses of its span types, does not use, spells wrong, or should not use."""

from __future__ import annotations

import json
import subprocess
from textwrap import dedent

import pytest
from tests.codegen.support import Project

from prefactor_gen.command import status
from prefactor_gen.diagnostics.usage_rules import USAGE_RULES

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
    unused = {each["message"].removesuffix(" is never used") for each in findings if each["code"] == "PS001"}
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
        "note    PS001 agent:old is never used (schemas/spans.yaml:18)",
        "note    PS001 agent:tool is never used (schemas/spans.yaml:16)",
        'warning PS002 src/agent.py:6: span("agent:llm") has a helper: span(AgentLlm)',
        "error   PS003 src/agent.py:8: span(\"agent:lm\") is unknown; did you mean 'agent:llm'?",
        "warning PS004 src/agent.py:11: start(prompt_text=…) is deprecated: use prompt",
        "note    PS005 src/plugins.py:5: span(name): cannot tell",
    ]
    assert (result.code, result.err) == (1, "")


@pytest.mark.parametrize(
    "code",
    [
        "from made import AgentLlm as Llm\nasync def f(i):\n    async with i.span(Llm): ...",
        "import made as m\ndef f(i): i.span(m.AgentLlm)",
        "import made\ndef f(i): i.span(schema_name=made.AgentLlm)",
        "from made import *\ndef f(i): i.span(AgentLlm)",
        "from made._agent_llm import AgentLlm\ndef f(i): i.span(AgentLlm)",
        "from made import AgentLlm\nfrom prefactor_core import traced\n@traced(span_type=AgentLlm)\ndef f(): ...",
        "from made import SPAN_TYPES\ndef f(i): i.span(SPAN_TYPES['agent:llm'])",
        "from made import SPAN_TYPES\ndef f(i): i.span(SPAN_TYPES.get('agent:llm'))",
        "import made\ndef f(i): i.span(getattr(made, 'AgentLlm'))",
        "from made import AgentLlm\nclass Mine(AgentLlm): ...",
        "from made import AgentLlm\nKINDS = {'llm': AgentLlm}",
        "from names import *\ndef f(i): i.span(AgentLlm)",
        "import names\ndef f(i): i.span(names.Renamed)",
        "import prefactor_core\ndef f(i): i.span(prefactor_core.unknown or 'agent:llm')",
        "import prefactor_core\nimport names\ndef f(i): i.create_span(names.LLM)",
        "import prefactor_core\ndef f(c): c.create_span('run-1', 'agent:llm')",
        "import prefactor_core\ndef f(c): c.sync.create_span(c.id, 'agent:llm', None, {})",
        "import prefactor_core\nP = 'agent:'\ndef f(i): i.span(P + 'llm')",
        "import prefactor_core\nP = 'agent'\ndef f(i): i.span(f'{P}:llm')",
        "import prefactor_core\ndef f(i, x):\n    for name in ('agent:llm',): i.span(name)",
        "import prefactor_core\ndef f(i, x):\n    for _, name in {1: 'agent:llm'}.items(): i.span(name)",
        "import prefactor_core\nT = {'a': {'k': 'agent:llm'}}\ndef f(i, x): i.span(T[x]['k'])",
        "from enum import Enum\nimport prefactor_core\nclass K(str, Enum):\n    L = 'agent:llm'\ndef f(i): i.span(K.L.value)",
        "import prefactor_core\nclass A:\n    kind = 'agent:llm'\n    def f(self, i): i.span(self.kind)",
        "from typing import Literal\nimport prefactor_core\ndef f(i, kind: Literal['agent:llm']): i.span(kind)",
        "def helper(instance):\n    instance.span('agent:llm')  # nothing of prefactor is imported here",
        "import importlib\ns = importlib.import_module('made')\ndef f(i): i.span(s.AgentLlm)",
    ],
)  # fmt: skip
def test_a_use(agent: Project, code: str) -> None:
    names = "from made import AgentLlm\nfrom made import AgentLlm as Renamed\nLLM = 'agent:llm'\n"
    agent.write("src/names.py", names)
    assert used(agent, code) == {"agent:llm"}
    assert not [line for line in found(agent, code) if "PS005" in line]


@pytest.mark.parametrize(
    "code",
    [
        "from made import AgentLlm",
        "from made import AgentLlm\n__all__ = ['AgentLlm']",
        "AgentLlm = 'another one'\nprint(AgentLlm)",
        "import prefactor_core\nprint('agent:llm')",
        "from made import AgentLlm\ndef f(i):\n    AgentLlm = 1\n    i.span(AgentLlm)",
    ],
)
def test_no_use(agent: Project, code: str) -> None:
    assert used(agent, code) == set()


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


@pytest.mark.parametrize(
    "code",
    [
        "import logfire\nlogfire.span('agent:nothing')",
        "import logfire as log\nlog.span('agent:nothing')",
        "from opentelemetry import trace\ntrace.get_tracer(__name__).span('agent:nothing')",
        "from langfuse import Langfuse\nclient = Langfuse()\nclient.span(name='agent:nothing')",
        "from langfuse import Langfuse\nclass A:\n    def __init__(self): self.c = Langfuse()\n    def f(self): self.c.span('a:b')",
        "import re\nm = re.match('a', 'a')\nm.span(1)",
        "import re\ndef f(m: re.Match[str], group): return m.span(group)",
        "def f(m): return m.span('year'), m.span(), m.span(0)",
        "class Tracer:\n    def span(self, name): ...\n    def f(self, x): self.span('a:b'); self.span(x)",
        "def f(pipeline): pipeline.span('not ours')",
    ],
)
def test_spans_of_others(agent: Project, code: str) -> None:
    assert found(agent, f"import prefactor_core\n{code}\n") == []


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("i.span('agent:nothing')", 'error   PS003 src/agent.py:3: span("agent:nothing") is unknown'),
        ("i.span('agent_llm')", "error   PS003 src/agent.py:3: span(\"agent_llm\") is unknown; did you mean 'agent:llm'?"),
        ("traced('agent:lm')", "error   PS003 src/agent.py:3: traced(\"agent:lm\") is unknown; did you mean 'agent:llm'?"),
        ("current_instance().span('x')", 'error   PS003 src/agent.py:3: span("x") is unknown'),
        ("SPAN_TYPES['agent:lm']", "error   PS003 src/agent.py:3: SPAN_TYPES[\"agent:lm\"] is unknown; did you mean 'agent:llm'?"),
        ("i.span('a:' + 'b')", "error   PS003 src/agent.py:3: span('a:' + 'b'): \"a:b\" is unknown"),
        ("i.span('a:\\x1b[31m')", 'error   PS003 src/agent.py:3: span("a:\\x1b[31m") is unknown'),
    ],
)  # fmt: skip
def test_an_unknown_name(agent: Project, code: str, line: str) -> None:
    start = "from prefactor_core import current_instance, traced\nfrom made import SPAN_TYPES\n"
    assert found(agent, f"{start}def f(i): {code}\n") == [line]


@pytest.mark.parametrize(
    "code",
    [
        "registry.register_type('mine:a', {})",
        "registry.register_type(name='mine:a', params_schema={})",
        "for tool in tools: registry.register_type(f'mine:{tool}', {})",
        "VERSION = {'span_type_schemas': [{'name': 'mine:a'}]}",
        "VERSION = {'span_schemas': {'mine:a': {}}}",
    ],
)
def test_names_that_the_code_registers(agent: Project, code: str) -> None:
    assert found(agent, f"from prefactor_core import registry\n{code}\ndef f(i): i.span('mine:a')\n") == []


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


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("span.start(prompt_text='x', prompt='y')", ["start(prompt_text=…) is deprecated: use prompt"]),
        ("span.start(old='x')", ["start(old=…) is deprecated"]),
        ("span.start(options={'seed': 1})", ["'options.seed' in start(…) is deprecated"]),
        ("span.start_with({'tools': [{'id': 1}]})", ["'tools[].id' in start_with(…) is deprecated"]),
        ("span.complete(text='x')", ["complete(text=…) is deprecated"]),
        ("span.set_result(text='x')", ["set_result(text=…) is deprecated"]),
        ("span.start_with(AgentLlm.Params(prompt_text='x'))", ["AgentLlm.Params(prompt_text=…) is deprecated: use prompt"]),
        ("i.create_span('agent:llm', payload={'prompt_text': 'x'})", ["'prompt_text' in create_span(…) is deprecated: use prompt"]),
        ("current_span(AgentLlm).set_result(text='x')", ["set_result(text=…) is deprecated"]),
        ("traced(AgentLlm, params=lambda: {'old-key': 1}, result='text')", ["'old-key' in traced(…) is deprecated", 'traced(result="text") is deprecated']),
        ("i.create_span('agent:old')", ['create_span("agent:old") is deprecated: use agent:llm (supported until 2999-01-01)']),
        ("i.span(AgentOld)", ["AgentOld is deprecated: use agent:llm (supported until 2999-01-01)"]),
        ("other.start(prompt_text='x')", []),
        ("span.start(prompt='x', options=o, **more)", []),
    ],
)  # fmt: skip
def test_deprecated(agent: Project, code: str, texts: list[str]) -> None:
    start = "from prefactor_core import current_span, traced\nfrom made import AgentLlm, AgentOld\n"
    lines = found(
        agent, f"{start}async def f(i, o, other):\n    async with i.span(AgentLlm) as span:\n        {code}\n"
    )
    assert lines == [f"warning PS004 src/agent.py:5: {text}" for text in texts]


def test_what_is_no_longer_supported_is_an_error(agent: Project) -> None:
    agent.write("schemas/spans.yaml", DEFINITIONS.replace("2999", "1999"))
    assert found(agent, "import made\nX = made.AgentOld\n") == [
        "error   PS004 src/agent.py:2: made.AgentOld is deprecated: use agent:llm (supported until 1999-01-01)"
    ]


def test_a_text_counts_where_the_code_cannot_tell(agent: Project) -> None:
    code = "import prefactor_core\nNAMES = ['agent:llm']\ndef f(i, name): i.span(name)\n"
    assert used(agent, code) == {"agent:llm"}
    assert used(agent, code.replace("i.span(name)", "0")) == set()


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
        (b"import made\n#" + b"x" * 9_000_000, "src/bad.py: cannot be read as Python here: larger than 8 MiB"),
    ],
)
def test_a_file_that_cannot_be_read(agent: Project, content: bytes, text: str) -> None:
    agent.write("src/bad.py", content)
    agent.write("src/agent.py", "import made\nX = made.AgentLlm\n")
    lines = agent.run("status").out.splitlines()
    assert [line for line in lines if "PS007" in line][0].startswith(f"warning PS007 {text}")
    assert lines[1].startswith("note    PS001 ")


def test_hostile_code_ends(agent: Project) -> None:
    """Cycles of names, of imports and of classes, and expressions that are nested deeply or mean very much."""
    deep = "+".join(["'a'"] * 700)
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
            i.span(a); i.span(X); i.span(Y); i.span(C().z); c.span(d.x); i.span({deep}); i.span({many})
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
        "warning PS006 pyproject.toml: 'gone:*' covers nothing that is unused or unknown: remove it from ignore"
    ]
    assert agent.run("status").out.startswith("3 span types: 2 used, 0 unused, 1 ignored\n")
    assert found(agent, code, "src") == []
    assert agent.run("status", "--strict").code == 1
    assert agent.run("status", "src", "--strict").code == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("ignored = {}", "unknown key 'ignored' in [tool.prefactor-gen.status]; expected ignore; did you mean 'ignore'?"),
        ("ignore = []", 'expected ignore = { "name:*" = "reason" } in [tool.prefactor-gen.status], found []'),
        ("ignore = { a = ' ' }", "expected the reason why 'a' is ignored in [tool.prefactor-gen.status], found an empty text"),
        ("ignore = { a = 1 }", "expected the reason why 'a' is ignored in [tool.prefactor-gen.status], found 1"),
    ],
)  # fmt: skip
def test_a_wrong_table(agent: Project, table: str, message: str) -> None:
    agent.write(
        "pyproject.toml", (agent.root / "pyproject.toml").read_text() + f"[tool.prefactor-gen.status]\n{table}\n"
    )
    result = agent.run("status")
    assert (result.code, result.out, result.err) == (2, "", f"prefactor-gen: pyproject.toml: {message}\n")


def test_wrong_use(agent: Project) -> None:
    agent.write("src/agent.py", ALL)
    agent.write("empty/notes.txt", "")

    def message(*arguments: str) -> str:
        result = agent.run("status", *arguments)
        assert (result.code, result.out) == (2, "")
        return result.err

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


def test_wrong_definitions(agent: Project) -> None:
    agent.write("src/agent.py", ALL)
    agent.write("schemas/bad.yaml", "span_type_schemas: [{ name: 1 }]\n")
    result = agent.run("status")
    assert (result.code, result.out) == (1, "")
    assert "schemas/bad.yaml:1:21" in result.err
    assert "error PG002" in result.err


def test_definitions_in_python_are_not_run(agent: Project) -> None:
    registry = "from prefactor_core import SchemaRegistry\nregistry = SchemaRegistry()\nregistry.register_type('mine:a', {'type': 'object'})\nregistry.register_type('mine:b', {'type': 'object'})\n"
    agent.write("src/app.py", registry)
    agent.configure(sources=["app:registry"], output="src")
    assert agent.run().code == 0
    agent.write("src/app.py", registry + "raise SystemExit\n")
    assert agent.run("status").out.splitlines() == [
        "2 span types: 0 used, 2 unused",
        "warning PS001 mine:a is never used (src/app.py:3)",
        "warning PS001 mine:b is never used (src/app.py:4)",
    ]


def test_formats(agent: Project) -> None:
    agent.write("src/agent.py", "import made\ndef f(i): i.span('agent:lm')\nX = made.AgentTool, made.AgentLlm\n")
    findings = json.loads(agent.run("status", "--format", "json").out)
    assert [(each["code"], each["severity"], each["source"], each["line"]) for each in findings] == [
        ("PS001", "warning", "schemas/spans.yaml", 18),
        ("PS003", "error", "src/agent.py", 2),
    ]
    lines = agent.run("status", "--format", "github").out.splitlines()
    assert (
        lines[1]
        == "::error file=src/agent.py,line=2,col=18,title=PS003::span(\"agent:lm\") is unknown; did you mean 'agent:llm'?"
    )


def test_every_rule_is_explained(agent: Project) -> None:
    for code, rule in USAGE_RULES.items():
        assert rule.summary in agent.run("check", "--explain", code).out
    assert status.EXAMPLES in agent.run("status", "--help").out
