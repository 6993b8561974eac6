"""Values of other packages in payloads; those that are not installed for development are in tests/integrations."""

from __future__ import annotations

import dataclasses
import http.cookiejar
import http.cookies
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from pydantic import SecretBytes, SecretStr
from tests.core.support import Run

from prefactor_core._payloads.snapshot import snapshot, snapshot_object
from prefactor_local import LocalApi

SECRET = "s3cret"
HIDDEN = "[hidden]"


@attrs.define
class Account:
    name: str
    _number: int
    password: str = attrs.field(default=SECRET, repr=False)
    card: str = attrs.field(default=SECRET, repr=lambda card: f"…{len(card)}")
    owners: list[Account] = attrs.field(factory=list)


@dataclasses.dataclass
class Access:
    name: str
    password: str = dataclasses.field(default=SECRET, repr=False)


@attrs.define
class AccountError(Exception):
    account: Account


class Numbers(Sequence[int]):
    def __getitem__(self, index: Any) -> Any:
        return [1, 2][index]

    def __len__(self) -> int:
        return 2


class Settings(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        return SecretStr(SECRET)

    def __iter__(self) -> Iterator[str]:
        return iter(["password"])

    def __len__(self) -> int:
        return 1


def cookie_jar() -> http.cookiejar.CookieJar:
    return httpx.Cookies({"sid": SECRET}).jar


def two_of_one_name() -> httpx.Cookies:
    cookies = httpx.Cookies()
    cookies.set("sid", SECRET, domain="a.example")
    cookies.set("sid", SECRET, domain="b.example")
    return cookies


HEADERS = {"Authorization": f"Bearer {SECRET}", "proxy-authorization": SECRET, "Cookie": SECRET, "Accept": "a"}
HIDING: dict[str, tuple[Any, Any]] = {
    "attrs": (
        Account("a", 1, owners=[Account("b", 2)]),
        {
            "name": "a",
            "_number": 1,
            "password": HIDDEN,
            "card": "…6",
            "owners": [{"name": "b", "_number": 2, "password": HIDDEN, "card": "…6", "owners": []}],
        },
    ),
    "dataclass": ([Access("a")], [{"name": "a", "password": HIDDEN}]),
    "httpx headers": (
        httpx.Headers(HEADERS),
        {"authorization": HIDDEN, "proxy-authorization": HIDDEN, "cookie": HIDDEN, "accept": "a"},
    ),
    "httpx response headers": (httpx.Response(200, headers={"Set-Cookie": SECRET}).headers, {"set-cookie": HIDDEN}),
    "httpx cookies": (two_of_one_name(), {"sid": HIDDEN, "sid (2)": HIDDEN}),
    "cookie jar": (cookie_jar(), {"sid": HIDDEN}),
    "cookies of the standard library": (http.cookies.SimpleCookie(f"sid={SECRET}"), {"sid": HIDDEN}),
    "pydantic secrets": ([SecretStr(SECRET), SecretBytes(b"s3cret")], ["SecretStr('**********')"] * 2),
    "secrets in a mapping": (Settings(), {"password": "SecretStr('**********')"}),
}
HIDING["pydantic secrets"][1][1] = "SecretBytes(b'**********')"


@pytest.mark.parametrize("case", HIDING)
def test_what_a_value_hides_stays_hidden(case: str) -> None:
    value, expected = HIDING[case]
    assert snapshot(value) == expected
    assert SECRET not in json.dumps(snapshot([value]))


@pytest.mark.anyio
async def test_it_is_hidden_in_what_is_sent(api: LocalApi, run: Run) -> None:
    payload = {name: value for name, (value, _) in HIDING.items()}
    async with run() as (_, instance), instance.span("step") as span:
        await span.start(payload)
        await span.complete(payload)
    assert api.spans()[0]["payload"] == api.spans()[0]["result_payload"] == {n: e for n, (_, e) in HIDING.items()}
    assert SECRET not in json.dumps([request.body for request in api.requests])


def test_an_exception_of_an_attrs_class_is_an_exception() -> None:
    copied: Any = snapshot(AccountError(Account("a", 1)))
    assert copied["type"] == "AccountError"
    assert SECRET not in copied["message"]


def test_sequences_and_views_of_dicts() -> None:
    members = {"b": 1, "a": 2}
    assert snapshot([Numbers(), members.values(), members.keys()]) == [[1, 2], [1, 2], ["a", "b"]]


def test_a_large_object_is_read_as_far_as_the_limit_allows() -> None:
    shared = Account("a", 1)
    for _ in range(40):
        shared = Account("a", 1, owners=[shared, shared])
    copied = snapshot_object({"account": shared}, "payload")
    assert copied.cut
    assert len(json.dumps(copied.value)) < 20_000_000


Headers = type("Headers", (dict,), {})


def test_the_package_of_a_class_counts() -> None:
    assert snapshot(Headers({"authorization": "a"})) == {"authorization": "a"}


if sys.version_info < (3, 14) or TYPE_CHECKING:  # pydantic.v1 does not run on later versions
    from pydantic import v1

    class Key(v1.BaseModel):
        secret: v1.SecretStr
        hint: str = v1.Field(SECRET, repr=False)
        internal: int = v1.Field(1, exclude=True)

    class Login(v1.BaseModel):
        user: str = v1.Field(alias="userName")
        key: Key
        parts: dict[str, Any] = v1.Field({"a": 1, "b": SECRET}, exclude={"b"})

        class Config:
            extra = "allow"

    class Logins(v1.BaseModel):
        __root__: list[Login]

    def test_models_of_pydantic_v1() -> None:
        login = Login.parse_obj({"userName": "ada", "key": {"secret": SECRET}, "more": {"a": 1}})
        expected = {
            "userName": "ada",
            "key": {"secret": "SecretStr('**********')", "hint": HIDDEN},
            "parts": {"a": 1},
            "more": {"a": 1},
        }
        assert snapshot({"login": login, "all": Logins(__root__=[login])}) == {"login": expected, "all": [expected]}
