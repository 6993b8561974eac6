"""Watching for the platform's stop signal."""

from prefactor_core.monitoring.termination_monitor import TerminationMonitor

__all__ = ["TerminationMonitor"]
