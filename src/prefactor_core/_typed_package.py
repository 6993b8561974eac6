"""The path under which generated packages import their loader."""

from __future__ import annotations

from prefactor_http._distributions import warn_if_installed

warn_if_installed("prefactor-core")  # before the next import, which fails when another distribution's files are found

from prefactor_http._lazy_names import real_dates  # noqa: E402

with real_dates():  # it may be imported in the middle of a test with freezegun
    from prefactor_core._typed.package_loader import load

__all__ = ["load"]
