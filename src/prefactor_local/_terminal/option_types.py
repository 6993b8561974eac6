"""The values of options: what argparse calls with their text."""

from __future__ import annotations

import argparse
import math

__all__ = ["port", "rate", "run_name", "seconds", "status", "whole_seconds"]

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
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"must be a whole number of seconds, not {text!r}")
    return int(text)


def status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 400 <= int(text) <= 599):
        raise argparse.ArgumentTypeError(f"must be a status from 400 to 599, not {text!r}")
    return int(text)


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def run_name(text: str) -> str:
    if not (text.isascii() and text.isalnum() and len(text) <= _ID_CHARS):
        raise argparse.ArgumentTypeError("must be the ID of a run, the beginning of one, or 'last'")
    return text
