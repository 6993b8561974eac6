"""What the guide to the embedded API says of looking at runs: src/prefactor_local/README.md."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.guides.blocks import ROOT, block, table
from tests.support.local_commands import command, interrupted, use_own_folders

import prefactor_spans
from prefactor_core import PrefactorCoreClient, PrefactorCoreConfig
from prefactor_http import HttpClientConfig
from prefactor_local import LocalApi
from prefactor_local.__main__ import main
from prefactor_local._view.exports.formats import FORMATS

GUIDE = "src/prefactor_local/README.md"
SHOW = block(f"{GUIDE}#show-a-run/sh")
SHOWN = block(f"{GUIDE}#show-a-run/text")
FIELDS = block(f"{GUIDE}#show-a-run/text/2")
TAIL = block(f"{GUIDE}#follow-runs/sh")
OPEN = block(f"{GUIDE}#in-the-browser/sh")
EXPORT = block(f"{GUIDE}#export-a-run/sh")
SCRIPTS = ROOT / "src" / "prefactor_local" / "_view" / "static" / "js"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_folders(tmp_path, monkeypatch)
    monkeypatch.setenv("BROWSER", "true")
    monkeypatch.chdir(tmp_path)


def arguments(shown: str) -> list[str]:
    name, *words = shlex.split(shown)
    assert name == "prefactor-local"
    return words


@pytest.mark.anyio
async def test_a_run_is_shown_and_exported_as_the_guide_says(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalApi(announce=True) as api:
        run_id = await record(api)
        assert main(arguments(SHOW)) == 0
        assert re.sub(r"run \w+", "run …", capsys.readouterr().out) == re.sub(r"run \w+", "run …", SHOWN)
        assert main([*arguments(SHOW), "--full"]) == 0
        assert FIELDS in capsys.readouterr().out
        assert main([*arguments(SHOW), run_id[:-4], "--json"]) == 0
        assert main(arguments(EXPORT)) == 0
    assert is_page(Path(f"run-{run_id}.html"))


def is_page(file: Path) -> bool:
    return file.read_text("utf-8").lower().startswith("<!doctype html>")


async def record(api: LocalApi) -> str:
    """The run that the guide shows."""
    start = datetime(2026, 11, 28, 18, 0, 39, tzinfo=UTC)

    def at(milliseconds: int) -> datetime:
        return start + timedelta(milliseconds=milliseconds)

    http_config = HttpClientConfig(api_url=api.url, api_token=api.token)
    config = PrefactorCoreConfig(http_config=http_config, schema_registry=prefactor_spans.registry)
    async with PrefactorCoreClient(config) as client:
        version = {"name": "My Agent", "external_identifier": "v1.0.0"}
        instance = await client.create_agent_instance(agent_id="my-agent", agent_version=version)
        await instance.start(start)
        async with instance.span("agent:run") as whole:
            await whole.start({"input": "Refund invoice R-17.", "agent_name": "Billing"}, at(2))
            async with instance.span("agent:llm") as llm:
                await llm.start({"model": "gpt-4", "prompt": "Refund invoice R-17."}, at(3))
                await llm.complete({"response": "I call the tool 'refund'.", "usage": {"input_tokens": "25"}}, at(1241))
            async with instance.span("agent:tool") as tool:
                await tool.start({"name": "refund", "arguments": {"invoice": "R-17"}}, at(1243))
                await tool.fail({"error_message": "no such invoice"}, at(1255))
            await whole.complete({"output": "There is no invoice R-17."}, at(1260))
        await instance.finish(timestamp=at(1261))
    return instance.id


@pytest.mark.slow
@pytest.mark.anyio
async def test_tail_and_open_do_what_the_guide_says() -> None:
    with LocalApi(announce=True) as api:
        with command(*arguments(TAIL)) as tail:
            assert tail.stderr is not None
            tail.stderr.readline()
            run_id = await record(api)
            assert tail.stdout is not None
            printed = [tail.stdout.readline().split()[0] for _ in range(4)]
            assert interrupted(tail)[0] == 0
        assert printed == ["My", "✓", "✗", "✓"]
        with command(*arguments(OPEN)) as opened:
            assert opened.communicate(timeout=20)[0] == api.view_url.replace("#", f"runs/{run_id}#") + "\n"


def test_the_keys_are_those_of_the_page() -> None:
    shown = {key for row in table(GUIDE, "in-the-browser") for key in re.findall(r"`([^`]+)`", row[0])}
    scripts = " ".join(path.read_text("utf-8") for path in SCRIPTS.glob("*.js"))
    lists = re.findall(r'[kK]eys: \[("[^"]+"(?:, "[^"]+")*)\]', scripts)
    bound = {key for keys in lists for key in keys.split('"')[1::2]}
    names = dict(re.findall(r'\["(\w+)", "([^"]+)"\]', (SCRIPTS / "keys.js").read_text("utf-8")))
    assert shown == {names.get(key, key) for key in bound}


def test_every_format_is_explained() -> None:
    rows = table(GUIDE, "export-a-run")
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row[0])} == set(FORMATS)
