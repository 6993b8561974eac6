"""Generated models are built when they are used first, by whichever thread that is."""

from __future__ import annotations

import subprocess
import sys

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


def test_threads_that_use_a_model_first() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
