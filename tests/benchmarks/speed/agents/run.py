"""One agent and one measure: `python -m tests.benchmarks.speed.agents.run AGENT MEASURE URL OPTIONS` prints JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys

from tests.benchmarks.speed.agents.measures import MEASURES

if __name__ == "__main__":
    name, measure, url, options = sys.argv[1:]
    agent = importlib.import_module(f"tests.benchmarks.speed.agents.{name}").Measured(url)
    print(json.dumps(asyncio.run(MEASURES[measure](agent, **json.loads(options)))), flush=True)
    os._exit(0)  # what is left, such as the end of a session, is not measured
