"""Collects schemas from the web with all that they refer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prefactor_gen.remote.addresses import is_fetched, shown
from prefactor_gen.remote.agent_versions import RemoteError
from prefactor_gen.remote.fetching import FetchError
from prefactor_gen.vendoring.remote_schema import RemoteSchema, read_schema

__all__ = ["MAX_SCHEMAS", "Collected", "collect"]

MAX_SCHEMAS = 1_000
"""The most schemas that are collected in one run."""


@dataclass
class Collected:
    """The schemas that were fetched.

    Attributes:
        schemas: by URL, those that were asked for first.
        referrers: the URL of the schema that led to each of the others, by URL.
        left: URLs that are not fetched, because they have another scheme than https, each with the URL of a schema that
            refers to it.
    """

    schemas: dict[str, RemoteSchema] = field(default_factory=dict)
    referrers: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


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
    new = [url for url in schema.refers_to if url not in found.schemas and not is_known(url)]
    for url in new:
        if is_fetched(url):
            found.referrers.setdefault(url, schema.url)
        else:
            found.left.setdefault(url, schema.url)
    return [url for url in new if is_fetched(url)]
