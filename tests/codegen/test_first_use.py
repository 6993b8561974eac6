"""Generated models are built at their first use, in whichever thread that is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
from pydantic import ValidationError
import prefactor_spans

sys.setswitchinterval(1e-6)
THREADS = 8
problems = []

def use(span_type, together):
    together.wait()
    try:
        span_type.Params.model_validate({"model": 1, "name": 1, "query": 1, "message": 1, "agent": 1})
        problems.append(f"{span_type.__name__} takes anything")
    except ValidationError:
        pass
    except BaseException as error:
        problems.append(repr(error))

for span_type in prefactor_spans.SPAN_TYPES.values():
    assert not span_type.Params.__pydantic_complete__, span_type
    together = threading.Barrier(THREADS)
    threads = [threading.Thread(target=use, args=(span_type, together)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert span_type.Params.__pydantic_complete__, span_type
    assert not span_type.Result.__pydantic_complete__, span_type
assert not problems, problems
"""


def test_threads_that_use_a_model_for_the_first_time() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


FORKED = """
import os, sys, threading
from typing import Literal
from prefactor_core.typed import PayloadModel
from prefactor_spans import AgentLlm

sys.setswitchinterval(1e-6)

def other():
    class Other(PayloadModel):
        x: Literal["a", "b"]
    return Other

others = [other() for _ in range(400)]

def build():
    for each in others:
        each(x="a")

thread = threading.Thread(target=build)
thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        AgentLlm.Params(model="m", prompt="p")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
thread.join()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_does_not_wait_for_a_thread_of_its_parent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", FORKED],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
