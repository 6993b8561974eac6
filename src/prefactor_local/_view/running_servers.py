"""Which servers run on this machine: each has a file that says where its viewer is, which other commands read.

The file is `PORT.json` in `$XDG_RUNTIME_DIR/prefactor-local`, or in a folder of the user's own in the temporary folder.
Only its owner can read it, for it holds the token of the viewer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from prefactor_local._state.file_access import write_private
from prefactor_local._view.server_connection import NoAnswerError, OtherServerError, ServerConnection
from prefactor_local._view.server_folders import folders, problem_of

__all__ = ["FoundServers", "RunningServer", "announced", "find_servers", "running_servers"]

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class RunningServer:
    """A server on this machine.

    Attributes:
        url: Its address, for example `http://127.0.0.1:8765`.
        token: The token of its viewer, not that of the account.
        pid: Its process.
        database: The file that it serves as an absolute path, or `:memory:`.
        started_at: When it started, in seconds since 1970.
    """

    url: str
    token: str
    pid: int
    database: str
    started_at: float

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    def connect(self) -> ServerConnection:
        """A connection to it, not yet made."""
        return ServerConnection(urlsplit(self.url).hostname or "", self.port, self.token)

    def view_url(self, run_id: str = "", *, code: str = "") -> str:
        """The link that signs a browser in, and leads to a run, or to all of them.

        Browsers keep what is after `#` to themselves.

        Args:
            run_id: The run.
            code: What stands for the token once.
        """
        page = f"{self.url}/ui/runs/{run_id}" if run_id else f"{self.url}/ui/"
        return f"{page}#c={code}" if code else f"{page}#t={self.token}"


_FORM = TypeAdapter(RunningServer)


class FoundServers(NamedTuple):
    """The servers on this machine, the one that was started last first.

    Attributes:
        silent: those that run, but do not answer: they are busy, stopped, or away.
    """

    answering: list[RunningServer]
    silent: list[RunningServer]


@contextmanager
def announced(server: RunningServer) -> Iterator[Path | None]:
    """A block in which other commands find the server. Gives its file; None if it cannot be written."""
    file = _write(server)
    try:
        yield file
    finally:
        # Another server may have the port, on another address, and the file by now.
        if file is not None and _read(file) == server:
            _remove(file)


def running_servers() -> list[RunningServer]:
    """The servers that answer, the one that was started last first. Removes the files of those that are gone."""
    return find_servers().answering


def find_servers() -> FoundServers:
    """The servers of this user. Removes the files of those that are gone."""
    found: dict[str, RunningServer] = {}
    answering: set[str] = set()
    for folder in folders():
        if problem_of(folder):
            continue
        for file in sorted(folder.glob("*.json")):
            server = _read(file)
            if server is not None and (answers := _answers(server, file)) is not None:
                found[server.url] = server
                answering |= {server.url} if answers else set()
    servers = sorted(found.values(), key=lambda server: -server.started_at)
    return FoundServers(
        [server for server in servers if server.url in answering],
        [server for server in servers if server.url not in answering],
    )


def _write(server: RunningServer) -> Path | None:
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            if not problem_of(folder):
                file = folder / f"{server.port}.json"
                write_private(file, json.dumps(asdict(server)).encode())
                return file
    return None


def _read(file: Path) -> RunningServer | None:
    """What the file says; None if it is gone, is no file, or is of another version of this package."""
    try:
        if not file.is_file():  # to open a FIFO would wait for somebody who writes
            return None
        with file.open("rb") as content:
            server = _FORM.validate_python(json.loads(content.read(_MAX_BYTES)))
        return server if server.port else None
    except (OSError, ValueError, RecursionError):
        return None


def _answers(server: RunningServer, file: Path) -> bool | None:
    """Whether a server answers; None if it is gone: its file is removed then."""
    try:
        if _is_alive(server.pid):  # otherwise whoever has the port now is not asked
            with closing(server.connect()) as connection:
                connection.prove()
            return True
    except OtherServerError:
        pass
    except NoAnswerError:
        return False
    if _read(file) == server:  # unless another server has written it meanwhile
        _remove(file)
    return None


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # os.kill would end it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()
