"""`prefactor-gen docs`: what the pages say, that no text of a definition changes them, and when they are current."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from tests.codegen.support import Project, run_process

from prefactor_gen.diagnostics.invisible import INVISIBLE
from prefactor_templates import rendering

pytestmark = pytest.mark.slow

REFUND: dict[str, Any] = {
    "name": "billing:refund",
    "title": "Refund",
    "description": "Money goes back\nto a customer.\n\nOne span for each.",
    "template": "{{ invoice }}: {{ amount }}{% if refund_id %} → {{ refund_id }}{% endif %}",
    "params_schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["invoice", "amount"],
        "properties": {
            "invoice": {"type": "string", "pattern": "^R-\\d+$", "examples": ["R-17"]},
            "amount": {"type": "number", "minimum": 0, "description": "How much goes back."},
            "currency": {"enum": ["EUR", "USD"]},
            "card": {
                "type": "string",
                "x-prefactor-redact": True,
                "default": "4111",
                "x-prefactor-data": ["financial_information"],
            },
            "note": {"type": "string", "x-prefactor-deprecated": {"use": "reason", "until": "2027-03-01"}},
            "lines": {
                "type": "array",
                "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}},
            },
        },
    },
    "result_schema": {"type": "object", "properties": {"refund_id": {"type": "string"}}},
    "data_risk": {
        "action_profile": {"financial_transactions": "allowed", "destroy_data": "disallowed"},
        "params_data_categories": {"classification": "confidential", "financial_information": "included"},
        "result_data_categories": {"classification": "internal"},
    },
}
PAYOUT: dict[str, Any] = {"name": "billing:payout", "deprecated": True, "params_schema": {"type": "object"}}

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</code></pre></table></style><style>*{display:none}</style>",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "[a](javascript:alert(1)) ![b](https://example.com/x.png) <https://example.com>",
    "https://example.com www.example.com javascript:alert(1)",
    "`x` ``y`` ``` ~~~ | a | b |\\|",
    "**b** _i_ ~~s~~ $x$ ^y^ \\*",
    "# heading\n\n- item\n\n1. one\n\n> quote\n\n    code\n\n===\n\n---",
    "-->\n<!-- {{ 7 * 7 }} {% raw %}",
    "{{ value }}",
    "\u202eabc\u2066\u200b\ufeff\u00ad",
    "\x1b[31mred\x00\x07\r\nnext\u2028line",
    "العربية 名前 😀",
]


class Page(HTMLParser):
    """What an HTML file consists of.

    Attributes:
        tags: each tag with the names of its attributes, in order.
        outside: the text outside of code blocks.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.blocks: list[str] = []
        self.outside = ""
        self._in: list[str] = []
        self.feed(text)
        self.outside = " ".join(self.outside.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, tuple(found)))
        self.ids.extend([found["id"] or ""] if "id" in found else [])
        self.links.extend([found["href"] or ""] if "href" in found else [])
        if tag in {"pre", "style"}:
            self._in.append(tag)
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"pre", "style"}:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if self._in:
            self.blocks[-1] += data
        else:
            self.outside += f" {data}"


def write(project: Project, *span_types: dict[str, Any]) -> None:
    project.write("schemas/spans.json", {"span_type_schemas": list(span_types)})
    project.configure()


def html(project: Project, *span_types: dict[str, Any]) -> Page:
    write(project, *span_types)
    done = project.run("docs", "--output", "spans.html")
    assert (done.code, done.err) == (0, "")
    return Page((project.root / "spans.html").read_text("utf-8"))


def markdown(project: Project, *span_types: dict[str, Any]) -> dict[str, str]:
    write(project, *span_types)
    done = project.run("docs", "--format", "markdown", "--output", "pages")
    assert (done.code, done.err) == (0, "")
    return {path.name: path.read_text("utf-8") for path in sorted((project.root / "pages").iterdir())}


def members(project: Project, **params: Any) -> list[str]:
    """The rows of the table of the params of a span type."""
    page = markdown(project, {"name": "a:b", "params_schema": {"type": "object", **params}})["a_b.md"]
    table = page.partition("## Params\n")[2].partition("\n|---|---|---|---|\n")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]
    return [" | ".join(filter(None, row)) for row in cells]


def test_a_page_of_html(project: Project) -> None:
    page = html(project, REFUND, PAYOUT)
    for text in (
        "2 span types, 1 deprecated.",
        "Class BillingRefund , defined in schemas/spans.json",
        "Money goes back to a customer. One span for each.",
        "while it runs R-17: 1 when it is finished R-17: 1 → refund id",
        "No other members.",
        "invoice required string Pattern: ^R-\\d+$ . Example: R-17.",
        "amount required number How much goes back. At least 0.",
        "currency string One of EUR USD",
        "card redacted financial information string",
        "Deprecated: use reason instead. Supported until 2027-03-01.",
        "lines[]. sku required string",
        "Actions allowed financial transactions",
        "Params: included financial information",
        "Span type Classification of params, result financial transactions financial information",
        "billing:payout not declared ? ?",
        "billing:refund confidential, internal yes params",
        "Params: by types additionalProperties , enum ,",
    ):
        assert text in page.outside
    assert "4111" not in page.outside
    assert page.blocks[2:4] == [
        "from made import BillingPayout\n\nasync with instance.span(BillingPayout) as span:\n"
        "    await span.start()\n    await span.complete()",
        '{\n  "type": "object"\n}',
    ] or page.blocks[1].startswith("from made import BillingPayout")
    assert any('await span.start(invoice="R-17", amount=1)' in each for each in page.blocks)


def test_a_page_needs_nothing_else(project: Project) -> None:
    """The policy allows one style sheet, and the links lead to places of the page."""
    page = html(project, REFUND, PAYOUT)
    text = (project.root / "spans.html").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(page.blocks[0].encode()).digest()).decode()
    assert f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;" in text
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    assert not any(name in {"src", "style"} or name.startswith("on") for _, names in page.tags for name in names)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}
    assert "url(" not in page.blocks[0]


def test_every_place_has_an_address_of_its_own(project: Project) -> None:
    """Also if names look like those of other places, and if a member is described twice."""
    option = {"type": "object", "properties": {"x": {"type": "string"}}}
    params = {"type": "object", "properties": {"y": {"oneOf": [option, option]}, "y.x(2)": True, "y/x": True}}
    names = [
        "a",
        "a/params",
        "a/params/y",
        "a%2Fparams",
        "title",
        "title/a",
        "quality/a",
        "page/span-types",
        "b:c",
        "é",
    ]
    page = html(project, *({"name": name, "params_schema": params} for name in names))
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}
    assert {"a/params/y.x", "a/params/y.x(2)", "b:c/params/y"} <= {*page.ids}
    assert page.outside.count("Others") == 1


def test_the_schema_is_json(project: Project) -> None:
    text = "".join(text for text in HOSTILE) + "\u3000\xa0\U000e0001"
    params = {"type": "object", "description": text, "properties": {text: {"const": text}}}
    page = html(project, {"name": "a:b", "params_schema": params})
    assert json.loads(page.blocks[-1]) == params


def hostile_span_type(number: int, text: str) -> dict[str, Any]:
    inner = {"type": "string", "description": text, "default": text, "examples": [text]}
    return {
        "name": f"h{number}:{text}",
        "title": text,
        "description": text,
        "template": "{{ value }}",
        "params_schema": {
            "type": "object",
            "description": text,
            "required": ["value", text],
            "properties": {
                "value": {"type": "string", "examples": [text]},
                text: inner,
                "choice": {"enum": [text, "b"], "x-prefactor-deprecated": {"use": text}},
                "only": {"const": text, "title": text},
                "map": {"type": "object", "patternProperties": {"^" + re.escape(text[:1]): inner}},
                "kind": {"oneOf": [{"type": "object", "title": text, "properties": {text: inner}}] * 2},
            },
        },
    }


def harmless(text: str) -> str:
    return "".join(char if char in "\r\n\u2028" else "x" for char in text) or "x"


@pytest.fixture
def hostile() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Span types with hostile texts, and others with as many lines in their texts."""
    return (
        [hostile_span_type(number, text) for number, text in enumerate(HOSTILE)],
        [hostile_span_type(number, harmless(text)) for number, text in enumerate(HOSTILE)],
    )


def test_no_text_changes_html(hostile: tuple[list[dict[str, Any]], list[dict[str, Any]]], project: Project) -> None:
    page, expected = (html(project, *span_types) for span_types in hostile)
    assert page.tags == expected.tags
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids}
    for text in (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ value }}",
        "العربية 名前 😀",
        "\\u202eabc",
    ):
        assert text in page.outside


def test_no_text_changes_markdown(
    hostile: tuple[list[dict[str, Any]], list[dict[str, Any]]], project: Project, tmp_path: Path
) -> None:
    pages = markdown(project, *hostile[0])
    (tmp_path / "pages").rename(tmp_path / "hostile")
    expected = markdown(project, *hostile[1])
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tags = [[Page(reader.render(text)).tags for text in each.values()] for each in (pages, expected)]
    assert len(tags[0]) == len(HOSTILE) + 1
    assert sorted(tags[0]) == sorted(tags[1])
    every = "".join(pages.values())
    assert not INVISIBLE.search(every)
    assert not re.search(r"[^\n\x20-\U0010ffff]", every)
    assert "https://example.com" not in re.sub(r"(?s)(`+).*?\1", "", every)


@pytest.mark.parametrize(
    ("schema", "rows"),
    [
        (
            {"properties": {"a": {"type": ["null", "string"]}, "b": {"oneOf": [{"type": "null"}, {"type": "array"}]}}},
            ["`a` | string or null", "`b` | array or null"],
        ),
        (
            {"properties": {"tags": {"type": "array", "items": {"type": "string", "maxLength": 9}}}},
            ["`tags` | array of strings", "`tags[]` | string | At most 9 characters."],
        ),
        (
            {"properties": {"labels": {"type": "object", "additionalProperties": {"type": "integer"}}}},
            ["`labels` | map of integers"],
        ),
        (
            {"properties": {"at": {"prefixItems": [{"type": "number"}, {"type": "string"}]}}},
            ["`at` | array", "`at[0]` | number", "`at[1]` | string"],
        ),
        (
            {"patternProperties": {"^x-": {"type": "string"}}},
            ["`*` | string | Names match `^x-`."],
        ),
        (
            {
                "properties": {"node": {"$ref": "#/$defs/Node"}, "other": {"$ref": "#/$defs/Node"}},
                "$defs": {
                    "Node": {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}, "children": {"items": {"$ref": "#/$defs/Node"}}},
                    }
                },
            },
            [
                "`node` | object",
                "`node.id` | string | yes",
                "`node.children` | array of objects",
                "`node.children[]` | has the members of `node`",
                "`other` | object",
                "`other` | has the members of `node`",
            ],
        ),
        (
            {
                "properties": {
                    "pay": {
                        "oneOf": [
                            {"properties": {"by": {"const": "card"}, "number": {"type": "string"}}, "required": ["by"]},
                            {"properties": {"by": {"const": "bank"}, "iban": {"type": "string"}}, "required": ["by"]},
                        ]
                    }
                }
            },
            [
                "`pay` | object",
                "**Option 1 of 2: by is card**",
                "`pay.by` | string | yes | Always `card`.",
                "`pay.number` | string",
                "**Option 2 of 2: by is bank**",
                "`pay.by` | string | yes | Always `bank`.",
                "`pay.iban` | string",
            ],
        ),
        (
            {
                "properties": {"kind": {"enum": ["a", "b"]}},
                "if": {"properties": {"kind": {"const": "a"}}},
                "then": {"properties": {"extra": {"type": "string"}}, "required": ["extra"]},
                "dependentSchemas": {"kind": {"required": ["size"]}},
            },
            [
                "`kind` | string | One of `a`, `b`.",
                "**If kind is a**",
                "`extra` | string | yes",
                "**With kind: needs size**",
            ],
        ),
        (
            {"properties": {"a.b": {"type": "string"}, "": {"type": "string"}, "x": {"properties": {"c d": True}}}},
            ['`"a.b"` | string', '`""` | string', "`x` | object", '`x."c d"` | any'],
        ),
        (
            {"allOf": [{"properties": {"a": True}, "required": ["a"]}, {"properties": {"b": {"not": {"const": 1}}}}]},
            ["`a` | any | yes", "`b` | any | More conditions in the schema: not."],
        ),
    ],
)  # fmt: skip
def test_members(schema: dict[str, Any], rows: list[str], project: Project) -> None:
    assert members(project, **schema) == rows


def test_a_redacted_value_is_not_shown(project: Project) -> None:
    secret = {"enum": ["s3cret"], "default": "s3cret", "examples": ["s3cret"], "x-prefactor-redact": True}
    inside = {
        "type": "object",
        "x-prefactor-redact": True,
        "properties": {"pin": {"type": "string", "default": "s3cret"}},
    }
    params = {"type": "object", "properties": {"a": secret, "b": inside, "c": {"anyOf": [secret, {"type": "null"}]}}}
    page = html(project, {"name": "a:b", "params_schema": params})
    assert "s3cret" not in page.outside
    assert not any("s3cret" in each for each in page.blocks if each.startswith("from "))


def test_what_is_shown_is_what_is_recorded(project: Project) -> None:
    """The call has what the template shows, and nothing that is deprecated; options that are deprecated say so."""
    params = {
        "type": "object",
        "properties": {
            "nick": {"type": "string", "x-prefactor-deprecated": {"use": "name"}},
            "name": {"type": "string"},
            "user": {"type": "object", "properties": {"id": {"type": "string"}, "age": {"type": "integer"}}},
            "pay": {
                "oneOf": [
                    {"title": "Cheque", "properties": {"no": {"type": "string"}}, "deprecated": True},
                    {"title": "Card", "properties": {"last4": {"type": "string"}}},
                ]
            },
        },
    }
    result = {"type": "object", "properties": {"out": {"type": "string", "deprecated": True}}}
    shown = {"name": "a:b", "params_schema": params, "result_schema": result, "template": "{{ nick }}{{ user.id }}"}
    page = markdown(project, shown)["a_b.md"]
    assert "- Example: id\n" in page
    assert 'await span.start(user={"id": "id"})\n    await span.complete()\n' in page
    assert "| **Option 1 of 2: Cheque** | | | **Deprecated.** |" in page
    assert "Example" not in markdown(project, {**shown, "template": "{{ nick }}"})["a_b.md"]


def test_an_example_that_does_not_match(project: Project) -> None:
    params = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "examples": ["seven"]}}}
    write(project, {"name": "a:b", "params_schema": params})
    assert project.run("docs", "--format", "markdown").code == 0
    page = (project.root / "docs/spans/a_b.md").read_text("utf-8")
    assert "The schema does not take these values as they are: replace those that do not match." in page
    assert "made up" not in page


def test_the_matrix_has_the_categories_of_fields(project: Project) -> None:
    city = {"type": "string", "x-prefactor-data": ["location_and_tracking"]}
    params = {"type": "object", "properties": {"address": {"type": "object", "properties": {"city": city}}}}
    text = markdown(project, {**REFUND, "params_schema": params}, {"name": "a:b", "params_schema": params})["index.md"]
    assert "| [`a:b`](a_b.md) | not declared | ? | ? | params (not declared) |" in text
    assert "| yes | params | params (not declared) |" in text
    assert "location and tracking" not in text.partition("No span type says")[2]


def test_quality_schemas_have_pages(project: Project) -> None:
    schema = {"type": "object", "required": ["score"], "properties": {"score": {"type": "integer", "maximum": 5}}}
    quality = {"name": "answer", "title": "Answer", "template": "{{ score }}", "schema": schema}
    project.write("schemas/a.json", {"span_type_schemas": [PAYOUT], "quality_schemas": [quality]})
    project.configure()
    assert project.run("docs").code == project.run("docs", "--format", "markdown").code == 0
    page = Page((project.root / "docs/spans.html").read_text("utf-8"))
    assert "1 span type, 1 deprecated, 1 quality schema." in page.outside
    assert "score required integer At most 5." in page.outside
    index = (project.root / "docs/spans/index.md").read_text("utf-8")
    assert "[`answer`](quality_1.md)" in index
    assert "| `score` | integer | yes | At most 5. |" in (project.root / "docs/spans/quality_1.md").read_text("utf-8")


class TestCurrent:
    def test_an_html_file(self, project: Project) -> None:
        write(project, REFUND, PAYOUT)
        missing = project.run("docs", "--check", "--output", "pages/spans.html")
        remedy = "run prefactor-gen docs --output pages/spans.html"
        assert (missing.code, missing.out, missing.err) == (1, "", f"pages/spans.html is missing; {remedy}\n")
        written = project.run("docs", "--output", "pages/spans.html")
        assert (written.code, written.out) == (0, "pages/spans.html: 2 span types, 1 deprecated\n")
        again = project.run("docs", "--check", "--output", "pages/spans.html")
        assert (again.code, again.out) == (0, "pages/spans.html is up to date\n")
        write(project, REFUND)
        stale = project.run("docs", "--check", "--output", "pages/spans.html")
        assert (stale.code, stale.err) == (1, f"pages/spans.html is stale; {remedy}\n")

    def test_a_folder_of_markdown(self, project: Project) -> None:
        markdown(project, REFUND, PAYOUT)
        project.write("pages/notes.md", "# Ours\n")
        write(project, REFUND)
        stale = project.run("docs", "--check", "--format", "markdown", "--output", "pages")
        remedy = "run prefactor-gen docs --format markdown --output pages"
        assert stale.code == 1
        assert stale.err.splitlines() == [
            f"pages/index.md is stale; {remedy}",
            f"pages/billing_payout.md would be removed; {remedy}",
        ]
        assert [*markdown(project, REFUND)] == ["billing_refund.md", "index.md", "notes.md"]

    def test_windows_line_ends_are_current(self, project: Project) -> None:
        html(project, REFUND)
        path = project.root / "spans.html"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert project.run("docs", "--check", "--output", "spans.html").code == 0


@pytest.mark.slow
def test_several_projects(project: Project) -> None:
    for folder in ("one", "two"):
        project.write(f"{folder}/pyproject.toml", '[tool.prefactor-gen]\nsources = ["schemas"]\npackage = "made"\n')
        project.write(f"{folder}/schemas/a.json", {"span_type_schemas": [PAYOUT]})
    done = run_process("docs", cwd=project.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert all((project.root / folder / "docs/spans.html").is_file() for folder in ("one", "two"))
    assert project.run("docs", "--output", "all.html").code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "schemas"], "--output: expected a file that ends in .html, found schemas"),
        (
            ["--output", "a.md"],
            "--output: expected a file that ends in .html, found a.md; for Markdown, --format markdown",
        ),
        (
            ["--format", "markdown", "--output", "schemas/spans.json"],
            "--output: expected a folder for the Markdown files, found the file schemas/spans.json",
        ),
        (
            ["--output", "ours.html"],
            "ours.html was not written by prefactor-gen docs: move it away, or choose another --output",
        ),
        (["--output", "schemas/spans.json/x.html"], "cannot write schemas/spans.json/x.html: Not a directory"),
        (["--output", ""], "--output: expected a file that ends in .html, found ."),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, project: Project) -> None:
    write(project, REFUND)
    project.write("ours.html", "<p>ours</p>")
    done = project.run("docs", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"prefactor-gen: {message}\n")
    assert (project.root / "ours.html").read_text("utf-8") == "<p>ours</p>"


def test_wrong_definitions(project: Project) -> None:
    write(project, {"name": "a:b", "params_schema": {"type": "objekt"}})
    done = project.run("docs")
    assert (done.code, done.out) == (1, "")
    assert "PG006" in done.err
    assert not (project.root / "docs").exists()


def test_a_template_that_takes_long_has_no_example(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "RENDER_SECONDS", 0.01)
    loop = "{% for a in (1..900) %}{{ x | split: '' | join: '' | split: '' | join: '' }}{% endfor %}"
    params = {"type": "object", "properties": {"x": {"type": "string", "examples": ["y" * 5_000]}}}
    page = html(project, *({"name": f"a:b{number}", "template": loop, "params_schema": params} for number in range(4)))
    assert "while it runs" not in page.outside
