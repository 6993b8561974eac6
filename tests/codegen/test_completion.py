"""Completion scripts: the one for bash in bash, the others in their shells if those are installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from tests.codegen.support import Project

# Completes the words that follow, as readline would.
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
specification=$(complete -p prefactor-gen)
[[ $specification =~ -F\\ ([^ ]+) ]]
"${BASH_REMATCH[1]}" prefactor-gen "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
CASES = {
    "command": (["che"], ["check"]),
    "commands": (["co"], ["completion"]),
    "default": (["--wa"], ["--watch"]),
    "format": (["check", "--format", ""], ["text", "json", "github"]),
    "option": (["check", "--str"], ["--strict"]),
    "rule": (["check", "--explain", "PG00"], [f"PG00{number}" for number in range(1, 10)]),
    "schema": (["schema", "d"], ["definitions"]),
    "after-options": (["check", "--format", "json", "--str"], ["--strict"]),
    "shell": (["completion", "f"], ["fish"]),
    "source": (["check", "--strict", "spa"], ["spans.yaml"]),
    "path": (["status", "spa"], ["spans.yaml"]),
    "output": (["generate", "--output", "sche"], ["schemas"]),
}


def files(project: Project) -> None:
    """Write what SOURCE and --output can be completed to."""
    project.write("spans.yaml", "span_schemas: {a: {}}")
    project.write("schemas/a.yaml", "span_schemas: {b: {}}")


@pytest.mark.parametrize("name", list(CASES))
def test_bash(name: str, project: Project) -> None:
    words, expected = CASES[name]
    files(project)
    script = project.write("script.bash", project.run("completion", "bash").out)
    command = ["bash", "-c", COMPLETE, "bash", str(script), "prefactor-gen", *words]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize("name", list(CASES))
def test_fish(name: str, project: Project) -> None:
    words, expected = CASES[name]
    files(project)
    script = project.write("script.fish", project.run("completion", "fish").out)
    command = ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", str(script)]
    line = " ".join(["prefactor-gen", *words])
    done = subprocess.run([*command, line], cwd=project.root, capture_output=True, text=True, check=True)
    found = [each.partition("\t")[0].rstrip("/") for each in done.stdout.splitlines()]
    assert sorted(found) == sorted(expected)


def test_zsh_has_no_argument_before_the_command(project: Project) -> None:
    """Otherwise zsh takes the command for that argument, and completes nothing after it."""
    script = project.run("completion", "zsh").out
    _, _, options = script.partition("\n_shtab_prefactor_gen_options=(\n")
    listed = [line.strip() for line in options.partition("\n)")[0].splitlines()]
    assert any(each.startswith('"--watch[') for each in listed)
    assert [each for each in listed if each.startswith(('":', '"(*):', '"*:'))] == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_script(shell: str, project: Project) -> None:
    result = project.run("completion", shell)
    assert result.code == 0
    assert "prefactor-gen" in result.out
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not installed: the script was not read")
    script = project.write("script", result.out)
    subprocess.run([program, "-n", str(script)], check=True)
