"""Configuration: defaults, environment, and values that are refused."""

import math
from typing import Any

import pytest
from pydantic import BaseModel

from prefactor_http import HttpClientConfig

URL = "https://app.prefactorai.com"


def test_defaults() -> None:
    config = HttpClientConfig(URL, "token")
    assert (config.api_url, config.api_token) == (URL, "token")
    assert (config.request_timeout, config.connect_timeout) == (30.0, 10.0)
    assert (config.max_retries, config.initial_retry_delay, config.max_retry_delay) == (3, 1.0, 60.0)
    assert config.retry_multiplier == 2.0
    assert config.retry_on_status_codes == (429, 500, 502, 503, 504)
    assert config.default_idempotency_key is None


def test_nothing_has_to_be_given_where_recording_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    HttpClientConfig()
    monkeypatch.setenv("PREFACTOR_DISABLED", "0")
    with pytest.raises(ValueError, match="api_url is missing"):
        HttpClientConfig()


def test_environment_fills_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "from-environment")
    config = HttpClientConfig()
    assert (config.api_url, config.api_token) == ("http://127.0.0.1:1", "from-environment")
    assert HttpClientConfig(api_url=URL).api_url == URL
    assert HttpClientConfig(api_token="given").api_token == "given"


@pytest.mark.parametrize(
    ("url", "token", "missing"), [("", "t", "PREFACTOR_API_URL"), (URL, "", "PREFACTOR_API_TOKEN")]
)
def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, url: str, token: str, missing: str) -> None:
    monkeypatch.delenv("PREFACTOR_API_URL", raising=False)
    monkeypatch.delenv("PREFACTOR_API_TOKEN", raising=False)
    with pytest.raises(ValueError, match=missing):
        HttpClientConfig(url, token)
    with pytest.raises(ValueError, match="missing"):
        HttpClientConfig()


@pytest.mark.parametrize(
    "url",
    [
        "app.prefactorai.com",
        "ftp://host",
        "https://",
        "http://host:port",
        "http://host:99999",
        "http://[::1",
        "http://a b",
        "http://host\n",
        "http://user:pw@host",
        "http://host?x=1",
        "http://host#x",
        None,
        7,
    ],
)
def test_addresses_that_are_refused(url: Any) -> None:
    with pytest.raises(ValueError, match="api_url"):
        HttpClientConfig(url, "token")


@pytest.mark.parametrize("url", [URL, "http://localhost:8080", "http://127.0.0.1:1/prefix/", "http://[::1]:80"])
def test_addresses_that_are_taken(url: str) -> None:
    assert HttpClientConfig(url, "token").api_url == url


@pytest.mark.parametrize(
    "token", ["secret-part\n", "secret-part x", "secret-part\u20ac", b"secret-part", None, ["secret-part"]]
)
def test_tokens_that_are_refused_are_not_quoted(token: Any) -> None:
    with pytest.raises(ValueError, match="api_token") as caught:
        HttpClientConfig(URL, token)
    assert "secret-part" not in repr(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request_timeout", 0),
        ("request_timeout", -1),
        ("request_timeout", math.nan),
        ("request_timeout", math.inf),
        ("request_timeout", "30"),
        ("request_timeout", True),
        ("connect_timeout", 0),
        ("initial_retry_delay", -0.1),
        ("max_retry_delay", -1),
        ("retry_multiplier", 0.5),
        ("max_retries", -1),
        ("max_retries", 1.5),
        ("max_retries", True),
    ],
)
def test_numbers_that_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        HttpClientConfig(URL, "token", **{name: value})


def test_it_is_a_field_of_pydantic_models() -> None:
    class Outer(BaseModel):
        http_config: HttpClientConfig

    config = HttpClientConfig(URL, "secret-token")
    assert Outer(http_config=config).http_config is config
    from_dict = Outer.model_validate({"http_config": {"api_url": URL, "api_token": "secret-token"}})
    assert from_dict.http_config == config
    assert "secret-token" not in repr(from_dict)
    with pytest.raises(ValueError, match="api_url"):
        Outer.model_validate({"http_config": {"api_url": "nowhere", "api_token": "t"}})
