"""The values of options: what argparse calls with their text."""

from __future__ import annotations

import argparse
import ipaddress
import math
import re

__all__ = [
    "RunName",
    "file_name",
    "host_name",
    "port",
    "rate",
    "run_name",
    "seconds",
    "server_port",
    "some_text",
    "status",
    "token",
    "whole_seconds",
]

_RUN_LINK = re.compile(r"http://[^/\s:]*(?:\[[^\]\s]*\])?(?::(?P<port>\d{1,5}))?/ui/runs/(?P<id>\w+)", re.ASCII)
_ID_CHARS = 200


def seconds(text: str) -> float:
    return _number(text, "a number of seconds, 0 or more", math.inf)


def rate(text: str) -> float:
    return _number(text, "a number from 0 to 1", 1)


def _number(text: str, wanted: str, highest: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 <= number <= highest and math.isfinite(number)):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return number


def whole_seconds(text: str) -> int:
    return _whole(text, "a whole number of seconds")


def status(text: str) -> int:
    return _whole(text, "a status from 400 to 599", 400, 599)


def port(text: str) -> int:
    """A port to listen on; 0 is any that is free."""
    return _whole(text, "a number from 0 to 65535", 0, 65535)


def server_port(text: str) -> int:
    """The port of a server that runs."""
    return _whole(text, "a number from 1 to 65535", 1, 65535)


def _whole(text: str, wanted: str, lowest: int = 0, highest: float = math.inf) -> int:
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text!r}")
    return int(text)


class RunName(str):
    """What names a run: its ID, the beginning of it, or `last`.

    Attributes:
        port: that of the link from which it is, if it is from one.
    """

    port: int | None = None


def run_name(text: str) -> RunName:
    """What `text` names. Raises `argparse.ArgumentTypeError` with a sentence."""
    link = _RUN_LINK.match(text)
    if "://" in text and not link:
        raise argparse.ArgumentTypeError("is a link, but not to a run: give the link to one, its ID, or 'last'")
    name = RunName((link["id"] if link else text).lower())  # as IDs are
    name.port = int(link["port"] or 80) if link else None
    if not (name.isascii() and name.isalnum() and len(name) <= _ID_CHARS):
        raise argparse.ArgumentTypeError("must be the ID of a run, the beginning of one, a link to one, or 'last'")
    return name


def some_text(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def file_name(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("must be the name of a file")
    return text


def token(text: str) -> str:
    """What a header `Authorization` can hold."""
    if not text or not all("!" <= char <= "~" for char in text):
        raise argparse.ArgumentTypeError("must have ASCII letters, digits and signs only, and at least one")
    return text


def host_name(text: str) -> str:
    """A name as it is in the header Host, without the port."""
    if not (re.fullmatch(r"[\w.-]+", text) or _is_address(text.removeprefix("[").removesuffix("]"))):
        raise argparse.ArgumentTypeError(f"must be a name or an IP address, without scheme and port, not {text!r}")
    return text


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False
