"""What is probably a secret in an address or a command, which files of the project would keep."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from prefactor_core.redaction import is_secret_name

__all__ = ["has_token", "is_secret_parameter", "secret_of_address"]

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_WORDS: Final = frozenset({"auth", "cookie", "key", "pass", "pw", "sig", "signature", "token"})
_ABOUT_SECRETS: Final = frozenset({"env", "file", "id", "length", "limit", "name", "path", "type", "url"})
"""The last words of names that say something about a secret, and are none."""
_LONGEST: Final = 10_000
# Of signed links, beside the names with one of these words.
_SIGNED: Final = frozenset({"x-amz-credential", "x-goog-credential"})
_SEPARATORS: Final = re.compile(r"[\s/?&=:,;@\"']+")
# As services make them: sk-…, ghp_…, xoxb-…, AKIA…, AIza…, JSON Web Tokens. A name such as sk-learn has no digit.
_KNOWN_TOKEN: Final = re.compile(
    r"(?=.*\d)(?:(?:sk|pk|rk)[-_][\w-]{16,}|gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|hf_\w{20,}|npm_\w{20,}|pypi-[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*)",
    re.ASCII,
)
_RANDOM: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=(?:.*\d){3})[A-Za-z0-9+_]{32,}")


def is_secret_parameter(name: str) -> bool:
    """Whether the value of a parameter of an address, or of an option of a command, is probably a secret.

    There, `key`, `api-key` and `pass` are, and `key-file` is not. In payloads, for which `is_secret_name` decides,
    they may be anything.
    """
    words = [each.lower() for each in _WORD.findall(name[:200])]
    is_about_one = not _SECRET_WORDS.isdisjoint(words) and _ABOUT_SECRETS.isdisjoint(words[-1:])
    return is_secret_name(name) or is_about_one or name.lower() in _SIGNED


def has_token(text: str) -> bool:
    """Whether a part of a text looks like a token of a service."""
    return any(_KNOWN_TOKEN.fullmatch(each) or _RANDOM.fullmatch(each) for each in _parts(text))


def secret_of_address(url: str) -> str | None:
    """What of an address is probably a secret, for a message; None if nothing is. A variable, `$NAME`, is none."""
    try:
        query = parse_qsl(urlsplit(url).query)
    except ValueError:  # no address
        return None
    for name, value in query:
        if is_secret_parameter(name) and "$" not in value:
            return f"the value of {name!r}"
    return "a token" if any(map(_KNOWN_TOKEN.fullmatch, _parts(url))) else None  # others may be names of files


def _parts(text: str) -> list[str]:
    return [each for each in _SEPARATORS.split(text) if len(each) < _LONGEST]
