"""Runs an MCP server as a program, and exchanges messages with it, one a line."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO

from prefactor_gen.diagnostics.diagnostics import printable
from prefactor_gen.remote.errors import RemoteError
from prefactor_gen.remote.mcp_session import Deadline, Message, messages, reply_to

__all__ = ["running_server"]

_MAX_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_MAX_LINES = 100_000
_MAX_ERROR_CHUNKS, _MAX_ERROR_BYTES = 50, 4_096
_SHOWN_LINES = 12
_SHOWN_WIDTH = 200
_SECONDS_TO_END = 2.0

_running: set[subprocess.Popen[bytes]] = set()
_starting = threading.Lock()
"""Held while a server is started, so that each one that runs is in the set."""


@contextlib.contextmanager
def running_server(command: Sequence[str], deadline: Deadline) -> Iterator[_Program]:
    """A server that runs meanwhile. It and the programs that it started are ended afterwards.

    Raises:
        RemoteError: it cannot be started.
    """
    try:
        process = _started(command)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RemoteError(f"cannot run {printable(command[0])!r}: {reason}") from None
    program = _Program(process, deadline)
    try:
        yield program
    except RemoteError as error:
        raise _ProgramError(str(error), [] if program.is_too_much else program.last_lines()) from None
    finally:
        _end(process)
        _running.discard(process)


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    with _starting:
        process = subprocess.Popen(  # noqa: S603  # the command that the user has given
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # closing a buffer would wait until the server has read it
            start_new_session=True,  # a process group of its own, which can be ended as a whole
        )
        _running.add(process)
    return process


@atexit.register
def _end_all() -> None:
    """End what threads have started and do not end themselves any more, because the command was interrupted.

    The lock is kept, because a thread whose server has ended would start the next one.
    """
    with contextlib.suppress(KeyboardInterrupt):
        _starting.acquire()
        for process in list(_running):
            _end(process)


class _ProgramError(RemoteError):
    """What is wrong with a server, and the last lines that it printed as errors, each on a line of its own."""

    def __init__(self, message: str, lines: Sequence[str]) -> None:
        super().__init__(message)
        self.lines = lines

    def __str__(self) -> str:
        return "\n    ".join([super().__str__(), *self.lines])


class _Program:
    """The transport to a server that is a program."""

    def __init__(self, process: subprocess.Popen[bytes], deadline: Deadline) -> None:
        self.process = process
        self.deadline = deadline
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.errors: deque[bytes] = deque(maxlen=_MAX_ERROR_CHUNKS)
        self.is_too_much = False
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101, PT018
        self.stdin = process.stdin
        # Threads that do not keep the program alive: what the server started may hold its streams open.
        self.error_reader = threading.Thread(target=self._read_errors, args=(process.stderr,), daemon=True)
        threading.Thread(target=self._read_lines, args=(process.stdout,), daemon=True).start()
        self.error_reader.start()

    def use_version(self, protocol_version: str) -> None:
        """No message names it."""

    def request(self, message: Message) -> Message:
        """Send a request; returns the answer to it."""
        self.notify(message)
        while True:
            for found in messages(self.line()):
                if (reply := reply_to(found)) is not None:
                    self.notify(reply)
                elif "method" not in found and str(found.get("id")) == str(message["id"]):
                    return found

    def notify(self, message: Message) -> None:
        """Send a message that has no answer."""
        rest = json.dumps(message).encode() + b"\n"
        try:
            while rest:
                rest = rest[self.stdin.write(rest) :]
        except (OSError, ValueError):  # the server has ended, or was ended
            raise self.ended() from None

    def line(self) -> str:
        """The next line of the server's output."""
        try:
            line = self.lines.get(timeout=self.deadline.remaining())
        except queue.Empty:
            self.deadline.remaining()
            raise RemoteError("no answer in time") from None
        if line is None:
            raise self.ended()
        return line.decode("utf-8", errors="replace")

    def ended(self) -> RemoteError:
        """Why there are no more lines: as a rule, the server has ended."""
        if self.is_too_much:
            return RemoteError(f"the server printed more than {_MAX_BYTES:,} bytes or {_MAX_LINES:,} lines")
        try:
            code = self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return RemoteError("the server closed its output before it answered")
        return RemoteError(f"the server ended with exit code {code} before it answered")

    def last_lines(self) -> list[str]:
        """The last lines that the server printed as errors."""
        if self.process.poll() is not None:
            self.error_reader.join(_SECONDS_TO_END)
        lines = b"".join(self.errors).decode("utf-8", errors="replace").splitlines()
        return [printable(line.rstrip())[:_SHOWN_WIDTH] for line in lines if line.strip()][-_SHOWN_LINES:]

    def _read_lines(self, stream: IO[bytes]) -> None:
        begun: list[bytes] = []
        count = size = 0
        with stream:
            while chunk := _read(stream):
                first, *others = chunk.split(b"\n")
                begun.append(first)
                for line in others:
                    self.lines.put(b"".join(begun))
                    begun = [line]
                count, size = count + len(others), size + len(chunk)
                self.is_too_much = size > _MAX_BYTES or count > _MAX_LINES
                if self.is_too_much:
                    break
        self.lines.put(None)

    def _read_errors(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := _read(stream):
                self.errors.append(chunk[-_MAX_ERROR_BYTES:])


def _read(stream: IO[bytes]) -> bytes:
    try:
        return os.read(stream.fileno(), _CHUNK)
    except (OSError, ValueError):
        return b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and those that it started: by closing its input, then by signals."""
    with contextlib.suppress(OSError):
        assert process.stdin is not None  # noqa: S101
        process.stdin.close()
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
            break
        _signal(process, number)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # what it started and left
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_SECONDS_TO_END)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
