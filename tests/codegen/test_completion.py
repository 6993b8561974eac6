"""Completion scripts: bash's in a real bash, the others as far as their shells are here."""

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
    "shell": (["completion", "f"], ["fish"]),
}


@pytest.mark.parametrize("name", list(CASES))
def test_bash(name: str, project: Project) -> None:
    words, expected = CASES[name]
    script = project.write("script.bash", project.run("completion", "bash").out)
    command = ["bash", "-c", COMPLETE, "bash", str(script), "prefactor-gen", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_script(shell: str, project: Project) -> None:
    result = project.run("completion", shell)
    assert result.code == 0
    assert "prefactor-gen" in result.out
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not installed: it was only written")
    script = project.write("script", result.out)
    subprocess.run([program, "-n", str(script)], check=True)
