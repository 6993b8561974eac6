"""The run in the Trace Event Format, which Perfetto and chrome://tracing read."""

from __future__ import annotations

from collections.abc import Iterator

from prefactor_local._view.exports.json_text import json_text
from prefactor_local._view.exports.lanes import Slice, lanes
from prefactor_local._view.exports.places import Interval, intervals, parents, run_interval
from prefactor_local._view.shapes import Json, RunExport, SpanDetails

__all__ = ["export_chrome"]

_PROCESS = 1


def export_chrome(export: RunExport) -> bytes:
    """A run as a trace of one process, in UTF-8, with a line for each event.

    Each span is a complete event (`X`). Steps at the same time are on lanes of their own, which the format calls
    threads. Times count from the start of the run, in microseconds. A span that has not finished ends with the run, and
    `args.status` tells; one that has not started is left out, for it has no time.
    """
    events = ",\n".join(map(json_text, _events(export)))
    about = json_text(_about(export))
    return f'{{"displayTimeUnit":"ms","otherData":{about},"traceEvents":[\n{events}\n]}}\n'.encode()


def _about(export: RunExport) -> dict[str, Json]:
    run = export["run"]["run"]
    return {"run": run["id"], "agent": run["agent_name"], "version": run["version"], "start": export["run"]["origin"]}


def _events(export: RunExport) -> Iterator[dict[str, Json]]:
    run = export["run"]["run"]
    started = {span["id"]: span for span in export["spans"] if span["started_at"] is not None}
    times = intervals(export)
    above = parents(export)
    lane_of = lanes(Slice(each, above[each], times[each]) for each in started)
    yield _metadata(
        "process_name", 0, name=f"{' '.join(filter(None, (run['agent_name'], run['version'])))} ({run['status']})"
    )
    for lane in range(max(lane_of.values(), default=-1) + 1):
        yield _metadata("thread_name", lane + 1, name=f"lane {lane + 1}")
        yield _metadata("thread_sort_index", lane + 1, sort_index=lane)
    origin = run_interval(export).start
    for span_id, lane in lane_of.items():
        yield _event(started[span_id], times[span_id], origin, lane)


def _metadata(event: str, thread: int, **args: Json) -> dict[str, Json]:
    return {"ph": "M", "name": event, "pid": _PROCESS, "tid": thread, "args": args}


def _event(span: SpanDetails, time: Interval, origin: int, lane: int) -> dict[str, Json]:
    known: dict[str, Json] = {
        "summary": span["summary"],
        "status": span["status"],
        "params": span["params"],
        "result": span["result"],
        "mismatches": [f"{each['part']}{each['pointer']}: {each['message']}" for each in span["mismatches"]],
        "id": span["id"],
        "parent": span["parent_id"],
    }
    return {
        "ph": "X",
        "name": span["type"],
        "cat": span["status"],
        "pid": _PROCESS,
        "tid": lane + 1,
        "ts": time.start - origin,
        "dur": time.end - time.start,
        **({"cname": "terrible"} if span["status"] == "failed" else {}),
        "args": {name: value for name, value in known.items() if value not in (None, "", [])},
    }
