"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("prefactor-sdk")
except PackageNotFoundError:  # a source tree or zip file without metadata
    __version__ = "0+unknown"
