"""The ready `redact`: `prefactor_core.redaction.redact_secrets`."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from tests.core.support import Run

from prefactor_core import PayloadField
from prefactor_core.redaction import is_secret_name, redact_secrets
from prefactor_local import LocalApi

REDACTED = "[redacted]"
SECRET_NAMES = """
    password Password db_password PGPASSWORD userPassword password2 passwd pwd passphrase passcode secret client_secret
    clientSecret SECRET_KEY aws_secret_access_key aws_access_key_id api_key apiKey API_KEY x-api-key X-API-Key
    OPENAI_API_KEY openaiApiKey apikey api-keys Ocp-Apim-Subscription-Key x-goog-api-key private_key privateKey ssh_key
    token Token access_token accessToken refresh_token id_token auth_token authToken bot_token csrf_token X-CSRF-Token
    x-amz-security-token HF_TOKEN GITHUB_TOKEN bearer_token sessionToken api_tokens authorization Authorization
    Proxy-Authorization proxy_authorization cookie Cookie cookies set_cookie Set-Cookie credentials credential jwt auth
    otp connection_string
"""
USUAL_NAMES = """
    max_tokens maxTokens max_completion_tokens token_usage tokens token_count prompt_tokens completion_tokens
    total_tokens input_tokens output_tokens cached_tokens reasoning_tokens num_tokens n_tokens tokens_per_second
    tokenizer token_type tokenLimit time_to_first_token timeToFirstToken time_per_output_token cost_per_token eos_token
    bos_token pad_token stop_token next_page_token nextPageToken page_token continuation_token key keys name prompt
    message content session_id thread_id tool_call_id user author author_name authority authorized authentication model
    stop top_logprobs logprobs usage cache_read_input_tokens public_key primary_key key_id oauth_provider secretary
    compass passenger cookbook monkey
"""


def test_names_of_secrets() -> None:
    names = SECRET_NAMES.split()
    assert [name for name in names if not is_secret_name(name)] == []
    long = ["x" * 1000 + "_" + name for name in names]
    assert [name[1001:] for name in long if not is_secret_name(name)] == ["auth", "otp"]
    assert [name for name in USUAL_NAMES.split() if is_secret_name(name)] == []


CALL = {"id": "c1", "function": {"name": "log_in", "arguments": '{"user": "ada", "password": "s3cret", "n": 1}'}}
CASES: dict[str, tuple[Any, Any]] = {
    "a value": ({"password": "s3cret"}, {"password": REDACTED}),
    "a number": ({"password": 1234}, {"password": REDACTED}),
    "an object": ({"api_key": {"value": "s3cret", "n": [1]}}, {"api_key": {"value": REDACTED, "n": [REDACTED]}}),
    "a list": ({"cookies": ["s3cret"]}, {"cookies": [REDACTED]}),
    "bytes as a key": ({b"password": "s3cret", "password": "s3cret"}, {"password (2)": REDACTED, "password": REDACTED}),
    "flags": ({"secret": True, "password": None}, {"secret": True, "password": None}),
    "headers": (
        {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "text/plain"},
        {"Authorization": REDACTED, "X-Api-Key": REDACTED, "Accept": "text/plain"},
    ),
    "headers as pairs": ([["authorization", "Bearer s3cret-s3cret-s3cret"]], [["authorization", REDACTED]]),
    "words that look so": ({"title": "Basic training"}, {"title": "Basic training"}),
    "usage": ({"usage": {"total_tokens": 3, "token": 1}}, {"usage": {"total_tokens": 3, "token": 1}}),
    "tokens of an answer": (
        {"logprobs": {"content": [{"token": "Hel", "top_logprobs": [{"token": "He"}]}]}, "token": "s3cret"},
        {"logprobs": {"content": [{"token": "Hel", "top_logprobs": [{"token": "He"}]}]}, "token": REDACTED},
    ),
    "arguments of a tool": (
        {"tool_calls": [CALL]},
        {
            "tool_calls": [
                {
                    **CALL,
                    "function": {
                        "name": "log_in",
                        "arguments": '{"user": "ada", "password": "[redacted]", "n": 1}',
                    },
                }
            ]
        },
    ),
    "names that occur again in JSON": (
        {"text": '[{"a": {"password": "s3cret", "password": null}}, {"b": {"password": "s3cret"}, "b": 1}]'},
        {"text": '[{"a": {"password": null}}, {"b": 1}]'},
    ),
    "JSON with a number that Python does not read": (
        {"text": f'{{"n": {"9" * 5_000}, "password": "s3cret"}}'},
        {"text": REDACTED},
    ),
    "JSON with nothing to hide": ({"text": '{ "a" : 1.0e0 }'}, {"text": '{ "a" : 1.0e0 }'}),
    "no JSON": ({"text": "{password: 1}"}, {"text": "{password: 1}"}),
}


@pytest.mark.anyio
async def test_secrets_are_not_recorded(api: LocalApi, run: Run) -> None:
    payload = {name: value for name, (value, _) in CASES.items()}
    expected = {name: value for name, (_, value) in CASES.items()}
    async with run(redact=redact_secrets) as (_, instance):
        async with instance.span("step") as span:
            await span.start(payload)
            await span.complete(payload)
        await instance.record_quality("score", payload)
    (recorded,) = api.spans()
    assert recorded["payload"] == recorded["result_payload"] == expected
    assert "s3cret" not in json.dumps([request.body for request in api.requests])


def test_text_that_is_nested_too_deeply_is_redacted() -> None:
    deep = "[" * (sys.getrecursionlimit() * 100)
    assert redact_secrets(PayloadField("step", "params", ("text",), deep)) in {deep, REDACTED}
    nested = '{"a":' * 5_000 + '{"password": "s3cret"}' + "}" * 5_000
    assert "s3cret" not in str(redact_secrets(PayloadField("step", "params", ("text",), nested)))
