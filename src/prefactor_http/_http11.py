"""One connection to a server: h11 has the rules of HTTP/1.1, and asyncio moves the bytes."""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Sequence
from typing import Self, cast

import h11

from prefactor_http._address import Address
from prefactor_http._clock import monotonic
from prefactor_http._connect import connect
from prefactor_http._transport_errors import InvalidRequestError, NoAnswerError

__all__ = ["Header", "Http11Connection"]

Header = tuple[bytes, bytes]

_KEEP_SECONDS = 5.0  # unused for longer, a connection is not used again: many servers and proxies close it soon
_MAX_HEAD_BYTES = 100 * 1024


class Http11Connection(asyncio.Protocol):
    """A connection to a server, for one request after the other.

    What is sent is given to the transport at once, the head together with the body. The answer is read meanwhile: a
    server may refuse a long body before it has read it.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._wakened: asyncio.Future[None] | None = None
        self._has_ended = False
        self._failure: Exception | None = None
        self._idle_since = 0.0

    @classmethod
    async def open(cls, address: Address, *, tls: ssl.SSLContext | None, timeout: float) -> Self:
        """Connects.

        Args:
            address: The server.
            tls: Encrypts the connection.
            timeout: Seconds that it may take; TLS may take as long again.

        Raises:
            NoAnswerError: There is no connection.
        """
        try:
            async with asyncio.timeout(timeout):
                transport, connection = await connect(cls, address.host, address.port)
        except TimeoutError as error:
            raise NoAnswerError("ConnectTimeout", lost=False) from error
        except OSError as error:
            raise NoAnswerError("ConnectError", error, lost=False) from error
        if tls is not None:
            await connection._start_tls(transport, tls, address.host, timeout)
        return connection

    async def _start_tls(self, transport: asyncio.Transport, tls: ssl.SSLContext, host: str, timeout: float) -> None:
        start = asyncio.get_running_loop().start_tls
        try:
            encrypted = await start(transport, self, tls, server_hostname=host, ssl_handshake_timeout=timeout)
        except OSError as error:
            raise NoAnswerError("ConnectError", error, lost=False) from error
        except BaseException:  # a cancellation
            transport.abort()
            raise
        if encrypted is None:  # it ended during the handshake
            raise NoAnswerError("ConnectError", "the connection was closed", lost=False)
        self._transport = encrypted

    async def send(
        self, method: bytes, target: bytes, headers: Sequence[Header], content: bytes | None
    ) -> tuple[int, dict[str, str]]:
        """Sends a request. Its answer must be read to its end before the next one.

        Args:
            method: HTTP method.
            target: Path and query.
            headers: The headers, without the length of the body.
            content: The body.

        Returns:
            The status and the headers of the answer, with names in lower case.

        Raises:
            InvalidRequestError: The request is not valid; nothing is sent.
            NoAnswerError: There is no answer.
        """
        if content is not None:
            headers = [*headers, (b"Content-Length", b"%d" % len(content))]
        try:
            head = self._http.send(h11.Request(method=method, target=target, headers=list(headers))) or b""
        except h11.LocalProtocolError as error:
            raise InvalidRequestError(type(error).__name__) from error
        body = (self._http.send(h11.Data(content)) if content else None) or b""
        self._http.send(h11.EndOfMessage())
        # Not writelines(): from Python 3.12 on, it watches for a chance to write an empty body, again and again.
        cast("asyncio.Transport", self._transport).write(head + body)
        while not isinstance(event := await self._next_event(), h11.Response):
            pass  # 100 Continue, 103 Early Hints
        return event.status_code, {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}

    async def read(self) -> bytes:
        """The next piece of the answer's body; empty at its end.

        Raises:
            NoAnswerError: The rest does not come.
        """
        event = await self._next_event()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def end_request(self) -> bool:
        """The request is over. Returns whether the connection can be used for another one; otherwise it is closed."""
        states = self._http.our_state, self._http.their_state
        if states == (h11.DONE, h11.DONE) and self._has_nothing_left():
            self._http.start_next_cycle()
        elif states != (h11.IDLE, h11.IDLE):
            await self.close()
        self._idle_since = monotonic()
        return self.is_usable

    @property
    def is_usable(self) -> bool:
        """Another request can be sent: the server keeps the connection, and it was used a moment ago."""
        if self._transport is None or self._has_ended or self._failure or self._transport.is_closing():
            return False
        return monotonic() - self._idle_since < _KEEP_SECONDS and not _has_input(self._transport)

    async def close(self) -> None:
        """Closes the connection; a request that is running fails."""
        self._abort()
        await asyncio.sleep(0)  # asyncio closes the socket then

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._has_ended = True
        self._wake()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._http.our_state is h11.IDLE and self._idle_since:
            self._abort()  # nobody asked for it; on a new connection, it is an answer that does not wait for a request
        elif not self._has_ended:
            self._http.receive_data(data)
            self._wake()

    def eof_received(self) -> None:
        """See asyncio.Protocol. The transport closes itself."""
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        if error is None:
            self._end()
        self._failure = self._failure or error
        self._wake()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._http.receive_data(b"")
            self._wake()

    def _wake(self) -> None:
        if self._wakened is not None and not self._wakened.done():
            self._wakened.set_result(None)

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise self._protocol_error(error) from error
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            if self._has_ended or self._failure is not None:
                raise NoAnswerError("ReadError", self._failure or "", lost=True, hung_up=True) from self._failure
            self._wakened = asyncio.get_running_loop().create_future()
            await self._wakened

    def _protocol_error(self, error: h11.RemoteProtocolError) -> NoAnswerError:
        if self._has_ended and "ConnectionClosed" in str(error):  # h11's name for the end of what it has received
            problem = "Server disconnected without sending a response."
            return NoAnswerError("RemoteProtocolError", problem, lost=True, hung_up=True)
        return NoAnswerError("RemoteProtocolError", error, lost=True)

    def _has_nothing_left(self) -> bool:
        """The request was sent to its end, and nothing came after the answer."""
        transport = self._transport
        return transport is not None and not (transport.get_write_buffer_size() or self._http.trailing_data[0])


def _has_input(transport: asyncio.Transport) -> bool:
    """Something has come that the event loop has not read yet: the server has closed an idle connection."""
    descriptor = transport.get_extra_info("socket").fileno()
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
