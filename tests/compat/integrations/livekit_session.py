"""A LiveKit session's events, recorded with prefactor-livekit. The session itself is made up: a real one needs a room.

Usage: livekit_session.py <url> <token>
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace as Event
from typing import Any

from prefactor_livekit import PrefactorLiveKitSession


class Session:
    """What the wrapper needs of an `AgentSession`: its events, and `start`."""

    def __init__(self) -> None:
        self._handlers: defaultdict[str, list[Callable[[Any], None]]] = defaultdict(list)

    def on(self, name: str, handler: Callable[[Any], None]) -> None:
        self._handlers[name].append(handler)

    def off(self, name: str, handler: Callable[[Any], None]) -> None:
        self._handlers[name].remove(handler)

    async def start(self, agent: object) -> None:
        """A user asks, the assistant calls a tool and answers."""
        self.emit("user_state_changed", old_state="listening", new_state="speaking", created_at=1.0)
        self.emit("user_input_transcribed", transcript="Wea", is_final=False, created_at=1.5)
        self.emit(
            "user_input_transcribed",
            transcript="Weather?",
            is_final=True,
            language="en",
            speaker_id="u",
            created_at=2.0,
        )
        self.emit("speech_created", source="generate_reply", user_initiated=True, created_at=3.0)
        call = Event(name="look", call_id="c", arguments='{"city": "Oslo"}', created_at=3.5, extra={})
        output = Event(name="look", output="rain", is_error=False)
        self.emit("function_tools_executed", zipped=lambda: [(call, output)])
        metrics = Event(type="llm_metrics", request_id="r", timestamp=3.7, label="llm")
        self.emit("metrics_collected", metrics=metrics)
        item = Event(type="message", role="assistant", content=["It rains."], created_at=4.0)
        self.emit("conversation_item_added", item=item, created_at=4.0)
        self.emit("agent_state_changed", old_state="speaking", new_state="listening", created_at=5.0)

    def emit(self, name: str, **fields: Any) -> None:
        for handler in list(self._handlers[name]):
            handler(Event(**fields))


async def main(url: str, token: str) -> None:
    wrapper = PrefactorLiveKitSession.from_config(url, token, agent_id="agent", agent_name="Weather")
    await wrapper.start(session=Session(), agent=object())
    await wrapper.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
