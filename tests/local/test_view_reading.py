"""What the viewer reads of a file, while a server writes it: runs, rows, spans, search, findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.local.conftest import Http

from prefactor_local import LocalApi
from prefactor_local._state.store import Store
from prefactor_local._view.reading import NoSuchRunError, Reader
from prefactor_local._view.tree import Tree

START = "2026-01-01T00:00:0{}Z"
BASE64 = "aB3d" * 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def http(file: Path, connect: Callable[..., Http]) -> Iterator[Http]:
    with LocalApi(database=file) as api:
        yield connect(api)


@pytest.fixture
def reader(file: Path, http: Http) -> Iterator[Reader]:
    """Reads the file of the server that `http` talks to."""
    store = Store.open_for_reading(file)
    yield Reader(store)
    store.close()


def add(http: Http, run: str, **details: Any) -> str:
    span_id: str = http.span(run, **details)["details"]["id"]
    return span_id


def test_runs_are_counted_and_found(http: Http, reader: Reader) -> None:
    version = {"name": "Ärger", "external_identifier": "v-2"}
    first, second = http.started(), http.started(agent_id="b", agent_version=version)
    for payload in ({}, {"model": 1}, {"model": "m"}):
        http.finish_span(add(http, first, payload=payload), status="failed" if payload else "complete")
    add(http, first)
    page = reader.runs()
    assert [run["id"] for run in page["runs"]] == [second, first]
    assert page["agents"] == [("my-agent", "My Agent"), ("b", "Ärger")]
    run = page["runs"][1]
    assert (run["spans"], run["failed"], run["open"], run["mismatches"]) == (4, 2, 1, 2)
    assert (run["version"], run["status"], run["duration_ms"]) == ("v1", "active", None)
    spans = http.get("/agent_spans", agent_instance_id=first)["summaries"]
    assert run["changed_at"] == max(span["updated_at"] for span in spans)
    for wanted in (
        {"query": "ÄRG"},
        {"query": "V-2"},
        {"query": "v-2 äRG"},
        {"query": second.upper()},
        {"agent": "b"},
        {"limit": 1},
    ):
        assert [run["id"] for run in reader.runs(**wanted)["runs"]] == [second]
    assert reader.runs(limit=1)["before"] == page["runs"][0]["seq"]
    assert [run["id"] for run in reader.runs(before=page["runs"][0]["seq"])["runs"]] == [first]
    for nothing in ({"status": "failed"}, {"query": "none"}, {"query": "v-2 none"}, {"agent": "\ud800"}, {"before": 0}):
        assert reader.runs(**nothing)["runs"] == []
    unnamed = reader.run(http.register(agent_version={"name": "Without"})["details"]["id"])["run"]
    assert (unnamed["version"], unnamed["changed_at"]) == ("", unnamed["inserted_at"])


def test_a_run_is_found_by_what_people_type(http: Http, reader: Reader) -> None:
    with pytest.raises(NoSuchRunError, match="there is no run yet"):
        reader.find_run("last")
    first, second = http.started(), http.started()
    assert (reader.find_run("last"), reader.find_run(first), reader.find_run(second[:-1])) == (second, first, second)
    with pytest.raises(NoSuchRunError, match=f"several runs have an ID that begins with .*: {second}, {first}"):
        reader.find_run(first[:4])
    for wanted in ("", "x\n\x1b[31m", "\ud800", f"{first}0"):
        with pytest.raises(NoSuchRunError, match=r'^no run has an ID that begins with "[ -~]*"$'):
            reader.find_run(wanted)
    for read in (reader.run, reader.rows, reader.findings, lambda run: reader.search(run, ""), reader.span):
        with pytest.raises(NoSuchRunError, match="has the ID"):
            read("\ud800")


def test_rows_are_those_that_have_changed(http: Http, reader: Reader) -> None:
    run = http.register()["details"]["id"]
    http.post(f"/agent_instance/{run}/start", {"timestamp": START.format(2)})
    late = f"{run[:-1]}{'0' if run[-1] != '0' else '1'}"
    child = add(http, run, parent_span_id=late, started_at=START.format(2), payload={"model": "m"})
    first = reader.rows(run)
    (row,) = first["rows"]
    assert (row.id, row.parent, row.start_ms, row.duration_ms, row.summary) == (child, late, 0.0, None, "m: →")
    assert reader.rows(run, after=first["change"])["rows"] == []
    add(http, run, id=late, started_at="2026-01-01T00:00:01.999999Z", status="pending")
    http.finish_span(late, timestamp="2026-01-01T00:00:01.999999Z")
    http.finish_span(child, timestamp="2026-01-01T00:00:02.000003Z", result_payload={"response": "r"})
    news = reader.rows(run, after=first["change"])
    assert [(row.id, row.status, row.duration_ms) for row in news["rows"]] == [
        (late, "complete", 0.0),
        (child, "complete", 0.003),
    ]
    assert (news["rows"][1].parent, news["rows"][1].start_ms, news["rows"][1].summary) == (2, 0.001, "m: → r")
    assert (first["origin"], news["origin"]) == ("2026-01-01T00:00:02.000000Z", "2026-01-01T00:00:01.999999Z")
    assert (reader.rows(run, limit=1)["more"], news["more"], reader.rows(run, after=2**70)["rows"]) == (True, False, [])


def test_long_values_are_cut(http: Http, reader: Reader) -> None:
    payload = {
        "model": "m" * 70_000,
        "items": list(range(1_001)),
        "a/b~": {"image": "data:image/png;base64," + BASE64, "bytes": BASE64, "word": "x" * 2_000},
        "deep": json.loads("[" * 300 + "]" * 300),
        "lines": "aA1" + "\n" * 200_000 + "!",  # nearly Base64: a slow pattern takes minutes
    }
    span_id = add(http, http.started(), payload=payload)
    span = reader.span(span_id)
    cuts = {cut["pointer"][:20]: (cut["kind"], cut["size"], cut.get("media_type")) for cut in span["cut"]}
    assert cuts == {
        "/model": ("text", 70_000, None),
        "/items": ("items", 1_001, None),
        "/a~1b~0/image": ("data", 1_222, "image/png"),
        "/a~1b~0/bytes": ("data", 1_200, None),
        "/deep/0/0/0/0/0/0/0/": ("items", 1, None),
        "/lines": ("text", 200_004, None),
    }
    params = cast("dict[str, Any]", span["params"])
    assert (params["model"], params["items"]) == ("m" * 65_536, list(range(1_000)))
    assert params["a/b~"] == {"image": "", "bytes": "", "word": "x" * 2_000}
    full = reader.span(span["id"], full=True)
    assert (full["params"], full["cut"]) == (payload, [])


def test_mismatches_have_their_schema(http: Http, reader: Reader) -> None:
    run = http.started()
    known = reader.span(add(http, run, payload={"model": 1}))
    (mismatch,) = known["mismatches"]
    assert (mismatch["part"], mismatch["pointer"], mismatch["schema"]) == ("params", "/model", {"type": "string"})
    (unknown,) = reader.span(add(http, run, schema_name="other"))["mismatches"]
    assert (unknown["part"], "schema" in unknown) == ("schema_name", False)


def test_search_finds_a_text_in_any_case(http: Http, reader: Reader) -> None:
    run = http.started()
    add(http, run, payload={"model": "other", "x": "\ud800"}, schema_name="agent:tool")
    span_id = add(http, run, payload={"model": "Müller", "prompt": 'said "no" c:\\dir line\nbreak 😀 straße'})
    http.finish_span(span_id, result_payload={"response": "Answer"})
    texts = ["MÜLLER", 'said "no"', "c:\\dir", "line\nbreak", "😀", "STRASSE", "agent:LLM", "answer", "→", '"prompt"']
    assert {text: reader.search(run, text) for text in texts} == {text: [2] for text in texts}
    assert reader.search(run, "fcller") == reader.search(run, "\ud800") == []
    assert reader.search(run, "") == [1, 2]
    data = "QuJ9" * 300
    add(http, run, payload={"uri": f"data:image/png;base64,{data}", "raw": f"{data}\r\n{data}", "text": "QuJ9 " * 300})
    add(http, run, payload={"raw": data, "short": "QuJ9"[:3]})
    assert reader.search(run, "UJ9Q") == []
    assert (reader.search(run, "quj9 "), reader.search(run, "raw"), reader.search(run, "quj")) == ([3], [3, 4], [3, 4])


def test_findings_name_the_spans(http: Http, reader: Reader) -> None:
    run = http.register()["details"]["id"]
    http.post(f"/agent_instance/{run}/start", {"timestamp": START.format(1)})
    parent = f"{run[:-2]}00"
    add(http, run, parent_span_id=parent, started_at=START.format(3))
    add(http, run, id=parent, status="complete", started_at=START.format(2), finished_at=START.format(4))
    add(http, run, parent_span_id=f"{run[:-2]}01", started_at=START.format(0))
    add(http, run, parent_span_id=parent, status="complete", started_at=START.format(3), finished_at=START.format(5))
    own = f"{run[:-2]}02"
    add(http, run, id=own, parent_span_id=own, started_at=START.format(5))
    http.post(f"/agent_instance/{run}/finish", {"timestamp": START.format(4)})
    found = {finding["name"]: finding for finding in reader.findings(run)}
    assert {name: finding["spans"] for name, finding in found.items()} == {
        "parent_missing": [3],
        "child_before_parent": [1],
        "outside_parent": [4],
        "outside_run": [3, 4, 5],
        "not_finished": [1, 3, 5],
        "own_ancestor": [5],
    }
    assert found["own_ancestor"]["message"] == "1 span is an ancestor of itself."
    assert found["not_finished"]["message"] == "3 spans are not finished, although the run is."


def test_spans_that_are_ancestors_of_each_other_are_shown_once(http: Http, reader: Reader) -> None:
    run = http.started()
    ids = [f"{run[:-2]}0{number}" for number in range(5)]
    # 1 and 2 are parents of each other, 0 is below them, 3 is its own parent, 4 has none.
    for span_id, parent in zip(ids, [ids[1], ids[2], ids[1], ids[3], None], strict=True):
        add(http, run, id=span_id, parent_span_id=parent)
    tree = Tree(reader.rows(run)["rows"])
    assert [(depth, row.seq) for depth, row in tree.below(tree.roots)] == [(0, 5), (0, 2), (1, 1), (1, 3), (0, 4)]
    assert [(row["depth"], row["changed"]) for row in reader.compare(run, run)["rows"]] == [
        (0, []),
        (0, []),
        (1, []),
        (1, []),
        (0, []),
    ]
