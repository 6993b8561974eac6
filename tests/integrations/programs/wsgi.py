"""A WSGI application."""

import asyncio
from collections.abc import Callable
from typing import Any

from my_agent import answer


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    loop = asyncio.new_event_loop()
    text = loop.run_until_complete(answer(environ["PATH_INFO"].strip("/")))
    loop.close()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
