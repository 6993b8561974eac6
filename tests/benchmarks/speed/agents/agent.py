"""What each agent of the benchmark can do. Agents of other SDKs run in environments without ours."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

__all__ = ["MODEL", "Agent", "prompt", "response"]

MODEL = "gpt-4"


def prompt(number: int) -> str:
    """The input of a span: about 100 characters. The sink finds the mark in it."""
    return f"What should I pack for three days in Lisbon in November, if I travel with one small bag? #s{number}#"


def response(number: int) -> str:
    """The output of a span."""
    return f"A rain jacket, two shirts, and shoes that you can walk in. #f{number}#"


class Agent(ABC):
    """An agent that records spans with one SDK, each with a model, a prompt and a response.

    `begin` and `end` are what is measured. They are coroutines because some SDKs know nothing else.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @abstractmethod
    async def open(self) -> None:
        """Set up the SDK, and start what spans belong to."""

    @abstractmethod
    async def begin(self, number: int) -> object:
        """Open a span, and record its input."""

    @abstractmethod
    async def end(self, span: object, number: int) -> None:
        """Record the output of a span, and close it."""

    @abstractmethod
    async def drain(self) -> None:
        """Wait until all that was recorded has arrived."""

    async def settle(self) -> None:
        """Wait until the spans of the warm-up have arrived."""
        await self.drain()

    async def sleep(self, seconds: float) -> None:
        """What the agent does between its calls."""
        time.sleep(seconds)  # noqa: ASYNC251 - the SDK has a thread of its own
