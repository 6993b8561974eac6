"""The context of delivery: that of no request of the program, and in no trace."""

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
from typing import Any

__all__ = ["start_in_empty_context", "untraced_context"]


def start_in_empty_context(thread: threading.Thread) -> None:
    """Start a thread that keeps nothing of the caller's context, which Python 3.14 and OpenTelemetry may hand on."""
    contextvars.Context().run(thread.start)


def untraced_context() -> contextvars.Context:
    """A context that is empty, but for OpenTelemetry, if the program has loaded it: there, it suppresses tracing."""
    context = contextvars.Context()
    telemetry = sys.modules.get("opentelemetry.context")
    if telemetry is not None:
        with contextlib.suppress(Exception):  # its key is private
            context.run(lambda: telemetry.attach(_suppressed(telemetry)))
    return context


def _suppressed(telemetry: Any) -> Any:
    suppressed = telemetry.Context()
    for key in (telemetry._SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation"):  # older versions read the second
        suppressed = telemetry.set_value(key, True, suppressed)
    return suppressed
