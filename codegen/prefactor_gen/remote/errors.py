"""The error of what cannot be read over the network."""

from __future__ import annotations

import re

from prefactor_gen.diagnostics.diagnostics import printable

__all__ = ["RemoteError", "environment_error", "reason_of"]

_LONGEST = 200


class RemoteError(Exception):
    """Something cannot be read over the network. The message says what, why, and what to do, on one line."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def reason_of(error: Exception) -> str:
    """Why a request failed, on one line. Some errors of the network have no text."""
    text = str(error).partition("\n")[0]
    return printable(re.sub(r"^\[Errno -?\d+\] ", "", text)[:_LONGEST]) or type(error).__name__


def environment_error(error: Exception) -> RemoteError:
    """That no client can be made, because of HTTPS_PROXY, SSL_CERT_FILE and their like."""
    variables = "such as HTTPS_PROXY, SSL_CERT_FILE"
    return RemoteError(f"cannot use the proxies or certificates of the environment, {variables}: {reason_of(error)}")
