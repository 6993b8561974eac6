"""The guide to the client: src/prefactor_core/README.md."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import logging
import math
import re
import tomllib
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from packaging.requirements import Requirement
from pydantic import BaseModel
from tests.compat.comparison import RULES
from tests.guides.blocks import block, table
from tests.guides.running import agent, execute, project, record, shell
from tests.support.processes import ROOT

import prefactor_core.exceptions
import prefactor_spans
from prefactor_core import OperationType, PrefactorCoreClient, PrefactorCoreConfig, QueueConfig, SpanValidationError
from prefactor_core._delivery import dispatch, queue_bound, spool_feed
from prefactor_core.redaction import is_secret_name
from prefactor_http import HttpClientConfig
from prefactor_http.config import is_disabled

GUIDE = "src/prefactor_core/README.md"
RUN = block(f"{GUIDE}#recording-a-run/python")
THREE_CALLS = block(f"{GUIDE}#recording-a-run/python/2")
IN_FUNCTIONS = block(f"{GUIDE}#in-functions/python")
SPANS = [block(f"{GUIDE}#recording-a-run/python/{number}") for number in range(3, 8)]
WITHOUT_BLOCK = block(f"{GUIDE}#recording-a-run/python/8")
TRACED, STREAM, CARRIED = (block(f"{GUIDE}#decorated-functions/python{number}") for number in ("", "/2", "/3"))
REGISTRY = block(f"{GUIDE}#span-types/python")
REGISTERED_FUNCTION = block(f"{GUIDE}#span-types/python/2")
REPORT = block(f"{GUIDE}#delivery/python")
ON_ERROR = block(f"{GUIDE}#delivery/python/2")
SPOOL = block(f"{GUIDE}#the-spool/python")
LIST_SPOOL = block(f"{GUIDE}#the-spool/sh")
REDACTED_BY_SCHEMA = block(f"{GUIDE}#redaction/yaml")
PLACEHOLDER_ALLOWED = block(f"{GUIDE}#redaction/yaml/2")
REDACT = block(f"{GUIDE}#redaction/python")
MISSPELLED, RAISING = (block(f"{GUIDE}#schema-checks/python{number}") for number in ("", "/2"))
MISSPELLED_ERROR = block(f"{GUIDE}#schema-checks/text")
TERMINATED = block(f"{GUIDE}#termination/python")
UV = block(f"{GUIDE}#migrating-from-prefactor-core/toml")

# Each row of "What happens when things go wrong", and the test in tests/core that shows it.
SHOWN_BY = {
    "the API is slow, hangs or is down": "test_agent_unaffected::test_no_call_waits_or_raises",
    "the API is unavailable for a while": "test_faults::test_an_outage_loses_nothing",
    "some connections stay silent, or one of several servers of the API hangs": (
        "test_lost_answers::test_silent_connections_lose_nothing"
    ),
    "the API is slow": "test_lost_answers::test_a_slow_answer_counts",
    "a name resolution hangs": "test_lost_answers::test_a_name_resolution_that_hangs_holds_nothing_else",
    "the API is unavailable at the start": "test_faults::test_an_api_that_is_away_at_start",
    "the API is unavailable when an instance is created": (
        "test_registration::test_an_api_that_hangs_does_not_hold_the_agent"
    ),
    "the API refuses a registration": "test_registration::test_a_registration_that_is_refused_later",
    "the API refuses the IDs of instances that the client generates": (
        "test_registration::test_refused_ids_end_minting_and_the_api_gives_the_id"
    ),
    "another server answers in place of the API: a gateway, a login page, a redirect to another host": (
        "test_gateways::test_nothing_is_lost_while_a_gateway_answers_in_place_of_the_api"
    ),
    "`api_url` leads to a website": ("test_gateways::test_a_website_in_place_of_the_api_is_an_error_at_the_start"),
    "the API redirects to another address on its host (307, 308)": (
        "test_gateways::test_a_redirect_on_the_same_host_is_followed"
    ),
    (
        "the way to the API leads through a proxy, or the certificate of the API is of a company's own authority"
    ): "../http/test_networks::test_a_proxy_of_the_environment_with_tls",
    "TLS fails: the certificate is not trusted, or the port speaks no TLS, or TLS only": (
        "test_networks::test_tls_that_fails_at_the_start"
    ),
    "the token is invalid": "test_faults::test_an_invalid_token_raises_at_initialize",
    "the token expires during a run": "test_faults::test_a_token_that_expires_during_a_run",
    "the agent raises before `finish`": ("test_agent_unaffected::test_an_agent_that_raises_before_finish_has_failed"),
    "an exception leaves the block of a run, or its task is cancelled": (
        "test_one_surface::test_how_a_block_of_a_run_ends"
    ),
    "the client is closed inside the block of a run": ("test_one_surface::test_a_client_that_is_closed_inside_a_run"),
    "the program ends while spans and runs are open": (
        "test_one_surface::test_a_run_that_is_open_at_the_end_of_the_program_has_failed"
    ),
    "a callback of the client, such as `on_error`, calls `client.sync`": (
        "test_one_surface::test_calls_that_would_wait_for_themselves"
    ),
    "an instance is not started": "test_faults::test_an_instance_that_is_not_started",
    "one operation keeps failing while others succeed": (
        "test_faults::test_an_operation_that_always_fails_while_others_succeed_is_given_up"
    ),
    "one operation keeps failing, and nothing else is sent": (
        "test_faults::test_a_single_operation_that_always_fails_is_dropped_at_the_deadline"
    ),
    "the API fails again and again for a short time": (
        "test_pause_log::test_short_pauses_that_follow_each_other_are_counted"
    ),
    "the API asks to wait (`Retry-After`)": "test_faults::test_retry_after_is_honoured",
    "a connection is lost, such as one that the server closed while it was idle": (
        "test_faults::test_a_lost_connection_is_no_outage"
    ),
    "one of several addresses of the API's host does not answer": (
        "../http/test_networks::test_a_host_with_an_address_that_does_not_answer"
    ),
    "a server or a gateway sends more than its answer": (
        "../http/test_errors::test_what_follows_an_answer_is_not_the_next_one"
    ),
    "an answer is lost on its way": "test_faults::test_a_lost_answer_is_repeated_under_its_key",
    "the API refuses an operation": "test_agent_unaffected::test_errors_are_reported_in_every_way",
    "an answer has no end, or is longer than 8 MB when it is decompressed": (
        "test_delivery_faults::test_an_answer_that_is_too_long_is_repeated"
    ),
    "an answer of the API cannot be judged (its errors are nested deeply, or the like)": (
        "test_delivery_faults::test_an_answer_that_is_nested_deeply_costs_one_operation"
    ),
    "a text of an answer has line breaks or escape sequences, or is very long": (
        "test_delivery_faults::test_texts_of_an_answer_are_one_line_in_the_log"
    ),
    "the API refuses a parent span": "test_faults::test_children_of_a_refused_span_are_sent_without_it",
    "the API refuses IDs that the client generates": "test_faults::test_a_refused_id_ends_minting",
    "operations keep coming": "test_pace::test_the_end_of_the_program_does_not_wait_for_the_pace",
    "the agent computes or records without a break": (
        "test_slices::test_a_program_that_always_computes_does_not_keep_delivery_from_working"
    ),
    "the bulk endpoint is missing": "test_bulk::test_a_missing_bulk_endpoint",
    "an answer of the bulk endpoint cannot be read": ("test_bulk::test_one_garbled_answer_does_not_end_bulk_requests"),
    "more is recorded than can be delivered": (
        "test_queue_bound::test_the_newest_spans_are_dropped_as_a_whole_and_logged_twice"
    ),
    "params or a result are given too late (a second `start`, a `complete` after the end)": (
        "test_span_life_cycle::test_calls_that_come_too_late_are_logged_once"
    ),
    "a block is left without `complete()`, and the result has required members": (
        "test_schema_checks::test_messages_name_the_line_of_the_program"
    ),
    "`agent_version` has an unknown key": "test_schema_checks::test_unknown_keys_of_agent_version",
    "an exception leaves a span's block": "test_agent_unaffected::test_an_exception_passes_unchanged",
    "an exception that leaves the block is, wraps or quotes a pydantic error": (
        "test_secrecy::test_an_error_is_recorded_without_the_input_of_pydantic"
    ),
    "a task of asyncio or trio is cancelled inside a span": (
        "test_agent_unaffected::test_a_deadline_cancels_the_span_and_raises_outside"
    ),
    "a payload does not match its schema, or its span type is unknown": (
        "test_schema_checks::test_a_span_that_is_opened_by_name"
    ),
    (
        "a method of a generated class is called with a wrong keyword, or without a required one, in code that is not "
        "type-checked"
    ): "test_keywords::test_wrong_and_missing_keywords_are_recorded_counted_and_logged_once",
    "a method of a generated class is given a positional argument in place of keywords": (
        "test_keywords::test_a_whole_payload_given_to_start_is_recorded"
    ),
    "a payload cannot be checked (nested too deeply, too many steps of a pattern, an invalid schema)": (
        "test_schema_checks::test_a_payload_that_cannot_be_checked"
    ),
    (
        "a payload has an object that hides a part of itself in its `repr` (`SecretStr`, a field of a dataclass or "
        "an attrs class), or HTTP headers and cookies"
    ): "test_foreign_types::test_what_a_value_hides_stays_hidden",
    "a payload cannot be written as JSON": "test_snapshot::test_the_json_form_of_a_value",
    (
        "a payload has more than 100,000 values, 20 million characters that must be read one by one, or takes more "
        "than 2 seconds to read"
    ): "test_snapshot_bounds::test_the_rest_is_cut",
    "keys of a payload become the same text, or their own code fails": (
        "test_snapshot_bounds::test_a_key_that_fails_costs_only_itself"
    ),
    "a payload is larger than `max_payload_bytes`": "test_redaction::test_a_large_payload_is_cut_and_logged_once",
    "a payload has a secret under a well-known name, with `redact=redact_secrets`": (
        "test_redact_secrets::test_secrets_are_not_recorded"
    ),
    "two keys of a payload have the same text, and `redact` or a schema redacts it": (
        "test_redaction::test_a_key_that_is_recorded_with_a_number_is_redacted_by_its_own_text"
    ),
    "`redact` raises": "test_redaction::test_a_field_that_redact_fails_for_is_redacted_and_logged_once",
    "the agent blocks its event loop": "test_threads::test_delivery_goes_on_while_the_agent_blocks_its_loop",
    "functions record in a pool of threads, inside a running event loop, or in tasks of trio": (
        "../integrations/test_frameworks::test_threads_and_a_running_loop"
    ),
    "a task outlives the span that it was started in": (
        "test_context_stack::test_tasks_that_outlive_the_span_they_were_created_in"
    ),
    "spans are never finished, such as after a `create_span`": (
        "test_span_life_cycle::test_spans_that_are_never_finished_are_counted_and_logged_once"
    ),
    "two streams that record spans are read in turns": "test_context_stack::test_streams_that_are_read_in_turns",
    "a traced function is called without an agent instance, as in a thread of a pool": (
        "test_carry::test_a_thread_pool_with_carry_and_without"
    ),
    "a traced function is called after its client was closed": "test_traced::test_a_function_outlives_its_client",
    "`params`, `result` or `collect` of `traced` raises, or makes no payload": (
        "test_traced::test_a_mapper_that_fails_costs_its_part"
    ),
    "a stream of a traced function is abandoned: `break`, `close()`, garbage collection, a cancelled reader": (
        "test_traced_streams::test_a_stream_keeps_what_it_gave_however_it_ends"
    ),
    "`initialize` is awaited on trio, or gevent has replaced threads": (
        "test_unsupported_runtimes::test_no_event_loop_of_asyncio"
    ),
    "a test stops or moves the clocks": "test_clocks::test_delivery_goes_on_while_clocks_stand_still",
    "the clock of the machine is set back": "../integrations/test_tools::test_a_clock_that_is_set_back",
    "the agent runs in a test that [records](#test-your-agent)": (
        "test_recording::test_mistakes_that_do_not_raise_in_the_agent_are_found_at_the_end"
    ),
    "the program mocks or traces its HTTP requests": (
        "../integrations/test_tools::test_mocks_of_the_program_do_not_answer_our_requests"
    ),
    "a span's parent is started after it": (
        "test_delivery_order::test_a_child_is_sent_right_after_its_parent_whenever_that_is"
    ),
    "the API is unavailable when the client closes": "test_lost_answers::test_close_repeats_what_is_not_answered",
    "the process does not run for a while (SIGSTOP, a frozen container or function)": (
        "test_lost_answers::test_time_in_which_the_process_did_not_run_does_not_count"
    ),
    "`close` reaches its time-out": "test_faults::test_an_api_that_is_down_at_the_end",
    "a program makes client after client and closes none": (
        "test_many_clients::test_a_client_that_is_garbage_is_drained_and_freed"
    ),
    "there are too many open files or threads to open a client": "test_many_clients::test_too_many_open_files",
    "`on_error`, `on_terminate` or a queue of your own blocks": (
        "test_many_clients::test_code_of_a_program_that_blocks_holds_up_no_other_client"
    ),
    "the program ends without `close`": "test_program_exit::test_waiting_operations_are_sent",
    "the program ends while the API's host refuses connections": (
        "test_program_exit::test_an_api_that_refuses_connections_does_not_delay_the_end"
    ),
    "SIGTERM ends the program": "test_program_exit::test_sigterm_ends_the_program_when_all_is_delivered",
    "SIGTERM ends the program while spans and runs are open": (
        "test_program_exit::test_what_is_open_at_sigterm_is_finished_as_failed"
    ),
    "a server handles SIGTERM, and raises it again when it has answered its requests": (
        "test_program_exit::test_a_server_that_raises_sigterm_again_at_its_end"
    ),
    "SIGTERM arrives, with `drain_on_sigterm=False`": (
        "test_program_exit::test_sigterm_without_a_drain_ends_the_program_at_once"
    ),
    "a pool of multiprocessing terminates its workers": "test_fork::test_a_pool_that_terminates_its_workers",
    "a signal handler calls `client.sync`, in the middle of a call of the client": (
        "test_reentrance::test_a_signal_handler_may_wait_for_the_client"
    ),
    "something is recorded while the program ends": (
        "test_program_exit::test_what_is_recorded_at_the_end_is_counted_and_does_not_raise"
    ),
    "the log's stream is closed at the end, as by a test runner": (
        "test_program_exit::test_the_loss_is_logged_although_the_stream_of_the_log_is_closed"
    ),
    "the process is killed, or ends with `os._exit`": (
        "test_program_exit::test_a_killed_program_loses_only_what_was_not_sent"
    ),
    "the process is killed, with a `spool`": "test_spool::test_a_killed_process_loses_nothing_with_a_spool",
    "the process is killed after it has forked, with a `spool`": (
        "test_spool::test_a_run_that_a_forked_child_may_go_on_with_stays_open"
    ),
    "an outage is longer than memory lasts, with a `spool`": (
        "test_spool::test_an_outage_longer_than_memory_loses_nothing"
    ),
    "what waits cannot be delivered before the program ends, with a `spool`": (
        "test_spool::test_what_is_left_at_the_end_is_pending_and_the_next_client_delivers_it"
    ),
    "a process is frozen, and another one opens its spool": "test_spool::test_a_frozen_process_keeps_its_file",
    "the disk of the spool is full, or it cannot be written": "test_spool::test_a_full_disk",
    "a file of the spool is corrupt": "test_spool::test_a_corrupt_file_is_moved_aside",
    "an operation in a file of a process that has ended is damaged": (
        "test_spool::test_rows_that_cannot_be_read_lose_only_themselves"
    ),
    "the directory of the spool, or a file in it, is removed": (
        "test_spool::test_a_directory_that_is_removed_is_made_again"
    ),
    "the lock of a file is removed while its process runs": (
        "test_spool::test_a_file_without_its_lock_is_not_adopted_while_its_process_runs"
    ),
    "the directory of the spool has other files": ("test_spool::test_other_files_in_the_directory_are_left_alone"),
    "a signal handler records while its own thread is just recording, with a `spool`": (
        "test_spool::test_a_signal_handler_may_interrupt_a_hand_over"
    ),
    "a file of the spool belongs to another address or token of the API": (
        "test_spool::test_a_file_of_another_account_waits"
    ),
    "the process forks": "test_fork::test_parent_and_children_go_on",
    "the platform terminates a run": "test_termination::test_each_instance_has_an_event_of_its_own",
    "hundreds of runs are live": (
        "test_termination::test_five_hundred_runs_hear_of_their_termination_within_thirty_seconds"
    ),
    "a type or a function that a span type is registered with has no JSON Schema, the name is empty or no text, "
    '`result` is `""`, or `params` is a dict of types': (
        "test_registered_types::test_what_has_no_schema_is_refused_with_the_field_and_what_to_do"
    ),
}


@dataclasses.dataclass
class Point:
    x: int


class Model(BaseModel):
    x: int


@attrs.define
class Attributes:
    x: int
    y: int = attrs.field(default=2, repr=False)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HttpClientConfig()` finds an address and a token in the environment."""
    monkeypatch.setenv("PREFACTOR_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PREFACTOR_API_TOKEN", "token")


@pytest.mark.anyio
async def test_recording() -> None:
    async with agent(prefactor_spans.registry) as names:
        for program in [RUN, THREE_CALLS, IN_FUNCTIONS]:
            await execute(program, **names)
        for program in [*SPANS, WITHOUT_BLOCK]:
            await execute(program, **names)
        assert (await names["client"].flush()).complete
        spans = names["api"].spans()
        assert not names["api"].violations
    by_id = {None: None} | {span["id"]: span["schema_name"] for span in spans}
    recorded = [(span["schema_name"], span["status"], by_id[span["parent_span_id"]]) for span in spans]
    llm = ("agent:llm", "complete", None)
    run = [("agent:run", "complete", None), ("agent:tool", "complete", "agent:run")]
    assert sorted(recorded, key=str) == sorted([llm, llm, llm, *run, ("agent:tool", "failed", None), llm, llm], key=str)


@pytest.mark.anyio
async def test_an_agent_that_raises_finishes_its_instance() -> None:
    async with agent(prefactor_spans.registry) as names:
        with pytest.raises(ZeroDivisionError):
            await execute(RUN.replace("...", "1 / 0"), **names)
        assert (await names["client"].flush()).complete
        assert names["api"].instances()[-1]["status"] == "failed"


@pytest.mark.anyio
async def test_decorated_functions() -> None:
    async with agent(prefactor_spans.registry) as names:
        functions = await execute(TRACED)
        assert await functions["weather"]("Lisbon") == "rain"
        assert list((await execute(STREAM))["answer"]("Hello")) == ["Hi, ", "Ada"]
        assert (await execute(CARRIED))["texts"] == ["about Lisbon", "about Porto"]
        assert (await names["client"].flush()).complete
        spans = names["api"].spans()
    recorded = {(span["schema_name"], span["payload"].get("query"), str(span["result_payload"])) for span in spans}
    assert ("agent:retrieval", "Porto", str({"documents": [{"content": "about Porto"}]})) in recorded
    assert ("agent:tool", None, str({"output": "rain"})) in recorded
    assert ("agent:llm", None, str({"finish_reason": "stop", "response": "Hi, Ada"})) in recorded
    assert len(spans) == 5


def test_the_arguments_of_traced_are_listed() -> None:
    assert [row[0].strip("`") for row in table(GUIDE, "decorated-functions")] == list(
        inspect.signature(prefactor_core.traced).parameters
    )[1:]


def test_the_arguments_of_an_instance_are_listed() -> None:
    arguments = list(inspect.signature(PrefactorCoreClient.create_agent_instance).parameters)[1:]
    assert [row[0].strip("`") for row in table(GUIDE, "recording-a-run")] == arguments


@pytest.mark.anyio
async def test_values_are_converted_as_listed() -> None:
    converted: dict[str, list[tuple[Any, Any]]] = {
        "`datetime`, `date`, `time`": [
            (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02T03:04:00+00:00"),
            (datetime.date(2026, 1, 2), "2026-01-02"),
            (datetime.time(3, 4), "03:04:00"),
        ],
        "`timedelta`": [(datetime.timedelta(minutes=1), 60)],
        "`Decimal`, `UUID`, `Path`": [
            (Decimal("1.10"), "1.10"),
            (UUID(int=1), str(UUID(int=1))),
            (Path("a/b"), str(Path("a/b"))),
        ],
        "`bytes`": [(b"text", "text"), (b"\xff", "/w==")],
        "an enum member": [(HTTPStatus.OK, 200)],
        "tuples, sets, other sequences": [((1, 2), [1, 2]), ({1}, [1]), (range(2), [0, 1])],
        "other mappings": [(MappingProxyType({1: 2}), {"1": 2})],
        "pydantic models (of v1, too)": [(Model(x=1), {"x": 1})],
        "objects of dataclasses and attrs classes": [
            (Point(1), {"x": 1}),
            (Attributes(1), {"x": 1, "y": "[hidden]"}),
        ],
        "headers and cookies of httpx, requests, aiohttp, Starlette and urllib3": [
            (httpx.Headers({"Authorization": "a", "Accept": "b"}), {"authorization": "[hidden]", "accept": "b"}),
            (httpx.Cookies({"a": "b"}), {"a": "[hidden]"}),
        ],
        "numpy scalars and arrays": [],  # tests/integrations/test_payload_types.py
        "pandas Series and DataFrame": [],
        "exceptions": [(ValueError("no"), {"type": "ValueError", "message": "no"})],
        "NaN and infinities": [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")],
        "other objects": [(int, "<class 'int'>")],
    }
    assert [row[0] for row in table(GUIDE, "recording-a-run", 1)] == list(converted)
    async with agent(prefactor_spans.registry) as names:
        given = [value for values in converted.values() for value, _ in values]
        async with names["instance"].span("agent:tool") as span:
            await span.start({"name": "convert", "arguments": {"values": given}})
        assert (await names["client"].flush()).complete
        recorded = names["api"].spans()[0]["payload"]["arguments"]["values"]
    assert recorded == [expected for values in converted.values() for _, expected in values]


def test_reasons_are_listed() -> None:
    failures = ["http_422", "not_sent", dispatch.BAD_ANSWER, dispatch.RETRIES_EXHAUSTED, dispatch.DEPENDENCY]
    drops = [queue_bound.QUEUE_FULL, "queue_refused", dispatch.DEADLINE, spool_feed.LOST]
    rows = table(GUIDE, "reasons")
    assert [re.findall(r"`(\w+)`", row[0])[0] for row in rows] == failures + drops
    assert [row[2] for row in rows] == ["`failures`"] * len(failures) + ["`drops`"] * len(drops)


@pytest.mark.anyio
async def test_the_spool_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = (await execute(SPOOL))["queue_config"].model_copy(update={"close_timeout": 0.1})
    async with agent(prefactor_spans.registry, queue_config=config) as names:
        await names["client"].flush()
        names["api"].go_away()
        await execute(SPANS[0], **names)
    listed = shell(LIST_SPOOL, tmp_path).stdout
    assert "1 CREATE_SPAN, 1 FINISH_SPAN; the oldest of " in listed
    assert "waits for the next process" in listed


@pytest.mark.anyio
async def test_the_log_of_httpx_has_no_request_of_the_client(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with agent(prefactor_spans.registry):
        assert not any(entry.name.startswith(("httpx", "httpcore")) for entry in caplog.records)


@pytest.mark.anyio
async def test_a_registry_by_hand() -> None:
    registry = (await execute(REGISTRY))["registry"]
    async with agent(registry) as names:
        await execute(SPANS[1], **names)
        assert (await names["client"].flush()).complete
        assert names["api"].spans()[0]["summary"] == "gpt-4: Hello"


@pytest.mark.anyio
async def test_a_registry_of_functions() -> None:
    registry = (await execute(REGISTERED_FUNCTION))["registry"]
    async with agent(registry) as names:
        async with names["instance"].span("agent:ask") as span:
            await span.start({"question": "6 * 7?", "model": "gpt-4"})
            await span.complete({"text": "42", "score": None})
        assert (await names["client"].flush()).complete
        (recorded,) = names["api"].spans()
    assert (recorded["summary"], recorded["schema_errors"]) == ("6 * 7? → 42", [])


@pytest.mark.anyio
async def test_a_report() -> None:
    async with agent(prefactor_spans.registry) as names:
        report = (await execute(REPORT, **names))["report"]
    assert report.accepted == report.delivered + report.failed + report.dropped + report.pending
    assert report.delivered == report.by_type[OperationType.START_AGENT_INSTANCE].delivered == 1


@pytest.mark.anyio
async def test_a_misspelled_keyword() -> None:
    async with agent(prefactor_spans.registry) as names:
        with pytest.raises(SpanValidationError) as caught:
            await execute(MISSPELLED, **names)
    assert str(caught.value) == MISSPELLED_ERROR.strip()


@pytest.mark.anyio
async def test_configurations(account: None) -> None:
    assert (await execute(ON_ERROR))["config"].on_error is not None
    assert (await execute(RAISING))["config"].validation == "raise"
    assert (await execute(REDACT))["config"].redact is not None


@pytest.mark.anyio
async def test_redaction_by_the_configuration(account: None) -> None:
    redact = (await execute(REDACT))["redact"]
    arguments = {"phone": ["a", {"home": "b"}], "email": {"value": "c"}, b"email": "d", "api_key": ["e"], "user": "ada"}
    async with agent(prefactor_spans.registry, redact=redact) as names:
        async with names["instance"].span("agent:tool") as span:
            await span.start({"name": "log_in", "arguments": arguments})
        assert (await names["client"].flush()).complete
        assert names["api"].spans()[0]["payload"]["arguments"] == {
            "phone": ["[removed]", {"home": "[removed]"}],
            "email": {"value": "[removed]"},
            "email (2)": "[removed]",
            "api_key": ["[redacted]"],
            "user": "ada",
        }


def test_names_of_secrets_are_listed() -> None:
    for names, examples in table(GUIDE, "redaction"):
        assert all(is_secret_name(name) for name in re.findall("`([^`]+)`", examples))
        usual, *others = names.split(", and not as in ")
        described = re.split(", | or ", re.sub("^(contains|has the words?|is|ends with the word) ", "", usual))
        assert all(is_secret_name(name) for name in described)
        assert not any(is_secret_name(name) for text in others for name in re.findall("`([^`]+)`", text))


@pytest.mark.slow
def test_redaction_by_a_schema(tmp_path: Path) -> None:
    project(tmp_path, {"schemas/login.yaml": REDACTED_BY_SCHEMA})
    checked = shell("prefactor-gen check --strict schemas", tmp_path)
    assert checked.stdout == "no problems found\n"
    shell("prefactor-gen schemas --package login_spans --output .", tmp_path)
    program = """
from login_spans import LoginAttempt
async with instance.span(LoginAttempt) as span:
    await span.start(user="ada", password="hunter2")
"""
    by_name = (
        "async with instance.span('login:attempt') as span: await span.start({'user': 'a', 'password': 'shown'})\n"
    )
    redacted, shown = record(tmp_path, "login_spans", program, by_name)
    assert redacted["payload"] == {"user": "ada", "password": "[redacted]"}
    assert shown["payload"]["password"] == "shown"


@pytest.mark.slow
def test_a_placeholder_that_the_schema_allows_is_no_error(tmp_path: Path) -> None:
    """And one that it does not allow is an error of the embedded API, not of the client."""
    number = PLACEHOLDER_ALLOWED.replace('anyOf: [{ type: integer }, { const: "[redacted]" }]', "type: integer")
    number = number.replace("login:code", "login:number")
    project(tmp_path, {"schemas/code.yaml": PLACEHOLDER_ALLOWED, "schemas/number.yaml": number})
    checked = shell("prefactor-gen check --strict schemas", tmp_path)
    assert checked.stdout == "no problems found\n"
    shell("prefactor-gen schemas --package login_spans --output .", tmp_path)
    program = """
from login_spans import LoginCode, LoginNumber
assert LoginCode.Params(code=4711).to_dict() == {"code": 4711}
async with instance.span(LoginCode) as span: await span.start(code=4711)
async with instance.span(LoginNumber) as span: await span.start(code=4711)
"""
    allowed, refused = record(tmp_path, "login_spans", program)
    assert allowed["payload"] == refused["payload"] == {"code": "[redacted]"}
    assert allowed["schema_errors"] == []
    assert [error["path"] for error in refused["schema_errors"]] == ["/code"]


@pytest.mark.anyio
async def test_termination(capsys: pytest.CaptureFixture[str]) -> None:
    async with agent(prefactor_spans.registry) as names:
        await execute(TERMINATED, **names)
        await names["client"].flush()
        names["api"].terminate(names["instance"].id, "over budget")
        await execute(SPANS[0], **names)
        await names["instance"].terminated.wait()
        with pytest.raises(prefactor_core.PrefactorTerminatedError, match="over budget"):
            await execute(TERMINATED, **names)
        await names["client"].flush()
    assert "over budget" in capsys.readouterr().out


def shown(value: Any) -> str:
    """A default as the tables write it."""
    if isinstance(value, QueueConfig):
        return "`QueueConfig()`"
    if isinstance(value, HttpClientConfig):
        return "`HttpClientConfig()`"
    number = isinstance(value, int) and not isinstance(value, bool)
    return f"`{value:_}`" if number else f'`"{value}"`' if isinstance(value, str) else f"`{value!r}`"


def test_options_are_listed_with_their_defaults(account: None) -> None:
    fields = PrefactorCoreConfig.model_fields
    expected = {f"`{name}`": shown(field.get_default(call_default_factory=True)) for name, field in fields.items()}
    assert {row[0]: row[1] for row in table(GUIDE, "configuration")} == expected
    queue = {
        f"`{name}`": shown(field.get_default(call_default_factory=True))
        for name, field in QueueConfig.model_fields.items()
    }
    assert {row[0]: row[1] for row in table(GUIDE, "queueconfig")} == queue
    variables = {"api_url": "`PREFACTOR_API_URL`", "api_token": "`PREFACTOR_API_TOKEN`"}
    http = {
        f"`{field.name}`": variables.get(field.name) or shown(field.default)
        for field in dataclasses.fields(HttpClientConfig)
    }
    assert {row[0]: row[1] for row in table(GUIDE, "httpclientconfig")} == http


@pytest.mark.parametrize("variable", [row[0].strip("`") for row in table(GUIDE, "environment-variables")])
def test_variables_are_read(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {"PREFACTOR_API_URL": "https://example.com", "PREFACTOR_API_TOKEN": "token"}
    for name, value in needed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(variable, raising=False)
    if variable in needed:
        with pytest.raises(ValueError, match=variable):
            HttpClientConfig()
        monkeypatch.setenv(variable, needed[variable])
    elif variable == "PREFACTOR_SPOOL":
        assert QueueConfig().spool is None
        monkeypatch.setenv(variable, "folder")
        assert QueueConfig().spool == Path("folder")
    else:
        assert not is_disabled()
        monkeypatch.setenv(variable, "1")
        assert is_disabled()
    HttpClientConfig()


def test_errors_are_listed() -> None:
    others = {"ErrorCallback", "PrefactorCoreError", "OperationError"}
    listed = {row[0].strip("`") for row in table(GUIDE, "errors")}
    assert listed == set(prefactor_core.exceptions.__all__) - others


def test_what_happens_is_held_by_tests() -> None:
    rows = table(GUIDE, "what-happens-when-things-go-wrong")
    assert [row[0] for row in rows] == list(SHOWN_BY)
    for test in SHOWN_BY.values():
        module, _, name = test.partition("::")
        text = (ROOT / "tests" / "core" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), test


def test_differences_to_prefactor_core_are_listed() -> None:
    """One for each rule of the comparison, each about one request, and two: the order of starts, one more finish."""
    assert len(table(GUIDE, "migrating-from-prefactor-core")) == len(RULES) + 2


def test_uv_leaves_the_other_distributions_out() -> None:
    overrides = [Requirement(text) for text in tomllib.loads(UV)["tool"]["uv"]["override-dependencies"]]
    assert [each.name for each in overrides] == ["prefactor-core", "prefactor-http"]
    assert not any(each.marker is None or each.marker.evaluate() for each in overrides)
