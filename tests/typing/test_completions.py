"""What editors show: pyright's language server and jedi complete keywords, values of an enum, and keys of nested dicts.

jedi knows the keys of a dict whose type is given; it does not complete inside a literal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jedi  # type: ignore[import-untyped]
import pytest
from tests.typing.language_server import LanguageServer, position

pytestmark = pytest.mark.slow

PROGRAM = """
from prefactor_core import AgentInstanceHandle
from prefactor_spans import AgentChatTurn, AgentLlm
from typing_spans import MailSend, MailSendParamsBody, MailSendParamsBodyDict, RoutePlan


async def use(
    llm: AgentLlm, turn: AgentChatTurn, mail: MailSend, body: MailSendParamsBody, given: MailSendParamsBodyDict,
    route: RoutePlan, instance: AgentInstanceHandle,
) -> None:
    {}
"""
LLM_KEYWORDS = ["model=", "prompt=", "messages=", "provider=", "parameters=", "tools="]
MESSAGE_KEYS = ["'role'", "'content'", "'name'", "'tool_calls'", "'tool_call_id'"]
BLOCK = "async with instance.span(AgentLlm) as span:\n        await span.start(par|)"
# What is typed, with the cursor at `|`, and what a language server offers there, first or alone.
OFFERED = {
    "llm.start(|)": LLM_KEYWORDS,
    BLOCK: ["parameters="],
    "turn.start(channel='|')": ["'text'", "'voice'", "'email'", "'api'"],
    "llm.start(messages=[{'|'}])": MESSAGE_KEYS,
    "llm.start(messages=[{'role': 'user', '|'}])": MESSAGE_KEYS[1:],
    "llm.start(messages=[{'role': '|'}])": ["'system'", "'user'", "'assistant'", "'tool'"],
    "mail.start(body={'|'})": ["'content'", "'format'"],
    "mail.start(body={'format': '|'})": ["'text'", "'html'"],
    "mail.start(folders={'inbox': [{'|'}]})": ["'email'", "'name'"],
    "mail.start_with({'sender': {'|'}})": ["'email'", "'name'"],
    "route.start(vehicle={'|'})": ["'kind'", "'seats'", "'line'"],
    "route.start(vehicle={'kind': '|'})": ["'car'", "'train'"],
    "body.to_dict()['|']": ["'content'", "'format'"],
}
OFFERED_BY_JEDI = {
    "llm.start(|)": sorted(LLM_KEYWORDS),
    "llm.start(par|)": ["parameters="],
    BLOCK: [],  # jedi does not know the span of a block
    f"span: AgentLlm\n    {BLOCK}": ["parameters="],
    "body.to_|": ["to_dict"],
    "body.to_dict()['|']": ["'content", "'format"],
    "given['|']": ["'content", "'format"],
}


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[LanguageServer]:
    with LanguageServer(project) as running:
        yield running


@pytest.mark.parametrize("typed", OFFERED)
def test_the_language_server_offers_keywords_values_and_keys(server: LanguageServer, typed: str) -> None:
    expected = OFFERED[typed]
    offered = server.completions(PROGRAM.format(typed))
    assert offered[: len(expected)] == expected
    if not expected[0].endswith("="):  # beside keywords, names of the program are offered
        assert len(offered) == len(expected)


def jedi_at(project: Path, typed: str) -> tuple[jedi.Script, int, int]:
    """The editor's view of a program, and the position of its marker, in lines from 1."""
    text, line, column = position(PROGRAM.format(typed))
    return jedi.Script(text, path=project / "edited.py", project=jedi.Project(project)), line + 1, column


@pytest.mark.parametrize("typed", OFFERED_BY_JEDI)
def test_jedi_offers_keywords_and_keys(project: Path, typed: str) -> None:
    script, line, column = jedi_at(project, typed)
    assert [each.name for each in script.complete(line, column)] == OFFERED_BY_JEDI[typed]


def test_the_hover_of_a_method_has_one_type_for_an_object(project: Path) -> None:
    script, line, column = jedi_at(project, "mail.start(|)")
    (signature,) = script.get_signatures(line, column)
    types = {each.name: each.description.removeprefix("param ") for each in signature.params}
    assert types["sender"] == "sender: AddressDict"
    assert types["to"] == "to: ArrayOf[AddressDict]"
    assert types["body"] == "body: MailSendParamsBodyDict=ABSENT"
    assert "Start the span with its params." in signature.docstring()
