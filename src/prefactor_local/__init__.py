"""The Prefactor API on your machine: for tests, for the demo, and for developing agents without an account.

Needs the extra `local`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefactor_local._api import LocalApi
    from prefactor_local._faults.fault import Fault
    from prefactor_local._protocol.errors import LocalApiError
    from prefactor_local._state.records import RecordedCall, RecordedRequest

__all__ = ["Fault", "LocalApi", "LocalApiError", "MissingExtraError", "RecordedCall", "RecordedRequest"]


class MissingExtraError(ImportError):
    """The packages of the extra `local` are not installed. The message says how to install them."""

    def __init__(self) -> None:
        super().__init__("install prefactor-sdk with its extra 'local'")


# Imported on first use, so that the command can say which extra is missing.
_MODULES = {
    "Fault": "prefactor_local._faults.fault",
    "LocalApi": "prefactor_local._api",
    "LocalApiError": "prefactor_local._protocol.errors",
    "RecordedCall": "prefactor_local._state.records",
    "RecordedRequest": "prefactor_local._state.records",
}

EXTRA_PACKAGES = frozenset({"liquid", "rich", "starlette", "uvicorn"})

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(_MODULES[name])
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in EXTRA_PACKAGES:
                raise
            raise MissingExtraError from error
        return getattr(module, name)
