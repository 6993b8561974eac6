"""The same programs with the documented client and with ours: same outcome, same requests, same causal order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.compat import environments, surface
from tests.compat.comparison import RULES, apply, deviations
from tests.compat.exchange import Event, events
from tests.compat.programs import PROGRAMS
from tests.support.processes import ROOT, run

from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

DOCUMENTED = "prefactor-core==0.5.3"
OWN_VIOLATIONS = {
    "direct_requests": ["span_finish_after_finish"],
    "repeated_calls": ["key_reused"],  # instance.start() again: the same key with another time, as observed
}
"""Violations of the life cycle that a program causes itself."""


@dataclass
class Ran:
    """The result of a program."""

    outcome: dict[str, Any]
    events: list[Event]
    violations: list[str]


Runs = dict[str, Ran]


@pytest.fixture(scope="session")
def documented_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environments.create(tmp_path_factory.mktemp("documented"), DOCUMENTED)


@pytest.fixture(scope="session")
def observed(documented_python: Path) -> Runs:
    return run_all(documented_python)


@pytest.fixture(scope="session")
def ours() -> Runs:
    return run_all(Path(sys.executable))


def run_all(python: Path) -> Runs:
    with runner(python) as ask:
        return {name: run_one(name, ask) for name in PROGRAMS}


@contextmanager
def runner(python: Path) -> Iterator[Callable[[dict[str, str]], dict[str, Any]]]:
    """A process that runs programs."""
    with subprocess.Popen(
        [python, ROOT / "tests/compat/programs.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr

        def ask(target: dict[str, str]) -> dict[str, Any]:
            print(json.dumps(target), file=stdin, flush=True)
            line = stdout.readline()
            answer: dict[str, Any] = json.loads(line) if line else {"ended": stderr.read()}
            return answer

        yield ask


def run_one(name: str, ask: Callable[[dict[str, str]], dict[str, Any]]) -> Ran:
    with LocalApi() as api:
        scoped = api.deployment_token("agent")
        outcome = ask({"program": name, "url": api.url, "token": api.token, "deployment_token": scoped})
        return Ran(outcome, events(api), list(api.violations))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_the_same_on_both(name: str, observed: Runs, ours: Runs) -> None:
    assert "returned" in observed[name].outcome
    assert ours[name].outcome == observed[name].outcome
    assert list(deviations(name, observed[name].events, ours[name].events)) == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_ours_keeps_to_the_life_cycle(name: str, ours: Runs) -> None:
    assert ours[name].violations == OWN_VIOLATIONS.get(name, [])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.because)
def test_every_rule_is_needed(rule: Any, observed: Runs) -> None:
    others = [other for other in RULES if other is not rule]
    assert any(
        apply(RULES, name, event) != apply(others, name, event) for name in observed for event in observed[name].events
    )


def test_the_surface_is_that_of_the_documented_client(documented_python: Path) -> None:
    done = run([str(documented_python), surface.__file__], ROOT)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def lost(sent: list[Event]) -> list[Event]:
    return sent[:-1]


def twice(sent: list[Event]) -> list[Event]:
    return [*sent, sent[-1]]


def another_body(sent: list[Event]) -> list[Event]:
    return [*sent[:-1], replace(sent[-1], body={**sent[-1].body, "status": "failed"})]


def out_of_order(sent: list[Event]) -> list[Event]:
    return [*sent[:-2], sent[-1], sent[-2]]


@pytest.mark.parametrize("change", [lost, twice, another_body, out_of_order])
def test_the_comparison_finds_a_deviation(
    change: Callable[[list[Event]], list[Event]], observed: Runs, ours: Runs
) -> None:
    theirs, sent = observed["nested_spans"].events, ours["nested_spans"].events
    assert list(deviations("nested_spans", theirs, sent)) == []
    assert list(deviations("nested_spans", theirs, change(sent))) != []
