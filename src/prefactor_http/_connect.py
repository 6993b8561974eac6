"""Connects to a host that may have several addresses, of which some may not answer (RFC 8305).

asyncio's own way leaves tasks behind when it is cancelled, and uvloop has none.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import TypeAlias, TypeVar

__all__ = ["connect"]

P = TypeVar("P", bound=asyncio.Protocol)
_Attempt: TypeAlias = "asyncio.Task[tuple[asyncio.Transport, P]]"

_NEXT_ADDRESS_SECONDS = 0.25


async def connect(make: Callable[[], P], host: str, port: int) -> tuple[asyncio.Transport, P]:
    """Opens a connection, on the first address that answers. The next one is tried after a failure, or a while.

    Args:
        make: makes the protocol.
        host: a name or an address.
        port: the port.

    Raises:
        OSError: no address answers. With several addresses, its cause is the group of their errors.
    """
    loop = asyncio.get_running_loop()
    addresses = [host] if _is_address(host) else await _addresses_of(host, port)
    attempts: list[_Attempt[P]] = []
    winner: _Attempt[P] | None = None
    try:
        for address in addresses:
            attempts.append(loop.create_task(loop.create_connection(make, address, port)))
            is_last = len(attempts) == len(addresses)
            winner = await _first(attempts, None if is_last else _NEXT_ADDRESS_SECONDS)
            if winner is not None:
                break
        await _end([attempt for attempt in attempts if attempt is not winner])
    except BaseException:  # a cancellation, perhaps when there is a winner
        await _end(attempts)
        raise
    if winner is None:
        raise _error_of(attempts)
    return winner.result()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _addresses_of(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty part, as in "https://.example.com", or one of more than 63 characters
        raise OSError("the name of the host is not valid") from error
    return [str(address) for address in dict.fromkeys(info[4][0] for info in found)]


async def _first(attempts: list[_Attempt[P]], seconds: float | None) -> _Attempt[P] | None:
    """The first attempt that succeeds. None when another address is to be tried: one has failed, or the time is over.

    Without a time, it waits until all have failed.
    """
    while pending := [attempt for attempt in attempts if not attempt.done()]:
        done, _ = await asyncio.wait(pending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for attempt in done:
            if attempt.exception() is None:
                return attempt
        if seconds is not None:
            break
    return None


async def _end(attempts: list[_Attempt[P]]) -> None:
    for attempt in attempts:
        attempt.cancel()
        attempt.add_done_callback(_disconnect)  # also when nobody waits for it any more
    if attempts:
        await asyncio.wait(attempts)


def _disconnect(attempt: _Attempt[P]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:  # it succeeded before it could be cancelled
        attempt.result()[0].abort()


def _error_of(attempts: list[_Attempt[P]]) -> OSError:
    errors = [error for attempt in attempts if isinstance(error := attempt.exception(), OSError)]
    if len(errors) == 1:
        return errors[0]
    error = OSError("; ".join(map(str, errors)))
    error.__cause__ = ExceptionGroup("no address answers", errors)
    return error
