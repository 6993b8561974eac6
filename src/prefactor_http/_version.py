"""Version of the installed distribution: the one place that both packages ask."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("prefactor-sdk")
except PackageNotFoundError:  # run from a source tree or a zip without metadata
    __version__ = "0+unknown"
