"""The commands that show what was recorded: show, export and open, from a file and from a running server."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.local_commands import use_own_folders

from prefactor_local import LocalApi
from prefactor_local.__main__ import main
from prefactor_local._terminal.span_lines import tree_lines
from prefactor_local._terminal.text import duration_text
from prefactor_local._view.shapes import SpanRow

if TYPE_CHECKING:
    from tests.local.conftest import Http

HOSTILE = "a\x1b]0;title\x07\x9b31m\r\n\u202ec\ud800"
TYPES = [
    {
        "name": "agent:llm",
        "params_schema": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "title": "What was asked", "x-prefactor-redact": True},
                "temperature": {"type": "number"},
                "messages": {"items": {"properties": {"content": {"title": "What it says"}}}},
            },
        },
        "result_schema": {"type": "object"},
        "template": "{{prompt}} → {{response}}",
    },
    {"name": "agent:tool", "params_schema": {"type": "object"}, "result_schema": {"type": "object"}},
]
PAYLOAD: dict[str, object] = {
    "prompt": HOSTILE[:-1],
    "temperature": "hot",
    "messages": [{"content": "one\n\ttwo"}, {"content": "true"}],
    "none": None,
    "empty": {},
}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_folders(tmp_path, monkeypatch)


@pytest.fixture
def recorded(tmp_path: Path, connect: Callable[..., Http]) -> Iterator[tuple[LocalApi, Path, str]]:
    """A running server that other commands find, its file, and a run with a span that failed in another one."""
    file = tmp_path / "runs.db"
    with LocalApi(database=file, announce=True) as api:
        http = connect(api)
        run_id = http.started(agent_schema_version={"external_identifier": "s1", "span_type_schemas": TYPES})
        top = http.span(run_id, payload=PAYLOAD)["details"]["id"]
        tool = http.span(run_id, schema_name="agent:tool", parent_span_id=top, payload={"name": "get", "n": [1]})
        error = {"error_message": "the airline does not answer"}
        http.finish_span(tool["details"]["id"], status="failed", result_payload=error)
        http.finish_span(top, status="complete", result_payload={"response": "Hi 日本"})
        yield api, file, run_id


TREE = r"""
✓ agent:llm  … ms, 1 mismatch  a\x1b]0;title\x07\x9b31m \u202ec → Hi 日本
└── ✗ agent:tool  failed, … ms  name: get, n: […]: the airline does not answer
"""
PROBLEMS = r"""
Failed:
  ✗ agent:tool  failed, … ms  name: get, n: […]
      error_message: the airline does not answer

Do not match their schema:
  ✓ agent:llm  … ms, 1 mismatch  a\x1b]0;title\x07\x9b31m \u202ec → Hi 日本
      params/temperature: Input should be a number, found a string
"""
FIELDS = r"""
│   params:
│     prompt (What was asked) [should be redacted]:
│       | a\x1b]0;title\x07\x9b31m
│       | \u202ec
│     temperature: hot
│       ! Input should be a number, found a string
│     messages:
│       0:
│         content (What it says):
│           | one
│           |     two
│       1:
│         content (What it says): "true"
│     none: null
│     empty: {}
│   result:
│     response: Hi 日本
└── """


@pytest.mark.parametrize("where", ["file", "server"])
def test_show_says_what_went_wrong_and_then_what_happened(
    recorded: tuple[LocalApi, Path, str], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api, file, run_id = recorded
    options = ["--database", str(file)] if where == "file" else []
    assert main(["show", *options]) == 0
    head, failed, mismatched, tree = comparable(capsys.readouterr().out).split("\n\n")
    assert (
        head == f"My Agent v1  run {run_id}\nactive, started … UTC, last news … ms ago\n2 spans, 1 failed, 1 mismatch"
    )
    assert f"\n{failed}\n\n{mismatched}\n" == PROBLEMS
    assert f"\n{tree}" == TREE
    assert main(["show", f"{api.url}/ui/runs/{run_id[:-1].upper()}#t=x", "--full", *options]) == 0
    assert FIELDS in comparable(capsys.readouterr().out)
    assert main(["show", "last", "--json", *options]) == 0
    printed = capsys.readouterr().out
    assert "\x9b" not in printed
    assert "\u202e" not in printed
    assert json.loads(printed)["spans"][0]["params"] == PAYLOAD


def comparable(printed: str) -> str:
    without_times = re.sub(r"started [-\d]+ [:\d]+ UTC", "started … UTC", printed)
    return re.sub(r"\d[\d.]* (ms|s)\b", "… ms", without_times)


def test_show_counts_what_it_does_not_list(
    tmp_path: Path, connect: Callable[..., Http], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "many.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        run_id = http.started()
        top = http.span(run_id)["details"]["id"]
        http.finish_span(top, status="failed")
        for number in range(12):
            late = http.span(run_id, parent_span_id=top, payload={"model": number})["details"]["id"]
            http.finish_span(late, status="failed")
    assert main(["show", "--database", str(file)]) == 0
    _, failed, mismatched, order, _ = comparable(capsys.readouterr().out).split("\n\n")
    assert failed.endswith("\n  … and 3 more")
    assert mismatched.endswith("\n  … and 2 more")
    finding, *spans, others = order.splitlines()[1:]
    assert finding.startswith("  outside_parent: 12 spans ")
    assert [line[:19] for line in spans] == ["      ✗ agent:llm  "] * 5
    assert others == "      … and 7 more"


def test_data_that_nobody_reads_is_shown_by_its_size(
    tmp_path: Path, connect: Callable[..., Http], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "image.db"
    with LocalApi(database=file) as api:
        http = connect(api)
        image = f"data:image/png;base64,{'QUJD' * 1000}"
        http.span(http.started(), schema_name="see", payload={"model": "m", "image": {"url": image}})
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["show", "--database", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("  model: m, image: {url: (4,022 characters of image/png)}\n")
    assert "\x1b" not in shown


def test_what_a_result_should_have_is_said_if_there_is_none(
    tmp_path: Path, connect: Callable[..., Http], capsys: pytest.CaptureFixture[str]
) -> None:
    types = [{"name": "t", "params_schema": {}, "result_schema": {"type": "object", "required": ["answer"]}}]
    with LocalApi(database=tmp_path / "runs.db") as api:
        http = connect(api)
        run = http.started(agent_schema_version={"external_identifier": "s", "span_type_schemas": types})
        http.finish_span(http.span(run, schema_name="t", payload={})["details"]["id"], status="complete")
    assert main(["show", "--full", "--database", str(tmp_path / "runs.db")]) == 0
    assert "  result: null\n      ! /answer: Field required" in capsys.readouterr().out


def test_failed_spans_are_in_the_order_of_the_tree_and_unknown_types_are_named_once(
    tmp_path: Path, connect: Callable[..., Http], capsys: pytest.CaptureFixture[str]
) -> None:
    error = {"type": "KeyError", "message": "'x'"}
    with LocalApi(database=tmp_path / "runs.db") as api:
        http = connect(api)
        run = http.started()
        top, second = (http.span(run, schema_name=name)["details"]["id"] for name in ("first", "second"))
        inner = http.span(run, schema_name="second", payload={"inner": 1}, parent_span_id=top)["details"]["id"]
        for span_id in (second, inner, top):
            http.finish_span(span_id, status="failed", result_payload={"error": error})
    assert main(["show", "--full", "--database", str(tmp_path / "runs.db")]) == 0
    head, failed, unknown, tree = capsys.readouterr().out.split("\n\n")
    assert "3 mismatches" in head
    unknown_type = "The schema version of this run has no such span type"
    assert unknown == f"{unknown_type}:\n  first  1 span\n  second  2 spans"
    assert tree.count(f"! {unknown_type}\n") == 3
    listed = re.findall(r"✗ (\w+)  failed, .+?  (\w+):", failed)
    assert listed == [("first", "model"), ("second", "inner"), ("second", "model")]
    assert re.findall(r"✗ (\w+)", tree) == ["first", "second", "second"]


def test_durations_are_as_in_the_browser() -> None:
    tests = Path(__file__).parents[1] / "viewer" / "js" / "format.test.js"
    expected = re.findall(r'^    "?(-?[\d.]+)"?: "(.*)",$', tests.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(expected) > 10
    assert [duration_text(float(ms)) for ms, _ in expected] == [text.replace("\u2212", "-") for _, text in expected]


def test_a_field_says_what_is_special_about_it(
    tmp_path: Path, connect: Callable[..., Http], capsys: pytest.CaptureFixture[str]
) -> None:
    properties = {
        "card": {"title": "Card", "x-prefactor-redact": True, "x-prefactor-data": ["pii"], "deprecated": True},
        "image": {},
        "items": {},
    }
    payload = {"card": "[redacted]", "image": f"data:image/png;base64,{'aB3d' * 300}", "items": []}
    types = [{"name": "t", "params_schema": {"type": "object", "properties": properties}}]
    with LocalApi(database=tmp_path / "runs.db") as api:
        http = connect(api)
        run = http.started(agent_schema_version={"external_identifier": "s", "span_type_schemas": types})
        http.span(run, schema_name="t", payload=payload)
    assert main(["show", "--full", "--database", str(tmp_path / "runs.db")]) == 0
    said = [line.strip() for line in capsys.readouterr().out.splitlines()[-3:]]
    image = "image: (1,222 characters of image/png)"
    assert said == ["card [redacted, data risk: pii, deprecated]: [redacted]", image, "items: []"]
    assert main(["show", "--database", str(tmp_path / "runs.db")]) == 0
    assert capsys.readouterr().out.endswith(f"card: [redacted], {image}, items: []\n")


@pytest.mark.parametrize(
    ("value", "mark"),
    [("[redacted: the redact callable failed]", "redacted"), ("[redacted] 4111", "should be redacted")],
)
def test_what_stands_for_a_redacted_value_is_known(
    value: str, mark: str, tmp_path: Path, connect: Callable[..., Http], capsys: pytest.CaptureFixture[str]
) -> None:
    schema = {"type": "object", "properties": {"card": {"x-prefactor-redact": True}}}
    types = [{"name": "t", "params_schema": schema}]
    with LocalApi(database=tmp_path / "runs.db") as api:
        http = connect(api)
        run = http.started(agent_schema_version={"external_identifier": "s", "span_type_schemas": types})
        http.span(run, schema_name="t", payload={"card": value})
    assert main(["show", "--full", "--database", str(tmp_path / "runs.db")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].strip() == f"card [{mark}]: {value}"


def test_a_deep_tree_is_not_indented_without_end() -> None:
    rows = [span(seq, None if seq == 1 else seq - 1) for seq in range(1, 10_001)]
    lines = list(tree_lines(rows))
    assert [line.row.seq for line in lines] == list(range(1, 10_001))
    assert [lines[index].before for index in (0, 1, 2)] == ["", "└── ", "    └── "]
    assert lines[-1].before.endswith("  (level 9,999) ")
    assert max(len(line.before) for line in lines) < 150


def test_late_parents_and_circles_hide_nothing() -> None:
    rows = [span(1, "2"), span(2, None), span(3, "gone"), span(4, 6), span(5, "6"), span(6, 5)]
    lines = list(tree_lines(rows))
    assert [(line.before, line.row.seq) for line in lines] == [
        ("", 2),
        ("└── ", 1),
        ("", 3),
        ("", 5),
        ("└── ", 6),
        ("    └── ", 4),
    ]


def span(seq: int, parent: int | str | None) -> SpanRow:
    return SpanRow(seq, str(seq), parent, "agent:llm", "complete", 1.0, 2.0, "", 0)


def test_export_writes_all_or_nothing(
    recorded: tuple[LocalApi, Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for form in ("json", "otlp", "chrome", "html"):
        assert main(["export", "last", "--format", form]) == 0
        written = Path(capsys.readouterr().out.strip())
        assert recorded[2] in written.name
        assert written.stat().st_size > 500
    own = tmp_path / "own.json"
    own.write_text("mine")
    assert main(["export", "--format", "json", "-o", "own.json"]) == 1
    assert own.read_text() == "mine"
    assert main(["export", "--format", "json", "-o", "own.json", "--force"]) == 0
    (tmp_path / "link.json").symlink_to(own)
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "gone.json")
    for name in ("link.json", "nowhere.json"):
        assert main(["export", "--format", "json", "-o", name]) == 1
    assert main(["export", "--format", "json", "-o", "link.json", "--force"]) == 0
    assert (tmp_path / "link.json").readlink() == own
    assert main(["export", "--format", "json", "-o", "-"]) == 0
    assert capsys.readouterr().out.endswith(own.read_text())
    for place in (".", "nowhere/x.json"):
        assert main(["export", "--format", "json", "-o", place]) == 1
        assert place in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))


def test_what_is_not_there_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, notes = tmp_path / "missing.db", tmp_path / "notes.txt"
    notes.write_text("hello " * 1000)

    def failed(*arguments: str) -> str:
        assert main(arguments) == 1
        (line,) = capsys.readouterr().err.splitlines()
        return line

    for command in ("show", "tail", "open"):
        assert str(tmp_path / "prefactor-local") in failed(command)
        assert str(missing) in failed(command, "--database", str(missing))
        assert "not a database" in failed(command, "--database", str(notes))
    assert not missing.exists()
    with LocalApi(announce=True) as one:
        assert "no run" in failed("show")
        assert "zzz" in failed("show", "zzz")
        assert "on port 1234; servers run" in failed("show", "--port", "1234")
        monkeypatch.setenv("PREFACTOR_API_URL", one.url)
        with LocalApi(announce=True) as two:
            assert failed("show") == "prefactor-local: there is no run yet"
            monkeypatch.delenv("PREFACTOR_API_URL")
            assert main(["show"]) == 1
            choice, _ = capsys.readouterr().err.splitlines()
            assert two.url in choice
            assert "--port" in choice
            assert "zzz" in failed("show", f"{one.url}/ui/runs/zzz")  # and no word of a choice
            assert f"port {two.url.rpartition(':')[2]} (in memory)" in choice


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "../x"],
        ["show", "--full", "--json"],
        ["show", "--database", ""],
        ["export"],
        ["export", "--format", "html", "-o", ""],
        ["tail", "--run", ""],
        ["tail", "--type", ""],
        *(
            [name, *more, "--port", "0"]
            for name, *more in (["show"], ["tail"], ["open"], ["export", "--format", "json"])
        ),
        ["serve", "--database", ""],
        ["serve", "--token", ""],
        ["serve", "--allow-host", "http://prefactor"],
        ["serve", "--allow-host", "prefactor:80"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: prefactor-local" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "--databse", "traces.db"], "unrecognized arguments: --databse"),
        (["export", "--format", "json", "--databse", "traces.db"], "unrecognized arguments: --databse"),
        (["show", "http://127.0.0.1:8765/ui/#t=abc"], "argument RUN: is a link, but not to a run: "),
        (["tail", "--run", "a b"], "argument RUN: must be the ID of a run"),
    ],
)
def test_a_mistake_is_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert said in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"prefactor-local {version('prefactor-sdk')}\n"


def test_an_output_that_takes_ascii_only(recorded: tuple[LocalApi, Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "ascii"))
    assert main(["show"]) == 0
    assert rb"`-- x agent:tool  failed" in printed.getvalue()
    assert rb"Hi \u65e5\u672c" in printed.getvalue()
