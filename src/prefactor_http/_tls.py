"""TLS: the certificates that the client trusts and shows, and what an error of TLS means."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Iterator

import certifi

from prefactor_http.config import HttpClientConfig

__all__ = ["speaks_tls", "tls_context", "tls_problem"]

_PROBE_SECONDS = 2.0

_NO_TLS = {
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNKNOWN_PROTOCOL",
    "WRONG_VERSION_NUMBER",
}
"""OpenSSL's reasons when the other side sends something else than TLS."""

_WRONG_NAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


def tls_context(config: HttpClientConfig) -> ssl.SSLContext:
    """The certificates of a configuration. Loading them takes tens of milliseconds.

    Raises:
        OSError: A file of the configuration, or of SSL_CERT_FILE or SSL_CERT_DIR, cannot be read.
    """
    context = _trusting(config.verify, trust_env=config.trust_env)
    context.set_alpn_protocols(["http/1.1"])
    if config.cert is not None:
        context.load_cert_chain(*((config.cert,) if isinstance(config.cert, str) else config.cert))
    return context


def _trusting(verify: bool | str | ssl.SSLContext, *, trust_env: bool) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    if verify is False:
        return _trusting_all()
    if isinstance(verify, str):
        return _trusting_path(verify)
    path = (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")) if trust_env else None
    return _trusting_path(path or certifi.where())


def _trusting_path(path: str) -> ssl.SSLContext:
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


def _trusting_all() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls_problem(error: BaseException) -> str | None:
    """What is wrong with TLS, and what to do about it; None if an error has another cause."""
    cause = next((each for each in _causes(error) if isinstance(each, ssl.SSLError)), None)
    if cause is None or isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        return None  # the connection was lost
    reason = cause.reason or type(cause).__name__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate_problem(cause)
    if reason in _NO_TLS:
        return (
            "the server does not speak TLS at this port: use http:// in api_url if it should not, or correct the port "
            f"(or the proxy) [{reason}]"
        )
    if "ALERT" in reason:
        return (
            "the server refuses the TLS connection: it may require a client certificate, or not accept this one "
            f"(HttpClientConfig.cert) [{reason}]"
        )
    return f"TLS fails [{reason}]"


def _certificate_problem(error: ssl.SSLCertVerificationError) -> str:
    problem = f"the server's certificate is not valid: {error.verify_message}"
    if error.verify_code in _WRONG_NAME:
        return f"{problem} (is the host of api_url correct?)"
    return (
        f"{problem} (if a company's own authority issued it, name the file of that authority in "
        "HttpClientConfig.verify or SSL_CERT_FILE)"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


async def speaks_tls(host: str, port: int) -> bool:
    """Whether a server answers a TLS handshake, with any certificate."""
    context = _trusting_all()
    writer = None
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            with contextlib.suppress(OSError):
                writer.transport.abort()
    return True
