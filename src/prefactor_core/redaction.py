"""A ready `redact` for the configuration, which removes what well-known names of secrets lead to."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from prefactor_core._payloads.redaction import REDACTED, PayloadField

__all__ = ["is_secret_name", "redact_secrets"]

_NameKind: TypeAlias = Literal["secret", "token"] | None

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MOST_CHARACTERS = 200  # of a name: enough for any that a person has given

# A name is that of a secret if it contains one of these words, wherever it begins: `db_password`, `X-Api-Key`.
_PARTS = (
    "accesskey",
    "accesstoken",
    "apikey",
    "authkey",
    "authtoken",
    "connectionstring",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "refreshtoken",
    "signingkey",
    "sshkey",
    "subscriptionkey",
)
_WHOLE_WORDS = {"authorization", "cookie", "cookies", "jwt", "passcode", "pwd", "secret", "secrets"}
_WHOLE_NAMES = {"auth", "otp"}

# A name that ends with `token` is that of a secret, unless the word before it is about texts, lists or tokenizers.
_BEFORE_OTHER_TOKEN = re.compile(
    "any|bos|by|cached|cls|completion|continuation|draft|each|end|eos|eot|every|first|image|input|last|mask|max|min|new|"
    "next|output|pad|page|per|prev|previous|prompt|reasoning|sampled?|sep|special|start|stop|text|to|unk"
)
_BEFORE_SECRET_TOKENS = {"api", "auth", "bearer", "bot", "id", "session"}  # if there are several: `api_tokens`
_WITH_OTHER_TOKENS = {"logprobs", "top_logprobs"}  # there, `token` is a part of the answer of a model

_JSON_BEGINNING = re.compile(r"\s*[{\[]")
_MOST_JSON = 1_000_000  # characters
_CREDENTIALS = re.compile(r"\s*(?:bearer|basic|token)\s+\S{16,}\s*", re.IGNORECASE)


def redact_secrets(field: PayloadField) -> object:
    """Replace secrets by "[redacted]": `PrefactorCoreConfig(redact=redact_secrets)`.

    A value is replaced if any name on its path is that of a secret, as `is_secret_name` tells: everything inside of
    `credentials` is. Booleans and null stay, and so do numbers whose name ends with `token`. The same is done inside a
    text that is a JSON object or list, such as the arguments of a tool call, of at most 1,000,000 characters. A text
    that is nothing but `Bearer …` or `Basic …` is replaced under any name.

    Args:
        field: the value, and the names that lead to it.

    Returns:
        The value that is recorded.
    """
    return _redacted(field.value, _kind_of_path(field.path))


def is_secret_name(name: str) -> bool:
    """Whether the name of a member, a variable or a header is that of a secret.

    It may be written in any way: `api_key`, `apiKey`, `X-API-Key`, `OPENAI_API_KEY`. Names of secrets

    - contain `password`, `passwd`, `passphrase`, `credential`, `api_key`, `access_key`, `private_key`, `signing_key`,
      `ssh_key`, `auth_key`, `subscription_key`, `access_token`, `refresh_token`, `auth_token` or `connection_string`,
    - have one of the words `secret`, `secrets`, `authorization`, `cookie`, `cookies`, `jwt`, `passcode`, `pwd`,
    - are `auth` or `otp`,
    - or end with the word `token`. Counts, and the tokens of texts and lists, are no secrets: `max_tokens`, `tokens`,
      `token_usage`, `time_to_first_token`, `eos_token`, `next_page_token`.
    """
    return _kind_of_name(name) is not None


def _kind_of_path(path: tuple[str | int, ...]) -> _NameKind:
    kinds = {_kind_of_name(step) for step in path if isinstance(step, str)}
    if "secret" in kinds:
        return "secret"
    return "token" if "token" in kinds and _WITH_OTHER_TOKENS.isdisjoint(path) else None


@lru_cache(maxsize=5_000)
def _kind_of_short_name(name: str) -> _NameKind:
    words = [word.lower() for word in _WORDS.findall(name)]
    joined = "".join(words)
    if joined in _WHOLE_NAMES or not _WHOLE_WORDS.isdisjoint(words) or any(part in joined for part in _PARTS):
        return "secret"
    before, last = ["", "", *words][-2:]
    if last == "token":
        return None if _BEFORE_OTHER_TOKEN.fullmatch(before) else "token"
    return "token" if last == "tokens" and before in _BEFORE_SECRET_TOKENS else None


def _kind_of_name(name: str) -> _NameKind:
    return _kind_of_short_name(name[-_MOST_CHARACTERS:])


def _redacted(value: Any, kind: _NameKind) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if kind == "secret" or (kind == "token" and isinstance(value, str)):
        return REDACTED
    if not isinstance(value, str):
        return value
    if _CREDENTIALS.fullmatch(value):
        return REDACTED
    return _redacted_json(value) if _JSON_BEGINNING.match(value) and len(value) <= _MOST_JSON else value


@lru_cache(maxsize=10)  # a payload may have one text at very many places
def _redacted_json(text: str) -> str:
    try:
        parsed = json.loads(text, object_pairs_hook=_members)
        redacted = _redacted_members(parsed, ())
        return text if redacted == parsed else json.dumps(redacted, ensure_ascii=False)
    except json.JSONDecodeError:
        return text
    except (ValueError, RecursionError):  # JSON that Python does not read: a very long number, or too many levels
        return REDACTED


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object of JSON. Of a name that occurs again, the values before the last one are secrets, too.

    The text would be kept as it is if the last one is not redacted.
    """
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeating(members)


class _Repeating(dict[str, Any]):
    """An object of JSON with a name that occurs again. It differs from every other one."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None


def _redacted_members(value: Any, path: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _redacted_members(item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted_members(item, path) for item in value]
    return _redacted(value, _kind_of_path(path))
