"""Forked processes: real ones, against the embedded API."""

from __future__ import annotations

import signal
from collections import Counter

import pytest
from tests.core.programs import run_program
from tests.core.support import CREATE

from prefactor_local import Fault, LocalApi

pytestmark = pytest.mark.slow

FORKED = """
def forked(work):
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        import traceback
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(9)
    os._exit(0)

def code_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

async def record(instance, name, count=5):
    for _ in range(count):
        async with instance.span(name):
            pass

def deliveries():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("prefactor")]
"""


def counted(api: LocalApi) -> Counter[tuple[str, str]]:
    assert not api.violations
    assert not api.replays
    return Counter((span["schema_name"], span["status"]) for span in api.spans())


BOTH_GO_ON = (
    FORKED
    + """
async def parent():
    client, instance = await started()
    await client.flush()
    async with instance.span("before") as before:
        await before.start({})
        await record(instance, "pending")
        await client.flush()
        await record(instance, "pending")

        def work():
            assert client.stats().accepted == 0 and not deliveries()
            asyncio.run(child(client, instance))

        async def child(client, instance):
            await record(instance, "child")
            async with instance.span("grandchild", parent_span_id=before.id):
                pass
            report = await client.close()
            assert (report.accepted, report.delivered) == (12, 12), report

        for child_process in [forked_outside_of_the_loop(work) for _ in range(3)]:
            assert code_of(child_process) == 0
        await record(instance, "parent")
    await instance.finish()
    report = await client.close()
    assert report.complete and report.accepted == 1 + 2 + 20 + 10 + 1, report

def forked_outside_of_the_loop(work):
    asyncio._set_running_loop(None)  # the child makes its own
    child = forked(work)
    asyncio._set_running_loop(loop)
    return child

loop = asyncio.new_event_loop()
loop.run_until_complete(parent())
"""
)


def test_parent_and_children_go_on(api: LocalApi) -> None:
    ended = run_program(BOTH_GO_ON, api)
    assert (ended.code, ended.errors) == (0, "")
    names = {"before": 1, "pending": 10, "child": 15, "grandchild": 3, "parent": 5}
    assert counted(api) == {(name, "complete"): count for name, count in names.items()}


PENDING = (
    FORKED
    + """
client, instance = asyncio.run(started())
asyncio.run(client.flush())
span_id = asyncio.run(instance.create_span("parent"))  # its create is slow
asyncio.run(record(instance, "parent", 4))
assert client.stats().pending

async def child():
    await record(instance, "child", 4)
    async with client.span(instance.id, "child", parent_span_id=span_id):
        pass
    report = await client.flush()
    assert (report.accepted, report.delivered) == (10, 10), report

assert code_of(forked(lambda: asyncio.run(child()))) == 0
asyncio.run(client.finish_span(span_id))
assert asyncio.run(client.close()).complete
"""
)


INSIDE_A_COROUTINE = (
    FORKED
    + """
async def parent():
    client, instance = await started()
    await client.flush()
    child_process = forked(lambda: asyncio.run(child(client, instance)))
    assert code_of(child_process) == 0
    assert (await client.close()).complete

async def child(client, instance):
    await record(instance, "child")
    assert (await client.flush()).complete

asyncio.run(parent())
"""
)


def test_a_child_that_is_forked_inside_a_coroutine_starts_a_new_loop(api: LocalApi) -> None:
    ended = run_program(INSIDE_A_COROUTINE, api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("child", "complete"): 5}


def test_operations_that_wait_at_the_fork_are_sent_by_the_parent_only(api: LocalApi) -> None:
    api.inject(Fault(method="POST", path=CREATE, delay=0.3))
    ended = run_program(PENDING, api)
    assert (ended.code, ended.errors) == (0, "")
    api.violations.pop("child_before_parent", None)  # of two processes
    assert counted(api) == {("parent", "complete"): 5, ("child", "complete"): 5}


OPEN_SPAN = (
    FORKED
    + """
client, instance = asyncio.run(started())
asyncio.run(client.flush())
span_id = asyncio.run(instance.create_span("step"))

async def child():
    await client.finish_span(span_id, {"by": "child"})
    report = await client.close()
    assert report.complete and report.accepted == 1, report

assert code_of(forked(lambda: asyncio.run(child()))) == 0
assert asyncio.run(client.close()).complete
"""
)


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_the_child_may_finish_a_span_of_the_parent(api: LocalApi, delay: float) -> None:
    api.inject(Fault(method="POST", path=CREATE, delay=delay))
    ended = run_program(OPEN_SPAN, api)
    assert (ended.code, ended.errors) == (0, "")
    assert [(span["status"], span["result_payload"]) for span in api.spans()] == [("complete", {"by": "child"})]


BOTH_FINISH = OPEN_SPAN.replace(
    "assert asyncio.run(client.close()).complete",
    'asyncio.run(client.finish_span(span_id, {"by": "parent"}))\nasyncio.run(client.close())',
)


def keys_in(body: object) -> list[str]:
    """The idempotency keys in a body, also in one of several operations."""
    if isinstance(body, list):
        return [key for item in body for key in keys_in(item)]
    if not isinstance(body, dict):
        return []
    own = [body["idempotency_key"]] if "idempotency_key" in body else []
    return own + [key for value in body.values() for key in keys_in(value)]


def test_two_processes_that_finish_one_span_do_not_repeat_an_idempotency_key(api: LocalApi) -> None:
    ended = run_program(BOTH_FINISH, api)
    assert ended.code == 0  # the finish of the parent comes second, and is refused
    assert not api.replays
    # Of the registration, the start, the create, and two finishes. The child's may come before the create, and again.
    assert len({key for request in api.requests for key in keys_in(request.body)}) == 5


def test_a_finish_in_the_child_of_a_span_that_the_parent_does_not_deliver(api: LocalApi) -> None:
    api.inject(
        Fault(method="POST", path=CREATE, status=422, delay=0.5)
    )  # after the fork: the child does not know of it
    ended = run_program(OPEN_SPAN.replace("assert report.complete and ", "assert report.failed == 1 and "), api)
    assert ended.code == 1  # for the parent lost the create
    assert "FINISH_SPAN of 'step' failed" in ended.errors


NO_COST = (
    FORKED
    + """
client, instance = asyncio.run(started())
asyncio.run(client.flush())
assert len(deliveries()) >= 1

def leave():
    assert not deliveries()

def close():
    assert asyncio.run(client.close()).accepted == 0
    assert not deliveries()

for work in (leave, close):
    assert code_of(forked(work)) == 0
child = os.fork()
if not child:
    os.execv(sys.executable, [sys.executable, "-c", "pass"])
assert code_of(child) == 0
asyncio.run(record(instance, "parent"))
assert asyncio.run(client.close()).complete
"""
)


def test_a_child_that_does_not_record_starts_no_thread(api: LocalApi) -> None:
    ended = run_program(NO_COST, api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("parent", "complete"): 5}


ENDS = (
    FORKED
    + """
def work():
    asyncio.run(record(instance, "child"))

async def new():
    client, instance = await started()
    await record(instance, "child")

client, instance = asyncio.run(started())
asyncio.run(client.flush())
way = {way!r}
if way == "os.fork":
    child = os.fork()
    if not child:
        work()
        sys.exit(5)
    assert code_of(child) == 5
elif way == "new client":
    child = os.fork()
    if not child:
        asyncio.run(new())
        sys.exit(5)
    assert code_of(child) == 5
else:
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    assert worker.exitcode == 0, worker.exitcode
asyncio.run(record(instance, "parent"))
"""
)


@pytest.mark.parametrize("way", ["os.fork", "multiprocessing", "new client"])
def test_waiting_operations_are_sent_at_the_end_of_a_child(api: LocalApi, way: str) -> None:
    ended = run_program(ENDS.replace("{way!r}", repr(way)), api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("parent", "complete"): 5, ("child", "complete"): 5}


BUSY = (
    FORKED
    + """
client, instance = asyncio.run(started())
asyncio.run(client.flush())
going_on = True

def busy():
    async def work():
        while going_on:
            async with instance.span("parent"):
                client.stats()
            await asyncio.sleep(0.005)
    asyncio.run(work())

threads = [threading.Thread(target=busy) for _ in range(2)]
for thread in threads:
    thread.start()

async def child():
    assert client.stats().accepted == 0
    await record(instance, "child", 1)
    report = await client.close()
    assert report.complete and report.accepted == 2, report

for _ in range(4):
    assert code_of(forked(lambda: asyncio.run(child()))) == 0
going_on = False
for thread in threads:
    thread.join()
report = asyncio.run(client.close())
assert report.complete, report
"""
)


def test_a_fork_while_other_threads_record(api: LocalApi) -> None:
    ended = run_program(BUSY, api, close_timeout=30)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api)["child", "complete"] == 4


LOCKED = (
    FORKED
    + """
client, instance = asyncio.run(started())
asyncio.run(client.flush())
held, release = threading.Event(), threading.Event()

def hold():
    monitor = client._termination_monitor
    with client._ledger._lock, client._life._lock, client._span_index._lock, client._instances_lock, monitor._lock:
        held.set()
        release.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()

async def child():
    other = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
    await other.start()
    await record(other, "child")
    await other.finish()
    assert client.stats().accepted == 12
    assert (await client.close()).complete

process = forked(lambda: asyncio.run(child()))
release.set()
assert code_of(process) == 0
thread.join()
asyncio.run(record(instance, "parent"))
assert asyncio.run(client.close()).complete
"""
)


def test_locks_that_other_threads_hold_at_the_fork(api: LocalApi) -> None:
    ended = run_program(LOCKED, api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("parent", "complete"): 5, ("child", "complete"): 5}


SIGTERM = (
    FORKED
    + """
async def main():
    client, instance = await started(drain_on_sigterm=True)
    await client.flush()
    return client, instance

client, instance = asyncio.run(main())

def idle():
    say("ready")
    time.sleep(60)

def records():
    async def work():
        await record(instance, "child")
    asyncio.run(work())
    idle()

for work in (idle, records):
    child = forked(work)
    time.sleep(0.5)
    os.kill(child, signal.SIGTERM)
    say(code_of(child))
asyncio.run(record(instance, "parent"))
assert asyncio.run(client.close()).complete
"""
)


def test_sigterm_for_a_child(api: LocalApi) -> None:
    ended = run_program(SIGTERM, api)
    ended_by = str(-signal.SIGTERM)
    assert (ended.code, ended.output.split()) == (0, ["ready", ended_by, "ready", ended_by])
    assert counted(api) == {("parent", "complete"): 5, ("child", "complete"): 5}
    assert [instance["status"] for instance in api.instances()] == ["active"]  # the child does not end its parent's run


POOL = """
from tests.core.pooled import record_a_run

with multiprocessing.get_context({method!r}).Pool(2) as pool:
    pool.map(record_a_run, range(4))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_that_terminates_its_workers(api: LocalApi, method: str) -> None:
    """Workers of a Pool are ended with SIGTERM when its `with` block is left."""
    api.inject(Fault(path=".*/start", delay=0.3, times=2))
    ended = run_program(POOL.replace("{method!r}", repr(method)), api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("step", "complete"): 20}
    assert [instance["status"] for instance in api.instances()] == ["complete"] * 4


OWN_QUEUE = (
    FORKED
    + """
from prefactor_core import InMemoryQueue, Queue

class Mine(InMemoryQueue):
    pass

async def main(queue):
    client = PrefactorCoreClient(PrefactorCoreConfig(http_config=HttpClientConfig(), schema_registry=SchemaRegistry()),
        queue=queue)
    await client.initialize()
    instance = await client.create_agent_instance({"name": "Agent"}, agent_id="a")
    await instance.start()
    await client.flush()  # the child does not wait for operations that the parent still has to send
    await record(instance, "parent")
    return client, instance

for queue in (InMemoryQueue(), Mine()):
    client, instance = asyncio.run(main(queue))

    async def child():
        await record(instance, "child")
        report = await client.close()
        assert (report.accepted, report.delivered) == (10, 10), report
        assert not queue.closed

    assert code_of(forked(lambda: asyncio.run(child()))) == 0
    assert asyncio.run(client.close()).complete
    assert queue.closed
"""
)


def test_a_queue_of_the_program_stays_with_the_parent(api: LocalApi) -> None:
    ended = run_program(OWN_QUEUE, api)
    assert (ended.code, ended.errors) == (0, "")
    assert counted(api) == {("parent", "complete"): 10, ("child", "complete"): 10}
