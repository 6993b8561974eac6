"""Configuration of the HTTP client."""

from __future__ import annotations

import math
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Self, TypeAlias
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import InstanceOf, PlainSerializer

__all__ = ["ApiToken", "HttpClientConfig", "is_disabled", "without_api"]

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


class _ProxyUrl(str):
    """The URL of a proxy. Its repr, its pickle and its deep copy leave out the user and the password."""

    __slots__ = ()

    def without_credentials(self) -> str:
        parts = urlsplit(self)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def __repr__(self) -> str:
        return repr(self.without_credentials())

    def __deepcopy__(self, memo: object) -> str:
        return self.without_credentials()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (self.without_credentials(),)


def _shown_proxy(proxy: str | None) -> str | None:
    return None if proxy is None else _ProxyUrl(proxy).without_credentials()


def _shown_context(context: ssl.SSLContext) -> str:  # not repr itself: pydantic takes long to find its signature
    return repr(context)


_Proxy: TypeAlias = Annotated[str | None, PlainSerializer(_shown_proxy, return_type=str | None)]
_TlsContext: TypeAlias = Annotated[InstanceOf[ssl.SSLContext], PlainSerializer(_shown_context, return_type=str)]
_Certificate: TypeAlias = str | tuple[str, str] | tuple[str, str, Annotated[str, _HIDDEN]]


def is_disabled() -> bool:
    """Whether the environment disables recording: PREFACTOR_DISABLED=1."""
    return os.environ.get("PREFACTOR_DISABLED", "").strip().lower() in {"1", "true", "yes", "on"}


_blocks_without_api: list[None] = []


@contextmanager
def without_api() -> Iterator[None]:
    """In the block, a configuration needs no address and no token, since nothing is sent."""
    _blocks_without_api.append(None)
    try:
        yield
    finally:
        _blocks_without_api.pop()


def _from_environment(name: str, *, unused: str) -> str:
    """A field whose default is an environment variable, which may be missing if nothing is sent, as in CI."""

    def value() -> str:
        return os.environ.get(name) or (unused if is_disabled() or _blocks_without_api else "")

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
        proxy: URL of the proxy that leads to the API: "http://", "https://" or (with the package socksio) "socks5://",
            with user and password if it needs them. They are in no repr, no dump and no pickle.
        verify: Which certificates the API may have: True for those of public authorities, the path of a file or folder
            with a company's own authorities, an `ssl.SSLContext`, or False for any (never in production).
        cert: The client certificate, for an API that requires one: the path of a PEM file with certificate and key, or
            (certificate, key), or (certificate, key, password).
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured,
            where `proxy` and `verify` say nothing else. This machine itself is reached without a proxy.

    Raises:
        ValueError: A value is missing or not valid. The message never contains the token.
    """

    api_url: str = _from_environment("PREFACTOR_API_URL", unused="https://prefactor.invalid")
    api_token: Annotated[str, _HIDDEN] = _from_environment("PREFACTOR_API_TOKEN", unused="unused")
    request_timeout: float = 30.0
    connect_timeout: float = 10.0
    max_retries: int = 3
    initial_retry_delay: float = 1.0
    max_retry_delay: float = 60.0
    retry_multiplier: float = 2.0
    retry_on_status_codes: tuple[int, ...] = (429, 500, 502, 503, 504)
    default_idempotency_key: str | None = None
    proxy: _Proxy = field(default=None, kw_only=True)
    verify: bool | str | _TlsContext = field(default=True, kw_only=True)
    cert: _Certificate | None = field(default=None, kw_only=True)
    trust_env: bool = field(default=True, kw_only=True)

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
        if self.proxy is not None:
            _check_proxy(self.proxy)
            self.proxy = _ProxyUrl(self.proxy)
        self.verify = _checked_verify(self.verify)
        self.cert = None if self.cert is None else _checked_cert(self.cert)

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


def _check_proxy(url: object) -> None:
    parts = _split(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in {"http", "https", "socks5", "socks5h"} or not parts.hostname:
        raise ValueError("proxy must be an http, https or socks5 address, such as http://proxy.example.com:3128")


def _checked_verify(verify: object) -> bool | str | ssl.SSLContext:
    if isinstance(verify, bool | ssl.SSLContext):
        return verify
    return _checked_path("verify", verify, "True, False, the path of a file or folder, or an ssl.SSLContext")


def _checked_cert(cert: object) -> _Certificate:
    expected = "the path of a PEM file, or a tuple (certificate, key) or (certificate, key, password)"
    if not isinstance(cert, tuple | list):
        return _checked_path("cert", cert, expected)
    if len(cert) not in {2, 3} or not all(isinstance(each, str) for each in cert[2:]):
        raise ValueError(f"cert must be {expected}")
    certificate, key = (_checked_path("cert", each, expected) for each in cert[:2])
    return (certificate, key) if len(cert) == 2 else (certificate, key, ApiToken(cert[2]))


def _checked_path(name: str, path: object, expected: str) -> str:
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"{name} must be {expected}")
    text = os.fspath(path)
    if not isinstance(text, str) or not os.path.exists(text):
        raise ValueError(f"{name}: there is no file {text!r}")
    return text


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
