"""Templates that would take minutes or gigabytes: they have no summary, and the server goes on."""

from __future__ import annotations

import logging

import pytest
from tests.local.conftest import Http

PAYLOAD = {
    "text": "x" * 50_000,
    "words": "a b " * 200_000,
    "number": 10**18,
    "list": [{"a": number} for number in range(2_000)],
}
_EACH = "{{ words | upcase | downcase | upcase | size }}"
SLOW = "{% for i in (1..1000) %}{% for j in list limit: 1 %}" + _EACH + "{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    "template",
    [
        "x" * 4_001,
        "{{ text " + " " * 3_000 + "}}",
        "{{ text | replace: '', text | size }}",
        "{{ text | split: '' | join: text | size }}",
        "{{ list | map: 'a' | join: text | size }}",
        "{% assign a = 'xx' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a | size }}",
        "{% assign a = list %}" + "{% assign a = a | concat: a %}" * 25 + "{{ a | size }}",
        "{{ number " + "| times: 999999999999999999 " * 130 + "}}",
        "{% for i in (1..number) reversed %}{% endfor %}",
        "{% if (1..number) contains 'x' %}{% endif %}",
        "{% assign range = (1..number) %}{{ range | join }}",
        "{% liquid for i in (1..number) reversed\nendfor %}",
        "{{ list | uniq | size }}",
        "{{ words | strip_html }}",
    ],
)
def test_a_template_past_a_limit_has_no_summary(http: Http, template: str) -> None:
    assert summary(http, template) is None


def test_a_long_text_is_shortened(http: Http) -> None:
    template = (
        "{{ words | default: '-' | truncate: 7 }} {{ words | truncatewords: 2 }} {{ words | size }} {{ list | size }}"
    )
    assert summary(http, template) == "a b ... a b... 800000 2000"


def test_a_template_that_takes_too_long_is_rendered_once(http: Http, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "prefactor_local"):
        assert summary(http, SLOW) is None
        assert summary(http, SLOW) is None
    (record,) = caplog.records
    assert record.getMessage() == f"the template takes longer than 0.2 s and is not rendered again: {SLOW[:100]}…"


def summary(http: Http, template: str) -> str | None:
    types = [{"name": "agent:llm", "params_schema": {}, "template": template}]
    instance_id = http.started(agent_schema_version={"span_type_schemas": types})
    text: str | None = http.span(instance_id, payload=PAYLOAD)["details"]["summary"]
    return text
