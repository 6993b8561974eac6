# Written by prefactor-gen from schemas/api. Do not edit.
"""Wire models of the Prefactor API."""

from prefactor_api import agent, agent_instance, agent_span, base, bulk

__all__ = ["agent", "agent_instance", "agent_span", "base", "bulk"]
