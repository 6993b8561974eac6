"""Names of a package that are imported when they are first used, so that `import` costs what the program needs."""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TypeVar

__all__ = ["lazy_names", "real_dates"]

T = TypeVar("T")


def lazy_names(
    package: str, modules: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of a package. Public modules of the package are found as well.

    Args:
        package: the package's full name.
        modules: the module that defines the names → the names.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        if name in module_of:
            with real_dates():
                value: object = getattr(import_module(module_of[name]), name)
            return sys.modules[package].__dict__.setdefault(name, value)
        if not name.startswith("_"):
            try:
                with real_dates():
                    return import_module(f"{package}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{package}.{name}":
                    raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return get, names


@contextlib.contextmanager
def real_dates() -> Iterator[None]:
    """Import with the classes that pydantic knows.

    freezegun replaces them while a test runs, and asks each module for all its names then: that may be the first use.
    """
    shown = datetime.datetime, datetime.date
    real = _real(datetime.datetime), _real(datetime.date)
    if shown == real:
        yield
        return
    datetime.datetime, datetime.date = real  # type: ignore[misc]
    try:
        yield
    finally:
        datetime.datetime, datetime.date = shown  # type: ignore[misc]


def _real(shown: type[T]) -> type[T]:
    return next(each for each in shown.__mro__ if each.__module__ == "datetime")
