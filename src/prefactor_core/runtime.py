"""Describes this package, and the environment that it runs in, to the API."""

from __future__ import annotations

import platform
import sys
from typing import Any, Final

from prefactor_http._version import __version__
from prefactor_http.client import DEFAULT_SDK_HEADER

__all__ = ["CORE_SDK_HEADER_ENTRY", "__version__", "build_core_header", "build_runtime_environment", "build_sdk_header"]


CORE_SDK_HEADER_ENTRY: Final = f"prefactor-core@{__version__}"


def build_runtime_environment(sdk_header_entry: str | None = None) -> dict[str, Any]:
    """The value of `runtime_environment` in an agent version.

    Args:
        sdk_header_entry: `package@version` of the integration that uses this client, or several, separated by spaces.
            `prefactor-core` is left out, so that it may be the value of the header `X-Prefactor-SDK`.
    """
    entries = (sdk_header_entry or "").split()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "agent_sdk": [entry for entry in entries if not entry.startswith("prefactor-core@")],
        "os": platform.system().lower(),
        "prefactor_sdk": [CORE_SDK_HEADER_ENTRY, DEFAULT_SDK_HEADER],
        "runtime": f"{sys.implementation.name}@{python}",
    }


def build_sdk_header(sdk_header_entry: str | None = None) -> str:
    """The value of the header `X-Prefactor-SDK`, with the outermost package first."""
    return f"{build_core_header(sdk_header_entry)} {DEFAULT_SDK_HEADER}"


def build_core_header(sdk_header_entry: str | None = None) -> str:
    """The part of `X-Prefactor-SDK` that names this package and the integration that uses it."""
    return f"{(sdk_header_entry or '').strip()} {CORE_SDK_HEADER_ENTRY}".strip()
