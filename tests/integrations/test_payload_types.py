"""Values of numpy, pandas, requests and other packages in payloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import ROOT, run

from prefactor_local import LocalApi

pytestmark = [pytest.mark.integrations, pytest.mark.slow]

FIRST = {"city": "Oslo", "day": "2026-01-02T00:00:00", "count": 1, "mean": 0.5}
HEADERS = {"authorization": "[hidden]", "cookie": "[hidden]", "accept": "text/plain"}
RECORDED: dict[str, dict[str, Any]] = {
    "numpy": {
        "integer": 2**62,
        "float": 0.5,
        "nan": "NaN",
        "bool": True,
        "text": "a",
        "time": "2026-01-02T03:04:05",
        "no time": None,
        "duration": 1.5,
        "no duration": None,
        "record": {"number": 1, "text": "a"},
        "array": [[1, 2], [3, 4]],
        "one value": 7,
        "times": ["2026-01-02", None],
        "records": [{"number": 1, "text": "a"}],
        "objects": [{"a": 1}, None],
        "masked": [1, None],
        "keys": {"1": 1, "false": 2},
    },
    "pandas": {
        "time": "2026-01-02T00:00:00+00:00",
        "duration": 1.5,
        "no time": None,
        "missing": None,
        "period": "2026-01",
        "interval": "(0, 1]",
        "index": [1, 2],
        "categories": ["a", "b"],
        "series": ["Oslo", None],
        "row": FIRST,
        "frame": [FIRST, dict.fromkeys(FIRST)],
        "labelled": {"first": FIRST},
        "same names": [{"a": 1, "a (2)": 2}],
        "empty": [],
    },
    "http": {
        "requests": {name.title(): value for name, value in HEADERS.items()},
        "cookies": {"sid": "[hidden]"},
        "starlette": HEADERS,
        "urllib3": {name.title(): value for name, value in HEADERS.items()},
        "aiohttp": {name.title(): value for name, value in HEADERS.items()},
    },
}
CUT = "[cut: more than 100,000 values]"


def test_values_of_other_packages_are_recorded_as_json(python: Path, tmp_path: Path) -> None:
    program = str(ROOT / "tests/integrations/programs/payload_values.py")
    with LocalApi() as api:
        done = run([str(python), program, api.url, api.token], tmp_path)
        assert done.returncode == 0, done.stderr
        recorded = {span["schema_name"]: span["payload"] for span in api.spans()}
        sent = json.dumps([request.body for request in api.requests])
    assert {name: recorded[name] for name in RECORDED} == RECORDED
    assert "s3cret" not in sent
    large = {name: payload["value"] for name, payload in recorded.items() if name.startswith("large ")}
    assert large["large array"][-1] == CUT
    assert large["large frame"][-1]["[cut]"] == CUT
    assert large["large wide frame"] == [large["large wide frame"][0]]
    assert large["large wide frame"][0]["[cut]"] == CUT
    assert len(large["large series"]) == 100_000
    assert large["large series"][-1] == CUT
