"""`prefactor-gen refs`: copies of schemas from the web, their entries and the lock file. Servers are real ones."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.codegen.contract.schema_server import Answer, SchemaServer, schema_server
from tests.codegen.support import Project, Result, is_valid

from prefactor_gen.definitions.reference_lock import content_hash, lock_text
from prefactor_gen.diagnostics.limits import MAX_BYTES
from prefactor_gen.remote import fetching
from prefactor_gen.vendoring import collecting

pytestmark = pytest.mark.slow

MONEY = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number"}, "currency": {"$ref": "currency.json"}},
}
CURRENCY = {"enum": ["EUR", "USD"]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SchemaServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with schema_server() as running:
        yield running


@pytest.fixture
def money(server: SchemaServer, project: Project) -> str:
    """The URL of a schema that refers to another one, and that the definitions of the project refer to."""
    url = server.put("/money.json", MONEY)
    server.put("/currency.json", CURRENCY)
    project.configure()
    refer_to(url, project)
    return url


def refer_to(url: str, project: Project) -> None:
    params = {"type": "object", "properties": {"total": {"$ref": url}}}
    entry = {"name": "billing:refund", "title": "T", "description": "D", "params_schema": params}
    project.write("schemas/spans.json", {"span_type_schemas": [entry]})


def entries(project: Project) -> dict[str, str]:
    document = tomllib.loads((project.root / "pyproject.toml").read_text("utf-8"))
    found: dict[str, str] = document["tool"]["prefactor-gen"].get("refs", {})
    return found


def lock(project: Project) -> dict[str, str]:
    refs: dict[str, str] = json.loads((project.root / "prefactor-refs.lock").read_text("utf-8"))["refs"]
    return refs


def files(project: Project) -> dict[str, bytes]:
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file()
    }


def refused(result: Result) -> str:
    """The one line of a mistake of the user."""
    assert (result.code, result.out) == (2, ""), result
    [line] = result.err.splitlines()
    return line


def test_a_copy_with_what_it_refers_to(money: str, project: Project) -> None:
    assert (
        f"PG008: expected a reference into the definition folder, found the remote {money!r}; nothing is fetched "
        f"here: to save a copy, run prefactor-gen refs add {money}" in project.run("check").out
    )
    (project.root / "pyproject.toml").write_text(
        '# ours\n[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n'
    )
    result = project.run("refs", "add", f"{money}#/properties")
    currency = money.replace("money", "currency")
    assert (result.code, result.err) == (0, "")
    assert re.sub("-[0-9a-f]{8}…", "-…", result.out).splitlines() == [
        "schemas/vendor/money.json written (sha256-…)",
        f"{money} refers to {currency}: schemas/vendor/currency.json written (sha256-…)",
        "pyproject.toml and prefactor-refs.lock written",
    ]
    assert entries(project) == {money: "schemas/vendor/money.json", currency: "schemas/vendor/currency.json"}
    assert (project.root / "pyproject.toml").read_text().startswith("# ours\n")
    assert lock(project).keys() == {money, currency}
    assert project.run("check").out == "no problems found\n"
    assert project.run().code == 0
    params = project.load().BillingRefund.Params
    assert is_valid(params, {"total": {"amount": 1, "currency": "EUR"}})
    assert not is_valid(params, {"total": {"amount": 1, "currency": "GBP"}})
    assert project.run("refs", "check").out == "2 copies are as prefactor-refs.lock says\n"
    before = files(project)
    again = project.run("refs", "add", money)
    assert (again.code, "is its copy already" in again.out, files(project)) == (0, True, before)


def test_a_copy_is_removed_with_its_entry_and_its_hash(money: str, project: Project) -> None:
    project.run("refs", "add", money)
    currency = money.replace("money", "currency")
    pyproject = project.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "# ours\n\n[tool.other]\na = 1\n")
    project.span_types(agent={"type": "object"})
    result = project.run("refs", "remove", f"{money}#/properties")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "schemas/vendor/money.json removed",
        "pyproject.toml written",
        "prefactor-refs.lock written",
    ]
    assert (entries(project), [*lock(project)]) == ({currency: "schemas/vendor/currency.json"}, [currency])
    assert pyproject.read_text().endswith("# ours\n\n[tool.other]\na = 1\n")
    assert project.run("refs", "check").out == "1 copy is as prefactor-refs.lock says\n"
    assert project.run("refs", "remove", currency).out.endswith("prefactor-refs.lock removed\n")
    assert entries(project) == {}
    assert project.run("refs", "check").out == "no schema was fetched: there is no prefactor-refs.lock\n"


@pytest.mark.parametrize(
    "form", ["refs = {{ '{0}' = 'a.json', '{1}' = 'b.json' }}", "refs.'{0}' = 'a.json'\nrefs.'{1}' = 'b.json'"]
)
def test_an_entry_is_removed_in_any_form_of_toml(form: str, money: str, project: Project) -> None:
    other = "https://a.example/b.json"
    head = '[tool.prefactor-gen]\r\nsources = ["schemas"]\r\n'
    project.write("pyproject.toml", f"{head}{form.format(money, other)}\r\npackage = 'made' # ours\r\n")
    result = project.run("refs", "remove", money)
    assert (result.err, entries(project)) == ("", {other: "b.json"})
    text = (project.root / "pyproject.toml").read_bytes().decode()
    assert (text.startswith(head), text.endswith("\r\npackage = 'made' # ours\r\n")) == (True, True)


def test_a_copy_that_something_refers_to_is_missed(money: str, project: Project) -> None:
    project.run("refs", "add", money)
    result = project.run("refs", "remove", money)
    assert (result.code, "error PG008: " in result.out, f"run prefactor-gen refs add {money}" in result.out) == (
        1,
        True,
        True,
    )


def test_another_command_waits(money: str, project: Project, server: SchemaServer) -> None:
    """It would not know what is being written, and write the files without it."""
    fcntl = pytest.importorskip("fcntl", reason="Windows has no locks of folders")
    refused: list[bool] = []

    def try_to_lock() -> None:
        folder = os.open(project.root, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refused.append(True)
        finally:
            os.close(folder)

    server.answers["/money.json"] = replace(server.answers["/money.json"], before=try_to_lock)
    for arguments in (["add", money], ["update"], ["check", "--remote"]):
        assert project.run("refs", *arguments).code == 0
    assert refused == [True, True]


def test_what_refs_remove_refuses(money: str, project: Project) -> None:
    project.run("refs", "add", money)
    (project.root / "schemas/vendor/currency.json").write_text("{}")
    project.write("schemas/mine.json", "{}")
    pyproject = project.root / "pyproject.toml"
    (outside := project.root.parent / "outside.json").write_text("{}")
    elsewhere = "https://a.example/outside.json"
    project.write("prefactor-refs.lock", lock_text({**lock(project), elsewhere: content_hash(b"{}")}))
    pyproject.write_text(f'{pyproject.read_text()}"{elsewhere}" = "../outside.json"\n')
    more = '"https://a.example/v1/" = "schemas/v1/"\n"https://a.example/mine.json" = "schemas/mine.json"\n'
    pyproject.write_text(pyproject.read_text() + more)
    before = files(project)
    for url, message in {
        money.replace("money", "monney"): "has no copy here; did you mean",
        money.replace("money", "currency"): "schemas/vendor/currency.json was edited here; remove it yourself first",
        "https://a.example/v1/": "'https://a.example/v1/' is a folder of copies; name the URLs of its schemas",
        elsewhere: "../outside.json is outside of the project; remove it and its entry yourself",
        "https://a.example/mine.json": "schemas/mine.json was not fetched by refs; remove it and its entry yourself",
    }.items():
        assert message in refused(project.run("refs", "remove", money, url))
    assert (files(project), outside.read_text()) == (before, "{}")


def test_advice_that_works(project: Project) -> None:
    """`refs add` is not named for what it refuses."""
    project.configure()
    for url in ("http://a.example/x.json", "https://a.example/x.json?api_key=k", "urn:a:x"):
        refer_to(url, project)
        assert "save a copy, and add to [tool.prefactor-gen.refs]" in project.run("check").out


def test_nothing_but_refs_uses_the_network(money: str, project: Project, request: pytest.FixtureRequest) -> None:
    assert project.run("refs", "add", money).code == 0
    request.getfixturevalue("no_network")
    for arguments in (["check"], ["generate"], ["refs", "check"]):
        assert project.run(*arguments).code == 0


def test_an_edited_copy_is_told_by_every_command(money: str, project: Project, server: SchemaServer) -> None:
    project.run("refs", "add", money)
    project.write("schemas/vendor/money.json", json.dumps(MONEY).replace("number", "integer"))
    line = "schemas/vendor/money.json: {} PG040: differs from prefactor-refs.lock: edited here?"
    for arguments, code, severity in ((["refs", "check"], 1, "error"), (["check"], 0, "warning")):
        result = project.run(*arguments)
        assert (result.code, line.format(severity) in result.out) == (code, True)
    assert line.format("warning") in project.run("generate").err
    github = project.run("refs", "check", "--format", "github")
    assert (github.code, github.out.startswith("::error file=schemas/vendor/money.json,title=PG040::differs")) == (
        1,
        True,
    )
    [found] = json.loads(project.run("refs", "check", "--format", "json").out)
    assert (found["code"], found["source"]) == ("PG040", "schemas/vendor/money.json")
    result = project.run("refs", "update")
    assert result.out.splitlines()[0].endswith("; it was edited here")
    assert result.out.splitlines()[-1] == "  error PD202 billing:refund params total.amount: number added (readers)"
    assert json.loads((project.root / "schemas/vendor/money.json").read_text()) == MONEY
    assert project.run("refs", "check").code == 0


def test_other_line_ends_are_the_same_copy(money: str, project: Project, server: SchemaServer) -> None:
    server.put("/money.json", json.dumps(MONEY, indent=1))
    project.run("refs", "add", money)
    path = project.root / "schemas/vendor/money.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert project.run("refs", "check", "--remote").code == 0


def test_an_update_takes_what_is_at_the_urls_now(money: str, project: Project, server: SchemaServer) -> None:
    project.run("refs", "add", money)
    assert project.run("refs", "update").out == "2 of 2 copies are current\n"
    server.put("/money.json", {**MONEY, "properties": {**MONEY["properties"], "by": {"$ref": "people/person.yaml"}}})  # type: ignore[dict-item]
    server.put("/people/person.yaml", "type: string\n")
    before = files(project)
    remote = project.run("refs", "check", "--remote")
    assert (remote.code, "money.json has changed: prefactor-gen refs update takes it" in remote.out) == (1, True)
    assert files(project) == before
    result = project.run("refs", "update")
    lines = result.out.splitlines()
    assert result.code == 0
    assert re.fullmatch("schemas/vendor/money.json updated \\(sha256-.{8}… → sha256-.{8}…\\)", lines[0])
    assert re.fullmatch("schemas/vendor/person.yaml written \\(sha256-.{8}…\\)", lines[1])
    assert lines[2:] == [
        "pyproject.toml and prefactor-refs.lock written",
        "1 of 3 copies is current",
        "  note PD102 billing:refund params total.by: added",
    ]
    assert entries(project)[f"{server.url}/people/person.yaml"] == "schemas/vendor/person.yaml"
    assert project.run("check").out == "no problems found\n"


def test_an_update_that_leaves_a_reference_without_target(money: str, project: Project, server: SchemaServer) -> None:
    project.run("refs", "add", money)
    refer_to(f"{money}#/properties/amount", project)
    server.put("/money.json", {"type": "object"})
    result = project.run("refs", "update")
    assert (result.code, "PG008: expected a schema" in result.out) == (1, True)
    server.put("/money.json", {"properties": {"amount": {"type": "nunmber"}}})
    result = project.run("refs", "update")
    assert (result.code, "/type: error PG006: expected one of array" in result.out) == (1, True), result.out


def test_a_missing_copy_and_a_removed_entry(money: str, project: Project) -> None:
    project.run("refs", "add", money)
    (project.root / "schemas/vendor/money.json").unlink()
    assert refused(project.run("check")).endswith(
        "found no 'schemas/vendor/money.json'; prefactor-gen refs update fetches it"
    )
    missing = project.run("refs", "check")
    assert (missing.code, f"{money} has a hash here, but its copy is missing" in missing.out) == (1, True)
    assert "schemas/vendor/money.json written" in project.run("refs", "update").out
    assert project.run("check").code == 0
    path = project.root / "pyproject.toml"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "currency" not in line))
    assert "does not name it" in project.run("refs", "check").out
    assert "pyproject.toml written" in project.run("refs", "update", money).out
    assert lock(project).keys() == {money, money.replace("money", "currency")}, "it is needed again"


def test_an_entry_without_a_copy(money: str, project: Project, server: SchemaServer) -> None:
    project.run("refs", "add", money)
    other = server.put("/other.json", {})
    with (project.root / "pyproject.toml").open("a") as file:
        file.write(f'"{other}" = "schemas/vendor/other.json"\n')
    assert f"the copy of {other} is missing" in project.run("refs", "check").out
    refer_to(other, project)
    lines = project.run("refs", "update").out.splitlines()
    assert "schemas/vendor/other.json written" in lines[0]
    assert lines[-1] == "  billing:refund could not be read before, so that it is not compared"
    assert project.run("check").code == 0


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("common/money.json", ["common/currency.json", "common/money.json"]),
        ("common/acme/", ["common/acme/currency.json", "common/acme/money.json"]),
        ("schemas", ["schemas/currency.json", "schemas/money.json"]),
    ],
)
def test_where_copies_are_saved(path: str, found: list[str], money: str, project: Project) -> None:
    assert project.run("refs", "add", money, path).code == 0
    assert sorted(entries(project).values()) == found
    assert project.run("check").out == "no problems found\n"


def test_a_folder_that_stands_for_urls(project: Project, server: SchemaServer) -> None:
    project.configure(refs={f"{server.url}/v2/": "vendor/v2/"})
    url = server.put("/v2/types/money", MONEY)
    server.put("/v2/types/currency.json", CURRENCY)
    refer_to(url, project)
    assert project.run("refs", "add", url).code == 0
    assert entries(project) == {f"{server.url}/v2/": "vendor/v2/"}
    assert {"vendor/v2/types/money.json", "vendor/v2/types/currency.json"} <= files(project).keys()
    assert project.run("check").out == "no problems found\n"
    server.put("/v2/types/currency.json", {"enum": ["GBP"]})
    assert "vendor/v2/types/currency.json updated" in project.run("refs", "update").out
    assert project.run("refs", "check", "--remote").code == 0


def test_names_that_files_should_not_have(project: Project, server: SchemaServer) -> None:
    project.configure()
    paths = [
        "/a/money.json",
        "/b/money.json",
        "/c/..%2f..%2fpyproject.toml",
        "/%2e%2ejson",
        "/?x=1",
        "/CON%00",
        "/x" * 300,
    ]
    urls = [server.put(path, {"type": "object", "title": path}) for path in paths]
    server.put("/all.json", {"anyOf": [{"$ref": url} for url in urls]})
    project.write("schemas/vendor/money.json", "{}")
    result = project.run("refs", "add", f"{server.url}/all.json")
    assert (result.code, result.err) == (0, "")
    names = entries(project).values()
    assert len({*names}) == len(paths) + 1
    assert all(re.fullmatch("schemas/vendor/[A-Za-z0-9][A-Za-z0-9._-]{0,90}\\.json", name) for name in names), names
    assert (project.root / "schemas/vendor/money.json").read_text() == "{}"


def test_file_names_that_every_system_can_have(project: Project, server: SchemaServer) -> None:
    project.configure(refs={f"{server.url}/v2/": "v2/"})
    project.write("schemas/vendor/money.json", "{}")
    names = {
        "/Money.json": "schemas/vendor/127.0.0.1-Money.json",
        "/CON.json": "schemas/vendor/schema-CON.json",
        "/aux": "schemas/vendor/schema-aux.json",
        "/nul.x.json": "schemas/vendor/schema-nul.x.json",
        "/%C3%A9t%C3%A9.json": "schemas/vendor/ete.json",
        "/%E6%9D%B1.json": "schemas/vendor/127.0.0.1.json",
        "/v2/prn/a.json": "schemas/vendor/a.json",
    }
    urls = {server.put(path, {"title": path}): name for path, name in names.items()}
    all_of_them = server.put("/all.json", {"anyOf": [{"$ref": url} for url in urls]})
    assert project.run("refs", "add", all_of_them).code == 0
    found = entries(project)
    assert {url: found.get(url) for url in urls} == urls


def test_references_are_followed_as_the_generator_resolves_them(project: Project, server: SchemaServer) -> None:
    """By `$id`, through a part beside the schemas, in a circle; not in data, and not into a metaschema."""
    project.configure()
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{server.url}/base/api.json",
        "default": {"$ref": "data.json"},
        "properties": {
            "$ref": {"type": "string"},
            "pet": {"$ref": "#/components/schemas/Pet"},
            "meta": {"$ref": "http://json-schema.org/draft-07/schema#"},
            "own": {"$ref": f"{server.url}/mine.json"},
        },
        "components": {"schemas": {"Pet": {"$ref": "pet.json"}, "Unused": {"$ref": "unused.json"}}},
    }
    url = server.put("/moved/api.json", document)
    server.put("/base/pet.json", {"$ref": "other%20pet.json#/$defs/x"})
    server.put("/base/other%20pet.json", {"$defs": {"x": {"$ref": "pet.json"}}})
    project.write("schemas/mine.json", {"$id": f"{server.url}/mine.json", "type": "string"})
    assert project.run("refs", "add", url).code == 0
    assert server.asked == ["/moved/api.json", "/base/pet.json", "/base/other%20pet.json"]


def test_a_reference_that_is_not_fetched_is_told(project: Project, server: SchemaServer) -> None:
    project.configure()
    refs = [
        "urn:acme:x",
        "http://other.example/x.json",
        "file:///etc/passwd",
        "ftp://a/b",
        *(f"x:{n}" for n in range(30)),
    ]
    url = server.put("/a.json", {"anyOf": [{"$ref": each} for each in ["https://a b\n", *refs]]})
    result = project.run("refs", "add", url)
    assert result.code == 1
    lines = result.out.splitlines()[2:]
    assert lines[0].startswith(f"{url} refers to https://a b\\n: expected a URL with a host")
    left = [f"{url} refers to {each}: only https is fetched" for each in refs[:19]]
    assert [line.partition(": save")[0] for line in lines[1:]] == [*left, "and 15 more references that are not fetched"]


def test_a_schema_cannot_have_a_private_network_asked(project: Project, server: SchemaServer) -> None:
    project.configure()
    url = server.put("/a.json", {"$ref": "https://10.0.0.1/x.json"})
    line = refused(project.run("refs", "add", url))
    assert "cannot fetch https://10.0.0.1/x.json: " in line
    assert line.endswith(f"run prefactor-gen refs add for it; {url} refers to it")


def test_what_is_wrong_with_a_schema_is_told(project: Project, server: SchemaServer) -> None:
    project.configure()
    result = project.run("refs", "add", server.put("/a.json", {"type": "strng"}))
    assert "schemas/vendor/a.json:1:2 /type: error PG006: expected one of array, boolean," in result.out
    assert result.code == 1


WRONG_URLS = {
    "money.json": "expected a URL that begins with https://, found 'money.json'",
    "http://schemas.example/a.json": "expected a URL that begins with https://",
    "file:///etc/passwd": "expected a URL that begins with https://",
    "https://": "expected a URL with a host",
    "https://a b/": "expected a URL with a host, and other characters as %XX",
    "https://a/\x1b[31m": r"expected a URL with a host, and other characters as %XX, found 'https://a/\\x1b[31m'",
    "https://[::1": "expected a URL, found https://[::1: Invalid IPv6 URL",
    "https://a:99999/": "expected a URL, found https://a:99999/: Port out of range 0-65535",
    f"https://a/{'x' * 3000}": "expected a URL of at most 2,000 characters, found 3,010",
    "https://dana:s3cret@a.example/x": "the URL of a.example has a user or a password",
    "https://a.example/x?api_key=s3cret": "the URL of a.example has a secret, the value of 'api_key', which would be",
    "https://a.example/x?key=s3cret": "the URL of a.example has a secret, the value of 'key', which would be stored",
    "https://a.example/s3cret/sk-live-0123456789abcdef": "the URL of a.example has a secret, a token, which would be",
    "https://github.com/a/b/blob/main/x.json": "is a page about a file; name the address of the file itself",
}


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_url_that_is_not_fetched(url: str, project: Project, no_network: None) -> None:
    project.configure()
    line = refused(project.run("refs", "add", url))
    assert line.startswith("prefactor-gen: refs: ")
    assert WRONG_URLS[url] in line
    assert "s3cret" not in line


ANSWERS: dict[str, tuple[Answer, str]] = {
    "status": (Answer(status=404), "the answer is 404 Not Found"),
    "empty": (Answer(), "expected a document, found an empty file"),
    "page": (Answer(b"<html>", headers={"content-type": "text/html; charset=utf-8"}), "found a page (text/html)"),
    "text": (Answer(b"Not Found"), "expected a JSON Schema, found a text"),
    "list": (Answer(b"[]"), "expected a JSON Schema, found a list"),
    "broken": (Answer(b'{"a": }'), ":1:7: not JSON or YAML: expected a JSON value, found '}'"),
    "bytes": (Answer(b"\xff\xfe"), "expected UTF-8 text"),
    "deep": (Answer(b'{"a":' * 5000), "nested deeper than 100 levels"),
    "surrogate": (Answer(b'{"$ref": "\\ud800"}'), "lone surrogate"),
    "aliases": (Answer(b"a: &a [x]\nb: *a\n"), "alias"),
    "gzip": (Answer(b"no", headers={"content-encoding": "gzip"}), "its gzip data is broken"),
    "brotli": (Answer(b"no", headers={"content-encoding": "br"}), "expected plain content or gzip, found 'br'"),
    "loop": (Answer(status=302, headers={"location": "/x.json"}), "more than 5 redirects"),
    "to http": (Answer(status=302, headers={"location": "http://a.example/"}), "begins with https://, found 'http://a"),
    "to a file": (Answer(status=301, headers={"location": "file:///etc/passwd"}), "begins with https://"),
    "to a network": (Answer(status=307, headers={"location": "https://10.0.0.1/s3cret?a=b"}), "private network"),
    "not http": (Answer(headers={"content-length": "many"}), "cannot fetch"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_no_schema(case: str, project: Project, server: SchemaServer) -> None:
    project.configure()
    before = files(project)
    server.answers["/x.json" if case not in {"text", "aliases", "empty"} else "/x"], expected = ANSWERS[case]
    url = f"{server.url}/{'x.json' if '/x.json' in server.answers else 'x'}"
    line = refused(project.run("refs", "add", url))
    assert expected in line, line
    assert files(project) == before


def test_nothing_is_written_if_one_of_several_cannot_be_fetched(
    money: str, project: Project, server: SchemaServer
) -> None:
    del server.answers["/currency.json"]
    before = files(project)
    line = refused(project.run("refs", "add", money))
    reason = f"the answer is 404 Not Found; {money} refers to it"
    assert line == f"prefactor-gen: refs: cannot fetch {server.url}/currency.json: {reason}"
    assert files(project) == before


def test_limits(money: str, project: Project, server: SchemaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("/currency.json", b" " * (MAX_BYTES + 1), content_encoding="gzip")
    assert f"more than {MAX_BYTES:,} bytes" in refused(project.run("refs", "add", money))
    monkeypatch.setattr(fetching, "MAX_TOTAL_BYTES", 50)
    assert "more than 50 bytes, with the others" in refused(project.run("refs", "add", money))
    monkeypatch.setattr(fetching, "MAX_TOTAL_BYTES", 1000)
    server.put("/currency.json", {"$ref": "other.json"}, content_encoding="gzip")
    server.put("/other.json", {})
    monkeypatch.setattr(collecting, "MAX_SCHEMAS", 2)
    assert "other.json and others: more than 2 schemas" in refused(project.run("refs", "add", money))
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.05)
    server.answers["/currency.json"] = Answer(never=True)
    assert "currency.json: no complete answer within 0.05 seconds" in refused(project.run("refs", "add", money))
    monkeypatch.setattr(fetching, "MAX_RUN_SECONDS", -1)
    assert "or -1 with the others" in refused(project.run("refs", "add", money))


def test_many_schemas(project: Project, server: SchemaServer) -> None:
    project.configure()
    for number in range(20):
        server.put(f"/{number}.json", {"title": str(number)})
    url = server.put("/all.json", {"anyOf": [{"$ref": f"{number}.json"} for number in range(20)]})
    assert project.run("refs", "add", url).code == 0
    assert list(entries(project)) == [url, *(f"{server.url}/{number}.json" for number in range(20))]


def test_a_server_that_is_not_there(project: Project) -> None:
    project.configure()
    with schema_server() as stopped:
        url = f"{stopped.url}/a.json"
    assert f"cannot fetch {url}: " in refused(project.run("refs", "add", url))


def test_passwords_are_those_of_the_netrc_file(
    money: str, project: Project, server: SchemaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETRC", str(project.write("netrc", "machine 127.0.0.1 login dana password s3cret\n")))
    result = project.run("refs", "add", money)
    assert result.code == 0
    assert server.passwords == ["Basic ZGFuYTpzM2NyZXQ="] * 2
    project.write("netrc", "machine 127.0.0.1 pass s3cret\n")
    assert refused(project.run("refs", "update")).endswith("cannot read the passwords in netrc, line 1")
    assert not any(b"s3cret" in content for name, content in files(project).items() if name != "netrc")


@pytest.mark.parametrize(("variable", "value"), [("HTTPS_PROXY", "nonsense://a"), ("SSL_CERT_FILE", "/missing")])
def test_a_wrong_environment(
    variable: str, value: str, money: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert "cannot use the proxies or certificates of the environment, such as" in refused(
        project.run("refs", "add", money)
    )


def test_files_of_others_stay(money: str, project: Project, server: SchemaServer) -> None:
    project.write("schemas/vendor/own.json", '{"title": "own"}')
    line = refused(project.run("refs", "add", money, "schemas/vendor/own.json"))
    assert "is there already, with another content" in line
    project.configure(refs={money: "schemas/vendor/own.json"})
    assert f"prefactor-gen refs update {money} takes" in refused(project.run("refs", "add", money))
    project.write("prefactor-refs.lock", '{"version": 1, "refs": {}}')
    for arguments, code in (([], 0), (["--strict"], 1)):
        checked = project.run("refs", "check", *arguments)
        assert (checked.code, f"warning PG040: {money} was not fetched by refs" in checked.out) == (code, True)
    assert project.run("refs", "update", money).code == 0
    assert json.loads((project.root / "schemas/vendor/own.json").read_text()) == MONEY


def test_one_id_in_two_files(money: str, project: Project, server: SchemaServer) -> None:
    server.put("/currency.json", {"$id": "of/all.json", **CURRENCY})
    project.write("schemas/own.json", {"$id": f"{server.url}/of/all.json", "type": "string"})
    line = refused(project.run("refs", "add", money))
    assert f"has the $id '{server.url}/of/all.json', which leads to schemas/own.json already; keep one of them" in line


def test_a_copy_does_not_stand_for_the_url_of_another_one(money: str, project: Project, server: SchemaServer) -> None:
    project.run("refs", "add", money)
    other = server.put("/other.json", {"$id": "currency.json", "type": "integer"})
    line = f"has the $id '{server.url}/currency.json', which leads to schemas/vendor/currency.json already"
    assert line in refused(project.run("refs", "add", other))
    project.write("schemas/a.json", {"$id": f"{server.url}/currency.json", "type": "integer"})
    text = "for which [tool.prefactor-gen.refs] names schemas/vendor/currency.json"
    assert text in project.run("check").out
    assert project.run("refs", "add", server.put("/same.json", CURRENCY | {"$id": "same.json"})).code == 0
    server.put("/same.json", {"$id": "currency.json", "type": "integer"})
    assert line in refused(project.run("refs", "update")), "an update, too"


@pytest.mark.parametrize("part", [False, True])
def test_a_copy_stands_for_no_url_of_another_host(part: bool, project: Project, server: SchemaServer) -> None:
    project.configure()
    bank = "https://bank.example/iban.json"
    refer_to(bank, project)
    schema = {"$id": bank, "type": "string"}
    url = server.put("/iban.json", {"$defs": {"x": schema}} if part else schema)
    assert f"refs add {bank}" in project.run("check").out
    result = project.run("refs", "add", url)
    entry = f'"{bank}" = "schemas/vendor/iban.json"'
    assert (result.code, f"{bank} of another host: no $ref to that leads to it" in result.out) == (0, True)
    check = project.run("check")
    assert (check.code, entry in result.out, entry in check.out) == (1, True, True)
    with (project.root / "pyproject.toml").open("a") as file:
        file.write(f"{entry}\n")
    assert project.run("check").code == 0


def test_other_names_of_a_copy_are_told(project: Project, server: SchemaServer) -> None:
    project.configure()
    url = server.put("/v1/a.json", {"$id": "urn:acme:a"})
    assert "has the $id urn:acme:a: a $ref to that leads to it, too" in project.run("refs", "add", url).out
    server.put("/v1/a.json", {"$id": "/v2/a.json"})
    assert f"has the $id {server.url}/v2/a.json: a $ref to that" in project.run("refs", "update").out


def test_span_types_of_others_do_not_become_ours(project: Project, server: SchemaServer) -> None:
    project.configure()
    url = server.put("/spans.json", {"span_type_schemas": [], "$defs": {"Money": MONEY}})
    server.put("/currency.json", CURRENCY)
    assert "defines span types, which would become yours" in refused(project.run("refs", "add", url))
    assert project.run("refs", "add", url, "vendor/").code == 0


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no suffix": (["add", "URL", "foo"], "expected a PATH that ends with .json, .yaml or .yml, or with / for a folder"),
    "outside": (["add", "URL", "../money.json"], "is outside of the project; name a PATH inside"),
    "absolute": (["add", "URL", "/tmp/money.json"], "is outside of the project; name a PATH inside"),
    "of git": (["add", "URL", ".git/money.json"], "is in a folder of git itself, which is not committed"),
    "generated": (["add", "URL", "generated/made/"], "is in the package that prefactor-gen generates; name a PATH out"),
    "reserved": (["add", "URL", "con.json"], "con.json: Windows can have no file of this name; name another PATH"),
    "other case": (
        ["add", "URL", "Schemas/money.json"],
        "macOS and Windows take it for schemas; name",
    ),
    "two URLs": (
        ["add", "URL", "https://a.example/x.json"],
        "expected a PATH after the URL, found another URL; add one",
    ),
    "no copy": (["update", "https://a.example/x"], "has no copy here; refs add https://a.example/x saves one"),
    "YAML in JSON": (["add", "YAML", "money.json"], "is YAML; name a PATH that ends with .yaml"),
    "below a file": (["add", "URL", "pyproject.toml/money.json"], "cannot write"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line(case: str, money: str, project: Project, server: SchemaServer) -> None:
    arguments, expected = MISTAKES[case]
    urls = {"URL": money, "YAML": server.put("/a.json", "type: string")}
    before = files(project)
    assert expected in refused(project.run("refs", *(urls.get(each, each) for each in arguments)))
    assert files(project) == before


def test_a_project_without_configuration(project: Project) -> None:
    assert "expected [tool.prefactor-gen] in pyproject.toml" in refused(project.run("refs", "check"))


def test_entries_with_dotted_keys(money: str, project: Project) -> None:
    """Also where tomlkit cannot edit them, because another key is between them."""
    lines = ['refs."https://a.example/x" = "x.json"', 'sources = ["schemas"]', 'refs."https://a.example/y" = "x.json"']
    project.write("pyproject.toml", "\n".join(["[tool.prefactor-gen]", *lines, 'package = "made"', ""]))
    project.write("x.json", "{}")
    assert project.run("refs", "add", money).code == 0
    assert len(entries(project)) == 4
    assert project.run("check").code == 0


def test_a_pyproject_that_cannot_be_edited(money: str, project: Project) -> None:
    line = '[tool]\nprefactor-gen = { sources = ["schemas"], package = "made" }\n'
    project.write("pyproject.toml", line)
    before = files(project)
    result = project.run("refs", "add", money)
    assert (result.code, files(project)) == (2, before)
    assert "add these lines to it, with [tool.prefactor-gen] as a table of its own" in result.err
    assert f'"{money}" = "schemas/vendor/money.json"' in result.err


@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\n", "[]", '{"version": 2, "refs": {}}', '{"version": 1, "refs": {"a": "b"}}']
)
def test_a_lock_file_that_cannot_be_used(text: str, money: str, project: Project) -> None:
    project.write("prefactor-refs.lock", text)
    for arguments in (["check"], ["generate"], ["refs", "check"]):
        line = refused(project.run(*arguments))
        assert line.startswith("prefactor-gen: prefactor-refs.lock: ")
        assert line.endswith("prefactor-gen refs update writes it again, if it is removed")


def test_a_lock_file_that_is_removed(money: str, project: Project) -> None:
    project.run("refs", "add", money)
    before = files(project)
    (project.root / "prefactor-refs.lock").unlink()
    project.write("schemas/vendor/currency.json", '{"enum": ["EUR", "EVIL"]}')
    for arguments in ([], ["--remote"]):
        result = project.run("refs", "check", *arguments)
        assert (result.code, result.out.count("error PG040: there is no prefactor-refs.lock")) == (1, 1)
    assert "schemas/vendor/currency.json: error PG040: the schema at " in result.out
    assert "currency.json has changed, or the copy was edited: prefactor-gen refs update takes it" in result.out
    assert "note PG040: there is no prefactor-refs.lock" in project.run("check").out
    result = project.run("refs", "update")
    assert (result.code, "prefactor-refs.lock written" in result.out) == (0, True)
    assert files(project) == before


def test_a_removed_lock_file_of_a_folder(project: Project, server: SchemaServer) -> None:
    project.configure(refs={f"{server.url}/v2/": "vendor/v2/"})
    url = server.put("/v2/money", CURRENCY)
    project.run("refs", "add", url)
    before = files(project)
    (project.root / "prefactor-refs.lock").unlink()
    assert project.run("refs", "check").code == 1
    assert f"{server.url}/v2/: without a lock file, name the URLs" in project.run("refs", "update").out
    project.write("vendor/v2/money.json", "{}")
    assert project.run("refs", "update", url).code == 0
    assert files(project) == before


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="permissions")
def test_a_folder_that_cannot_be_written(money: str, project: Project) -> None:
    (project.root / "schemas").chmod(0o500)
    assert "cannot write" in refused(project.run("refs", "add", money))


def test_a_link_out_of_the_project_is_not_followed(money: str, project: Project, tmp_path_factory: Any) -> None:
    outside: Path = tmp_path_factory.mktemp("outside")
    (project.root / "schemas" / "vendor").symlink_to(outside)
    assert "is outside of the project" in refused(project.run("refs", "add", money))
    assert not list(outside.iterdir())


def test_a_copy_that_cannot_be_fetched_needs_no_hash(project: Project) -> None:
    project.configure(refs={"urn:acme:x": "x.json"})
    project.write("x.json", "{}")
    result = project.run("refs", "check", "--strict")
    assert (result.code, "note PG040: urn:acme:x was not fetched by refs" in result.out) == (0, True)
