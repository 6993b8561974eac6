"""The end of a program that did not close its client: real processes, against the embedded API."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import nullcontext
from functools import cache

import pytest
from tests.core.programs import run_program, running_program
from tests.core.support import CREATE

from prefactor_core._process.exit import drain
from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.slow

RECORD = """
    for _ in range(20):
        async with instance.span("step"):
            pass
    await instance.finish()
"""
MAIN = f"""
async def main():
    client, instance = await started()
    {RECORD}
"""
ENDS = {
    "return": ("asyncio.run(main())", 0, ""),
    "exit": ("    sys.exit(3)\nasyncio.run(main())", 3, ""),
    "exception": ("    raise ValueError('mine')\nasyncio.run(main())", 1, "ValueError: mine"),
    "loop left open": ("loop = asyncio.new_event_loop()\nloop.run_until_complete(main())", 0, ""),
    "another thread": ("threading.Thread(target=lambda: asyncio.run(main())).start()", 0, ""),
}


def check_all_arrived(api: LocalApi) -> None:
    assert [span["status"] for span in api.spans()] == ["complete"] * 20
    assert api.instances()[0]["status"] == "complete"
    assert not api.violations


@pytest.fixture
def slow_api(api: LocalApi) -> LocalApi:
    """Slow at first, so that most is still to be sent when the program ends."""
    api.inject(Fault(path=".*/start", delay=0.3))
    return api


@cache
def starts_threads_at_its_end() -> bool:
    start = "threading.Thread(target=lambda: (time.sleep(0.1), threading.Thread(target=print).start())).start()"
    command = [sys.executable, "-c", f"import threading, time; {start}"]
    return not subprocess.run(command, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize(
    ("end", "host"), [("return", "127.0.0.1"), ("exit", "127.0.0.1"), *((end, "localhost") for end in ENDS)]
)
def test_waiting_operations_are_sent(slow_api: LocalApi, end: str, host: str) -> None:
    if end == "another thread" and not starts_threads_at_its_end():
        pytest.skip("this version of Python starts no thread when its main thread has ended, as 3.12.1")
    text, code, error = ENDS[end]
    ended = run_program(MAIN + text, slow_api, url=slow_api.url.replace("127.0.0.1", host))
    assert ended.code == code
    assert error in ended.errors if error else ended.errors == ""
    check_all_arrived(slow_api)


LOOP_GOES_ON = (
    "done = threading.Event()"
    + MAIN
    + """
    done.set()
    await asyncio.sleep(60)

threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
done.wait()
"""
)


def test_while_a_loop_goes_on_in_a_daemon_thread(slow_api: LocalApi) -> None:
    assert run_program(LOOP_GOES_ON, slow_api).code == 0
    check_all_arrived(slow_api)


THREADS_RECORD = """
client, instance = asyncio.run(started())

async def record():
    time.sleep(0.1)
    for _ in range(5):
        async with instance.span("step"):
            pass

threads = [threading.Thread(target=lambda: asyncio.run(record())) for _ in range(4)]
for thread in threads:
    thread.start()
"""


def test_threads_that_record_after_the_end_of_main(api: LocalApi) -> None:
    ended = run_program(THREADS_RECORD, api)
    assert (ended.code, ended.errors) == (0, "")
    assert [span["status"] for span in api.spans()] == ["complete"] * 20


INTERRUPTED = f"""
async def main():
    client, instance = await started()
    {RECORD}
    say("recorded")
    await asyncio.sleep(60)

asyncio.run(main())
"""

IN_BLOCK = """
async def main():
    async with new_client() as client:
        instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
        await instance.start()
        for _ in range(20):
            async with instance.span("step"):
                pass
        await instance.finish()
        say("recorded")
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("text", [INTERRUPTED, IN_BLOCK])
def test_ctrl_c(slow_api: LocalApi, text: str) -> None:
    with running_program(text, slow_api) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGINT)
        ended = program.end()
    assert ended.code == -signal.SIGINT
    assert "KeyboardInterrupt" in ended.errors
    check_all_arrived(slow_api)


CANCELLED = """
async def main():
    client, instance = await started()
    await instance.create_span("step")
    await instance.finish()
    try:
        async with asyncio.timeout(0.05):
            await client.close()
    except TimeoutError:
        say("cancelled")

asyncio.run(main())
"""


def test_a_cancelled_close_is_completed_at_the_end_of_the_program(slow_api: LocalApi) -> None:
    ended = run_program(CANCELLED, slow_api)
    assert (ended.code, ended.output, ended.errors) == (0, "cancelled\n", "")
    assert len(slow_api.spans()) == 1
    assert slow_api.instances()[0]["status"] == "complete"


@pytest.fixture
def away() -> Iterator[str]:
    """The address of an API that is not there; the port is reserved."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


GONE = """
async def main():
    client, instance = await started(http_config=HttpClientConfig(max_retries=0), require_api_at_start=False)
    for _ in range(5):
        async with instance.span("step"):
            pass

asyncio.run(main())
"""


def test_an_api_that_refuses_connections_does_not_delay_the_end(api: LocalApi, away: str) -> None:
    ended = run_program(GONE, api, url=away, close_timeout=3600)
    assert ended.code == 0
    assert "13 operations were not delivered before the process ended" in ended.errors


PAUSED = f"""
import logging
logged = threading.Event()
handler = logging.Handler()
handler.emit = lambda record: logged.set()
logging.getLogger("prefactor_core").addHandler(handler)

async def main():
    queue = QueueConfig(retry_delay_base=3600, close_timeout=3)
    client, instance = await started(queue_config=queue)
    await client.flush()
    say("started")
    sys.stdin.readline()
    {RECORD}
    logged.wait()
    say("paused")
    sys.stdin.readline()

asyncio.run(main())
"""


def test_an_api_that_is_back_at_the_end_gets_everything(api: LocalApi) -> None:
    """The pause of an outage is not over yet, but the end tries once more at once."""
    with running_program(PAUSED, api) as program:
        assert program.line() == "started"
        with api.away():
            program.say("record")
            assert program.line() == "paused"
        program.say("end")
        ended = program.end()
    assert (ended.code, ended.errors) == (0, "")
    check_all_arrived(api)


CLOSED_STREAM = """
import io, logging
for name in [None, "prefactor_core"]:
    stream = io.StringIO()
    logging.getLogger(name).addHandler(logging.StreamHandler(stream))
    stream.close()
"""


def test_the_loss_is_logged_although_the_stream_of_the_log_is_closed(api: LocalApi, away: str) -> None:
    ended = run_program(CLOSED_STREAM + GONE, api, url=away)
    assert "13 operations were not delivered before the process ended" in ended.errors
    assert "Logging error" not in ended.errors
    assert "Traceback" not in ended.errors


LATE = """
async def main():
    client, instance = await started()
    for _ in range(20):
        async with instance.span("step"):
            pass
    return instance

async def record():
    while True:
        async with instance.span("late") as span:
            await span.start({"x": 1})
        await asyncio.sleep(0.01)

instance = asyncio.run(main())
record_in_background(record)
"""


def test_what_is_recorded_at_the_end_is_counted_and_does_not_raise(slow_api: LocalApi) -> None:
    ended = run_program(LATE, slow_api)
    assert (ended.code, ended.output) == (0, "")
    assert "not delivered before the process ended" in ended.errors
    assert [span["status"] for span in slow_api.spans() if span["schema_name"] == "step"] == ["complete"] * 20


NEW_RUNS = """
begun = threading.Event()

async def main():
    client, instance = await started()
    await instance.finish()
    await client.flush()
    return client

async def record():
    while True:
        say("new")
        asyncio.get_running_loop().call_soon(begun.set)
        run = await client.create_agent_instance(agent_id="a", agent_version={"name": "Agent"})
        await run.start()
        await run.finish()
        await asyncio.sleep(0.01)

client = asyncio.run(main())
record_in_background(record)
begun.wait()
"""


def test_a_run_that_begins_at_the_end_does_not_raise(api: LocalApi) -> None:
    api.inject(Fault(path=".*/register", delay=0.3, times=None))  # it has no answer when delivery ends
    ended = run_program(NEW_RUNS, api)
    assert (ended.code, set(ended.output.split())) == (0, {"new"})


def test_an_api_that_hangs_delays_the_end_until_the_deadline(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=".*/start", delay=60, times=None))
    api.inject(Fault(method="POST", path=CREATE, delay=60, times=None))
    begun = time.monotonic()
    ended = run_program(MAIN + "asyncio.run(main())", api, close_timeout=0.5)
    assert time.monotonic() - begun < 10
    assert "42 operations were not delivered before the process ended" in ended.errors


def test_ctrl_c_at_the_end_stops_the_wait_and_the_loss_is_logged(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=".*/start", delay=60, times=None))
    text = MAIN + "    say('recorded')\nimport atexit\nasyncio.run(main())\natexit.register(say, 'ends')\n"
    with running_program(text, api, close_timeout=60) as program:
        assert [program.line(), program.line()] == ["recorded", "ends"]
        while program.running:
            program.send(signal.SIGINT)
            time.sleep(0.05)
        ended = program.end()
    # The first one may come before the finishes of the open runs are recorded.
    assert re.search(r"4[0-2] operations were not delivered before the process ended", ended.errors)


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_clients_are_drained_at_the_same_time(monkeypatch: pytest.MonkeyPatch, is_interrupted: bool) -> None:
    """Also if Ctrl-C interrupts what comes before: the open runs become failed."""

    def fail(_reason: str) -> None:
        if is_interrupted:
            raise KeyboardInterrupt

    class Delivery:
        """Done as soon as all of them have begun to close."""

        exit_seconds = 5.0

        def __init__(self) -> None:
            self.done: Future[None] = Future()
            self.begun = self.delivered = False

        def begin_flush(self) -> Future[None]:
            raise AssertionError

        def begin_close(self, timeout: float | None, *, at_exit: bool = False) -> Future[None]:
            self.begun = True
            if all(delivery.begun for delivery in deliveries):
                for delivery in deliveries:
                    delivery.done.set_result(None)
            return self.done

        def finalise(self) -> None:
            self.delivered = self.done.done()

    deliveries = [Delivery() for _ in range(3)]
    monkeypatch.setattr("prefactor_core._process.exit._open", dict.fromkeys(deliveries, lambda: fail))
    with pytest.raises(KeyboardInterrupt) if is_interrupted else nullcontext():
        drain()
    assert [delivery.delivered for delivery in deliveries] == [True] * 3


def sigterm(*, drain: bool | None) -> str:
    return f"DRAIN = {drain}" + SIGTERM


SIGTERM = f"""
async def main(wait=lambda: time.sleep(60)):
    client, instance = await started(drain_on_sigterm=DRAIN)
    {RECORD}
    say("recorded")
    wait()

"""


def test_sigterm_without_a_drain_ends_the_program_at_once(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=".*/start", delay=60, times=None))
    with running_program(sigterm(drain=False) + "asyncio.run(main())", api, close_timeout=60) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGTERM)
        ended = program.end()
    assert (ended.code, ended.errors) == (-signal.SIGTERM, "")
    assert api.spans() == []


@pytest.mark.parametrize("drain", [None, True])
def test_sigterm_ends_the_program_when_all_is_delivered(slow_api: LocalApi, drain: bool | None) -> None:
    with running_program(sigterm(drain=drain) + "asyncio.run(main())", slow_api) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGTERM)
        ended = program.end()
    assert (ended.code, ended.errors) == (-signal.SIGTERM, "")
    check_all_arrived(slow_api)


def test_sigterm_waits_no_longer_than_the_deadline(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=".*/start", delay=60, times=None))
    with running_program(sigterm(drain=None) + "asyncio.run(main())", api, close_timeout=0.2) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGTERM)
        ended = program.end()
    assert ended.code == -signal.SIGTERM
    assert "42 operations were not delivered before the process ended" in ended.errors


def test_a_second_sigterm_does_not_wait(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=".*/start", delay=60, times=None))
    with running_program(sigterm(drain=None) + "asyncio.run(main())", api, close_timeout=60) as program:
        assert program.line() == "recorded"
        while program.running:
            program.send(signal.SIGTERM)
            time.sleep(0.05)
        assert program.end().code == -signal.SIGTERM


OWN_HANDLER = """
handled = []

def wait():
    while not handled:
        time.sleep(0.01)
    assert handled == ["mine"]

def mine(number, frame):
    handled.append("mine")

signal.signal(signal.SIGTERM, mine)

async def after():
    async with new_client(drain_on_sigterm=True) as client, new_client(drain_on_sigterm=True):
        assert signal.getsignal(signal.SIGTERM) is not mine
    assert signal.getsignal(signal.SIGTERM) is not mine  # the first client is still there
    say("end")

asyncio.run(main(wait))
asyncio.run(after())
"""


def test_the_programs_own_handler_is_called_when_all_is_delivered(slow_api: LocalApi) -> None:
    with running_program(sigterm(drain=True) + OWN_HANDLER, slow_api) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGTERM)
        assert program.line() == "end"
        ended = program.end()
    assert (ended.code, ended.errors) == (0, "")
    check_all_arrived(slow_api)


RESTORED = """
def mine(number, frame): pass

async def main():
    signal.signal(signal.SIGTERM, mine)
    async with new_client(drain_on_sigterm=True), new_client(drain_on_sigterm=True):
        assert signal.getsignal(signal.SIGTERM) is not mine
    assert signal.getsignal(signal.SIGTERM) is mine
    async with new_client(drain_on_sigterm=True):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    async with new_client(drain_on_sigterm=True):
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN

asyncio.run(main())
thread = threading.Thread(target=lambda: asyncio.run(main_elsewhere()))

async def main_elsewhere():
    async with new_client(drain_on_sigterm=True):
        say(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)

signal.signal(signal.SIGTERM, signal.SIG_DFL)
thread.start()
thread.join()
"""


def test_the_handler_is_restored_unless_it_was_replaced(api: LocalApi) -> None:
    ended = run_program(RESTORED, api)
    assert (ended.code, ended.output) == (0, "True\n")
    assert "drain_on_sigterm=True has no effect, because initialize() was not called on the main thread" in ended.errors
    assert len(ended.errors.splitlines()) == 1


LOOP_HANDLER = f"""
async def main(before):
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if before:
        loop.add_signal_handler(signal.SIGTERM, lambda: (say("stop"), stop.set()))
    client, instance = await started(drain_on_sigterm=True)
    if not before:
        loop.add_signal_handler(signal.SIGTERM, lambda: (say("stop"), stop.set()))
    {RECORD}
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()

"""


@pytest.mark.parametrize("before", [True, False])
def test_a_signal_that_the_programs_loop_handles(slow_api: LocalApi, before: bool) -> None:
    ended = run_program(LOOP_HANDLER + f"asyncio.run(main({before}))", slow_api)
    assert (ended.code, ended.output, ended.errors) == (0, "stop\n", "")
    check_all_arrived(slow_api)


OPEN = """
async def main():
    client, instance = await started()
    other = await client.create_agent_instance({"name": "Agent"}, agent_id="a", external_identifier="finished")
    await other.start()
    await other.finish()
    async with instance.span("done"):
        pass
    async with instance.span("not started"):
        async with instance.span("open") as span:
            await span.start({"x": 1})
            say("recorded")
            await asyncio.sleep(60)

asyncio.run(main())
"""


def test_what_is_open_at_sigterm_is_finished_as_failed(slow_api: LocalApi) -> None:
    with running_program(OPEN, slow_api) as program:
        assert program.line() == "recorded"
        program.send(signal.SIGTERM)
        ended = program.end()
    assert (ended.code, ended.errors) == (-signal.SIGTERM, "")
    runs = {instance["external_identifier"]: instance["status"] for instance in slow_api.instances()}
    assert runs == {None: "failed", "finished": "complete"}
    spans = {span["schema_name"]: span for span in slow_api.spans()}
    statuses = {name: span["status"] for name, span in spans.items()}
    assert statuses == {"done": "complete", "not started": "failed", "open": "failed"}
    error = {"error": {"type": "ProcessEnd", "message": "the process was ended by SIGTERM"}}
    assert spans["open"]["result_payload"] == spans["not started"]["result_payload"] == error
    assert spans["open"]["parent_span_id"] == spans["not started"]["id"]
    assert not slow_api.violations


SERVER = f"""
async def open_client():
    global client, instance
    client, instance = await started()

def open_on_a_thread():
    thread = threading.Thread(target=lambda: asyncio.run(open_client()))
    thread.start()
    thread.join()

async def last_request():
    {RECORD}

handled = []
if OPENED == "before":
    asyncio.run(open_client())
original = signal.signal(signal.SIGTERM, lambda number, frame: handled.append(number))
if OPENED == "after":
    asyncio.run(open_client())
if OPENED == "on a thread":
    open_on_a_thread()
say("serving")
while not handled:
    time.sleep(0.01)
asyncio.run(last_request())
signal.signal(signal.SIGTERM, original)
signal.raise_signal(signal.SIGTERM)
say("goes on")
"""


@pytest.mark.parametrize("opened", ["before", "after", "on a thread"])
def test_a_server_that_raises_sigterm_again_at_its_end(slow_api: LocalApi, opened: str) -> None:
    """As uvicorn does. The client is opened before the server sets its handler, after that, or on another thread."""
    with running_program(f"OPENED = {opened!r}" + SERVER, slow_api) as program:
        assert program.line() == "serving"
        program.send(signal.SIGTERM)
        ended = program.end()
    assert (ended.code, ended.output, ended.errors) == (-signal.SIGTERM, "", "")
    check_all_arrived(slow_api)


AT_THE_END = f"""
async def main():
    client, instance = await started()
    {RECORD}

import atexit
asyncio.run(main())
atexit.register(os.kill, os.getpid(), signal.SIGTERM)
"""


def test_sigterm_while_the_program_ends(slow_api: LocalApi) -> None:
    ended = run_program(AT_THE_END, slow_api)
    assert (ended.code, ended.errors) == (-signal.SIGTERM, "")
    check_all_arrived(slow_api)


STORM = """
count = 0
def mine(number, frame):
    global count
    count += 1

signal.signal(signal.SIGTERM, mine)

async def main():
    client, instance = await started(drain_on_sigterm=True)
    def storm():
        for _ in range(100):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.002)
    thread = threading.Thread(target=storm)
    thread.start()
    spans = 0
    while thread.is_alive():
        for _ in range(10):
            spans += 1
            async with instance.span("step"):
                client.stats()
        threading.Thread(target=int).start()
        if client.stats().pending > 100:
            await client.flush(0.05)
    report = await client.close()
    assert count and report.delivered == 1 + 2 * spans and report.complete, (count, report)
    say("end")

asyncio.run(main())
"""


def test_many_signals_at_any_time(api: LocalApi) -> None:
    ended = run_program(STORM, api, close_timeout=20)
    assert (ended.code, ended.output, ended.errors) == (0, "end\n", "")


def test_a_killed_program_loses_only_what_was_not_sent(api: LocalApi) -> None:
    text = """
async def main():
    client, instance = await started()
    for _ in range(20):
        async with instance.span("sent"):
            pass
    print((await client.flush()).complete, flush=True)
    while True:
        async with instance.span("more"):
            pass
        await asyncio.sleep(0)
asyncio.run(main())
"""
    with running_program(text, api) as program:
        assert program.line() == "True"
        program.send(signal.SIGKILL)
        assert program.end().code == -signal.SIGKILL
    assert [span["status"] for span in api.spans() if span["schema_name"] == "sent"] == ["complete"] * 20
    assert not api.violations
