"""Detects that the platform terminates agent instances."""

from prefactor_core.monitoring.termination_monitor import TerminationCallback, TerminationMonitor

__all__ = ["TerminationCallback", "TerminationMonitor"]
