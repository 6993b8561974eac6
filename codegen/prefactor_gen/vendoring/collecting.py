"""Collects schemas from the web with all that they refer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prefactor_gen.remote.addresses import check_address, is_fetched, shown
from prefactor_gen.remote.errors import RemoteError
from prefactor_gen.remote.fetching import FetchError
from prefactor_gen.vendoring.remote_schema import RemoteSchema, read_schema

__all__ = ["MAX_SCHEMAS", "Collected", "collect"]

MAX_SCHEMAS = 1_000
"""The most schemas that are collected in one run."""


@dataclass(frozen=True)
class NotFetched:
    """A reference that is not fetched: the URL of its schema, its own, and the reason with what to do."""

    referrer: str
    url: str
    reason: str


@dataclass
class Collected:
    """The schemas that were fetched.

    Attributes:
        schemas: by URL, those that were asked for first.
        referrers: the URL of the schema that led to each of the others, by URL.
        left: what is not fetched, because it has another scheme than https, or is no URL.
    """

    schemas: dict[str, RemoteSchema] = field(default_factory=dict)
    referrers: dict[str, str] = field(default_factory=dict)
    left: list[NotFetched] = field(default_factory=list)


def collect(
    urls: Sequence[str], fetch: Callable[[Sequence[str]], list[bytes]], is_known: Callable[[str], bool]
) -> Collected:
    """Fetch schemas and all that they refer to, each once.

    Args:
        urls: the URLs of the schemas, without fragments.
        fetch: returns the documents at some URLs.
        is_known: whether a reference to a URL has a target already, so that it is not fetched.

    Raises:
        RemoteError: something cannot be fetched or is no schema, or there are too many.
    """
    found = Collected()
    pending = list(dict.fromkeys(urls))
    while pending:
        if len(found.schemas) + len(pending) > MAX_SCHEMAS:
            raise RemoteError(f"{shown(pending[0])} and others: more than {MAX_SCHEMAS:,} schemas refer to each other")
        for url, content in zip(pending, _fetched(pending, fetch, found), strict=True):
            found.schemas[url] = read_schema(url, content)
        pending = list(dict.fromkeys(each for url in pending for each in _next(found.schemas[url], found, is_known)))
    return found


def _fetched(urls: Sequence[str], fetch: Callable[[Sequence[str]], list[bytes]], found: Collected) -> list[bytes]:
    try:
        return fetch(urls)
    except FetchError as error:
        if (referrer := found.referrers.get(error.url)) is None:
            raise
        raise RemoteError(f"{error}; {shown(referrer)} refers to it") from None


def _next(schema: RemoteSchema, found: Collected, is_known: Callable[[str], bool]) -> list[str]:
    """The URLs that a schema refers to, and that are to be fetched."""
    fetched: list[str] = []
    for url in schema.refers_to:
        if url in found.schemas or is_known(url):
            continue
        if (reason := _why_not(url)) is not None:
            found.left.append(NotFetched(schema.url, url, reason))
            continue
        found.referrers.setdefault(url, schema.url)
        fetched.append(url)
    return fetched


def _why_not(url: str) -> str | None:
    """Why a reference is not fetched; None if it is."""
    if not is_fetched(url):
        return "only https is fetched: save a copy, and name it in [tool.prefactor-gen.refs]"
    try:
        check_address(url)
    except RemoteError as error:
        return str(error)
    return None
