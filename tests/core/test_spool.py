"""The spool: what was handed over survives the process, and outages that are longer than memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.benchmarks.kills import kill_agents
from tests.core.programs import run_program, running_program
from tests.core.support import Run, config_for, is_balanced, opened, record, warnings
from tests.support.processes import run as run_command
from tests.support.waiting import wait_until

from prefactor_core import AgentInstanceHandle, OperationType, PrefactorCoreClient, QueueConfig
from prefactor_core.spool import main
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio

BUSY = 0.1  # of a second: on a busy machine, a thread may have to wait
SECRET = "the-payload-of-a-span"
FILE = f"{32 * 'a'}.sqlite3"

# Hands over a run with an open span, while the API is away, and waits to be killed.
HANDS_OVER = """
async def main():
    client, instance = await started(require_api_at_start=False, **given)
    await client.flush()
    say("started")
    sys.stdin.readline()
    span = instance.span("outer")
    async with span as outer:
        await outer.start({"n": 0})
        for n in range(1, 20):
            async with instance.span("inner") as inner:
                await inner.start({"n": n})
                inner.set_result({"n": n})
        say("handed over")
        sys.stdin.readline()
asyncio.run(main())
"""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def hands_over(spool: Path, **queue: Any) -> str:
    queue = {"spool": str(spool), "close_timeout": 5, "retry_delay_base": 0.05, **queue}
    return f"given = dict(queue_config=QueueConfig(**{queue!r}))\n{HANDS_OVER}"


def kill_one(api: LocalApi, text: str, *, when: Callable[[], bool]) -> None:
    """Run a program until it has handed over what it does while the API is away; kill it when a condition holds."""
    with running_program(text, api) as program:
        assert program.line() == "started"
        with api.away():
            program.say("go on")
            assert program.line() == "handed over"
            wait_until(when)
            program.send(signal.SIGKILL)
            assert program.end().code == -signal.SIGKILL


def rows(spool: Path) -> list[str]:
    """The types of the operations in all files, in their order."""
    found: list[str] = []
    for path in sorted(spool.glob("*.sqlite3")):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            bodies = connection.execute("SELECT body FROM operations ORDER BY number").fetchall()
            found += [json.loads(body.partition("\n")[0])["type"] for (body,) in bodies]
        except sqlite3.OperationalError:  # it is just being made
            continue
        finally:
            connection.close()
    return found


def knows_open_runs(spool: Path) -> bool:
    """A file says that a run is open."""
    for path in spool.glob("*.sqlite3"):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with contextlib.closing(connection), contextlib.suppress(sqlite3.OperationalError):  # it is just being made
            return bool(connection.execute("SELECT count(*) FROM open").fetchone()[0])
    return False


def names(spool: Path) -> list[str]:
    return sorted(path.name for path in spool.iterdir())


def modes(spool: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in (spool, *spool.iterdir())}


def content(spool: Path) -> bytes:
    found = b""
    for path in spool.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += path.read_bytes()
    return found


def spoil(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)


def spoil_rows(spool: Path) -> None:
    (path,) = spool.glob("*.sqlite3")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE operations SET body = 'no operation'")
    connection.commit()
    connection.close()


def damage_rows(spool: Path) -> None:
    """Damage the first four rows, each in another way."""
    (path,) = spool.glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        (body,) = connection.execute("SELECT body FROM operations ORDER BY number").fetchone()
        head = body.partition("\n")[0]
        texts = [body.replace('"size": ', '"size": "", "was": '), 100_000 * "[", body.encode() + b"\xff", f"{head}\n[]"]
        for place, text in enumerate(texts):
            connection.execute(
                "UPDATE operations SET body = ? WHERE number = (SELECT min(number) + ? FROM operations)", (text, place)
            )


def other_files(directory: Path) -> None:
    directory.mkdir()
    with contextlib.closing(sqlite3.connect(directory / "app.sqlite3")) as connection:
        connection.execute("CREATE TABLE mine (x)")
    (directory / "notes.sqlite3").write_text("my notes")
    (directory / "empty.sqlite3").touch()
    (directory / "app.lock").touch()
    (directory / FILE).symlink_to(directory / "missing")


def remove_lock(spool: Path) -> None:
    (lock,) = spool.glob("*.lock")
    lock.unlink()


def replace_lock(spool: Path) -> None:
    """Put a folder in its place."""
    (lock,) = spool.glob("*.lock")
    lock.unlink()
    lock.mkdir()


async def leave(api: LocalApi, run: Run, spool: Path, *params: dict[str, Any]) -> None:
    """Leave the creates and finishes of spans in a spool."""
    async with run(queue={"spool": spool, "close_timeout": 0.1}) as (client, instance):
        await client.flush(timeout=30)
        with api.away():
            for each in params:
                async with instance.span("step") as span:
                    await span.start(each)
            await client.close()


def record_one(instance: AgentInstanceHandle) -> bool:
    with instance.span("step") as span:
        span.start({"n": 0})
        span.complete({})
    return True


async def deliver(api: LocalApi, spool: Path, **queue: Any) -> PrefactorCoreClient:
    """Open and close a client with the spool."""
    client, _ = await opened(api, queue={"spool": spool, **queue})
    await client.close()
    return client


def numbers(api: LocalApi) -> list[int]:
    return [span["payload"]["n"] for span in api.spans()]


@pytest.mark.slow
def test_a_killed_process_loses_nothing_with_a_spool(tmp_path: Path) -> None:
    found = kill_agents(3, tmp_path, seed=1, window=BUSY)
    assert found.lost == found.doubled == found.orphans == []
    assert found.handed_over > 100


@pytest.mark.slow
@pytest.mark.parametrize("queue", [{"span_ids": "server"}, {"max_queue_size": 20}], ids=str)
def test_a_killed_process_loses_nothing_in_other_modes(queue: dict[str, Any], tmp_path: Path) -> None:
    found = kill_agents(1, tmp_path, seed=2, window=BUSY, **queue)
    assert found.lost == found.doubled == found.orphans == []


@pytest.mark.slow
def test_a_killed_process_loses_what_waits_without_a_spool(api: LocalApi, tmp_path: Path) -> None:
    text = hands_over(tmp_path).replace(f"'spool': '{tmp_path}', ", "")
    kill_one(api, text, when=lambda: True)
    assert numbers(api) == []


@pytest.mark.slow
async def test_the_next_process_delivers_and_finishes_what_was_open(api: LocalApi, spool: Path) -> None:
    kill_one(api, hands_over(spool), when=lambda: len(rows(spool)) == 39)
    client = await deliver(api, spool)
    stats = client.stats()
    assert (stats.adopted, stats.failed, stats.pending) == (41, 0, 0)  # with the finishes of the span and the run
    assert is_balanced(stats)
    assert numbers(api) == list(range(20))
    outer, *inner = api.spans()
    assert (outer["status"], outer["result_payload"]["error"]["type"]) == ("failed", "ProcessEnd")
    assert {span["status"] for span in inner} == {"complete"}
    assert {span["parent_span_id"] for span in inner} == {outer["id"]}
    assert api.instances()[0]["status"] == "failed"
    assert names(spool) == []


@pytest.mark.slow
async def test_nothing_ends_before_it_begins(api: LocalApi, spool: Path) -> None:
    """Although the clock was set back before the last write."""
    kill_one(api, hands_over(spool), when=lambda: len(rows(spool)) == 39)
    for name in names(spool):
        os.utime(spool / name, (1e9, 1e9))
    await deliver(api, spool)
    outer = api.spans()[0]
    assert outer["status"] == "failed"
    assert outer["finished_at"] >= outer["started_at"]


@pytest.mark.slow
async def test_the_open_runs_of_another_account_stay_open(api: LocalApi, spool: Path) -> None:
    """Although nothing else is in the file."""
    with running_program(hands_over(spool), api) as program:
        assert program.line() == "started"
        wait_until(lambda: knows_open_runs(spool) and not rows(spool))
        program.send(signal.SIGKILL)
        program.end()
    with LocalApi() as other:
        await deliver(other, spool)
    client = await deliver(api, spool)
    assert client.stats().adopted == 1
    assert api.requests[-1].body is not None
    assert api.requests[-1].body["status"] == "failed"


@pytest.mark.slow
async def test_a_frozen_process_keeps_its_file(api: LocalApi, spool: Path) -> None:
    """The lock tells that it still runs. When it goes on, it delivers, and nothing arrives twice."""
    with running_program(hands_over(spool), api) as program:
        assert program.line() == "started"
        with api.away():
            program.say("go on")
            assert program.line() == "handed over"
            wait_until(lambda: len(rows(spool)) == 39)
            program.send(signal.SIGSTOP)
        client = await deliver(api, spool)
        assert client.stats().adopted == 0
        assert numbers(api) == []
        program.send(signal.SIGCONT)
        wait_until(lambda: len(numbers(api)) == 20)  # at its end it would not wait after a refusal of before
        program.say("end")
        program.end()
    assert numbers(api) == list(range(20))
    assert {span["status"] for span in api.spans()} == {"complete"}


@pytest.mark.slow
async def test_a_run_that_a_forked_child_may_go_on_with_stays_open(api: LocalApi, spool: Path) -> None:
    text = hands_over(spool).replace('        say("handed over")\n', FORKS)
    kill_one(api, text, when=lambda: len(rows(spool)) == 39 and is_shared(spool))
    await deliver(api, spool)
    assert numbers(api) == list(range(20))
    assert api.instances()[0]["status"] == "active"
    assert names(spool) == []


FORKS = """
        if os.fork() == 0:
            os._exit(0)
        os.wait()
        say("handed over")
"""


def is_shared(spool: Path) -> bool:
    (path,) = spool.glob("*.sqlite3")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return bool(connection.execute("SELECT min(shared) FROM open").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.slow
def test_each_call_waits_with_spool_sync_call(api: LocalApi, spool: Path) -> None:
    """No moment is left in which a kill loses something: the rows are there when the program says so."""
    kill_one(api, hands_over(spool, spool_sync="call"), when=lambda: True)
    assert len(rows(spool)) == 39


async def test_an_outage_longer_than_memory_loses_nothing(api: LocalApi, run: Run, spool: Path) -> None:
    queue = {"spool": spool, "max_queue_size": 10, "close_timeout": 30}
    async with run(queue=queue) as (client, instance):
        with api.away():
            for _ in range(100):
                await record(instance)
            assert client.stats().pending > 190
        await instance.finish()
        report = await client.flush()
    assert (report.dropped, report.failed, report.delivered) == (0, 0, 202)
    assert is_balanced(report)
    assert len(api.spans()) == 100
    assert api.instances()[0]["status"] == "complete"
    assert names(spool) == []


async def test_beyond_spool_max_bytes_whole_spans_are_dropped(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    queue = {"spool": spool, "max_queue_size": 10, "spool_max_bytes": 20_000, "close_timeout": 30}
    async with run(queue=queue) as (client, instance):
        with api.away():
            for _ in range(300):
                async with instance.span("step") as span:
                    await span.start({"text": 100 * "x"})
        report = await client.flush()
        assert report.dropped > 100
        assert is_balanced(report)
        assert set(report.drops) == {(kind, "queue_full") for kind, _ in report.drops}
    spans = api.spans()
    assert 10 < len(spans) < 200
    assert {span["status"] for span in spans} == {"complete"}
    assert sum("the queue is full" in message for message in warnings(caplog)) >= 1


async def test_what_is_left_at_the_end_is_pending_and_the_next_client_delivers_it(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"spool": spool, "close_timeout": 0.1}) as (client, instance):
        await client.flush(timeout=30)
        api.go_away()
        await record(instance)
        await instance.finish()
    report = await client.close()
    assert (report.pending, report.dropped) == (3, 0)
    assert is_balanced(report)
    report.raise_for_loss()
    assert any("3 operations are not delivered yet, and kept in the spool" in each for each in warnings(caplog))
    api.come_back()
    client = await deliver(api, spool)
    assert client.stats().adopted == 3
    assert [span["status"] for span in api.spans()] == ["complete"]
    assert api.instances()[0]["status"] == "complete"


async def test_files_are_private_and_delivered_payloads_are_gone(api: LocalApi, run: Run, spool: Path) -> None:
    async with run(queue={"spool": spool}) as (client, instance):
        with api.away():
            async with instance.span("step") as span:
                await span.start({"text": SECRET})
            wait_until(lambda: SECRET.encode() in content(spool))
            assert modes(spool) == {0o600, 0o700}
            assert api.token.encode() not in content(spool)
        await client.flush()
        wait_until(lambda: SECRET.encode() not in content(spool))
    assert names(spool) == []


async def test_redacted_values_are_not_written(api: LocalApi, run: Run, spool: Path) -> None:
    async with run(queue={"spool": spool}, redact=lambda *_: "hidden") as (_, instance):
        with api.away():
            async with instance.span("step") as span:
                await span.start({"text": SECRET})
            wait_until(lambda: rows(spool) == ["CREATE_SPAN", "FINISH_SPAN"] or len(rows(spool)) > 2)
            assert SECRET.encode() not in content(spool)


async def test_a_corrupt_file_is_moved_aside(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(spool / FILE)
    async with run(queue={"spool": spool}) as (_, instance):
        await record(instance)
    assert names(spool) == [f"{FILE}.corrupt"]
    (message,) = warnings(caplog)
    assert f"{FILE} is corrupt, and is moved to" in message
    assert len(api.spans()) == 1


async def test_rows_that_cannot_be_read_lose_only_themselves(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One log record, which contains nothing of them."""
    await leave(api, run, spool, *({"n": n, "text": SECRET} for n in range(4)))
    caplog.clear()
    damage_rows(spool)
    client = await deliver(api, spool)
    assert client.stats().adopted == client.stats().delivered == 4
    assert sorted(numbers(api)) == [2, 3]  # siblings are sent at the same time
    assert names(spool) == []
    (message,) = warnings(caplog)
    assert "cannot be read: TypeError, and is lost" in message
    assert SECRET not in caplog.text


async def test_other_files_in_the_directory_are_left_alone(api: LocalApi, run: Run, spool: Path) -> None:
    other_files(spool)
    before = content(spool)
    await leave(api, run, spool, {"n": 1})
    client = await deliver(api, spool)
    assert client.stats().adopted == client.stats().delivered == 2
    assert names(spool) == [FILE, "app.lock", "app.sqlite3", "empty.sqlite3", "notes.sqlite3"]
    assert content(spool) == before


async def test_the_working_directory_may_change(
    api: LocalApi, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    async with run(queue={"spool": "spool"}) as (_, instance):
        await record(instance)
        wait_until((tmp_path / "spool").exists)
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert names(tmp_path / "spool") == names(tmp_path / "elsewhere") == []


async def test_a_file_without_its_lock_is_not_adopted_while_its_process_runs(
    api: LocalApi, run: Run, spool: Path
) -> None:
    async with run(queue={"spool": spool}) as (client, instance):
        await client.flush()
        with api.away():
            await record(instance)
            wait_until(lambda: rows(spool)[-2:] == ["CREATE_SPAN", "FINISH_SPAN"])
            remove_lock(spool)
            other = PrefactorCoreClient(
                config_for(api, queue={"spool": spool, "close_timeout": 0.1}, require_api_at_start=False)
            )
            await other.initialize()
            await other.close()
        assert other.stats().adopted == 0
        assert rows(spool)[-2:] == ["CREATE_SPAN", "FINISH_SPAN"]
    assert names(spool) == []


async def test_files_that_cannot_be_removed_are_left(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"spool": spool}) as (client, instance):
        await record(instance)
        await client.flush()
        replace_lock(spool)
    assert [Path(name).suffix for name in names(spool)] == [".lock"]
    assert warnings(caplog) == []


async def test_a_directory_that_is_removed_is_made_again(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"spool": spool}) as (client, instance):
        await client.flush()
        with api.away():
            await record(instance)
            wait_until(lambda: rows(spool)[-2:] == ["CREATE_SPAN", "FINISH_SPAN"])
            shutil.rmtree(spool)
            wait_until(lambda: record_one(instance) and rows(spool)[:4] == 2 * ["CREATE_SPAN", "FINISH_SPAN"])
        report = await client.flush()
    assert report.complete
    assert sum("has been removed: what is pending goes into a new one" in each for each in warnings(caplog)) == 1


@pytest.mark.slow
def test_a_signal_handler_may_interrupt_a_hand_over(api: LocalApi, spool: Path) -> None:
    """Also where the agent's thread holds a lock."""
    for sync in ("background", "call"):
        ended = run_program(f"given = {str(spool)!r}, {sync!r}\n{INTERRUPTED}", api)
        assert ended.output.split() == ["complete"], ended.errors


INTERRUPTED = """
import faulthandler
faulthandler.dump_traceback_later(10, exit=True)
SPOOL, SYNC = given
lines = set()

async def main():
    queue = QueueConfig(spool=SPOOL, spool_sync=SYNC, close_timeout=10)
    client, instance = await started(queue_config=queue)
    others = [await client.create_agent_instance({"name": "Agent"}, agent_id="a") for _ in range(200)]
    await client.flush()

    def on_signal(*_):
        sys.settrace(None)
        others.pop().start()

    def trace(frame, event, _):
        place = frame.f_code.co_filename, frame.f_lineno
        is_ours = "_spool" in place[0] or "threading" in place[0]
        if event == "line" and is_ours and place not in lines and others:
            lines.add(place)
            signal.raise_signal(signal.SIGUSR1)
        return trace

    signal.signal(signal.SIGUSR1, on_signal)
    count = -1
    while len(lines) > count:
        count = len(lines)
        sys.settrace(trace)
        with instance.span("step") as span:
            span.start()
        sys.settrace(None)
    report = await client.close()
    say("complete" if report.complete and lines else repr(report))

asyncio.run(main())
"""


async def test_a_file_that_becomes_corrupt_loses_only_what_was_in_it_alone(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"spool": spool, "max_queue_size": 10}) as (client, instance):
        await client.flush()
        with api.away():
            for _ in range(20):
                await record(instance)
            wait_until(lambda: len(rows(spool)) == 40)
            spoil_rows(spool)
        report = await client.flush()
        await record(instance)
        await client.flush()
    assert report.pending == report.failed == 0
    assert {reason for _, reason in report.drops} == {"spool_lost"}
    assert is_balanced(report)
    assert len(api.spans()) == 1 + report.by_type[OperationType.CREATE_SPAN].delivered
    assert sum("is corrupt, and is moved to" in message for message in warnings(caplog)) == 1


async def test_a_file_of_another_account_waits(
    api: LocalApi, run: Run, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run(queue={"spool": spool, "close_timeout": 0.1}) as (client, instance):
        await client.flush(timeout=30)
        with api.away():
            await record(instance)
            await client.close()
    with LocalApi() as other:
        client = await deliver(other, spool)
        assert client.stats().adopted == 0
    assert sum(name.endswith(".sqlite3") for name in names(spool)) == 1
    assert sum("belongs to another address of the API" in message for message in warnings(caplog)) == 1


async def test_a_spool_that_cannot_be_written(
    api: LocalApi, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    occupied = tmp_path / "occupied"
    occupied.touch()
    async with run(queue={"spool": occupied}) as (client, instance):
        await record(instance)
        report = await client.flush()
    assert report.complete
    (message,) = warnings(caplog)
    assert "cannot be used" in message
    assert "delivery goes on without it" in message


@pytest.mark.slow
def test_a_full_disk(api: LocalApi, spool: Path) -> None:
    """One log record; delivery goes on without the spool."""
    ended = run_program(f"SPOOL = {str(spool)!r}\n{FILLS}", api)
    assert ended.output.split() == ["complete"]
    assert ended.errors.count("the spool in") == 1, ended.errors
    assert "cannot be used" in ended.errors
    assert len(api.spans()) == 200


FILLS = """
import resource, logging
logging.basicConfig(level=logging.WARNING)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
async def main():
    client, instance = await started(queue_config=QueueConfig(spool=SPOOL, close_timeout=10))
    for n in range(200):
        async with instance.span("step") as span:
            await span.start({"text": 2_000 * "x"})
    await instance.finish()
    report = await client.close()
    say("complete" if report.complete else repr(report))
asyncio.run(main())
"""


@pytest.fixture
def left(api: LocalApi, spool: Path) -> Path:
    """A spool with what a killed process has left."""
    kill_one(api, hands_over(spool), when=lambda: len(rows(spool)) == 39)
    return spool


@pytest.mark.slow
def test_the_command(
    api: LocalApi, left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left_at = datetime.now(UTC)
    assert main([str(left)]) == 0
    listed = capsys.readouterr().out
    assert "39 operations, 1 open run, waits for the next process" in listed
    assert "Agent: 20 CREATE_SPAN, 19 FINISH_SPAN; the oldest of 20" in listed

    target = tmp_path / "out.jsonl"
    assert main([str(left), "export", str(target)]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    exported = [json.loads(line) for line in target.read_text().splitlines()]
    assert exported[0]["payload"] == {"status": "active", "payload": {"n": 0}}
    assert main([str(left), "export", str(target)]) == 1
    assert "exists; name a new file" in capsys.readouterr().err

    monkeypatch.delenv("PREFACTOR_API_TOKEN", raising=False)
    monkeypatch.setenv("PREFACTOR_API_URL", api.url)
    assert main([str(left), "deliver"]) == 1
    assert "PREFACTOR_API_TOKEN must be set" in capsys.readouterr().err

    monkeypatch.setenv("PREFACTOR_API_TOKEN", api.token)
    ended = run_command([sys.executable, "-m", "prefactor_core.spool", str(left), "deliver"], cwd=tmp_path)
    assert "41 operations delivered, 0 failed, 0 left" in ended.stdout
    assert numbers(api) == list(range(20))
    assert datetime.fromisoformat(api.spans()[0]["finished_at"]) < left_at
    assert main([str(left)]) == 0
    assert capsys.readouterr().out == "nothing waits\n"
    assert main([str(left / "missing")]) == 1


async def test_the_command_goes_on_after_a_file_that_it_cannot_read(
    api: LocalApi, run: Run, spool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await leave(api, run, spool, {"n": 1})
    elsewhere = tmp_path / "elsewhere"
    await leave(api, run, elsewhere, {"n": 1})
    spoil_rows(elsewhere)
    shutil.copytree(elsewhere, spool, dirs_exist_ok=True)
    (spool / FILE).write_bytes(b"this is no database" * 1000)
    assert main([str(spool)]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("cannot be read") == 2
    assert "2 operations" in printed.out
    assert main([str(spool), "export", str(tmp_path / "out.jsonl")]) == 1
    assert "2 operations written" in capsys.readouterr().out


def test_the_environment_names_the_spool(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_SPOOL", str(spool))
    assert QueueConfig().spool == spool
    assert QueueConfig(spool="").spool is None
    monkeypatch.delenv("PREFACTOR_SPOOL")
    assert QueueConfig().spool is None
