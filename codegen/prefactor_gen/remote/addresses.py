"""Which addresses schemas are fetched from: https, or http from this machine, and no network that nobody has named."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Container
from urllib.parse import urlsplit

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.remote.errors import RemoteError
from prefactor_gen.remote.secrets import secret_of_address

__all__ = ["check_address", "check_network", "check_target", "host_of", "is_fetched", "shown"]

MAX_URL = 2_000
"""The longest URL that is fetched, in characters."""

_REPOSITORY_PAGE = re.compile(r"https://(github\.com/[^/]+/[^/]+/blob|[^/]+/.+/-/blob)/.+")


def shown(url: str) -> str:
    """The URL as messages show it: on one line, and without what may be a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL
        return printable(url)
    host = parts.netloc.rpartition("@")[2]
    query = "?…" if parts.query else ""
    return printable(f"{parts.scheme}://{host}{parts.path}{query}") if parts.netloc else printable(url)


def host_of(url: str) -> str:
    """The host of a URL, in lower case, without port; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_fetched(url: str) -> bool:
    """Whether a URL has a scheme that is fetched."""
    return url[:8].lower() == "https://" or (url[:7].lower() == "http://" and _is_this_machine(host_of(url)))


def check_address(url: str) -> None:
    """Refuse what is no URL of a document that can be fetched, and named in pyproject.toml.

    Raises:
        RemoteError: it is none. The message holds no secrets of the URL.
    """
    check_target(url)
    if (secret := secret_of_address(url)) is not None:
        raise RemoteError(f"the URL of {host_of(url)} has a secret, {printable(secret)}, which would be stored")
    if _REPOSITORY_PAGE.fullmatch(url):
        raise RemoteError(f"{shown(url)} is a page about a file; name the address of the file itself (button Raw)")


def check_target(url: str) -> None:
    """Refuse what is no URL of a document that can be fetched; a redirect may lead to one with a secret.

    Raises:
        RemoteError: it is none. The message holds no secrets of the URL.
    """
    try:
        parts = urlsplit(url)
        has_host, user = bool(parts.hostname) and parts.port != 0, parts.username or parts.password
    except ValueError as error:
        raise RemoteError(f"expected a URL, found {shown(url)}: {error}") from None
    if not is_fetched(url):
        raise RemoteError(f"expected a URL that begins with https://, found {shown(url)!r}")
    if len(url) > MAX_URL:
        raise RemoteError(f"expected a URL of at most {MAX_URL:,} characters, found {len(url):,}")
    if not has_host or not url.isprintable() or set(url) & set(' \\<>"{}|^`'):
        raise RemoteError(f"expected a URL with a host, and other characters as %XX, found {shown(url)!r}")
    if user:
        raise RemoteError(f"the URL of {parts.hostname} has a user or a password, which would be stored; leave it out")


async def check_network(url: str, named: Container[str]) -> None:
    """Refuse an address of a private network, or of this machine, on a host that the user has not named.

    A schema from the web could otherwise make this machine ask services that only it can reach.

    Raises:
        RemoteError: it is one.
    """
    host = host_of(url)
    if host in named:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a proxy may know it; otherwise, connecting fails
        return
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if any(not each.is_global for each in addresses):
        raise RemoteError(
            f"{shown(url)} is an address of a private network, which nobody has named here; if it is meant, run "
            f"prefactor-gen refs add for it"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name
        return False
