"""Values of other packages that are often in payloads, turned into values that a snapshot copies.

    numpy scalars              numbers, booleans, texts; durations in seconds; NaT as null; records as objects
    numpy arrays               lists of lists
    pandas Series, DataFrame   a list of the values, or of the rows as objects; with another index than the default one,
                               an object with its labels as names; what is missing (NaN, NaT, NA) is null
    pandas Index, arrays       lists
    pandas Period, Interval    text
    pydantic v1 models         objects, with their aliases
    attrs classes              objects
    HTTP headers and cookies   objects; credentials and the values of cookies are hidden

Nothing is imported: a type is recognised by the names of its package and its class, or of those of a base. Each
conversion reads only as many values as it is told. What the repr of an object hides is recorded as `HIDDEN`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["HIDDEN", "Conversion", "Members", "conversion_of", "members_of_attrs"]

HIDDEN = "[hidden]"

_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "set-cookie"}


class Members(list[tuple[object, object]]):
    """The members of an object: names, which may be of any type and occur again, and values."""


Conversion: TypeAlias = Callable[[Any, int], object]
"""Called with a value, and with the most values that are read of it. One more shows that there are more."""


def _find_conversion(kind: type) -> Conversion | None:
    for base in kind.__mro__:
        for package, convert in _CONVERSIONS.get(base.__name__, ()):
            if base.__module__ == package or base.__module__.startswith(f"{package}."):
                return convert
    return None


conversion_of: Callable[[type], Conversion | None] = lru_cache(maxsize=500)(_find_conversion)
"""How values of a type are converted, or None if this module does not know the type."""


def members_of_attrs(value: Any, limit: int) -> Members:
    """The attributes of an object of an attrs class; as in its repr, which may hide some."""
    attributes = itertools.islice(type(value).__attrs_attrs__, limit + 1)
    return Members((each.name, _as_in_repr(getattr(value, each.name, None), each.repr)) for each in attributes)


def _null(_value: object, _limit: int) -> None:
    return None


def _text(value: object, _limit: int) -> str:
    return str(value)


def _from_numpy_scalar(value: Any, _limit: int) -> object:
    kind = value.dtype.kind
    if kind in "mM" and value != value:  # noqa: PLR0124 - only NaT differs from itself
        return None
    if kind == "M":
        return str(value)
    if kind == "m":
        return float(value / type(value)(1, "s"))
    if kind == "f":
        return float(value)  # of a long double, `item()` is itself
    if kind == "V" and value.dtype.names is not None:
        return Members((name, value[name]) for name in value.dtype.names)
    return value.item()


def _from_numpy_array(value: Any, limit: int) -> object:
    if value.dtype.kind not in "mMVO" and value.size <= limit:
        return value.tolist()
    return list(value[: limit + 1]) if value.ndim else value[()]


def _from_pandas_values(value: Any, limit: int) -> object:
    return value[: limit + 1].tolist()


def _from_series(series: Any, limit: int) -> object:
    series = series.iloc[: limit + 1]
    return _labelled(series.index, _values(series))


def _from_data_frame(frame: Any, limit: int) -> object:
    frame = frame.iloc[:, : limit + 1]
    names = frame.columns.tolist()
    frame = frame.iloc[: limit // (len(names) + 1) + 1]
    return _labelled(frame.index, [Members(zip(names, row, strict=True)) for row in _values(frame)])


def _values(data: Any) -> list[Any]:
    """The values of a Series or the rows of a DataFrame, as Python's types. What is missing is None."""
    values = data.to_numpy(dtype=object, copy=True)
    values[data.isna().to_numpy(dtype=bool)] = None
    rows: list[Any] = values.tolist()
    return rows


def _labelled(index: Any, values: list[Any]) -> object:
    if type(index).__name__ == "RangeIndex" and (index.start, index.step, index.name) == (0, 1, None):  # the default
        return values
    return Members(zip(index.tolist(), values, strict=True))


def _from_pydantic_v1(model: Any, limit: int) -> object:
    fields = type(model).__fields__
    if "__root__" in fields:
        return model.__root__
    members = Members()
    for name, member in itertools.islice(vars(model).items(), limit + 1):
        field = fields.get(name)
        if field is None:  # a member that is allowed as an extra one
            members.append((name, member))
        elif not field.field_info.exclude:
            members.append((field.alias, member if field.field_info.repr else HIDDEN))
        elif field.field_info.exclude is not True:  # parts of it
            members += model.dict(include={name}, by_alias=True).items()
    return members


def _as_in_repr(member: object, shown: bool | Callable[[object], str]) -> object:
    """The value of an attribute, or what the repr of the object shows instead of that of the value."""
    return HIDDEN if shown is False else member if shown is True else shown(member)


def _from_headers(headers: Mapping[Any, object], limit: int) -> object:
    items = itertools.islice(headers.items(), limit + 1)
    return Members((name, HIDDEN if str(name).lower() in _SECRET_HEADERS else value) for name, value in items)


def _from_cookies(cookies: Iterable[object], limit: int) -> object:
    """By name only. Iterating over some kinds gives the names, and over others the cookies."""
    return Members((getattr(each, "name", each), HIDDEN) for each in itertools.islice(cookies, limit + 1))


# The name of a class → packages, or modules, that define a class with this name, and its conversion.
_CONVERSIONS: Mapping[str, tuple[tuple[str, Conversion], ...]] = {
    "ndarray": (("numpy", _from_numpy_array),),
    "generic": (("numpy", _from_numpy_scalar),),
    "Series": (("pandas", _from_series),),
    "DataFrame": (("pandas", _from_data_frame),),
    "Index": (("pandas", _from_pandas_values),),
    "ExtensionArray": (("pandas", _from_pandas_values),),
    "NaTType": (("pandas", _null),),
    "NAType": (("pandas", _null),),
    "Period": (("pandas", _text),),
    "Interval": (("pandas", _text),),
    "BaseModel": (("pydantic.v1", _from_pydantic_v1),),
    "Headers": (("httpx", _from_headers), ("starlette", _from_headers)),
    "CaseInsensitiveDict": (("requests", _from_headers),),
    "HTTPHeaderDict": (("urllib3", _from_headers),),
    "CIMultiDict": (("multidict", _from_headers),),
    "CIMultiDictProxy": (("multidict", _from_headers),),
    "Cookies": (("httpx", _from_cookies),),
    "CookieJar": (("http.cookiejar", _from_cookies),),
    "BaseCookie": (("http.cookies", _from_cookies),),
}
