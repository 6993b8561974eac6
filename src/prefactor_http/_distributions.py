"""Warns about installed distributions that provide the same import packages as ours."""

import warnings
from importlib.metadata import PackageNotFoundError, distribution

__all__ = ["warn_if_installed"]

_checked: set[str] = set()


def warn_if_installed(name: str) -> None:
    """Warns if a distribution is installed whose files are in the same folder as ours. Warns once per name.

    The one that was installed last has overwritten files of the other, such as `__init__`. So this is called from
    several modules, among them modules that the other distribution does not have.

    Args:
        name: Distribution name, such as "prefactor-http"; its import package has the same name with an underscore.
    """
    if name in _checked:
        return
    _checked.add(name)
    try:
        distribution(name)
    except PackageNotFoundError:
        return
    warnings.warn(
        f"{name} is installed beside prefactor-sdk, and both contain the package {name.replace('-', '_')}: files of one"
        f" have overwritten files of the other. Uninstall both (pip uninstall {name} prefactor-sdk), then install"
        " prefactor-sdk again, as its README shows.",
        UserWarning,
        stacklevel=3,
    )
