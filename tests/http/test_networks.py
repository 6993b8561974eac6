"""Networks of companies: proxies, certificate authorities of their own, mutual TLS; and TLS where there is none."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import pickle
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import TypeAdapter
from tests.support.networks import API_HOST, answering_server, proxy

from prefactor_http import (
    HttpClientConfig,
    PrefactorConnectionError,
    PrefactorHttpClient,
    PrefactorRetryExhaustedError,
    PrefactorTlsError,
)
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

PONG = {"status": "success"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies and certificates."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A company's own authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def authority_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", API_HOST).configure_cert(context)
    return context


async def ping(url: str, **options: Any) -> dict[str, Any]:
    async with PrefactorHttpClient(HttpClientConfig(url, "t", **{"max_retries": 0, **options})) as client:
        await client.validate_token()
        return await client.validate_token()  # on the same connection


# Proxies.


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_a_proxy_of_the_environment(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering_server() as port, proxy() as running:
        if variable == "HTTP_PROXY":
            monkeypatch.setenv(variable, running.url.removeprefix("http://"))
        else:
            monkeypatch.setenv(variable, running.url)
        assert await ping(f"http://{API_HOST}:{port}") == PONG
    assert running.asked[0] == f"GET http://{API_HOST}:{port}/api/v1/ping HTTP/1.1"


async def test_a_proxy_of_the_environment_with_tls(
    server_tls: ssl.SSLContext, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering_server(server_tls) as port, proxy() as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        monkeypatch.setenv("SSL_CERT_FILE", authority_file)
        assert await ping(f"https://{API_HOST}:{port}") == PONG
    assert running.asked == [f"CONNECT {API_HOST}:{port} HTTP/1.1"]


async def test_a_proxy_of_the_configuration_with_a_password() -> None:
    async with answering_server() as port, proxy("user:pass") as running:
        url = running.url.replace("//", "//user:pass@")
        assert await ping(f"http://{API_HOST}:{port}", proxy=url) == PONG
        assert await ping(f"http://{API_HOST}:{port}", proxy=url, trust_env=False) == PONG


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_refuses_its_credentials(scheme: str) -> None:
    async with proxy("user:pass") as running:
        with pytest.raises(PrefactorRetryExhaustedError, match="ProxyError: 407 Proxy Authentication Required"):
            await ping(f"{scheme}://{API_HOST}:1", proxy=running.url)


@pytest.mark.parametrize("exception", ["127.0.0.1", "test", ".prefactor.test", "*"])
async def test_hosts_without_a_proxy(exception: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering_server() as port, proxy() as running:
        monkeypatch.setenv("HTTP_PROXY", running.url)
        monkeypatch.setenv("NO_PROXY", exception)
        if exception == "127.0.0.1":
            assert await ping(f"http://127.0.0.1:{port}") == PONG
        else:  # the host is not known outside the proxy
            with pytest.raises(PrefactorRetryExhaustedError, match="ConnectError"):
                await ping(f"http://{API_HOST}:{port}")
    assert running.asked == []


async def test_this_machine_is_reached_without_a_proxy_of_the_environment(
    api: LocalApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy() as running:
        monkeypatch.setenv("ALL_PROXY", running.url)
        async with PrefactorHttpClient(HttpClientConfig(api.url, api.token)) as client:
            assert await client.validate_token() == PONG
    assert running.asked == []


async def test_the_environment_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy() as running:
        monkeypatch.setenv("ALL_PROXY", running.url)
        with pytest.raises(PrefactorRetryExhaustedError, match="ConnectError"):
            await ping(f"http://{API_HOST}:1", trust_env=False)
    assert running.asked == []


@pytest.mark.parametrize(
    ("url", "problem"), [("ftp://proxy", "not valid"), ("socks5://127.0.0.1:1", "needs the package socksio")]
)
async def test_a_proxy_of_the_environment_that_cannot_be_used(
    url: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(PrefactorRetryExhaustedError, match=problem):
        await ping(f"http://{API_HOST}:1")


# Addresses.


async def test_a_host_with_an_address_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, connect = socket.getaddrinfo, asyncio.SelectorEventLoop.sock_connect

    async def sock_connect(loop: asyncio.SelectorEventLoop, sock: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == "127.0.0.2":
            await asyncio.Event().wait()
        await connect(loop, sock, address)

    def two_addresses(host: str, port: int, *args: Any, **options: Any) -> Any:
        first, second = (resolve(each, port, *args, **options) for each in ("127.0.0.2", "127.0.0.1"))
        return [*first, *second]

    async with answering_server() as port:
        monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
        monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", sock_connect)
        assert await ping(f"http://{API_HOST}:{port}") == PONG


@pytest.mark.parametrize("host", [".example.com", "api..example.com", "a" * 64 + ".example.com"])
async def test_a_host_that_no_name_service_can_look_up(host: str) -> None:
    with pytest.raises(PrefactorRetryExhaustedError, match="ConnectError: the name of the host is not valid"):
        await ping(f"https://{host}")


async def test_a_request_that_is_cancelled_twice_leaves_no_connection() -> None:
    async with asyncio.timeout(30), answering_server() as port:  # the server waits for the ends of all connections
        for steps in range(16):
            request = asyncio.create_task(ping(f"http://127.0.0.1:{port}"))
            for _ in range(steps):
                await asyncio.sleep(0)
            request.cancel()
            await asyncio.sleep(0)
            request.cancel()
            await asyncio.wait([request])


# Certificates.


@pytest.mark.parametrize("option", ["verify", "context", "SSL_CERT_FILE", "anything"])
async def test_the_authority_of_a_company(
    option: str, server_tls: ssl.SSLContext, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, dict[str, Any]] = {
        "verify": {"verify": authority_file},
        "context": {"verify": ssl.create_default_context(cafile=authority_file)},
        "anything": {"verify": False},
    }
    if option not in options:
        monkeypatch.setenv(option, authority_file)
    async with answering_server(server_tls) as port:
        assert await ping(f"https://127.0.0.1:{port}", **options.get(option, {})) == PONG


@pytest.mark.parametrize("parts", [1, 2, 3])
async def test_mutual_tls(parts: int, authority: trustme.CA, authority_file: str, tmp_path: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    own = authority.issue_cert("agent@example.com")
    files = [tmp_path / "both.pem", tmp_path / "certificate.pem", tmp_path / "key.pem"]
    own.private_key_and_cert_chain_pem.write_to_path(str(files[0]))
    own.cert_chain_pems[0].write_to_path(str(files[1]))
    own.private_key_pem.write_to_path(str(files[2]))
    cert = str(files[0]) if parts == 1 else tuple([*map(str, files[1:]), "password not needed"][:parts])
    async with answering_server(server) as port:
        assert await ping(f"https://127.0.0.1:{port}", verify=authority_file, cert=cert) == PONG
        with pytest.raises((PrefactorTlsError, PrefactorRetryExhaustedError)):
            await ping(f"https://127.0.0.1:{port}", verify=authority_file)


# TLS fails at once, and the error says what to do.


async def test_an_authority_that_is_not_known(server_tls: ssl.SSLContext) -> None:
    async with answering_server(server_tls) as port:
        with pytest.raises(PrefactorTlsError, match=r"not valid: .* or SSL_CERT_FILE"):
            await ping(f"https://127.0.0.1:{port}", max_retries=3)


async def test_a_certificate_of_another_host(server_tls: ssl.SSLContext, authority_file: str) -> None:
    async with answering_server(server_tls) as port:
        with pytest.raises(PrefactorTlsError, match="is the host of api_url correct"):
            await ping(f"https://localhost:{port}", verify=authority_file, max_retries=3)


async def test_tls_to_a_plain_port(api: LocalApi) -> None:
    with pytest.raises(PrefactorTlsError, match=r"does not speak TLS at this port: use http://"):
        await ping(api.url.replace("http:", "https:"), max_retries=3)


async def test_no_tls_to_a_port_with_tls(server_tls: ssl.SSLContext) -> None:
    async with answering_server(server_tls) as port:
        with pytest.raises(PrefactorTlsError, match="expects TLS at this port: use https://"):
            await ping(f"http://127.0.0.1:{port}", max_retries=3)


async def test_a_file_of_the_environment_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    with pytest.raises(PrefactorTlsError, match="SSL_CERT_FILE or SSL_CERT_DIR cannot be loaded: FileNotFoundError"):
        await ping("https://127.0.0.1:1", max_retries=3)


# The log, and secrets.


async def test_requests_are_not_in_the_log_of_httpx(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with PrefactorHttpClient(HttpClientConfig(api.url, api.token)) as client:
        await client.validate_token()
    assert [entry.name for entry in caplog.records if entry.name.startswith("http")] == []


def test_a_password_is_in_no_repr_and_no_dump(authority_file: str) -> None:
    config = HttpClientConfig(
        "https://x.test",
        "t",
        proxy="http://user:hunter2@proxy:3128",
        cert=(authority_file, authority_file, "hunter2"),
        verify=authority_file,
    )
    assert config.proxy == "http://user:hunter2@proxy:3128"
    adapter = TypeAdapter(HttpClientConfig)
    shown = [
        repr(config),
        str(dataclasses.asdict(config)),
        str(pickle.dumps(config)),
        adapter.dump_json(config).decode(),
    ]
    assert all("proxy:3128" in each and "hunter2" not in each for each in shown), shown


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"proxy": "proxy:3128"}, "proxy must be"),
        ({"proxy": "ftp://user:hunter2@proxy"}, "proxy must be"),
        ({"verify": "/no/such/file"}, "verify: there is no file"),
        ({"verify": 1}, "verify must be"),
        ({"cert": "/no/such/file"}, "cert: there is no file"),
        ({"cert": (1, 2, 3)}, "cert must be"),
        ({"cert": ()}, "cert must be"),
    ],
)
def test_options_that_are_not_valid(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        HttpClientConfig("https://x.test", "t", **options)
    assert "hunter2" not in str(caught.value)


def test_the_lost_connection_error_is_kept_by_its_subclass() -> None:
    assert issubclass(PrefactorTlsError, PrefactorConnectionError)  # delivery tries again
