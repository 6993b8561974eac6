"""Configuration of the HTTP client."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import PlainSerializer

__all__ = ["ApiToken", "HttpClientConfig", "is_disabled"]

_MASK = "[redacted]"


class ApiToken(str):
    """An API token. Its repr, its pickle and its deep copy, of which `dataclasses.asdict()` is made, are a mask."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)

    def __deepcopy__(self, memo: object) -> str:
        return _MASK

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (_MASK,)


def _masked(_token: str) -> str:
    return _MASK


_HIDDEN = PlainSerializer(_masked, return_type=str)


def is_disabled() -> bool:
    """Whether the environment disables recording: PREFACTOR_DISABLED=1."""
    return os.environ.get("PREFACTOR_DISABLED", "").strip().lower() in {"1", "true", "yes", "on"}


def _from_environment(name: str, *, disabled: str) -> str:
    """A field whose default is an environment variable, which may be missing if recording is disabled, as in CI."""

    def value() -> str:
        return os.environ.get(name) or (disabled if is_disabled() else "")

    return field(default_factory=value, repr=name != "PREFACTOR_API_TOKEN")


@dataclass
class HttpClientConfig:
    """The address of the API, and timeouts and retries of requests. Times are in seconds.

    Args:
        api_url: URL of the API, with its scheme. Default: environment variable PREFACTOR_API_URL.
        api_token: API token. Default: environment variable PREFACTOR_API_TOKEN. It is in no repr, no dump and no pickle
            of the configuration: a configuration that is unpickled takes the token from its environment.
        request_timeout: Total time of one attempt.
        connect_timeout: Time to connect, part of request_timeout.
        max_retries: Number of attempts after the first one.
        initial_retry_delay: Delay before the first retry, plus or minus 25 %.
        max_retry_delay: Longest delay before a retry. If the API asks for a longer one, there is no retry.
        retry_multiplier: Factor between the delays of consecutive retries.
        retry_on_status_codes: HTTP statuses after which a request is retried.
        default_idempotency_key: Key that `PrefactorHttpClient.request` sends if it is called without a key.

    Raises:
        ValueError: A value is missing or not valid. The message never contains the token.
    """

    api_url: str = _from_environment("PREFACTOR_API_URL", disabled="https://prefactor.invalid")
    api_token: Annotated[str, _HIDDEN] = _from_environment("PREFACTOR_API_TOKEN", disabled="disabled")
    request_timeout: float = 30.0
    connect_timeout: float = 10.0
    max_retries: int = 3
    initial_retry_delay: float = 1.0
    max_retry_delay: float = 60.0
    retry_multiplier: float = 2.0
    retry_on_status_codes: tuple[int, ...] = (429, 500, 502, 503, 504)
    default_idempotency_key: str | None = None

    def __post_init__(self) -> None:
        _check_url(self.api_url)
        _check_token(self.api_token)
        self.api_token = ApiToken(self.api_token)
        for name in ("request_timeout", "connect_timeout"):
            _check_number(name, getattr(self, name), minimum=0, or_equal=False)
        for name in ("initial_retry_delay", "max_retry_delay"):
            _check_number(name, getattr(self, name), minimum=0)
        _check_number("retry_multiplier", self.retry_multiplier, minimum=1)
        _check_count("max_retries", self.max_retries)
        self.retry_on_status_codes = tuple(self.retry_on_status_codes)

    def __copy__(self) -> Self:
        return replace(self)

    def __deepcopy__(self, memo: object) -> Self:
        return replace(self)  # its values do not change

    def __reduce__(self) -> tuple[Any, ...]:
        options = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "api_token"}
        return _unpickled, (type(self), options)


def _unpickled(cls: type[HttpClientConfig], options: dict[str, Any]) -> HttpClientConfig:
    return cls(**options)


def _check_url(url: object) -> None:
    if not isinstance(url, str) or not url:
        raise ValueError("api_url is missing: pass it, or set PREFACTOR_API_URL")
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("api_url must be an http or https address, such as https://app.prefactorai.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("api_url must not contain credentials, a query or a fragment")


def _split(url: str) -> SplitResult | None:
    # urlsplit() silently removes line breaks, and checks the port only when it is read.
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _check_token(token: object) -> None:
    if not isinstance(token, str) or not token:
        raise ValueError("api_token is missing: pass it, or set PREFACTOR_API_TOKEN")
    if token == _MASK:
        raise ValueError("api_token is a mask: the dump of a configuration does not contain the token; pass the token")
    # A header cannot hold anything else, and the HTTP library would show the token in its error.
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError("api_token must be printable ASCII without spaces or line breaks")


def _check_number(name: str, value: float, *, minimum: float, or_equal: bool = True) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value < minimum or (value == minimum and not or_equal):
        limit = f"at least {minimum}" if or_equal else f"greater than {minimum}"
        raise ValueError(f"{name} must be a number, {limit}; it is {value!r}")


def _check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} must be a whole number, at least 0; it is {value!r}")
