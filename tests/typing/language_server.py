"""A client of pyright's language server: what an editor asks, over the server's standard streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeAlias

__all__ = ["LanguageServer", "position"]

Message: TypeAlias = dict[str, Any]


def position(program: str) -> tuple[str, int, int]:
    """Return a program without its marker `|`, and the marker's line and column, from 0."""
    before, after = program.split("|")
    return before + after, before.count("\n"), len(before.rpartition("\n")[2])


class LanguageServer:
    """The server for the programs of a folder, which is the current folder of its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = 0

    def __enter__(self) -> Self:
        folder = Path(sys.executable).parent
        self._process = subprocess.Popen(
            [folder / "pyright-langserver", "--stdio"],
            cwd=self._folder,
            env={**os.environ, "PATH": os.pathsep.join([str(folder), os.environ["PATH"]])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        uri = self._folder.as_uri()
        folders = [{"uri": uri, "name": "project"}]
        self._ask("initialize", processId=os.getpid(), rootUri=uri, capabilities={}, workspaceFolders=folders)
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(self, *_error: object) -> None:
        self._ask("shutdown")
        self._send({"method": "exit"})
        self._process.communicate(timeout=30)

    def completions(self, program: str) -> list[str]:
        """Return what the server offers at the marker `|` of a program."""
        text, line, column = position(program)
        self._ids += 1
        uri = (self._folder / f"edited_{self._ids}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        where = {"line": line, "character": column}
        found = self._ask("textDocument/completion", textDocument={"uri": uri}, position=where)
        return [item["label"] for item in found["items"]]

    def _ask(self, method: str, **params: object) -> Message:
        self._ids += 1
        number = self._ids
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                answer: Message = message.get("result") or {}
                return answer
            if "id" in message:  # a question of the server
                items = message.get("params", {}).get("items", [])
                self._send({"id": message["id"], "result": [None for _ in items] or None})

    def _send(self, message: Mapping[str, object]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Message:
        assert self._process.stdout
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            assert line, "the language server has ended"
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: Message = json.loads(self._process.stdout.read(length))
        return message
