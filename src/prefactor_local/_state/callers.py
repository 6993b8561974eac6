"""Who sends a request."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Caller"]


@dataclass(frozen=True)
class Caller:
    """The owner of a token: the account (both IDs are None), or one agent in one environment.

    Attributes:
        token_id: What tells the agent's tokens apart; empty for the account, whatever its token.
    """

    agent_id: str | None = None
    environment_id: str | None = None
    token_id: str = ""

    @property
    def is_account(self) -> bool:
        return self.agent_id is None

    def may_see(self, agent_id: str) -> bool:
        return self.agent_id in {None, agent_id}
