"""The Prefactor API on your own machine: for tests, for the demo, and for developing agents without an account.

Needs the extra `local`: `pip install 'prefactor-sdk[local]'`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefactor_local._api import LocalApi
    from prefactor_local._errors import LocalApiError
    from prefactor_local._faults import Fault
    from prefactor_local._requestlog import RecordedCall, RecordedRequest

__all__ = ["Fault", "LocalApi", "LocalApiError", "MissingExtraError", "RecordedCall", "RecordedRequest"]


class MissingExtraError(ImportError):
    """The packages of the extra `local` are not installed. The message says what to do."""


# Loaded on first use, so that the command can say which extra is missing.
_HOME = {
    "Fault": "prefactor_local._faults",
    "LocalApi": "prefactor_local._api",
    "LocalApiError": "prefactor_local._errors",
    "RecordedCall": "prefactor_local._requestlog",
    "RecordedRequest": "prefactor_local._requestlog",
}

_EXTRA_PACKAGES = frozenset({"liquid", "starlette", "uvicorn"})

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            home = importlib.import_module(_HOME[name])
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRA_PACKAGES:
                raise
            raise MissingExtraError(
                "prefactor_local needs more packages: pip install 'prefactor-sdk[local]'"
            ) from error
        return getattr(home, name)
