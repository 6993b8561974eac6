"""An MCP server over standard input and output that does what a scenario says. It runs as a program.

The scenario is a JSON file, which is the only argument:

- `pages`: the tools of each page of `tools/list`; `endless`: after the last page, the first comes again.
- `before`: lines that are printed first. `complaint`: what is printed as an error.
- `initialize`: in place of the usual result of `initialize`; `error`: of a server that answers with an error.
- `asks`: it sends a ping, and answers only after the reply. `says`: notifications before each answer.
- `ends`: the exit code at the first request. `is_silent`: it answers nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(scenario: dict[str, Any]) -> None:
    for line in scenario.get("before", []):
        print(line, flush=True)
    print(scenario.get("complaint", ""), file=sys.stderr, flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if "ends" in scenario:
            sys.exit(scenario["ends"])
        if "id" not in message or scenario.get("is_silent"):
            continue
        if scenario.get("asks"):
            send({"jsonrpc": "2.0", "id": "q", "method": "ping"})
            assert json.loads(sys.stdin.readline()) == {"jsonrpc": "2.0", "id": "q", "result": {}}
            send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "ready"}})
        send({"jsonrpc": "2.0", "id": message["id"], **answer(message, scenario)})


def answer(message: dict[str, Any], scenario: dict[str, Any]) -> dict[str, Any]:
    if "error" in scenario:
        return {"error": scenario["error"]}
    if message["method"] == "initialize":
        usual = {
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "shop", "version": "1.0"},
        }
        return {"result": scenario.get("initialize", usual)}
    pages = scenario["pages"]
    number = int(message["params"].get("cursor", "0"))
    following = (number + 1) % len(pages) if scenario.get("endless") else number + 1
    cursor = {"nextCursor": str(following)} if following < len(pages) else {}
    return {"result": {"tools": pages[number], **cursor}}


def send(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
