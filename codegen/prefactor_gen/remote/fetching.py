"""Fetches documents over https, within limits of time and size."""

from __future__ import annotations

import asyncio
import netrc
import os
import time
import zlib
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.diagnostics.limits import MAX_BYTES
from prefactor_gen.remote.addresses import check_network, check_target, shown
from prefactor_gen.remote.errors import RemoteError, environment_error, reason_of

__all__ = ["MAX_REDIRECTS", "MAX_RUN_SECONDS", "MAX_SECONDS", "MAX_TOTAL_BYTES", "FetchError", "Fetcher"]

MAX_SECONDS = 30.0
"""The time for one document, in seconds, from the look-up of its host to its last byte."""
MAX_RUN_SECONDS = 300.0
"""The time for all documents of a run, in seconds."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""The most bytes of all documents of a run."""
MAX_REDIRECTS = 5

_AT_ONCE = 8
_PIECE = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "accept": "application/schema+json, application/json, application/yaml;q=0.9, */*;q=0.5",
    "accept-encoding": "gzip",
    "user-agent": "prefactor-gen",
}


class FetchError(RemoteError):
    """A document cannot be fetched.

    Attributes:
        url: its URL.
    """

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(f"cannot fetch {shown(url)}: {printable(reason)}")


class Fetcher:
    """Fetches the documents of one run: `with Fetcher(hosts) as fetcher: fetcher.fetch(urls)`.

    Args:
        named: the hosts that the user has named. Others may not be those of a private network.

    Raises:
        RemoteError: the environment has a wrong proxy, certificate or netrc file.
    """

    def __init__(self, named: Collection[str]) -> None:
        self._named = named
        self._client = _client()
        self._runner = asyncio.Runner()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._end = time.monotonic() + MAX_RUN_SECONDS
        self._bytes = 0
        self._errors: list[FetchError] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._runner:
            self._runner.run(self._client.aclose())

    def fetch(self, urls: Sequence[str]) -> list[bytes]:
        """The documents at some URLs, in their order; several are fetched at a time.

        Raises:
            FetchError: one of them cannot be fetched. Those that were not begun are left out then.
        """
        return self._runner.run(self._fetch_all(urls))

    async def _fetch_all(self, urls: Sequence[str]) -> list[bytes]:
        found = await asyncio.gather(*map(self._document, urls))
        if self._errors:
            raise self._errors[0]
        return found

    async def _document(self, url: str) -> bytes:
        async with self._slots:
            if self._errors:
                return b""
            try:
                async with asyncio.timeout(min(MAX_SECONDS, self._end - time.monotonic())):
                    return await self._follow(url)
            except TimeoutError:
                limit = f"{MAX_SECONDS:g} seconds, or {MAX_RUN_SECONDS:g} with the others"
                self._errors.append(FetchError(url, f"no complete answer within {limit}"))
            except FetchError as error:
                self._errors.append(error)
            except RemoteError as error:  # about an address that a redirect leads to
                self._errors.append(FetchError(url, str(error)))
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                self._errors.append(FetchError(url, reason_of(error)))
            return b""

    async def _follow(self, url: str) -> bytes:
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            check_target(at)
            await check_network(at, self._named)
            async with self._client.stream("GET", at) as answer:
                target = answer.headers.get("location") if answer.status_code in _REDIRECTS else None
                if target is None:
                    _check_answer(answer, url)
                    return await self._content(answer, url)
            at = urljoin(at, target).partition("#")[0]
        raise FetchError(url, f"more than {MAX_REDIRECTS} redirects")

    async def _content(self, answer: httpx.Response, url: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in _decoded(answer, url):
            size += len(part)
            self._bytes += len(part)
            if size > MAX_BYTES:
                raise FetchError(url, f"more than {MAX_BYTES:,} bytes")
            if self._bytes > MAX_TOTAL_BYTES:
                raise FetchError(url, f"more than {MAX_TOTAL_BYTES:,} bytes, with the others")
            parts.append(part)
        return b"".join(parts)


def _client() -> httpx.AsyncClient:
    """A client with the proxies, certificates and passwords that the environment and the user's netrc file name."""
    try:
        return httpx.AsyncClient(headers=_HEADERS, timeout=MAX_SECONDS, auth=_passwords())
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise environment_error(error) from None


def _passwords() -> httpx.Auth | None:
    """Sends a user and a password to the hosts that the user's netrc file names, as git and curl do."""
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        return httpx.NetRCAuth(str(file)) if file.is_file() else None
    except (netrc.NetrcParseError, OSError, ValueError) as error:
        place = f", line {error.lineno}" if isinstance(error, netrc.NetrcParseError) else ""
        raise RemoteError(f"cannot read the passwords in {file.name}{place}") from None


async def _decoded(answer: httpx.Response, url: str) -> AsyncIterator[bytes]:
    """The content of an answer in small pieces, however far it is compressed."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        async for raw in answer.aiter_raw():
            yield raw
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise FetchError(url, f"expected plain content or gzip, found {encoding[:40]!r}")
    inflate = zlib.decompressobj(wbits=31)
    async for raw in answer.aiter_raw():
        rest, is_full = raw, False
        while rest or is_full:
            try:
                part = inflate.decompress(rest, _PIECE)
            except zlib.error:
                raise FetchError(url, "its gzip data is broken") from None
            rest, is_full = inflate.unconsumed_tail, len(part) == _PIECE
            yield part
    if not inflate.eof or inflate.unused_data:
        raise FetchError(url, "its gzip data is not one complete member")


def _check_answer(answer: httpx.Response, url: str) -> None:
    if answer.status_code != httpx.codes.OK:
        reason = httpx.codes.get_reason_phrase(answer.status_code)
        raise FetchError(url, f"the answer is {answer.status_code} {reason}".rstrip())
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise FetchError(url, f"expected a schema, found a page ({kind})")
