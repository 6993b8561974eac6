"""Wire models of the Prefactor API."""

__all__ = ["agent", "agent_instance", "agent_span", "base", "bulk"]
