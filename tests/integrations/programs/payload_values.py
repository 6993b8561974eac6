"""Records values of other packages as the params of a span.

Usage: payload_values.py <url> <token>
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import multidict
import numpy as np
import pandas as pd
import requests
import starlette.datastructures
import urllib3

from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig, SchemaRegistry
from prefactor_http import HttpClientConfig

HEADERS = {"Authorization": "Bearer s3cret", "Cookie": "sid=s3cret", "Accept": "text/plain"}
FRAME = pd.DataFrame(
    {
        "city": ["Oslo", None],
        "day": pd.to_datetime(["2026-01-02", None]),
        "count": pd.array([1, None], dtype="Int64"),
        "mean": [0.5, float("nan")],
    }
)
RECORD = np.array([(1, "a")], dtype=[("number", int), ("text", "U3")])


def cookies() -> requests.cookies.RequestsCookieJar:
    session = requests.Session()
    session.cookies.set("sid", "s3cret")
    return session.cookies


NUMPY: dict[str, Any] = {
    "integer": np.int64(2**62),
    "float": np.float32(0.5),
    "nan": np.float64("nan"),
    "bool": np.bool_(True),
    "text": np.str_("a"),
    "time": np.datetime64("2026-01-02T03:04:05"),
    "no time": np.datetime64("NaT"),
    "duration": np.timedelta64(1500, "ms"),
    "no duration": np.timedelta64("NaT"),
    "record": RECORD[0],
    "array": np.array([[1, 2], [3, 4]]),
    "one value": np.array(7),
    "times": np.array(["2026-01-02", "NaT"], "datetime64[D]"),
    "records": RECORD,
    "objects": np.array([{"a": np.int8(1)}, None], dtype=object),
    "masked": np.ma.masked_array([1, 2], mask=[False, True]),
    "keys": {np.int64(1): 1, np.bool_(False): 2},
}
PANDAS: dict[str, Any] = {
    "time": pd.Timestamp("2026-01-02", tz="UTC"),
    "duration": pd.Timedelta("1.5s"),
    "no time": pd.NaT,
    "missing": pd.NA,
    "period": pd.Period("2026-01"),
    "interval": pd.Interval(0, 1),
    "index": pd.Index([1, 2]),
    "categories": pd.Categorical(["a", "b"]),
    "series": FRAME["city"],
    "row": FRAME.loc[0],
    "frame": FRAME,
    "labelled": FRAME.iloc[:1].rename(index={0: "first"}),
    "same names": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "empty": pd.DataFrame(),
}
HTTP: dict[str, Any] = {
    "requests": requests.structures.CaseInsensitiveDict(HEADERS),
    "cookies": cookies(),
    "starlette": starlette.datastructures.Headers(HEADERS),
    "urllib3": urllib3.HTTPHeaderDict(HEADERS),
    "aiohttp": multidict.CIMultiDict(HEADERS),
}
LARGE: dict[str, Any] = {
    "array": np.broadcast_to(np.int8(1), (10**6, 10**6)),
    "frame": pd.DataFrame(np.zeros((100_000, 9))),
    "wide frame": pd.DataFrame(np.zeros((2, 200_000))),
    "series": pd.Series(np.zeros(1_000_000)),
}


async def main(url: str, token: str) -> None:
    config = PrefactorCoreConfig(
        http_config=HttpClientConfig(url, token), schema_registry=SchemaRegistry(), max_payload_bytes=10_000_000
    )
    async with PrefactorCoreClient(config) as client:
        instance = await client.create_agent_instance(agent_id="agent", agent_version={"name": "Values"})
        await instance.start()
        for name, values in {"numpy": NUMPY, "pandas": PANDAS, "http": HTTP}.items():
            async with instance.span(name) as span:
                await span.start(values)
        for name, value in LARGE.items():
            async with instance.span(f"large {name}") as span:
                await span.start({"value": value})
        await instance.finish()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
