"""Watching for the platform's stop signal."""

from prefactor_core.monitoring.termination_monitor import TerminationCallback, TerminationMonitor

__all__ = ["TerminationCallback", "TerminationMonitor"]
